"""The words that a reader marked, set right before anything is made of them: one answer a sentence, inside one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from index.articles import Span
from qa.answers import Evidence

__all__ = ["is_whole", "settled"]

_WHOLE = 0.6


def settled(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence in its order, the best of each sentence, none of it about where and when it was written.

    A second answer in one sentence is a second guess, unless both begin a clause: "Hask had 38 percent, and Ida
    Marrable came third".
    """
    kept: list[Evidence] = []
    for one in map(_set_right, evidence):
        if one is None:
            continue
        beside = [
            other
            for other in kept
            if other.article == one.article and other.sentence.overlaps(one.sentence) and other.answer != one.answer
        ]
        if all(_begins_clause(one) and _begins_clause(other) for other in beside):
            kept.append(one)
    return kept


def is_whole(evidence: Evidence, words: Span) -> bool:
    """Say whether the words are no short answer but the sentence, or nearly all of it to its end."""
    sentence = evidence.sentence
    covered = (words.end - words.start) / max(1, sentence.end - sentence.start)
    return words == sentence or (words.end == sentence.end and covered >= _WHOLE)


def _set_right(evidence: Evidence) -> Evidence | None:
    """Leave out the dateline, and what a mark that runs on holds of the next sentence; None where nothing is left."""
    if is_whole(evidence, evidence.answer):
        return evidence
    sentence, answer = evidence.sentence, evidence.answer
    written = _DATELINE.match(evidence.sentence_text)
    if written:
        answer = Span(max(answer.start, sentence.start + written.end()), answer.end)
        if answer.start >= answer.end:
            return None
    if ends := _SENTENCE_END.search(evidence.text_of(answer)):
        place = answer.start + max(ends.end("mark"), ends.end("line"))
        sentence, answer = Span(sentence.start, place), Span(answer.start, place)
    return replace(evidence, sentence=sentence, answer=answer)


def _begins_clause(evidence: Evidence) -> bool:
    before = evidence.text_of(Span(evidence.sentence.start, evidence.answer.start))
    return _CLAUSE_BEFORE.search(before) is not None


# "PORT ELLERY, Nov. 21 (Agency) - " says where and when it was written, not what happened.
_DATELINE = re.compile(
    r"[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ.’'-]{2,}(?: [A-ZÀ-ÖØ-Þ.’'-]+)*(?:, [A-Z][\w. ]{2,20}){0,2}(?: \([^)]{2,30}\))?"
    r" (?:--|[-–—]) (?=[A-ZÀ-ÖØ-Þ“\"‘'\d])"
)
# Short words before a full stop may be abbreviations.
_SENTENCE_END = re.compile(r"(?P<mark>(?:[^\W\d_]{5,}|\d{3,})[.!?][”\"’)]?)\s+(?=[A-ZÀ-ÖØ-Þ“\"‘])|(?P<line>[^\n]?)\n")
_CLAUSE_BEFORE = re.compile(r"(?:^|[,;:] |\b(?:and|but|while) )(?:[Tt]he |[Aa]n? |[“\"‘])?$")
