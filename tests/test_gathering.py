from __future__ import annotations

import gzip
import random
from collections.abc import Iterator

import pytest

from index.addresses import Reach
from index.fetching import Fetcher
from index.gathering import Gathered, Gatherer, Unchanged
from index.requesting import Requester
from index.sources import Unreadable
from tests.web import FakeClock, FakeMemory, Page, Web, article_page, web


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def site(server: Web) -> Web:
    server.pages = {
        f"/news/{number}": Page(article_page(number), headers={"ETag": f'"{number}"'}) for number in range(4)
    }
    server.visited = []
    return server


class Run:
    """What one gathering gave, in three lists of paths; all articles count as stored, unless it was broken off."""

    def __init__(
        self, site: Web, memory: FakeMemory, since: str | None = None, stop_after: int | None = None, **given: list[str]
    ):
        requester = Requester("Dateline", Reach.parse("127.0.0.0/8"))
        fetcher = Fetcher(requester, delay=0, clock=FakeClock(), chance=random.Random(1))
        gatherer = Gatherer(fetcher, memory, since)
        self.articles: list[Gathered] = []
        self.unchanged: list[str] = []
        self.problems: dict[str, str] = {}
        addresses = {kind: [site.url(path) for path in paths] for kind, paths in given.items()}
        for found in gatherer.gather(**addresses):
            path = found.origin.removeprefix(site.url(""))
            match found:
                case Gathered():
                    self.articles.append(found)
                    gatherer.settle([found.origin])
                case Unchanged():
                    self.unchanged.append(path)
                case Unreadable():
                    self.problems[path] = found.reason
            if len(self.articles) == stop_after:
                break
        else:
            gatherer.finish()
        self.expected = gatherer.expected
        self.asked = site.paths()

    @property
    def titles(self) -> list[str]:
        return [found.article.title for found in self.articles]


def rss(*items: str) -> Page:
    wrapped = "".join(f"<item>{item}</item>" for item in items)
    head = "<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>News</title>"
    return Page(f"{head}{wrapped}</channel></rss>", "application/rss+xml", headers={"ETag": f'"{hash(items)}"'})


def item(number: int, more: str = "") -> str:
    return f"<title>Story {number}</title><link>/news/{number}</link>{more}"


def dated(number: int, day: int) -> str:
    return item(number, f"<pubDate>{day:02} Feb 2026 10:00:00 GMT</pubDate>")


def sitemap(*pages: tuple[str, str], kind: str = "url") -> str:
    listed = "".join(f"<{kind}><loc>{url}</loc><lastmod>{day}</lastmod></{kind}>" for url, day in pages)
    root = "urlset" if kind == "url" else "sitemapindex"
    return f"<?xml version='1.0'?><{root} xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{listed}</{root}>"


def test_an_address_tells_by_its_content_what_it_is(site: Web) -> None:
    site.pages["/feed"] = rss(item(1), item(2))
    site.pages["/map"] = Page(sitemap((site.url("/news/3"), "2026-02-01")), "text/xml")
    run = Run(site, FakeMemory(), urls=["/news/0", "/feed", "/map"])
    assert run.titles == [f"Story {number} of the canal" for number in range(4)]
    assert run.articles[1].article.url == site.url("/news/1")
    assert run.expected == 4
    assert run.problems == {}


def test_what_is_unchanged_costs_one_request_at_most(site: Web) -> None:
    memory = FakeMemory()
    site.pages["/feed"] = rss(item(1), item(2))
    assert len(Run(site, memory, urls=["/news/0", "/feed"]).articles) == 3
    again = Run(site, memory, urls=["/news/0", "/feed"])
    assert (again.articles, again.asked) == ([], ["/news/0", "/feed"])
    assert again.unchanged == ["/news/0"]
    # The feed has a new entry; what it says of the others is what it said.
    site.pages["/feed"] = rss(item(1), item(2), item(3))
    more = Run(site, memory, urls=["/feed"])
    assert more.titles == ["Story 3 of the canal"]
    assert more.asked == ["/feed", "/news/3"]
    # It says something else of an entry: its page is asked for, and has not changed.
    site.pages["/feed"] = rss(item(1, "<description>New.</description>"), item(2), item(3))
    assert Run(site, memory, urls=["/feed"]).asked == ["/feed", "/news/1"]
    assert Run(site, memory, urls=["/feed"]).asked == ["/feed"]


def test_an_interrupted_run_goes_on_where_it_was(site: Web) -> None:
    memory = FakeMemory()
    site.pages["/feed"] = rss(*map(item, range(4)))
    first = Run(site, memory, feeds=["/feed"], stop_after=2)
    assert first.asked == ["/feed", "/news/0", "/news/1"]
    second = Run(site, memory, feeds=["/feed"])
    assert second.asked == ["/feed", "/news/2", "/news/3"]
    assert second.unchanged == ["/news/0", "/news/1"]


FULL = "<content:encoded><![CDATA[<p>The skipper of the barge said so.</p>{}]]></content:encoded>".format(
    "<p>Eleven families who live on their boats asked the county for a second tap.</p>" * 8
)
PART = "<content:encoded><![CDATA[<p>The skipper said so.</p>{} Read more]]></content:encoded>".format(
    "<p>Eleven families who live on their boats asked the county for a second tap.</p>" * 8
)


def test_a_page_that_cannot_be_had_is_taken_from_the_feed_where_that_has_it_all(
    site: Web, caplog: pytest.LogCaptureFixture
) -> None:
    site.pages["/news/1"] = Page("<p>No.</p>", status=403)
    site.pages["/feed"] = rss(
        item(1, f"<author>Ann Lee</author><pubDate>Mon, 02 Feb 2026 10:00:00 GMT</pubDate>{FULL}"),
        item(7, PART),
        item(8, "<description>A teaser.</description>"),
        f"<title>A note</title>{FULL}",
        "<title>Less than a note</title>",
    )
    run = Run(site, memory := FakeMemory(), feeds=["/feed"])
    story, note = (found.article for found in run.articles)
    assert (story.title, story.url, story.published_at) == ("Story 1", site.url("/news/1"), "2026-02-02T10:00:00Z")
    assert story.text.startswith("The skipper of the barge said so.")
    assert (note.title, note.url) == ("A note", None)
    assert "taken as it stands in the feed, because of its page: The server does not let us" in caplog.text
    assert [reason.split(".")[0] for reason in run.problems.values()] == [
        "There is no such page (status 404)",
        "There is no such page (status 404)",
        "The feed gives no address of a page",
    ]
    # What was refused is not asked for again before the feed says something else of it.
    site.pages["/feed"] = Page(site.pages["/feed"].content, "text/xml")
    again = Run(site, memory, feeds=["/feed"])
    assert again.asked == ["/feed"]
    assert again.problems == run.problems


def test_a_page_of_a_host_that_is_busy_is_tried_again_next_time(site: Web) -> None:
    memory = FakeMemory()
    site.pages["/feed"] = rss(item(1, FULL), item(2))
    site.pages["/news/1"] = Page(status=503)
    run = Run(site, memory, feeds=["/feed"])
    assert run.titles == ["Story 2 of the canal"]
    assert list(run.problems) == ["/news/1"]
    site.pages["/news/1"] = Page(article_page(1))
    again = Run(site, memory, feeds=["/feed"])
    assert again.titles == ["Story 1 of the canal"]
    assert again.asked == ["/feed", "/news/1"]
    assert Run(site, memory, feeds=["/feed"]).asked == ["/feed"]


def test_a_page_without_an_article_is_not_fetched_again_until_it_changes(site: Web) -> None:
    memory = FakeMemory()
    site.pages["/news/1"] = Page("<p>Subscribe to continue reading.</p>", headers={"ETag": '"wall"'})
    first = Run(site, memory, urls=["/news/1"])
    assert "subscribers" in first.problems["/news/1"]
    assert Run(site, memory, urls=["/news/1"]).problems == first.problems
    assert memory.kept[site.url("/news/1")].refusal == first.problems["/news/1"]
    site.pages["/news/1"] = Page(article_page(1))
    assert Run(site, memory, urls=["/news/1"]).titles == ["Story 1 of the canal"]
    assert memory.kept[site.url("/news/1")].refusal is None


def test_sitemaps_are_followed_through_their_index_and_unpacked(site: Web) -> None:
    inner = sitemap((site.url("/news/1"), "2026-02-01"), (site.url("/news/2"), "2026-02-02"))
    site.pages["/inner.gz"] = Page(gzip.compress(inner.encode()), "application/gzip")
    site.pages["/other"] = Page(sitemap((site.url("/news/3"), "2026-01-01")), "text/xml")
    index = sitemap((site.url("/inner.gz"), "2026-02-02"), (site.url("/other"), "2026-01-01"), kind="sitemap")
    site.pages["/index"] = Page(index, "application/xml")
    memory = FakeMemory()
    assert Run(site, memory, sitemaps=["/index"]).asked == [
        "/index",
        "/inner.gz",
        "/news/2",
        "/news/1",
        "/other",
        "/news/3",
    ]
    assert Run(site, memory, sitemaps=["/index"]).asked == ["/index", "/inner.gz", "/other"]


def test_what_is_older_than_a_day_is_left_out(site: Web) -> None:
    site.pages["/feed"] = rss(dated(0, 1), dated(1, 20), item(2))
    site.pages["/map"] = Page(sitemap((site.url("/news/3"), "2026-01-01")), "text/xml")
    index = sitemap((site.url("/map"), "2026-01-01"), kind="sitemap")
    site.pages["/index"] = Page(index, "application/xml")
    memory = FakeMemory()
    run = Run(site, memory, since="2026-02-20", feeds=["/feed"], sitemaps=["/map", "/index"])
    assert run.asked == ["/feed", "/news/1", "/news/2", "/map", "/index"]
    # Without that day, nothing is taken for unchanged that was left out before.
    run = Run(site, memory, feeds=["/feed"], sitemaps=["/index"])
    assert run.asked == ["/feed", "/news/0", "/index", "/map", "/news/3"]


def test_sitemaps_in_a_circle_end(site: Web) -> None:
    site.pages["/index"] = Page(sitemap((site.url("/index"), "2026-02-02"), kind="sitemap"), "application/xml")
    run = Run(site, FakeMemory(), sitemaps=["/index"])
    assert len(run.asked) == 3
    assert "Give one of those further down" in run.problems["/index"]


def test_another_kind_than_was_named_is_told(site: Web) -> None:
    feed = '<link rel="alternate" type="application/atom+xml" href="/feed">'
    site.pages["/front"] = Page(article_page(1, head=feed))
    site.pages["/feed"] = rss(item(1))
    run = Run(site, FakeMemory(), feeds=["/front"], sitemaps=["/feed"])
    assert run.problems == {
        "/front": f"It is a page, not a feed. Its feed is {site.url('/feed')}: give that.",
        "/feed": "It is a feed, not a sitemap.",
    }


def test_an_address_that_is_refused_stops_nothing(site: Web) -> None:
    inner = ("http://169.254.169.254/latest", "gopher://127.0.0.1/_x")
    site.pages["/feed"] = rss(*(f"<title>In</title><link>{url}</link>" for url in inner), item(1))
    run = Run(site, FakeMemory(), feeds=["/feed"])
    assert run.titles == ["Story 1 of the canal"]
    assert set(run.problems) == set(inner)
    assert run.asked == ["/feed", "/news/1"]


def test_one_page_that_two_lists_name_is_fetched_once(site: Web) -> None:
    site.pages["/a"] = rss(item(1), item(1), "<title>x</title><link>/news/1?utm_source=feed#top</link>")
    site.pages["/b"] = rss(item(1), item(2))
    assert Run(site, FakeMemory(), feeds=["/a", "/b"]).asked == ["/a", "/news/1", "/b", "/news/2"]


def test_only_a_sitemap_may_be_very_large(site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.gathering.PAGE_BYTES", 4_000)
    site.pages["/feed"] = rss(*(item(number) for number in range(100)))
    site.pages["/page"] = Page(article_page(1, length=60))
    listed = [(f"https://nowhere.invalid/{number}", "2026-02-01") for number in range(100)]
    site.pages["/map"] = Page(sitemap(*listed, (site.url("/news/1"), "2026-02-02")), "text/xml")
    run = Run(site, FakeMemory(), since="2026-02-02", urls=["/feed", "/page", "/map"])
    assert run.titles == ["Story 1 of the canal"]
    assert run.asked == ["/feed", "/page", "/map", "/news/1"]
    assert run.problems["/feed"].startswith("The feed is larger than")
    assert run.problems["/page"].startswith("The page is larger than")
