"""Evidence → answer: what to say, in which order, with which citations."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.answers import Citation, Evidence, Reading, Statement

__all__ = ["Composition", "compose"]

_SINGLE_ANSWER_STATEMENTS = 3
_FOR_ONE_THING_MORE = 0.4
_SAME_WORDS = 0.8


@dataclass(frozen=True, slots=True)
class Composition:
    """Statements and the citations that they name by number, from 1."""

    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]


def compose(question: str, reading: Reading, *, max_citations: int, threshold: float) -> Composition | None:
    """Return one statement per piece of evidence, or None to abstain.

    Statements stand in the reader's order, and one at least is as confident as `threshold`. A question for
    several things gets as many as it may have citations, and there less confidence is enough for one thing
    more; other questions get a few. No two citations overlap, nor say the same in nearly the same words:
    of wire copies one is cited.
    """
    if reading.confidence < threshold:
        return None
    most, needed = min(max_citations, _SINGLE_ANSWER_STATEMENTS), threshold
    if _asks_for_several(question):
        most, needed = max_citations, threshold * _FOR_ONE_THING_MORE
    chosen: list[Evidence] = []
    for evidence in reading.evidence:
        is_wanted = len(chosen) < most and evidence.confidence >= needed
        if is_wanted and not any(_repeats(evidence, other) for other in chosen):
            chosen.append(evidence)
    if all(evidence.confidence < threshold for evidence in chosen):
        return None
    return Composition(
        tuple(Statement(evidence.answer_text, (number,)) for number, evidence in enumerate(chosen, start=1)),
        tuple(_citation(number, evidence) for number, evidence in enumerate(chosen, start=1)),
    )


def _asks_for_several(question: str) -> bool:
    return _SEVERAL.search(question) is not None


def _repeats(evidence: Evidence, other: Evidence) -> bool:
    if evidence.article == other.article and evidence.span.overlaps(other.span):
        return True
    return _says_the_same(evidence.answer_text, other.answer_text)


def _says_the_same(one: str, another: str) -> bool:
    """Say whether the shorter has nearly only words of the longer, and not a name, number or denial more."""
    shorter, longer = sorted((set(_WORD.findall(one)), set(_WORD.findall(another))), key=len)
    known, given = {word.casefold() for word in longer}, {word.casefold() for word in shorter}
    fresh = [word for word in shorter if word.casefold() not in known]
    return (
        len(fresh) <= len(shorter) * (1 - _SAME_WORDS)
        and _DENIALS & given == _DENIALS & known
        and not any(word[0].isupper() or _NUMBER.match(word) for word in fresh)
    )


def _citation(number: int, evidence: Evidence) -> Citation:
    return Citation(
        number, evidence.article, evidence.span, evidence.quote, evidence.confidence, answers=(evidence.answer,)
    )


_WORD = re.compile(r"\w+")
_DENIALS = frozenset({"no", "not", "never", "neither", "nor", "none", "t"})  # the last of "isn't"
_NUMBER = re.compile(
    r"\d|(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|[mb]illion|half)"
)
_SEVERAL = re.compile(
    r"\b(?:which|what|whose) (?:\w+ ){0,2}?(?!was\b|is\b|has\b|does\b)\w+(?:ies|[^s\Wiu]s|people|men|women|children)\b"
    r"|\bwhat (?:do|does|did|will|would) .+ (?:require|want|need|demand|ask|offer|promise)\b"
    r"|\bwho (?:are|were|have|all|will|would)\b|\b(?:list|name|all)\b|\bhow (?:do|did) \w+ (?:differ|compare)\b",
    re.IGNORECASE,
)
