"""Answers are held against labelled ones as SQuAD does, and lists one thing to one statement."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.matching import best_exact_match, best_f1, contains_answer, is_yes_no, match_list, names
from qa.evaluation.questions import LabelledEvidence, LabelledQuestion

WORDS = st.lists(st.sampled_from(["Brenmark", "will", "send", "the", "2,400", "troops", "U.S.", "—", "’s"]), max_size=8)


def labelled(*answers: str, quote: str = "", **fields: Any) -> LabelledQuestion:
    return LabelledQuestion("q", "Who?", answers, (LabelledEvidence("a", quote),), **fields)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("Keeper Odd Marlow turned the key.", "odd MARLOW"),
        ("Keeper Odd Marlow turned the key.", "The Keeper, Odd Marlow!"),
        ("NATO allies have another 35,000.", "35,000."),
        ("On Feb. 26, 35000 came", "35,000"),
        ("It cost $3.5m in all", "$3.5"),
        ("He was paid in the U.S. last year", "U.S"),
        ("“Sant’Elmo” was shut", "Sant'Elmo"),
        ("turned the key", "turned key"),
    ],
)
def test_a_text_names_what_stands_in_it_in_whole_words(text: str, item: str) -> None:
    assert names(text, item)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("the lighthouse", "light"),
        ("35,000", "35"),
        ("35,000", "000"),
        ("2.5 million", "5 million"),
        ("Marlow Odd", "Odd Marlow"),
        ("Anything", "the…"),
        ("", "x"),
    ],
)
def test_a_text_does_not_name_parts_of_words_or_words_in_another_order(text: str, item: str) -> None:
    assert not names(text, item)


def test_any_labelled_answer_will_do() -> None:
    assert contains_answer(labelled("Lorvania", "Brenmark"), "Brenmark will send troops.")
    assert not contains_answer(labelled("Lorvania", "Brenmark"), "Varnholt will send troops.")
    assert not contains_answer(labelled(), "Varnholt will send troops.")


def test_a_yes_or_no_is_held_by_the_labelled_quote() -> None:
    question = labelled("no", quote="Brisi will not resign")
    assert is_yes_no(question)
    assert contains_answer(question, "“Brisi will not resign”, his office said.")
    assert contains_answer(question, "will not resign")
    assert not contains_answer(question, "He said no.")
    assert not contains_answer(labelled("no"), "He said no.")
    assert not is_yes_no(labelled("no", "no spare lamp"))
    assert not is_yes_no(labelled())


@pytest.mark.parametrize(
    ("said", "exact", "f1"),
    [
        ("The Odd Marlow.", 1.0, 1.0),
        ("Keeper Odd Marlow", 0.0, 2 * 2 / (3 + 2)),
        ("Marlow Marlow", 0.0, 2 * 1 / (2 + 2)),
        ("312 eels", 1.0, 1.0),
        ("nobody", 0.0, 0.0),
        ("", 0.0, 0.0),
        ("the", 0.0, 0.0),
    ],
)
def test_exact_match_and_f1_take_the_best_answer(said: str, exact: float, f1: float) -> None:
    answers = ("Odd Marlow", "312 eels", "…")
    assert best_exact_match(said, answers) == exact
    assert best_f1(said, answers) == pytest.approx(f1)


@given(WORDS, WORDS)
def test_f1_is_a_share_alike_both_ways_and_1_for_an_exact_match(one: list[str], other: list[str]) -> None:
    said, answer = " ".join(one), " ".join(other)
    f1 = best_f1(said, [answer])
    assert 0 <= f1 <= 1
    assert f1 == best_f1(answer, [said])
    if best_exact_match(said, [answer]):
        assert f1 == 1
        assert names(said, answer) or not any(character.isalnum() for character in answer)


COUNTRIES = labelled("Brenmark", "Lorvania", "Varnholt", type="list", not_answers=("Ardesh", "Calvessa"))


@pytest.mark.parametrize(
    ("statements", "precision", "recall"),
    [
        ([], None, 0),
        (["Brenmark", "Lorvania", "Varnholt"], 1, 1),
        (["Brenmark", "Brenmark will send troops"], 1 / 2, 1 / 3),
        # One statement names one thing, however many are in it.
        (["Brenmark and Lorvania"], 1, 1 / 3),
        # The second can only be Brenmark, so the first must be Lorvania.
        (["Brenmark or Lorvania", "Brenmark"], 1, 2 / 3),
        (["Brenmark", "Ardesh"], 1 / 2, 1 / 3),
        (["Brenmark, but not Ardesh and Calvessa"], 1 / 3, 1 / 3),
        # Said twice, it is one thing that should not be listed.
        (["Brenmark, not Ardesh", "Lorvania, not Ardesh"], 2 / 3, 2 / 3),
        (["nobody"], 0, 0),
    ],
)
def test_a_list_is_matched_one_to_one(statements: list[str], precision: float | None, recall: float) -> None:
    match = match_list(statements, COUNTRIES)
    assert match.precision == (precision if precision is None else pytest.approx(precision))
    assert match.recall == pytest.approx(recall)
    expected = 2 * precision * recall / (precision + recall) if precision and recall else 0
    assert match.f1 == pytest.approx(expected)


@given(st.lists(st.lists(st.sampled_from(COUNTRIES.answers), max_size=3), max_size=5))
def test_no_matching_is_larger(statements: list[list[str]]) -> None:
    match = match_list([" ".join(items) for items in statements], COUNTRIES)

    def largest(left: list[list[str]], free: frozenset[str]) -> int:
        if not left:
            return 0
        taken = (1 + largest(left[1:], free - {item}) for item in set(left[0]) & free)
        return max(largest(left[1:], free), *taken, 0)

    assert match.matched == largest(statements, frozenset(COUNTRIES.answers))
