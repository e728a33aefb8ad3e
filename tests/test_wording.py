"""Dates, confidences and links read as people write them, and lead only where a browser may go."""

from __future__ import annotations

from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pytest

from index.articles import ArticleFilter, Span
from qa.answers import ArticleReference, Question, Reason
from qa.web.wording import (
    ask_link,
    counted,
    excerpt_link,
    human_date,
    language_tag,
    reason_told,
    seconds,
    support,
    web_address,
    web_host,
)


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        ("2025-02-27", "27 February 2025"),
        ("2025-02-27T04:05:00Z", "27 February 2025, 04:05 UTC"),
        ("0987-01-01", "1 January 987"),
        ("soon", "soon"),
        ("the day after", "the day after"),
    ],
)
def test_a_date_reads_as_people_write_it_and_anything_else_stays(moment: str, written: str) -> None:
    assert human_date(moment) == written


def test_a_number_of_things_agrees_with_it() -> None:
    assert [counted(number, "article") for number in (0, 1, 12_345)] == ["0 articles", "1 article", "12,345 articles"]


def test_a_time_is_short_but_never_nothing() -> None:
    assert [seconds(time) for time in (0.02, 26.4, 999.0, 1211.02)] == ["1 ms", "26 ms", "999 ms", "1.2 s"]


def test_confidence_becomes_a_word() -> None:
    assert [support(confidence) for confidence in (1.0, 0.85, 0.7, 0.5, 0.0)] == [
        "Strong",
        "Strong",
        "Fair",
        "Some",
        "Some",
    ]


def test_each_reason_is_told_in_its_own_words() -> None:
    told = [reason_told(reason) for reason in get_args(Reason)]
    assert len(set(told)) == 3
    assert all(sentence.endswith(".") for sentence in told)
    assert reason_told(None) == ""


@pytest.mark.parametrize("url", ["https://wire.example/a?b=1", "http://wire.example"])
def test_web_addresses_may_be_followed(url: str) -> None:
    assert web_address(url) == url
    assert web_host(url) == "wire.example"


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "data:text/html,x", "//wire.example", "http://[", "x"]
)
def test_nothing_else_may_be_followed(url: str | None) -> None:
    assert web_address(url) is None


@pytest.mark.parametrize(
    ("language", "tag"),
    [
        ("en", "en"),
        ("pt-BR", "pt-BR"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        (None, None),
        ('en"><b>', None),
        ("English", None),
    ],
)
def test_only_a_language_tag_becomes_one(language: str | None, tag: str | None) -> None:
    assert language_tag(language) == tag


def test_a_permalink_holds_the_question_and_no_defaults() -> None:
    assert ask_link(Question("Who won?")) == "/ask?question=Who+won%3F"
    question = Question(
        "Who & what?",
        3,
        ArticleFilter(sources=("A b", "C"), published_from="2025-01-01", published_to=None),
        "2026-01-01",
    )
    assert parse_qs(urlsplit(ask_link(question)).query, strict_parsing=True) == {
        "question": ["Who & what?"],
        "source": ["A b", "C"],
        "published_from": ["2025-01-01"],
        "as_of": ["2026-01-01"],
        "max_citations": ["3"],
    }


def test_an_excerpt_has_an_address() -> None:
    article = ArticleReference("wire:7", 2, "Title", None, None, None)
    assert excerpt_link(article, Span(5, 9)) == "/articles/wire:7?version=2&start=5&end=9#excerpt"
