"""Pages from the web that are reported and not stored, each with its reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from index.articles import Article
from index.errors import SourceError
from index.extraction import extract
from index.pages import feeds_in
from index.sources import RawDocument
from tests.web import article_page

URL = "https://courier.example/news/story-1"


def extracted(page: str, url: str = URL, published_at: str | None = None) -> Article:
    return extract(RawDocument(url, "html", page, datetime(2026, 3, 1, tzinfo=UTC), url, published_at))


def reason(page: str, url: str = URL) -> str:
    with pytest.raises(SourceError) as caught:
        extracted(page, url)
    return str(caught.value)


def short(text: str, title: str = "Canal Courier", head: str = "") -> str:
    return f"<html><head><title>{title}</title>{head}</head><body><main><p>{text}</p></main></body></html>"


def test_an_articles_page_gives_the_article() -> None:
    article = extracted(article_page(1))
    assert article.title == "Story 1 of the canal"
    assert article.source == "Canal Courier"
    assert article.published_at == "2026-02-02T08:00:00Z"
    assert article.url == URL
    assert "Lock keeper number 1" in article.text
    assert "Home" not in article.text


@pytest.mark.parametrize(
    ("stated", "found_at", "url"),
    [
        ("https://courier.example/a", "https://courier.example/a?from=feed", "https://courier.example/a"),
        ("https://www.courier.example/a", "https://m.courier.example/x", "https://www.courier.example/a"),
        ("https://courier.example/a", "https://amp.courier.example/a", "https://courier.example/a"),
        ("https://other.example/a", "https://courier.example/a", "https://courier.example/a"),
        ("https://courier.example.evil.example/a", "https://courier.example/a", "https://courier.example/a"),
        ("https://example/a", "https://courier.example/a", "https://courier.example/a"),
        ("https://courier.example/", "https://courier.example/a", "https://courier.example/a"),
        ("javascript:alert(1)", "https://courier.example/a", "https://courier.example/a"),
    ],
)
def test_a_page_names_its_own_address_on_its_own_site_only(stated: str, found_at: str, url: str) -> None:
    assert extracted(article_page(1, head=f'<link rel="canonical" href="{stated}">'), found_at).url == url


def test_a_date_that_only_the_feed_tells_is_taken() -> None:
    page = article_page(1).replace("2026-02-02T08:00:00Z", "")
    assert extracted(page, published_at="2026-02-20T10:00:00Z").published_at == "2026-02-20T10:00:00Z"
    assert extracted(article_page(1), published_at="2026-02-20T10:00:00Z").published_at == "2026-02-02T08:00:00Z"


PAYWALLED = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": %s}</script>'


@pytest.mark.parametrize(
    "page",
    [
        article_page(1, head=PAYWALLED % "false"),
        article_page(1, head=PAYWALLED % '"False"'),
        article_page(1, head='<meta property="article:content_tier" content="locked">'),
        short("The locks open on Monday, said the county. Subscribe to continue reading this story."),
        short("The locks open on Monday. This article is for subscribers only. Already a subscriber? Log in."),
    ],
)
def test_a_page_for_subscribers_is_reported(page: str) -> None:
    assert "subscribers" in reason(page)


def test_a_page_that_only_offers_a_subscription_is_an_article() -> None:
    page = article_page(1, head=PAYWALLED % "true", body="<aside>Subscribe to our newsletter. Log in.</aside>")
    assert extracted(page).title == "Story 1 of the canal"


@pytest.mark.parametrize(
    ("page", "url"),
    [
        (short("Before you continue, we and our 812 partners use cookies. Accept all. Reject all."), URL),
        (short("We value your privacy. You must accept cookies to continue."), URL),
        (short("Choose what we may store on your device."), "https://consent.courier.example/collect?to=a"),
    ],
)
def test_a_wall_of_cookies_is_reported(page: str, url: str) -> None:
    assert "cookies" in reason(page, url)


def test_a_page_that_wants_to_see_a_browser_is_reported() -> None:
    assert "browser" in reason(short("Checking your connection.", title="Just a moment..."))
    assert "browser" in reason(short("Please enable JavaScript to continue. Ray 77."))


def test_a_page_that_says_it_is_missing_is_reported() -> None:
    assert "no such page" in reason(short("Sorry. Try our front page.", title="404 - Canal Courier"))
    assert "no such page" in reason(short("Sorry.", title="Page not found | Canal Courier"))


def test_a_page_with_a_film_is_reported() -> None:
    film = short("The barge race in two minutes.", head='<meta property="og:type" content="video.other">')
    assert "video" in reason(film)
    film = short("The barge race.", head='<script type="application/ld+json">{"@type":"VideoObject"}</script>')
    assert "video" in reason(film)


def teasers(number: int) -> str:
    return "".join(
        f'<article><h2><a href="/news/{place}">The county closes lock {place} until the paint is dry, and opens it'
        f" again</a></h2><p>More on lock {place}.</p></article>"
        for place in range(number)
    )


def test_a_list_of_articles_is_reported_with_its_feed() -> None:
    feed = '<link rel="alternate" type="application/rss+xml" href="/news/feed.xml">'
    page = f"<html><head><title>News</title>{feed}</head><body>{teasers(12)}</body></html>"
    said = reason(page, "https://courier.example/news/")
    assert "list of articles" in said
    assert "https://courier.example/news/feed.xml" in said
    assert feeds_in(page, "https://courier.example/news/") == ["https://courier.example/news/feed.xml"]
    assert "list of articles" in reason(article_page(1), "https://courier.example/")
    collection = '<script type="application/ld+json">{"@type": "CollectionPage"}</script>'
    assert "list" in reason(short("All that we have.", head=collection))


def test_an_article_amid_many_links_is_an_article() -> None:
    page = article_page(1, body=f"<aside>{teasers(30)}</aside>")
    assert "Lock keeper number 1" in extracted(page).text


@pytest.mark.parametrize("page", ["", " ", "<html></html>", "<!-- -->", short("Too short to be an article.")])
def test_a_page_without_an_article_is_reported(page: str) -> None:
    assert reason(page)


def test_a_saved_page_is_read_without_these_questions() -> None:
    document = RawDocument("file:///a.html", "html", article_page(1, head=PAYWALLED % "false"), datetime.now(UTC))
    assert extract(document).title == "Story 1 of the canal"
