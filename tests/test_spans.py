"""An answer's words are whole: no word, quantity, day or name is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.articles import Span
from qa.spans import tidied, whole_name, whole_quantity


@pytest.mark.parametrize(
    ("sentence", "words", "whole"),
    [
        ("Ilaria Moncau leads Green Calvessa now.", "Green", "Green Calvessa"),
        ("It joined Green Calvessa now.", "Calvessa", "Green Calvessa"),
        ("So said Prime Minister Lise Hartvig.", "Hartvig", "Lise Hartvig"),
        ("They met in Aldhaven Monday night.", "Aldhaven", "Aldhaven"),
        ("After Brenmark they came.", "Brenmark", "Brenmark"),
        ("It is a weld.", "weld", "weld"),
    ],
)
def test_a_name_is_whole(sentence: str, words: str, whole: str) -> None:
    start = sentence.index(words)
    assert whole_name(sentence, Span(start, start + len(words))).of(sentence) == whole


@settings(deadline=None)
@given(st.text(min_size=1, max_size=60), st.data())
def test_what_was_marked_stays_or_is_trimmed(sentence: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(sentence) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(sentence))))
    tidy = tidied(sentence, span)
    assert 0 <= tidy.start < tidy.end <= len(sentence)
    for whole in (whole_quantity(sentence, tidy), whole_name(sentence, tidy)):
        assert 0 <= whole.start <= tidy.start < tidy.end <= whole.end <= len(sentence)
