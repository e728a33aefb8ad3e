from __future__ import annotations

import gzip

import pytest

from index.errors import FetchError, SourceError
from index.listings import kind_of
from index.sitemaps import Listed, Sitemap, parse_sitemap

NEWS = b"""<?xml version="1.0" encoding="UTF-8"?><!-- all of today -->
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><image:image><image:loc>https://a.example/picture.jpg</image:loc></image:image><loc> https://a.example/old </loc>
  <lastmod>2025-11</lastmod></url>
<url><loc>https://a.example/new?a=1&amp;b=2</loc><n:news><n:publication_date>2026-02-01T10:00:00+01:00</n:publication_date>
  <n:title>New</n:title></n:news></url>
<url><loc>https://a.example/undated</loc><lastmod>some day</lastmod></url><url><lastmod>2026-01-01</lastmod></url>
</urlset>"""


def test_the_pages_of_a_sitemap_are_read_newest_first() -> None:
    assert parse_sitemap(NEWS) == Sitemap(
        pages=(
            Listed("https://a.example/new?a=1&b=2", "2026-02-01T09:00:00Z", "2026-02-01T09:00:00Z"),
            Listed("https://a.example/old", "2025-11-01"),
            Listed("https://a.example/undated", None),
        )
    )


def test_an_index_of_sitemaps_is_read() -> None:
    index = (
        b"<sitemapindex><sitemap><loc>https://a.example/1.xml.gz</loc><lastmod>2026-01-01</lastmod></sitemap>"
        b"<sitemap><loc>https://a.example/2.xml</loc><lastmod>2026-02-01</lastmod></sitemap></sitemapindex>"
    )
    assert [inner.url for inner in parse_sitemap(index).sitemaps] == [
        "https://a.example/2.xml",
        "https://a.example/1.xml.gz",
    ]


def test_a_text_of_addresses_is_a_sitemap() -> None:
    assert [page.url for page in parse_sitemap(b"https://a.example/1\r\nhttps://a.example/2\n").pages] == [
        "https://a.example/1",
        "https://a.example/2",
    ]


def test_a_sitemap_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    assert len(parse_sitemap(NEWS[:-60]).pages) == 2


@pytest.mark.parametrize("content", [b"", b"Hello.", b"<urlset><url>", b"https://a.example/1\nand more", b"<a>&b;</a>"])
def test_what_is_no_sitemap_is_told(content: bytes) -> None:
    with pytest.raises(SourceError, match="no "):
        parse_sitemap(content)


def test_entities_are_not_expanded_and_no_file_is_read() -> None:
    content = (
        b'<!DOCTYPE u [<!ENTITY f SYSTEM "file:///etc/hostname"><!ENTITY a "haha">]>'
        b"<urlset><url><loc>https://a.example/&f;&a;</loc></url></urlset>"
    )
    assert parse_sitemap(content).pages == (Listed("https://a.example/", None),)


@pytest.mark.parametrize(
    ("content", "media_type", "kind"),
    [
        (NEWS, "text/xml", "sitemap"),
        (b"<!-- a --><sitemapindex>", "text/plain", "sitemap"),
        (gzip.compress(NEWS, mtime=0), "application/octet-stream", "sitemap"),
        (b"https://a.example/1\n", "text/plain", "sitemap"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<?xml-stylesheet href="a"?>\n<rss version="2.0">', "text/html", "feed"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'>", "application/xml", "feed"),
        (b"<rdf:RDF xmlns:rdf='x'>", "text/xml", "feed"),
        (b"<!DOCTYPE html PUBLIC '-//W3C//DTD'><html>", "application/octet-stream", "page"),
        (b"<p>Hello.", "text/html", "page"),
    ],
)
def test_content_tells_what_it_is(content: bytes, media_type: str, kind: str) -> None:
    assert kind_of(content, media_type) == kind


@pytest.mark.parametrize(("content", "media_type"), [(b"Hello.", "text/plain"), (b"<svg/>", "text/xml"), (b"", "x/y")])
def test_other_content_is_refused(content: bytes, media_type: str) -> None:
    with pytest.raises(FetchError, match="neither a page"):
        kind_of(content, media_type)
