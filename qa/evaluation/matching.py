"""Answers held against labelled ones: exact match and F1 as in SQuAD, containment, and the items of a list."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qa.evaluation.questions import LabelledQuestion

__all__ = ["ListMatch", "best_exact_match", "best_f1", "contains_answer", "is_yes_no", "match_list", "names"]


@dataclass(frozen=True, slots=True)
class ListMatch:
    """How many statements name an item that no other statement names, of how many said and labelled.

    `wrong` is what counts against precision: statements that name no item of their own, and things not to be
    listed that stand in those that do.
    """

    matched: int
    wrong: int
    labelled: int

    @property
    def precision(self) -> float | None:
        """Share of what was listed that is right; None when nothing was."""
        listed = self.matched + self.wrong
        return self.matched / listed if listed else None

    @property
    def recall(self) -> float:
        """Share of the labelled items that were listed."""
        return self.matched / self.labelled

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; 0 when nothing was listed."""
        return 2 * self.matched / (self.matched + self.wrong + self.labelled)


def is_yes_no(labelled: LabelledQuestion) -> bool:
    """Say whether the labelled answers are a bare yes or no, which stand in no text."""
    return bool(labelled.answers) and all(_normalised(answer) in ("yes", "no") for answer in labelled.answers)


def contains_answer(labelled: LabelledQuestion, text: str) -> bool:
    """Say whether a text has the words of a labelled answer, in a row and whole.

    For a yes-or-no question it is the labelled quote that must stand in the text, or the text in it.
    """
    if is_yes_no(labelled):
        quotes = [evidence.quote for evidence in labelled.evidence]
        return any(names(text, quote) or names(quote, text) for quote in quotes)
    return any(names(text, answer) for answer in labelled.answers)


def names(text: str, item: str) -> bool:
    """Say whether the words of `item` stand in `text`, in a row and whole, case and a/an/the not counted."""
    words = _spaced(item)
    return words in _spaced(text) if words.strip() else False


def best_exact_match(said: str, answers: Iterable[str]) -> float:
    """Return 1 if what was said is a labelled answer but for case, punctuation and articles (Rajpurkar et al. 2016)."""
    return float(any(_normalised(said) == _normalised(answer) != "" for answer in answers))


def best_f1(said: str, answers: Iterable[str]) -> float:
    """Return the greatest overlap in words with a labelled answer, in [0, 1] (Rajpurkar et al. 2016)."""
    return max((_f1(_normalised(said).split(), _normalised(answer).split()) for answer in answers), default=0.0)


def match_list(statements: Sequence[str], labelled: LabelledQuestion) -> ListMatch:
    """Match statements to the labelled answers one to one, as many as can be."""
    named = [[number for number, item in enumerate(labelled.answers) if names(text, item)] for text in statements]
    matched = _matching(named)
    not_to_be_listed = {
        item for item in labelled.not_answers if any(names(statements[place], item) for place in matched)
    }
    return ListMatch(len(matched), len(statements) - len(matched) + len(not_to_be_listed), len(labelled.answers))


def _matching(named: Sequence[Sequence[int]]) -> Mapping[int, int]:
    """Return statement → item for a largest one-to-one matching, by augmenting paths (Kuhn 1955)."""
    owner: dict[int, int] = {}

    def place(statement: int, tried: set[int]) -> bool:
        for item in named[statement]:
            if item not in tried:
                tried.add(item)
                if item not in owner or place(owner[item], tried):
                    owner[item] = statement
                    return True
        return False

    for statement in range(len(named)):
        place(statement, set())
    return {statement: item for item, statement in owner.items()}


def _spaced(text: str) -> str:
    """Return the words between single spaces, so that what is in it is a run of whole words."""
    words = (word.replace(",", "") for word in _WORD.findall(text.casefold()))
    return f" {' '.join(word for word in words if word not in _ARTICLES)} "


def _normalised(text: str) -> str:
    text = "".join(character for character in text.casefold() if character not in _PUNCTUATION)
    return " ".join(word for word in text.split() if word not in _ARTICLES)


def _f1(said: Sequence[str], labelled: Sequence[str]) -> float:
    shared = sum((Counter(said) & Counter(labelled)).values())
    return 2 * shared / (len(said) + len(labelled)) if shared else 0.0


# A figure is one word: 35 is not named by 35,000.
_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w+")
_ARTICLES = frozenset({"a", "an", "the"})
_PUNCTUATION = frozenset(string.punctuation + "“”‘’–—…")
