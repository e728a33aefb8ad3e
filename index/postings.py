"""Which chunks hold which words: an inverted index in memory, ranked by BM25 as SQLite's FTS5 counts it.

A posting's weight (how often the word stands there, damped by the chunk's length) is worked out once, so that a
ranking only adds up; all of it is exact, no word and no chunk is left out (Robertson & Zaragoza 2009).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.lexemes import lexeme, lexemes, words

__all__ = ["Mask", "Postings", "Rows", "Segment", "Vocabulary", "damping", "merged"]

_K1, _B = 1.2, 0.75
_LEAST_IDF = 1e-6
_LONGEST_ACRONYM = 4
_REMEMBERED_FORMS = 50_000

Rows = NDArray[np.uint32]
Numbers = NDArray[np.float32]
Mask = NDArray[np.bool_]


class Vocabulary:
    """Words → numbers, one for all forms of a word; a number stays with its word."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self._forms = _Forms(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def numbers(self, text: str) -> tuple[list[int], int]:
        """Return the numbers of a text's words, dotted acronyms' at the end, and how many words it has."""
        found = words(text)
        numbers = list(map(self._forms.__getitem__, found))
        if len(self._forms) > _REMEMBERED_FORMS:
            self._forms.clear()
        return [*numbers, *map(self._numbers.__getitem__, _acronyms(found))], len(found)

    def known(self, phrase: str) -> int | None:
        """Return the number of a word, or of an acronym's letters with spaces between, if any text holds it."""
        return self._numbers.get(" ".join(lexemes(phrase)))


class _Forms(dict[str, int]):
    """The numbers of words as they were met, so that each is brought to its stem once."""

    def __init__(self, numbers: defaultdict[str, int]) -> None:
        super().__init__()
        self._numbers = numbers

    def __missing__(self, word: str) -> int:
        number = self[word] = self._numbers[lexeme(word)]
        return number


@dataclass(frozen=True, slots=True)
class Segment:
    """The postings of some rows: which `rows` hold a word, in order, how `often`, and what weight each has.

    Those of the word with number n stand from `starts[n]` to `starts[n + 1]`.
    """

    starts: NDArray[np.int64]
    rows: Rows
    often: NDArray[np.uint8]
    weights: Numbers

    @classmethod
    def of(cls, numbers: Sequence[int], lengths: Sequence[int], first_row: int, damped: Numbers) -> Segment:
        """Make the segment of consecutive rows from their words' numbers, one row's after the other's.

        `lengths` say how many numbers each row has, and `damped` is the damping of all rows so far.
        """
        rows = np.repeat(np.arange(first_row, first_row + len(lengths), dtype=np.int64), lengths)
        pairs, often = np.unique((np.array(numbers, dtype=np.int64) << 32) | rows, return_counts=True)
        counts = np.bincount(pairs >> 32) if len(pairs) else np.zeros(0, np.int64)
        return cls.weighed(
            np.concatenate([[0], np.cumsum(counts)]),
            (pairs & 0xFFFFFFFF).astype(np.uint32),
            np.minimum(often, 255).astype(np.uint8),
            damped,
        )

    @classmethod
    def weighed(cls, starts: NDArray[np.int64], rows: Rows, often: NDArray[np.uint8], damped: Numbers) -> Segment:
        """Make the segment with the weights that follow from the rows' damping."""
        times = often.astype(np.float32)
        return cls(starts, rows, often, np.float32(_K1 + 1) * times / (times + damped[rows]))

    def place(self, word: int) -> slice:
        """Return where the postings of a word stand."""
        if word + 1 >= len(self.starts):
            return slice(0, 0)
        return slice(int(self.starts[word]), int(self.starts[word + 1]))


def merged(segments: Sequence[Segment], damped: Numbers) -> Segment:
    """Return one segment for several, given in the order of their rows."""
    size = max(len(segment.starts) for segment in segments) - 1
    counts = [np.pad(np.diff(segment.starts), (0, size + 1 - len(segment.starts))) for segment in segments]
    starts = np.concatenate([[0], np.cumsum(np.sum(counts, axis=0))])
    rows, often = np.empty(starts[-1], dtype=np.uint32), np.empty(starts[-1], dtype=np.uint8)
    free = starts[:-1].copy()
    for segment, sizes in zip(segments, counts, strict=True):
        begins = np.cumsum(sizes) - sizes
        target = np.arange(len(segment.rows)) + np.repeat(free - begins, sizes)
        rows[target], often[target] = segment.rows, segment.often
        free += sizes
    return Segment.weighed(starts, rows, often, damped)


def damping(lengths: Numbers, average: float) -> Numbers:
    """Return what stands beside a word's frequency in BM25, from the rows' numbers of words, float32 (rows,)."""
    return (_K1 * (1 - _B + _B * lengths / max(average, 1.0))).astype(np.float32)


class Postings:
    """The words of the rows that are `alive`, bool (rows,), as of one moment; never changed."""

    def __init__(self, vocabulary: Vocabulary, segments: Sequence[Segment], alive: Mask) -> None:
        self._vocabulary = vocabulary
        self._segments = tuple(segments)
        self._alive = alive
        self._count = int(alive.sum())

    def ranking(self, phrases: Sequence[str], limit: int, among: Mask | None = None) -> tuple[Rows, Numbers]:
        """Return the best rows that hold any of the words, and their BM25, the best first; equals in order of row."""
        sums = np.zeros(len(self._alive), dtype=np.float32)
        fewest: Rows | None = None
        for word in map(self._vocabulary.known, phrases):
            found = [] if word is None else [(s, place) for s in self._segments if (place := s.place(word)).stop]
            rows = [segment.rows[place] for segment, place in found]
            count = sum(len(part) if self._is_whole else int(self._alive[part].sum()) for part in rows)
            if not count:
                continue
            idf = np.float32(max(np.log((self._count - count + 0.5) / (count + 0.5)), _LEAST_IDF))
            for (segment, place), part in zip(found, rows, strict=True):
                sums[part] += idf * segment.weights[place]
            if len(rows) == 1 and count >= limit and (fewest is None or count < len(fewest)):
                fewest = rows[0]
        if among is not None or not self._is_whole:
            sums[~(self._alive if among is None else self._alive & among)] = 0
        return _best(sums, limit, fewest)

    @property
    def _is_whole(self) -> bool:
        return self._count == len(self._alive)


def _best(sums: Numbers, limit: int, sample: Rows | None) -> tuple[Rows, Numbers]:
    """Return the rows with the largest sums; those of a sample, where it has enough, tell what is too little."""
    least = np.float32(0) if sample is None else np.partition(sums[sample], -limit)[-limit]
    rows = np.flatnonzero(sums >= least) if least > 0 else np.flatnonzero(sums > 0)
    there = sums[rows]
    if len(rows) > limit:
        worst = np.partition(there, -limit)[-limit]
        rows, there = rows[there >= worst], there[there >= worst]
    order = np.argsort(-there, kind="stable")[:limit]
    return rows[order].astype(np.uint32), there[order]


def _acronyms(found: Sequence[str]) -> Iterator[str]:
    """Yield each run of two to four single letters: "U.S.A." holds "u s", "s a" and "u s a"."""
    single = [place for place, word in enumerate(found) if len(word) == 1]
    for first, place in enumerate(single):
        for last in range(first + 1, min(first + _LONGEST_ACRONYM, len(single))):
            if single[last] - place != last - first:
                break
            yield " ".join(map(lexeme, found[place : single[last] + 1]))
