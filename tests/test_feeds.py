from __future__ import annotations

import pytest

from index.errors import SourceError
from index.feeds import parse_feed

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Canal Courier</title><link>https://courier.example/</link>
<item><title>Locks &lt;i&gt;open&lt;/i&gt; again</title><link>/locks</link><guid isPermaLink="false">g1</guid>
<pubDate>Mon, 02 Feb 2026 10:00:00 +0100</pubDate><dc:creator>Ann Lee</dc:creator><description>Teaser.</description>
<content:encoded><![CDATA[<p>The locks are open.</p><script>alert(1)</script><p>Barges pass.</p>]]></content:encoded>
</item>
<item><title>Eels &amp; herons</title><guid>https://courier.example/eels</guid></item>
<item><description>A note without a page.</description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Canal Courier</title>
<entry><title>Locks</title><link href="https://courier.example/locks"/><published>2026-02-02T09:00:00Z</published>
<updated>2026-02-03T09:00:00Z</updated><author><name>Ann Lee</name></author><author><name>Bo Ray</name></author>
<summary>Teaser.</summary></entry></feed>"""


def test_the_entries_of_rss_are_read() -> None:
    locks, eels, note = parse_feed(RSS.encode(), "https://courier.example/news/feed.xml")
    assert (locks.url, locks.title, locks.authors) == (
        "https://courier.example/locks",
        "Locks open again",
        ("Ann Lee",),
    )
    assert locks.published_at == locks.updated_at == "2026-02-02T09:00:00Z"
    assert "<p>Barges pass.</p>" in locks.content
    assert "alert" not in locks.content
    assert (eels.url, eels.title, eels.published_at, eels.content) == (
        "https://courier.example/eels",
        "Eels & herons",
        None,
        "",
    )
    assert note.url is None


def test_the_entries_of_atom_are_read() -> None:
    [locks] = parse_feed(ATOM.encode(), "https://courier.example/atom")
    assert locks.url == "https://courier.example/locks"
    assert locks.authors == ("Ann Lee", "Bo Ray")
    assert (locks.published_at, locks.updated_at) == ("2026-02-02T09:00:00Z", "2026-02-03T09:00:00Z")
    assert locks.content == ""  # a summary is no article


def test_a_stamp_changes_with_what_the_feed_says() -> None:
    first, second = (entry.stamp for entry in parse_feed(RSS.encode(), "https://a.example/")[:2])
    assert first != second
    changed = parse_feed(RSS.replace("Barges pass.", "Barges wait.").encode(), "https://a.example/")
    assert changed[0].stamp != first
    assert changed[1].stamp == second


def test_a_feed_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    cut = RSS[: RSS.index("<item><description>")]
    assert len(parse_feed(cut.encode(), "https://a.example/")) == 2


@pytest.mark.parametrize("content", ["", "/etc/passwd", "https://courier.example/", "<html><p>Hello.</p></html>", "{}"])
def test_what_is_no_feed_is_told_and_never_opened_by_its_name(content: str) -> None:
    with pytest.raises(SourceError, match="no RSS or Atom"):
        parse_feed(content.encode(), "https://a.example/")


def test_entities_do_not_multiply_and_no_file_is_read() -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">' + "".join(
        f'<!ENTITY {letter} "{f"&{before};" * 10}">' for before, letter in zip("bcdefgh", "cdefghi", strict=True)
    )
    bomb += '<!ENTITY file SYSTEM "file:///etc/hostname">]>'
    feed = bomb + "<rss version='2.0'><channel><item><title>&i;&file;</title></item></channel></rss>"
    try:
        entries = parse_feed(feed.encode(), "https://a.example/")
    except SourceError:
        return
    assert all(len(entry.title) < 100 for entry in entries)
