"""The catalogue's chunks in memory, kept in step with it generation by generation."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.catalogue import Catalogue, SearchableChunk
from index.catalogue.searching import Moment, Searching
from index.postings import Postings, Segment, Vocabulary, damping, merged
from index.snapshot import FoundIn, Snapshot

__all__ = ["MOST_CHUNKS", "ChunkMemory"]

log = logging.getLogger(__name__)

# Up to here, comparing all embeddings is as fast as asking Chroma, and misses nothing.
_EXACT_CHUNKS = 6_000
# About 1.5 KB each: 400 MB, and half a minute to read them, is where this ends.
MOST_CHUNKS = 250_000
# About 50 ms of work: more than that, no question is to wait for.
_FOLLOWED_AT_ONCE = 1_000
_SEGMENTS = 8
# By how much the average length may drift before every weight is worked out anew.
_DRIFT = 0.02


class ChunkMemory:
    """Gives the snapshot of a generation, made anew from what changed; safe to share between threads.

    Up to `exact_chunks`, embeddings are compared exactly, and held as float32 for that. Nothing is held before `load`.
    What it holds is derived: about 1.5 KB a chunk, of at most 250,000 chunks.
    """

    def __init__(self, catalogue: Catalogue, exact_chunks: int = _EXACT_CHUNKS) -> None:
        self.exact_chunks = exact_chunks
        self._searching = Searching(catalogue.database)
        self._lock = threading.Lock()
        self._held = _Held(exact_chunks)
        self._snapshot: Snapshot | None = None
        self._loading: threading.Thread | None = None
        self._is_closed = threading.Event()

    @property
    def is_loaded(self) -> bool:
        """Say whether chunks are held, or are about to be."""
        return self._snapshot is not None or self._loading is not None

    def load(self) -> None:
        """Begin to hold the chunks: few at once, many from a thread of their own while the catalogue answers."""
        if self.is_loaded:
            return
        with self._searching.moment() as moment:
            count = moment.count()
        if count > MOST_CHUNKS:
            log.warning("The collection has %d chunks, too many to hold in memory: SQL ranks them.", count)
        elif count <= _FOLLOWED_AT_ONCE:
            self._load()
        else:
            self._load_aside()

    def wait(self) -> None:
        """Wait until what is being read is held."""
        if (loading := self._loading) is not None:
            loading.join()

    def close(self) -> None:
        """Hold nothing any more."""
        self._is_closed.set()
        self.wait()
        self._snapshot, self._held = None, _Held(self.exact_chunks)

    def at(self, generation: int) -> Snapshot | None:
        """Return the chunks of this generation or a newer one, or None when they are not held."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.generation >= generation:
            return snapshot
        with self._lock:
            if self._snapshot is not None and self._snapshot.generation < generation:
                with self._searching.moment() as moment:
                    self._snapshot = self._followed(moment)
                if self._snapshot is None:
                    self._load_aside()
            return self._snapshot

    def _load_aside(self) -> None:
        self._loading = threading.Thread(target=self._load, name="reading chunks", daemon=True)
        self._loading.start()

    def _load(self) -> None:
        held = _Held(self.exact_chunks)
        with self._searching.moment() as moment:
            for chunks in moment.chunks_after(0):
                held.add(chunks)
                if self._is_closed.is_set():
                    return
            snapshot = held.snapshot(moment.generation)
        with self._lock:
            self._held, self._snapshot = held, snapshot

    def _followed(self, moment: Moment) -> Snapshot | None:
        """Return the snapshot of a moment, or None when it is so different that reading all of it is better."""
        held, added = self._held, moment.count_after(self._held.last_key)
        removed = held.alive_count + added - moment.count()
        gone = held.count - held.alive_count + removed
        if added > _FOLLOWED_AT_ONCE or gone > max(held.count // 2, _FOLLOWED_AT_ONCE):
            return None
        if removed:
            held.keep_only(moment.keys())
        for chunks in moment.chunks_after(held.last_key):
            held.add(chunks)
        return held.snapshot(moment.generation)


class _Held:
    """The chunks held, row by row; rows are only added, and the snapshots of earlier moments stay as they are."""

    def __init__(self, exact_chunks: int) -> None:
        self._exact_chunks = exact_chunks
        self._keys = _Column(np.int64)
        self._lengths = _Column(np.float32)
        self._article_of = _Column(np.int32)
        self._starts = _Column(np.int32)
        self._embeddings = _Column(np.float32)
        self._alive = np.zeros(0, dtype=np.bool_)
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._articles: list[FoundIn] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self._vocabulary = Vocabulary()
        self._segments: list[Segment] = []
        self._average = 0.0

    @property
    def count(self) -> int:
        return len(self._ids)

    @property
    def alive_count(self) -> int:
        return int(self._alive.sum())

    @property
    def last_key(self) -> int:
        return int(self._keys.values[-1]) if self.count else 0

    def add(self, chunks: Sequence[SearchableChunk]) -> None:
        first = self.count
        words = [self._vocabulary.numbers(chunk.text) for chunk in chunks]
        self._keys.extend([chunk.key for chunk in chunks])
        self._lengths.extend([length for _, length in words])
        self._article_of.extend([self._number(chunk) for chunk in chunks])
        self._starts.extend([chunk.start for chunk in chunks])
        if self.count + len(chunks) > self._exact_chunks:
            self._embeddings.become(np.float16)
        self._embeddings.extend(np.stack([np.frombuffer(chunk.embedding, dtype=np.float16) for chunk in chunks]))
        self._alive = np.append(self._alive, np.ones(len(chunks), dtype=np.bool_))
        self._rows.update((chunk.id, row) for row, chunk in enumerate(chunks, start=first))
        self._ids.extend(chunk.id for chunk in chunks)
        numbers = [number for found, _ in words for number in found]
        self._average = self._average or float(self._lengths.values.mean())
        self._segments.append(Segment.of(numbers, [len(found) for found, _ in words], first, self._damping))
        if len(self._segments) > _SEGMENTS:
            self._merge()

    def keep_only(self, keys: NDArray[np.int64]) -> None:
        self._alive = np.isin(self._keys.values, keys, assume_unique=True)

    def snapshot(self, generation: int) -> Snapshot:
        lengths = self._lengths.values[self._alive]
        average = float(lengths.mean()) if len(lengths) else 0.0
        if abs(average - self._average) > _DRIFT * self._average:
            self._average = average
            self._segments = [merged(self._segments, self._damping)]
        return Snapshot(
            generation,
            self._ids,
            self._rows,
            self._articles,
            self._article_of.values,
            self._starts.values,
            self._embeddings.values,
            self._alive,
            Postings(self._vocabulary, self._segments, self._alive),
        )

    @property
    def _damping(self) -> NDArray[np.float32]:
        return damping(self._lengths.values, self._average)

    def _number(self, chunk: SearchableChunk) -> int:
        named = chunk.article_id, chunk.version
        number = self._numbers.get(named)
        if number is None:
            number = self._numbers[named] = len(self._articles)
            self._articles.append(FoundIn(chunk.article_id, chunk.source, chunk.published_at))
        return number

    def _merge(self) -> None:
        """Join the small segments into one, and that with the large one when it is no longer small beside it."""
        first, *rest = self._segments
        small = merged(rest, self._damping)
        is_small = len(small.rows) < len(first.rows) // 2
        self._segments = [first, small] if is_small else [merged([first, small], self._damping)]


class _Column:
    """A growing array; what was taken from it before stays as it was."""

    def __init__(self, kind: type[np.generic]) -> None:
        self._buffer: NDArray[Any] = np.zeros(0, dtype=kind)
        self._size = 0

    @property
    def values(self) -> NDArray[Any]:
        return self._buffer[: self._size]

    def extend(self, values: Sequence[Any] | NDArray[Any]) -> None:
        size = self._size + len(values)
        if size > len(self._buffer):
            shape = np.shape(values)[1:]
            grown = np.zeros((max(size, len(self._buffer) * 5 // 4), *shape), dtype=self._buffer.dtype)
            grown[: self._size] = self.values.reshape(self._size, *shape)
            self._buffer = grown
        self._buffer[self._size : size] = values
        self._size = size

    def become(self, kind: type[np.generic]) -> None:
        if self._buffer.dtype != kind:
            self._buffer = self._buffer.astype(kind)
