"""What a reader marked is set right: one answer a sentence, inside one, and none of the dateline."""

from __future__ import annotations

import pytest

from qa.marking import is_whole, settled
from tests.told import evidence

DATELINE = "PORT ELLERY, Brenmark, Nov. 21 - "


@pytest.mark.parametrize(
    ("marked", "answer"),
    [
        (f"{DATELINE}The «search» was called off.", "search"),
        ("«PORT ELLERY», Brenmark, Nov. 21 - The search was called off.", None),
        ("PORT ELLERY, «Brenmark, Nov. 21 - The search» was called off.", "The search"),
        ("PORT ELLERY (Meridian Wire) - A «weld» broke.", "weld"),
        ("It goes by «Lorvanian railways.\n\nMost are» local.", "Lorvanian railways."),
        ("It is «a log of 1802. Police said» so.", "a log of 1802."),
        ("It was led by «Gen. Aud Rasmund» there.", "Gen. Aud Rasmund"),
        ("It rose on «Sept. 2 Kirrow» time.", "Sept. 2 Kirrow"),
    ],
)
def test_a_mark_is_set_right(marked: str, answer: str | None) -> None:
    found = settled([evidence(marked)])
    assert [one.answer_text for one in found] == ([answer] if answer else [])
    assert all(one.sentence.start <= one.answer.start < one.answer.end <= one.sentence.end for one in found)


def test_of_one_sentence_the_best_counts() -> None:
    sentence = "{} will go, she told the Assembly in {} on Tuesday."
    found = [
        evidence(sentence.format("«Brenmark»", "Aldhaven")),
        evidence(sentence.format("Brenmark", "«Aldhaven»"), 0.8),
    ]
    assert [one.answer_text for one in settled(found)] == ["Brenmark"]
    assert len(settled([found[0], evidence("«Lorvania» will go.", 0.8, "b")])) == 2


def test_answers_that_each_begin_a_clause_both_count() -> None:
    sentence = "{} levelled in the 33rd, and {} gave Olimp the lead."
    found = [
        evidence(sentence.format("«Żurawin»", "Dantchev")),
        evidence(sentence.format("Żurawin", "«Dantchev»"), 0.8),
    ]
    assert [one.answer_text for one in settled(found)] == ["Żurawin", "Dantchev"]


def test_a_whole_sentence_is_left_as_it_is() -> None:
    one = evidence(f"{DATELINE}The search was called off.")
    assert settled([one]) == [one]
    assert is_whole(one, one.answer)
