"""What a list question may be answered with besides the words that the reader marks: names and enumerations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.articles import Span
from qa.asking import Asked, figures_in
from qa.clauses import stance_of
from qa.listing import enumerated, enumerations
from qa.name_kinds import NameKinds, names_told
from qa.wordforms import plain_words, stems

__all__ = [
    "agreement",
    "figures_covered",
    "is_for_how_long",
    "kind_fit",
    "names_asked_noun",
    "names_covered",
    "numbers_in",
    "unmarked",
]


def unmarked(sentence: str, asked: Asked) -> Iterator[Span]:
    """Yield what a sentence enumerates, and its single names where names are asked for."""
    whole = [items.whole for items in enumerations(sentence)]
    found = enumerated(sentence)
    if found is not None and not any(found.whole.overlaps(span) for span in whole):
        whole.append(found.whole)
    yield from whole
    if asked.is_for_names:
        yield from (name for name in names_told(sentence) if not any(name.overlaps(span) for span in whole))


def kind_fit(name: str, asked: Asked, kinds: NameKinds) -> float:
    """Return 1 for a name of a kind that is asked for, -1 for one of another kind, 0 where that is not known."""
    if not kinds.is_name(name):
        return -1.0
    kind = kinds.of(name) if asked.name_kinds else None
    if kind is None:
        return 0.0
    return 1.0 if kind in asked.name_kinds else -1.0


def names_asked_noun(sentence: str, asked: Asked) -> float:
    """Return the share of what is asked for that the sentence says of its own: "four operators: …"."""
    return len(asked.nouns & stems(plain_words(sentence))) / len(asked.nouns) if asked.nouns else 0.0


def agreement(sentence: str, words: Span, asked: Asked) -> float:
    """Return 1 where the sentence puts the words as the question asks for, -1 as no answer may be put, else 0."""
    stance = stance_of(sentence, words, asked.words)
    if stance is None or not asked.excludes:
        return 0.0
    return -1.0 if stance in asked.excludes else 1.0


def names_covered(told: str, asked: Asked) -> float:
    """Return the share of the question's names that a text has, 1 where the question has none."""
    return len(asked.names.intersection(plain_words(told))) / len(asked.names) if asked.names else 1.0


def figures_covered(told: str, asked: Asked) -> float:
    """Return the share of the question's figures, years among them, that a text has, 1 where the question has none."""
    return len(asked.figures.intersection(figures_in(told))) / len(asked.figures) if asked.figures else 1.0


def numbers_in(sentence: str) -> Iterator[Span]:
    """Yield where a sentence has a number that may count something: no year, no day of a month."""
    yield from (Span(*found.span()) for found in _NUMBER.finditer(sentence))


def is_for_how_long(text: str, span: Span) -> bool:
    """Say whether the words tell how long something lasts, not when it is: "178 years" after "for"."""
    return _SPAN_OF_TIME.fullmatch(span.of(text)) is not None and _LASTING.search(text[: span.start]) is not None


_WORD_NUMBER = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
    r"(?:-\w+)?|a dozen|half|dozens|hundreds)"
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\w*\.?"
_NUMBER = re.compile(
    rf"(?<![\w.,:])(?<!\b[A-Z][a-z]{{2}}\. )[$€£]?(?!(?:1[5-9]|20)\d\d\b)\d[\d,.]*\b(?!:|(?: of)? {_MONTH})"
    rf"|\b{_WORD_NUMBER}\b",
    re.IGNORECASE,
)
_SPAN_OF_TIME = re.compile(
    rf"(?:the (?:last|past) |about |nearly |almost |more than )?(?:\d[\d,]*|an?|{_WORD_NUMBER})"
    r" (?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|centuries|generations)",
    re.IGNORECASE,
)
_LASTING = re.compile(r"\b(?:for|lasted|took|takes|over|during|after|spent)(?: the (?:last|past))? $", re.IGNORECASE)
