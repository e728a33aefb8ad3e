"""The demo collection is sound, and its labelled questions quote it verbatim."""

from __future__ import annotations

import json
from collections import Counter
from importlib import resources
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from index.articles import Article
from index.extraction import extract
from index.sources import RawDocument, find_files, read_collection, read_file

DEMO = Path(str(resources.files("qa"))) / "demo"
QUESTIONS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("demo_questions.json").read_text("utf-8"))
TYPES = {"list", "factoid", "number", "date", "yes_no", "who_said", "reason", "unanswerable"}
ANSWERABLE = [question for question in QUESTIONS if question["answerable"]]
# Copied from a page as plain text, it says neither its outlet nor its address.
SCRAPED = "2026-04-09-united-republics-rules-out-air-cover"
REPRINTS = {"2026-02-27-unplugged-sensor-hid-ramp-failure", "2026-02-27-garrow-line-chief-to-go"}


@pytest.fixture(scope="module")
def documents() -> dict[str, RawDocument]:
    """Every document of the demo by its file's stem, or by its id where it is a record."""
    found: dict[str, RawDocument] = {}
    for path in find_files([DEMO]):
        for document in read_file(path):
            assert isinstance(document, RawDocument), document
            name = document.content["id"] if isinstance(document.content, dict) else path.stem
            assert str(name) not in found
            found[str(name)] = document
    return found


@pytest.fixture(scope="module")
def articles(documents: dict[str, RawDocument]) -> dict[str, Article]:
    return {name: extract(document) for name, document in documents.items()}


def test_there_are_enough_articles_in_every_form(documents: dict[str, RawDocument]) -> None:
    kinds = Counter(document.kind for document in documents.values())
    assert kinds.total() >= 24
    assert (kinds["html"], kinds["text"], kinds["record"]) == (2, 1, 2)


def test_article_ids_are_unique(articles: dict[str, Article]) -> None:
    assert len({article.id for article in articles.values()}) == len(articles)


def test_every_article_has_a_title_and_a_text(articles: dict[str, Article]) -> None:
    assert [name for name, article in articles.items() if len(article.title) < 20 or len(article.text) < 500] == []


def test_every_article_says_where_and_when_it_appeared(articles: dict[str, Article]) -> None:
    for name, article in articles.items():
        assert (article.published_at or "")[:10] == name[:10]
        if name != SCRAPED:
            assert article.source, name
            assert str(urlsplit(article.url).hostname).endswith(".example"), name


def test_there_are_six_outlets(articles: dict[str, Article]) -> None:
    assert {article.source for article in articles.values() if article.source} == {
        "Commerce Ledger",
        "Kirrow Gazette",
        "Meridian Wire",
        "Quayside Weekly",
        "Radio Brenmark",
        "The Daily Ensign",
    }


def test_page_furniture_is_left_out(articles: dict[str, Article]) -> None:
    furniture = ("Listen live", "Most heard", "Cookie", "Puzzles", "More from Nation", "min read", "Photo:", "See all")
    for name, article in articles.items():
        assert not [words for words in furniture if words in article.text], name


def test_two_articles_reprint_the_wire_and_no_others_share_prose(articles: dict[str, Article]) -> None:
    original = "2026-02-26-cracked-weld-sank-silver-tern"
    owners: dict[tuple[str, ...], set[str]] = {}
    for name, article in articles.items():
        words = article.text.casefold().split()
        for run in zip(*(words[offset:] for offset in range(8)), strict=False):
            owners.setdefault(run, set()).add(name)
    shared = {frozenset(names) for names in owners.values() if len(names) > 1}
    assert frozenset({original} | REPRINTS) in shared
    assert frozenset().union(*shared) == {original} | REPRINTS


@pytest.mark.parametrize("question", ANSWERABLE, ids=itemgetter("id"))
def test_every_quote_stands_verbatim_in_its_article(question: dict[str, Any], articles: dict[str, Article]) -> None:
    for evidence in question["evidence"]:
        assert evidence["quote"] in articles[evidence["article"]].text


def test_questions_are_well_formed() -> None:
    assert len({question["id"] for question in QUESTIONS}) == len(QUESTIONS) == 72
    assert len({question["question"] for question in QUESTIONS}) == len(QUESTIONS)
    counts = Counter(question["type"] for question in QUESTIONS)
    assert set(counts) == TYPES
    assert counts["list"] >= 35
    assert counts["unanswerable"] >= 10
    for question in QUESTIONS:
        is_answerable = question["type"] != "unanswerable"
        assert question["answerable"] == is_answerable, question["id"]
        assert bool(question["answers"]) == bool(question["evidence"]) == is_answerable, question["id"]


@pytest.mark.parametrize("question", ANSWERABLE, ids=itemgetter("id"))
def test_quotes_hold_every_answer(question: dict[str, Any]) -> None:
    quotes = " ".join(item["quote"] for item in question["evidence"]).casefold()
    answers = [] if question["type"] == "yes_no" else question["answers"]
    assert [answer for answer in answers if answer.casefold() not in quotes] == []
    assert not set(question["answers"]) & set(question.get("not_answers", []))


def test_every_article_is_asked_about(articles: dict[str, Article]) -> None:
    assert {evidence["article"] for question in ANSWERABLE for evidence in question["evidence"]} == set(articles)


def test_collection_offers_questions_to_ask() -> None:
    collection = read_collection(DEMO)
    assert collection
    assert collection.name
    assert collection.description
    assert 6 <= len(collection.questions) <= 8
    assert all(question.endswith("?") for question in collection.questions)
