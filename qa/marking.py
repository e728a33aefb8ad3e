"""The words that a reader marked, before anything is made of them: hardly more than one answer a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.articles import Span
from qa.answers import Evidence

__all__ = ["is_whole", "settled"]

_WHOLE = 0.6


def settled(evidence: Sequence[Evidence], *, as_sure: float) -> list[Evidence]:
    """Return the evidence in its order, the best of each sentence.

    A second answer in one sentence is a second guess, unless it is nearly as sure, by the factor `as_sure` of the
    best's confidence, or both begin a clause: "Hask had 38 percent, and Ida Marrable came third".
    """
    kept: list[Evidence] = []
    for one in evidence:
        beside = [
            other
            for other in kept
            if other.article == one.article and other.sentence.overlaps(one.sentence) and other.answer != one.answer
        ]
        is_as_sure = all(one.confidence >= as_sure * other.confidence for other in beside)
        if is_as_sure or all(_begins_clause(one) and _begins_clause(other) for other in beside):
            kept.append(one)
    return kept


def is_whole(evidence: Evidence, words: Span) -> bool:
    """Say whether the words are no short answer but the sentence, or nearly all of it to its end."""
    sentence = evidence.sentence
    covered = (words.end - words.start) / max(1, sentence.end - sentence.start)
    return words == sentence or (words.end == sentence.end and covered >= _WHOLE)


def _begins_clause(evidence: Evidence) -> bool:
    before = evidence.text_of(Span(evidence.sentence.start, evidence.answer.start))
    return _CLAUSE_BEFORE.search(before) is not None


_CLAUSE_BEFORE = re.compile(r"(?:^|[,;:] |\b(?:and|but|while) )(?:[Tt]he |[Aa]n? |[“\"‘])?$")
