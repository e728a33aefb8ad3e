"""What a browser gets at each address, from a real collection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from lxml import html

from index.articles import make_article
from qa.app import create_app
from qa.dateline import Dateline
from qa.settings import Settings

Client = TestClient[Litestar]

FERRY = make_article(
    id="ferry",
    title="Ferry to Garrow delayed by fog",
    source="Harbour Post",
    authors=["Ada Quill", "Ben Marsh"],
    published_at="2026-03-01T06:30:00Z",
    url="https://harbour-post.example/ferry",
    language="en",
    text="The morning ferry to Garrow left four hours late on Sunday because of fog."
    "\n\nNobody was hurt.\n- 61 people\n- 3 dogs",
)
ARABIC = make_article(
    id="arabic", title="تأخر العبّارة", text="تأخرت العبّارة بسبب الضباب.", language="ar", source="ميناء"
)
SMALL = [
    make_article(
        id=f"note-{day}",
        title=f"Notice of day {day}",
        source="Town Hall",
        published_at=f"2025-01-{day:02}",
        text=f"The town hall closes at noon on day {day} of the month.",
    )
    for day in range(1, 24)
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    settings = Settings(data=str(tmp_path_factory.mktemp("data")))
    with Dateline(settings) as dateline:
        earlier = make_article(id="ferry", title="Ferry delayed", text="The ferry to Garrow is two hours late.")
        dateline.indexer.index_articles([earlier])
        dateline.indexer.index_articles([FERRY, ARABIC, *SMALL])
        with TestClient(create_app(settings, dateline), base_url="http://127.0.0.1") as client:
            yield client


def shown(client: Client, path: str, status: int = 200) -> html.HtmlElement:
    response = client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return html.document_fromstring(response.content)


def words(page: html.HtmlElement, path: str = "//main") -> str:
    return " ".join(" ".join(element.text_content() for element in page.xpath(path)).split())


def value(page: html.HtmlElement, name: str) -> str:
    return str(page.xpath(f"//*[@name='{name}']")[0].value)


# Versions


def test_what_changed_is_shown_word_by_word(client: Client) -> None:
    page = shown(client, "/articles/ferry?version=2&since=1")
    assert words(page, "//h1") == "Ferry to Garrow delayed by fog"
    assert words(page, "//h1/ins") == "to Garrow by fog"
    text = "//*[@class='text']"
    assert "Nobody was hurt." in words(page, f"{text}//ins")
    assert words(page, f"{text}//del") == "is two late."
    assert "What changed from version 1 to version 2" in words(page)
    same = shown(client, "/articles/ferry?since=2")
    assert "Title and text are the same" in words(same)
    assert not same.xpath(f"{text}//ins | {text}//del")


def test_the_versions_are_listed_where_there_are_several(client: Client) -> None:
    page = shown(client, "/articles/ferry")
    assert page.xpath("//*[@class='history']//li/a[1]/@href") == [
        "/articles/ferry?version=2",
        "/articles/ferry?version=1",
    ]
    assert page.xpath("//*[@class='history']//li/a[2]/@href") == ["/articles/ferry?version=2&since=1"]
    assert not shown(client, "/articles/arabic").xpath("//*[@class='history']")


@pytest.mark.parametrize(("since", "status"), [("9", 404), ("x", 400), ("-1", 400)])
def test_what_changed_since_no_version_is_an_error(client: Client, since: str, status: int) -> None:
    shown(client, f"/articles/ferry?since={since}", status)


# The form and its answers


def test_the_front_page_tells_how_much_there_is_to_ask(client: Client) -> None:
    page = shown(client, "/")
    assert "25 articles from 3 sources, up to 1 March 2026, 06:30 UTC" in words(page)
    # This collection brings no questions, so its newest articles are what one can start from.
    assert page.xpath("//ul[@class='examples']//a/@href")[0] == "/articles/ferry"
    assert [box.get("value") for box in page.xpath("//input[@name='source']")] == ["Town Hall", "Harbour Post", "ميناء"]


def test_an_answer_quotes_its_evidence_and_links_to_it(client: Client) -> None:
    page = shown(client, "/ask?question=Why+was+the+ferry+to+Garrow+late%3F")
    assert value(page, "question").strip() == "Why was the ferry to Garrow late?"
    marker, *_ = page.get_element_by_id("statement-1").xpath("./a[@class='marker']")
    card = page.get_element_by_id(marker.get("href")[1:])
    (quote,) = card.xpath(".//blockquote")
    assert "because of fog" in quote.text_content()
    assert "Harbour Post" in card.text_content()
    assert card.xpath(".//time/@datetime") == ["2026-03-01T06:30:00Z"]
    (link,) = card.xpath(".//a[starts-with(@href, '/articles/')]/@href")
    marks = shown(client, link).xpath("//mark")
    assert "\n\n".join(mark.text_content() for mark in marks) == quote.text_content()
    assert marks[0].get("id") == "excerpt"


def test_a_permalink_keeps_what_was_asked(client: Client) -> None:
    page = shown(
        client, "/ask?question=Was+there+fog%3F&source=Harbour+Post&published_to=&max_citations=2&as_of=2026-04-01"
    )
    link = "/ask?question=Was+there+fog%3F&source=Harbour+Post&as_of=2026-04-01&max_citations=2"
    assert page.xpath("//link[@rel='canonical']/@href") == [link]
    assert page.xpath("//*[@data-copy]/@data-copy") == [link]
    assert page.xpath("//input[@name='source'][@checked]/@value") == ["Harbour Post"]
    assert "Narrowed: Harbour Post, as of 1 April 2026, 2 citations at most" in words(page, "//summary")
    json = client.get(page.xpath("//a[text()='As JSON']/@href")[0]).json()
    assert json["question"] == "Was there fog?"


def test_it_says_so_when_the_articles_do_not_answer(client: Client) -> None:
    page = shown(client, "/ask?question=Who+invented+the+telescope%3F")
    assert "The articles do not answer this." in words(page)
    assert "25 articles were searched." in words(page)
    assert "They do not answer the question." in words(page)
    passages = page.xpath("//section[@class='nearest']//li")
    assert 0 < len(passages) <= 5
    assert all("Not an answer" in words(passage, ".") for passage in passages)
    assert page.xpath("//li[@class='citation']") == []


def test_where_only_the_dates_keep_the_answer_out_they_can_be_dropped(client: Client) -> None:
    page = shown(
        client, "/ask?question=Why+was+the+ferry+to+Garrow+late%3F&published_to=2025-01-10&source=Harbour+Post"
    )
    assert "Outside the dates that were set, there is an answer." in words(page)
    (link,) = page.xpath("//a[text()='Ask without the dates']/@href")
    assert link == "/ask?question=Why+was+the+ferry+to+Garrow+late%3F&source=Harbour+Post"
    assert "because of fog" not in words(page)
    assert "because of fog" in words(shown(client, link))


def test_where_the_filters_leave_nothing_they_can_be_dropped(client: Client) -> None:
    page = shown(client, "/ask?question=Why+was+the+ferry+late%3F&source=Nobody")
    assert "Nothing in them is about this. Only the articles that you narrowed the search to were read." in words(page)
    assert page.xpath("//a[text()='Ask all 25 articles']/@href") == ["/ask?question=Why+was+the+ferry+late%3F"]
    assert page.xpath("//section[@class='nearest']") == []


def test_what_is_wrong_stands_beside_its_field(client: Client) -> None:
    page = shown(client, "/ask?question=&source=Town+Hall&published_from=31+Feb&max_citations=x", 400)
    for name, said in (
        ("question", "Type a question"),
        ("published_from", "'31 Feb'"),
        ("max_citations", "whole number"),
    ):
        (field,) = page.xpath(f"//*[@name='{name}']")
        assert field.get("aria-invalid") == "true"
        assert said in " ".join(
            page.get_element_by_id(id).text_content() for id in field.get("aria-describedby").split()
        )
    assert (value(page, "published_from"), value(page, "max_citations")) == ("31 Feb", "x")
    assert page.xpath("//input[@name='source'][@checked]/@value") == ["Town Hall"]
    assert page.xpath("//details/@open")


@pytest.mark.parametrize(
    "query", ["", "?question=%00", "?question=%ff%fe", "?question=%ED%A0%80", f"?question={'x' * 1_001}"]
)
def test_a_question_that_is_none_is_asked_for_again(client: Client, query: str) -> None:
    assert "Please check your question" in words(shown(client, f"/ask{query}", 400), "//h1")


# The library


def test_the_library_is_paged_newest_first(client: Client) -> None:
    first = shown(client, "/articles")
    titles = [title.text_content() for title in first.xpath("//ol//h2")]
    assert titles[:2] == ["Ferry to Garrow delayed by fog", "Notice of day 23"]
    (older,) = first.xpath("//a[@rel='next']/@href")
    assert not first.xpath("//a[@rel='prev']")
    second = shown(client, older)
    titles += [title.text_content() for title in second.xpath("//ol//h2")]
    assert len(set(titles)) == len(titles) == 25
    assert second.xpath("//a[@rel='prev']/@href") == ["/articles"]
    assert not second.xpath("//a[@rel='next']")


def test_the_library_can_be_searched(client: Client) -> None:
    page = shown(client, "/articles?search=garrow+FOG&source=Harbour+Post")
    assert page.xpath("//ol//h2/a/@href") == ["/articles/ferry"]
    assert (value(page, "search"), value(page, "source")) == ("garrow FOG", "Harbour Post")
    notices = shown(client, "/articles?search=noon&page=2")
    assert notices.xpath("//a[@rel='prev']/@href") == ["/articles?search=noon"]
    assert "23 articles found" in words(notices)


@pytest.mark.parametrize("query", ["search=zebra", "search=%22%3F%21*", "search=noon&source=Nobody", "search=%00"])
def test_no_article_matches(client: Client, query: str) -> None:
    assert "No article matches" in words(shown(client, f"/articles?{query}"))


@pytest.mark.parametrize(
    ("page", "status"), [("3", 404), ("0", 404), ("999999999", 404), ("x", 400), ("9" * 4_000, 400)]
)
def test_there_are_only_so_many_pages(client: Client, page: str, status: int) -> None:
    shown(client, f"/articles?page={page}", status)


# Articles


def test_an_article_is_shown_as_stored(client: Client) -> None:
    page = shown(client, "/articles/ferry")
    text = "\n\n".join(p.text_content() for p in page.xpath("//div[@class='text']/p"))
    assert text == FERRY.text
    assert words(page, "//h1") == FERRY.title
    assert "By Ada Quill, Ben Marsh" in words(page)
    (original,) = page.xpath("//p[@class='original']/a")
    assert (original.get("href"), original.get("rel")) == (FERRY.url, "noopener noreferrer nofollow")
    assert not page.xpath("//mark")
    assert not page.xpath("//*[@class='notice']")


def test_the_excerpt_is_marked_to_the_character(client: Client) -> None:
    start, end = FERRY.text.index("fog."), FERRY.text.index(" hurt.")
    marks = shown(client, f"/articles/ferry?version=2&start={start}&end={end}").xpath("//mark")
    assert [mark.text_content() for mark in marks] == ["fog.", "Nobody was"]
    assert [mark.get("id") for mark in marks] == ["excerpt", None]


def test_an_earlier_version_says_that_it_is_one(client: Client) -> None:
    page = shown(client, "/articles/ferry?version=1&start=0&end=9")
    assert "The article has changed since; this is version 1." in words(page)
    assert words(page, "//mark") == "The ferry"
    assert page.xpath("//p[@class='notice']/a/@href") == ["/articles/ferry", "/articles/ferry?since=1"]


@pytest.mark.parametrize("query", ["start=0&end=9999", "start=9&end=9", "start=20&end=10", "end=0", "start=5"])
def test_an_excerpt_that_does_not_fit_is_told(client: Client, query: str) -> None:
    page = shown(client, f"/articles/ferry?{query}")
    assert f"this text of {len(FERRY.text)} characters does not have" in words(page, "//*[@class='notice']")
    assert not page.xpath("//mark")


@pytest.mark.parametrize("query", ["version=two", "version=-1", "start=1e3&end=4", f"end={'9' * 40}", "start=%00"])
def test_numbers_that_are_none_are_refused(client: Client, query: str) -> None:
    assert "This link is damaged" in words(shown(client, f"/articles/ferry?{query}", 400), "//h1")


@pytest.mark.parametrize(
    "path", ["gone", "ferry?version=3", "ferry?version=999999999", "%00", "..%2f..%2fetc", "%F0%9F%A6%86"]
)
def test_an_article_that_is_not_there_is_a_page_too(client: Client, path: str) -> None:
    shown(client, f"/articles/{path}", 404)


def test_text_runs_in_its_own_direction(client: Client) -> None:
    page = shown(client, "/articles/arabic")
    assert [element.get("dir") for element in page.xpath("//h1 | //div[@class='text']/p")] == ["auto", "auto"]
    assert page.xpath("//div[@class='text']/@lang") == ["ar"]


# Every page


@pytest.mark.parametrize("path", ["/", "/ask?question=Was+there+fog%3F", "/articles", "/articles/ferry"])
def test_a_page_can_be_asked_for_without_its_body(client: Client, path: str) -> None:
    response = client.head(path)
    assert (response.status_code, response.content) == (200, b"")


def test_an_unknown_address_is_a_page_in_the_same_design(client: Client) -> None:
    page = shown(client, "/nowhere", 404)
    assert page.xpath("//a[@class='wordmark']")
    assert "Error 404" in words(page)


def test_files_may_be_kept_for_good_because_their_address_changes_with_them(client: Client) -> None:
    page = shown(client, "/")
    files = [*page.xpath("//head/link[not(@rel='canonical')]/@href"), *page.xpath("//script/@src")]
    assert len(files) == 3
    for file in files:
        response = client.get(file)
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
        assert "?v=" in file
