"""Someone asks, checks the answer where it stands, looks around: by mouse, by keyboard, with no scripts."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.staged import DEATHS, PROMISES

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

BREACH = "When was Mill Weir breached?"
UNANSWERABLE = "What is the capital of Peru?"


def ask_link(question: str, **filters: str) -> str:
    return f"/ask?{urlencode({'question': question, **filters})}"


def marked_text(page: Page) -> str:
    return "\n\n".join(page.locator("mark").all_text_contents())


def stored_text(page: Page) -> str:
    """Return what the JSON API says that the address of an article page marks."""
    article = page.url.split("/articles/")[1].split("?")[0]
    parameters = dict(pair.split("=") for pair in page.url.split("?")[1].split("#")[0].split("&"))
    found = page.request.get(f"/api/articles/{article}", params={"version": parameters["version"]})
    text: str = found.json()["text"]
    return text[int(parameters["start"]) : int(parameters["end"])]


def test_a_question_is_asked_and_its_answer_checked_by_keyboard_alone(open_page: OpenPage) -> None:
    page = open_page("/")
    page.keyboard.press("/")
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(BREACH)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Evidence")).to_be_visible()
    # What was left blank stays out of the permalink.
    assert page.url.endswith(ask_link(BREACH))
    expect(page.get_by_label("Your question")).to_have_value(BREACH)

    page.get_by_role("link", name="Citation 1", exact=True).focus()
    page.keyboard.press("Enter")
    citation = page.locator("#citation-1")
    expect(citation).to_be_focused()
    expect(citation).to_be_in_viewport()
    assert page.evaluate("document.querySelector(':target').id") == "citation-1"
    quote = citation.locator("blockquote").text_content()
    assert quote is not None
    assert "March 23" in quote

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(citation.get_by_role("link", name="Read in the article")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/**")
    expect(page.locator("#excerpt")).to_be_focused()
    expect(page.locator("#excerpt")).to_be_in_viewport()
    assert marked_text(page) == quote == stored_text(page)

    page.go_back()
    expect(citation).to_be_visible()
    expect(page.get_by_role("button", name="Ask")).to_be_enabled()


def test_every_citation_is_marked_in_its_article_to_the_character(open_page: OpenPage) -> None:
    page = open_page(ask_link("Which countries will send troops to the Drelle?"))
    cards = page.locator(".citation")
    quotes = cards.locator("blockquote").all_text_contents()
    links = [link.get_attribute("href") for link in cards.get_by_role("link", name="Read in the article").all()]
    assert len(quotes) == len(links) > 1
    for quote, link in zip(quotes, links, strict=True):
        page.goto(str(link))
        assert marked_text(page) == quote == stored_text(page)


def test_answer_and_evidence_point_at_each_other(open_page: OpenPage) -> None:
    page = open_page(ask_link(BREACH))
    page.get_by_role("link", name="Citation 1", exact=True).hover()
    expect(page.locator(".citation.lit")).to_have_id("citation-1")
    page.locator("#citation-1").hover()
    expect(page.locator(".marker.lit").first).to_have_text("[1]")
    page.get_by_role("link", name="Citation 1: back to the statement").click()
    expect(page.locator("#statement-1")).to_be_focused()


def test_short_answers_are_a_list_that_says_how_they_stand(open_page: OpenPage) -> None:
    page = open_page(ask_link(DEATHS))
    answers = page.get_by_role("region", name="Answer").get_by_role("listitem")
    expect(answers).to_have_count(3)
    twelve, nine, four = answers.all()
    expect(twelve).to_contain_text("— said coastguard spokeswoman Hanne Birk")
    expect(nine).to_contain_text("Earlier: newer articles tell otherwise 14 November 2025")
    expect(four).to_contain_text("at least four")
    assert [page.locator(f"#citation-{n} mark").all_text_contents() for n in (1, 2, 3)] == [
        ["Twelve people"],
        ["Nine people"],
        ["at least four"],
    ]
    four.get_by_role("link", name="Citation 3").click()
    expect(page.locator("#citation-3")).to_be_in_viewport()


def test_one_excerpt_shows_several_answers(open_page: OpenPage) -> None:
    page = open_page(ask_link(PROMISES))
    expect(page.locator("#citation-1 mark")).to_have_text(["Brenmark", "Lorvania"])
    page.locator("#citation-1").hover()
    expect(page.locator(".marker.lit")).to_have_text(["[1]", "[1]"])
    expect(page.get_by_text("Sources differ")).to_be_visible()


def test_it_abstains_in_so_many_words(open_page: OpenPage) -> None:
    page = open_page(ask_link(UNANSWERABLE))
    expect(page.get_by_text("The articles do not answer this.")).to_be_visible()
    expect(page.get_by_text("They do not answer the question.")).to_be_visible()
    expect(page.locator(".citation")).to_have_count(0)
    page.get_by_role("link", name="Read in the article").first.click()
    assert marked_text(page) == stored_text(page)


def test_the_search_is_narrowed(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_label("Your question").fill(BREACH)
    page.get_by_text("Narrow the search").click()
    page.get_by_label("Kirrow Gazette").check()
    page.get_by_label("Published to").fill("2024-12-31")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("Outside the dates that were set, there is an answer.")).to_be_visible()
    assert page.url.endswith(ask_link(BREACH, source="Kirrow Gazette", published_to="2024-12-31"))
    expect(page.get_by_text("Narrowed: Kirrow Gazette, to 31 December 2024")).to_be_visible()
    page.get_by_role("link", name="Ask without the dates").click()
    expect(page.get_by_role("heading", name="Evidence")).to_be_visible()
    page.goto(ask_link(BREACH, source="Quayside Weekly"))
    expect(page.get_by_text("that you narrowed the search to")).to_be_visible()
    page.get_by_role("link", name="Ask all").click()
    expect(page.get_by_role("heading", name="Evidence")).to_be_visible()


def test_what_is_wrong_is_told_and_nothing_typed_is_lost(open_page: OpenPage) -> None:
    page = open_page("/")
    long = "Who is the mayor? " * 60
    page.get_by_label("Your question").fill(long)
    expect(page.get_by_text("80 too many.")).to_be_visible()
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("The question has 1,079 characters; at most 1,000 are allowed.")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value(long.strip())
    expect(page.get_by_label("Your question")).to_be_focused()


def test_it_says_that_it_is_reading(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_label("Your question").fill(BREACH)
    # The page is held before it goes, so that what it says meanwhile can be seen.
    page.evaluate("document.querySelector('form.ask').addEventListener('submit', (event) => event.preventDefault())")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("status")).to_have_text("Reading the articles…")
    expect(page.get_by_role("button", name="Reading the articles…")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Ask")).to_be_visible()


def test_the_link_can_be_copied(open_page: OpenPage) -> None:
    page = open_page(ask_link(BREACH), permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_escape_folds_the_filters_and_leaves_the_field(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_text("Narrow the search").click()
    page.get_by_label("As of").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_label("As of")).to_be_hidden()
    page.get_by_label("Your question").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_label("Your question")).not_to_be_focused()


def test_the_library_is_searched_and_paged(open_page: OpenPage) -> None:
    page = open_page("/articles")
    first = page.locator("ol.shelf h2").first.text_content()
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    assert page.locator("ol.shelf h2").first.text_content() != first
    page.get_by_label("Search for words").fill("astrolabe locker")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 article found")).to_be_visible()
    page.locator("ol.shelf a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("astrolabe")
    page.go_back()
    page.get_by_label("Search for words").fill("zeppelin")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("No article matches")).to_be_visible()
    page.get_by_role("link", name="Show all articles").click()
    expect(page.get_by_text("32 articles, newest first")).to_be_visible()


def test_an_address_that_leads_nowhere_leads_back(open_page: OpenPage) -> None:
    page = open_page("/nowhere")
    expect(page.get_by_text("Error 404")).to_be_visible()
    page.get_by_role("link", name="Ask a question").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Around the Drelle")


def test_everything_works_without_scripts(open_page: OpenPage) -> None:
    page = open_page("/", java_script_enabled=False)
    page.get_by_label("Your question").fill(BREACH)
    page.get_by_text("Narrow the search").click()
    page.get_by_label("Citations, at most").fill("1")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("button", name="Copy link")).to_be_hidden()
    page.get_by_role("link", name="Citation 1", exact=True).click()
    quote = page.locator("#citation-1 blockquote").text_content()
    page.get_by_role("link", name="Read in the article").click()
    expect(page.locator("#excerpt")).to_be_in_viewport()
    assert marked_text(page) == quote
    page.get_by_role("link", name="Library").click()
    page.get_by_label("Source").select_option("Radio Brenmark")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("5 articles found")).to_be_visible()


def test_an_article_is_told_apart_from_its_page(open_page: OpenPage) -> None:
    """What a screen reader and a reading mode go by: one heading, one main, one article, a language."""
    page = open_page("/articles")
    page.locator("ol.shelf a").first.click()
    for role in ("banner", "navigation", "main", "article", "contentinfo"):
        expect(page.get_by_role(role)).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.locator("html").get_attribute("lang") == "en"
