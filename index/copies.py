"""Texts → copies: MinHash finds which texts may be one story, their words say which are.

A news agency's story stands in many papers, cut, with another headline or a line of the paper's own. What is compared
is runs of three words; what counts and what denies must stand the same, for a story told anew with other figures is no
copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np

__all__ = ["BANDS", "Wording", "bands", "tell_one_story"]

BANDS = 20
_ROWS_PER_BAND = 3
_RUN = 3
_SHARED_RUNS = 0.8
_FEWEST_RUNS = 20


@dataclass(frozen=True)
class Wording:
    """A text as its words in lower case, ready to be compared with others."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Wording:
        """Return the wording of a text; "isn't" counts as "is not", "cannot" as "can not"."""
        return cls(tuple(_WORD.findall(_CONTRACTED.sub(r"\1 not", text.casefold()))))

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Every three words that follow each other."""
        return frozenset(self._neighbours(_RUN))

    def holds(self, other: Wording) -> bool:
        """Say whether this has nearly all that the other says, in its words, and no figure or denial otherwise."""
        if not other.runs or len(other.runs & self.runs) < _SHARED_RUNS * len(other.runs):
            return False
        return self._has_what_counts_in(other) and not self._denies(other)

    def says(self, words: Wording) -> bool:
        """Say whether the words stand here, one after the other."""
        return f" {' '.join(words.words)} " in f" {' '.join(self.words)} "

    @cached_property
    def _pairs(self) -> frozenset[tuple[str, ...]]:
        return frozenset(self._neighbours(2))

    @cached_property
    def _fours(self) -> frozenset[tuple[str, ...]]:
        return frozenset(self._neighbours(4))

    def _neighbours(self, number: int) -> zip[tuple[str, ...]]:
        return zip(*(self.words[place:] for place in range(number)), strict=False)

    def _has_what_counts_in(self, other: Wording) -> bool:
        """Say whether each figure and denial of the other stands here too, beside a word that it has there."""
        return all(
            self._pairs.intersection(pairwise)
            for place, word in enumerate(other.words)
            if _COUNTS.match(word)
            for pairwise in [{other.words[max(0, place - 1) : place + 1], other.words[place : place + 2]}]
        )

    def _denies(self, other: Wording) -> bool:
        """Say whether a denial that stands only here, left out, gives words of the other."""
        return any(
            self.words[place - 2 : place] + self.words[place + 1 : place + 3] in other._fours
            and self.words[place - 1 : place + 2] not in other.runs
            for place, word in enumerate(self.words)
            if word in _DENIALS and place >= 2
        )


def tell_one_story(one: Wording, other: Wording) -> bool:
    """Say whether the longer holds what the shorter says; a few words are no story."""
    shorter, longer = sorted((one, other), key=lambda wording: len(wording.runs))
    return len(shorter.runs) >= _FEWEST_RUNS and longer.holds(shorter)


def bands(wording: Wording) -> list[int]:
    """Return BANDS numbers below 2**63, one of which two copies have in common at the same place, almost surely.

    Each stands for three MinHash values (Broder 1997) over the runs: texts that share half of their runs meet in one
    with a probability of 0.93, in nine tenths with 1 - 1e-11. A text of a few words has none.
    """
    if len(wording.runs) < _FEWEST_RUNS:
        return []
    hashed = np.array([crc32(" ".join(run).encode()) for run in wording.runs], dtype=np.uint64)
    # Multiply-shift hashing (Dietzfelbinger et al. 1997): the high half of the product is what is random.
    least = ((hashed[:, None] * _FACTORS + _SUMMANDS) >> np.uint64(32)).min(axis=0).reshape(BANDS, _ROWS_PER_BAND)
    return [crc32(row.tobytes()) | place << 32 for place, row in enumerate(least.astype("<u8"))]


_RANDOM = np.random.RandomState(1997)  # its numbers are the same in every version of numpy
_FACTORS, _SUMMANDS = (
    _RANDOM.randint(0, 2**63, size=BANDS * _ROWS_PER_BAND, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    for _ in range(2)
)
_WORD = re.compile(r"\w+")
_CONTRACTED = re.compile(r"\b(can)(?:not|['’]t)\b|n['’]t\b")
_DENIALS = frozenset({"no", "not", "never", "neither", "nor", "none", "without"})
_COUNTS = re.compile(
    r".*\d|(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|[mb]illion|half"
    r"|no|not|never|neither|nor|none|without)s?$"
)
