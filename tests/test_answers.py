"""An answer as one line, and what stands beside a statement in it."""

from __future__ import annotations

import pytest

from index.articles import Span
from qa.answers import Answer, ArticleReference, Citation, Question, Statement, is_sentence, remark

ARTICLE = ArticleReference("a", 1, "Title", None, None, None)


def text(*statements: Statement) -> str:
    citations = tuple(Citation(number, ARTICLE, Span(0, 1), "x", 0.9) for number in (1, 2))
    return Answer("i", Question("Who?"), "answered", statements, citations, (), 0.9, "x", 1).text


def test_short_answers_are_a_line_of_items() -> None:
    assert text(Statement("Türkiye", (1,)), Statement("France and the UK", (2,))) == (
        "Türkiye [1]; France and the UK [2]."
    )
    assert text(Statement("9 p.m.", (1, 2))) == "9 p.m. [1][2]."
    assert text(Statement("France\n\nand the UK", (1,))) == "France and the UK [1]."


def test_sentences_follow_each_other() -> None:
    assert text(Statement("It rained.", (1,)), Statement("“It snowed!”", (2,))) == "It rained. [1] “It snowed!” [2]"


def test_items_and_sentences_are_kept_apart() -> None:
    statements = (Statement("Türkiye", (1,)), Statement("It rained.", (2,)), Statement("France", (1,)))
    assert text(*statements) == "Türkiye [1]. It rained. [2] France [1]."


def test_the_line_tells_who_says_it_and_what_is_disputed() -> None:
    differing = (Statement("15", (1,), "differs", "Hanne Birk"), Statement("12", (2,), "differs"))
    line = "15 [1] (said Hanne Birk; sources differ); 12 [2] (sources differ); 4 [1] (earlier)."
    assert text(*differing, Statement("4", (1,), "earlier")) == line
    assert text(Statement("It rained.", (1,), None, "Jo")) == "It rained. [1] (said Jo)"


def test_nothing_is_an_empty_line() -> None:
    assert text() == ""
    assert remark(None, None) == ""


@pytest.mark.parametrize(
    ("words", "is_whole"),
    [
        ("It rained.", True),
        ("Did it rain?", True),
        ("“It rained,” he said.", True),
        ("He said: “It rained.”", True),
        ("They would send troops to the U.S.", True),
        ("Türkiye", False),
        ("the U.S.", False),
        ("9 p.m.", False),
        ("Smith Jr.", False),
        ("Garrow Line Co.", False),
        ("", False),
    ],
)
def test_a_sentence_is_told_from_the_words_that_answer(words: str, is_whole: bool) -> None:
    assert is_sentence(words) is is_whole
