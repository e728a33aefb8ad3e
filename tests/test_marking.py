"""One answer a sentence, unless it tells of two."""

from __future__ import annotations

from qa.marking import is_whole, settled
from tests.told import evidence


def test_of_one_sentence_the_best_counts() -> None:
    sentence = "{} will go, she told the Assembly in {} on Tuesday."
    found = [
        evidence(sentence.format("«Brenmark»", "Aldhaven")),
        evidence(sentence.format("Brenmark", "«Aldhaven»"), 0.8),
    ]
    assert [one.answer_text for one in settled(found, as_sure=0.95)] == ["Brenmark"]
    assert len(settled([found[0], evidence("«Lorvania» will go.", 0.8, "b")], as_sure=2.0)) == 2


def test_what_is_nearly_as_sure_counts_too() -> None:
    sentence = "It wants {} for its soldiers and {} for its ships."
    found = [evidence(sentence.format("«beds»", "fuel")), evidence(sentence.format("beds", "«fuel»"), 0.8)]
    assert [one.answer_text for one in settled(found, as_sure=0.85)] == ["beds", "fuel"]
    assert [one.answer_text for one in settled(found, as_sure=0.95)] == ["beds"]


def test_answers_that_each_begin_a_clause_both_count() -> None:
    sentence = "{} levelled in the 33rd, and {} gave Olimp the lead."
    found = [
        evidence(sentence.format("«Żurawin»", "Dantchev")),
        evidence(sentence.format("Żurawin", "«Dantchev»"), 0.8),
    ]
    assert [one.answer_text for one in settled(found, as_sure=0.95)] == ["Żurawin", "Dantchev"]


def test_a_whole_sentence_is_whole() -> None:
    one, other = evidence("The search was called off."), evidence("The «search» was called off.")
    assert is_whole(one, one.answer)
    assert not is_whole(other, other.answer)
