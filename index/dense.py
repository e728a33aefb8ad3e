"""The dense half of retrieval: the vector index kept in step with the catalogue, and rebuilt from it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import numpy as np

from index.articles import ArticleFilter
from index.catalogue import Catalogue
from index.embedding import Vectors
from index.errors import StorageFull, VectorIndexError
from index.vectors import WRITE_BATCH, VectorIndex

__all__ = ["DenseIndex"]

log = logging.getLogger(__name__)

_ALL = ArticleFilter()
_EXACT_SCAN_LIMIT = 2_000
_FILTER_OVERFETCH = 20


class DenseIndex:
    """Nearest chunks by embedding, right at every moment, whatever state Chroma is in.

    Changes that Chroma has not followed yet, and small filtered selections, are compared exactly from
    the catalogue's embeddings. A flag in the catalogue is set while Chroma may be half written; found
    set at opening, it means that a process died, and the vectors are rebuilt rather than trusted.
    `open_vectors` opens the vector index of a generation number.
    """

    def __init__(self, catalogue: Catalogue, open_vectors: Callable[[int], VectorIndex]) -> None:
        self._catalogue = catalogue
        self._open_vectors = open_vectors
        self._lock = threading.RLock()
        self._vectors: VectorIndex | None = None

    @property
    def is_healthy(self) -> bool:
        """Say whether Chroma answers; when not, every comparison is exact and slower."""
        return self._vectors is not None

    def open(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Open the vector index, follow what it missed, or rebuild it when it cannot be trusted.

        `progress` is told (chunks done, chunks in all) of a rebuild. Raises VectorIndexError when
        Chroma cannot be opened even anew.
        """
        with self._lock:
            if not self._is_reopened():
                log.warning("The vector index is rebuilt from the catalogue.")
                self.rebuild(progress)

    def close(self) -> None:
        """Close the vector index; a clean close is what makes it trusted at the next opening."""
        with self._lock:
            vectors, self._vectors = self._vectors, None
            if _close(vectors) and self._catalogue.fact("vectors_unfinished") == "yes":
                self._catalogue.record_fact("vectors_unfinished", "no")

    def follow(self) -> None:
        """Bring the vector index up to the catalogue; when Chroma fails, exact comparison takes over."""
        with self._lock:
            while (vectors := self._vectors) and (changes := self._catalogue.pending_changes(WRITE_BATCH)):
                self._mark_unfinished()
                added = [(change.chunk_id, change.embedding) for change in changes if change.embedding is not None]
                removed = [change.chunk_id for change in changes if change.embedding is None]
                try:
                    if added:
                        vectors.add([id for id, _ in added], np.stack([embedding for _, embedding in added]))
                    if removed:
                        vectors.remove(removed)
                except VectorIndexError as error:
                    self._abandon(vectors, error)
                    return
                self._catalogue.forget_changes(up_to=changes[-1].sequence)

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Build the next generation from the catalogue, make it the active one, and drop the old one.

        Until then the old generation answers, or an exact comparison does. Raises VectorIndexError.
        """
        with self._lock:
            self._mark_unfinished()
            # What changes from here on is followed after the rebuild; what changed before is in it.
            followed = self._catalogue.last_change()
            # No number is used twice: what a rebuild that was killed left behind is never opened, only deleted.
            number = max(self._generation, int(self._catalogue.fact("newest_vector_generation") or 0)) + 1
            self._catalogue.record_fact("newest_vector_generation", str(number))
            fresh = self._filled(self._open_vectors(number), progress)
            self._catalogue.forget_changes(up_to=followed)
            self._catalogue.record_fact("vector_generation", str(number))
            old, self._vectors = self._vectors, fresh
            _close(old)
            try:
                fresh.drop_others()
            except VectorIndexError as error:
                log.warning("The old vector index could not be deleted: %s", error)
            self.follow()

    def nearest(self, embedding: Vectors, limit: int, wanted: ArticleFilter) -> list[tuple[str, float]]:
        """Return (chunk id, cosine similarity) of chunks that satisfy the filter, the most similar first.

        `embedding` is float32 (dimension,).
        """
        if wanted.is_open:
            return self._found(embedding, limit)
        candidates = self._catalogue.candidate_ids(wanted, _EXACT_SCAN_LIMIT)
        if candidates is not None:
            return self._compared(candidates, embedding)[:limit]
        found = self._found(embedding, limit * _FILTER_OVERFETCH)
        satisfying = self._catalogue.satisfying([id for id, _ in found], wanted)
        kept = [(id, similarity) for id, similarity in found if id in satisfying]
        # All that is wanted may lie far from the question.
        return kept[:limit] if len(kept) >= limit else self._scanned(embedding, wanted)[:limit]

    def compared(self, embedding: Vectors, limit: int, wanted: ArticleFilter) -> list[tuple[str, float]]:
        """Return what `nearest` does, of the catalogue alone: slower, and right in a moment that Chroma has passed."""
        return self._scanned(embedding, wanted)[:limit]

    @property
    def _generation(self) -> int:
        return int(self._catalogue.fact("vector_generation") or 0)

    def _is_reopened(self) -> bool:
        """Open the active generation, bring it up to the catalogue, and say whether it can be trusted."""
        if self._catalogue.fact("vectors_unfinished") == "yes":
            log.warning("The vector index was not closed after it was last written to.")
            return False
        try:
            vectors = self._vectors = self._open_vectors(self._generation)
            self.follow()
            held, stored = vectors.count(), self._catalogue.counts()[1]
        except VectorIndexError as error:
            log.warning("The vector index did not open: %s", error)
            broken, self._vectors = self._vectors, None
            _close(broken)
            return False
        if self.is_healthy and held != stored:
            log.warning("The vector index holds %d vectors, the catalogue %d.", held, stored)
        return self.is_healthy and held == stored

    def _filled(self, fresh: VectorIndex, progress: Callable[[int, int], None] | None) -> VectorIndex:
        done, total = 0, self._catalogue.counts()[1]
        for ids, embeddings in self._catalogue.all_embeddings(WRITE_BATCH):
            fresh.add(ids, embeddings)
            done += len(ids)
            if progress:
                progress(done, max(done, total))
        return fresh

    def _found(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
        vectors = self._vectors
        # Read before Chroma is asked: what is followed in between is then in both, and not in neither.
        changes = self._catalogue.pending_changes(_EXACT_SCAN_LIMIT)
        if vectors is None or len(changes) == _EXACT_SCAN_LIMIT:
            return self._scanned(embedding)[:limit]
        try:
            found = dict(vectors.nearest(embedding, limit))
        except VectorIndexError as error:
            self._abandon(vectors, error)
            return self._scanned(embedding)[:limit]
        for change in changes:
            if change.embedding is not None:
                found[change.chunk_id] = float(change.embedding @ embedding)
        return _ranked(found)[:limit]

    def _abandon(self, vectors: VectorIndex, error: VectorIndexError) -> None:
        # Whoever holds the lock meets the failure too; a question is not to wait for a rebuild.
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._vectors is vectors:
                log.warning("The vector index failed; it is rebuilt at the next start. %s", error)
                self._vectors = None
                self._mark_unfinished()
                _close(vectors)
        except StorageFull:
            log.warning("The failure could not be recorded: the disk is full.")
        finally:
            self._lock.release()

    def _mark_unfinished(self) -> None:
        if self._catalogue.fact("vectors_unfinished") != "yes":
            self._catalogue.record_fact("vectors_unfinished", "yes")

    def _compared(self, ids: list[str], embedding: Vectors) -> list[tuple[str, float]]:
        there, embeddings = self._catalogue.embeddings(ids)
        return _ranked(dict(zip(there, (embeddings @ embedding).tolist(), strict=True))) if there else []

    def _scanned(self, embedding: Vectors, wanted: ArticleFilter = _ALL) -> list[tuple[str, float]]:
        found: dict[str, float] = {}
        for ids, embeddings in self._catalogue.all_embeddings(5_000, wanted):
            found.update(zip(ids, (embeddings @ embedding).tolist(), strict=True))
        return _ranked(found)


def _close(vectors: VectorIndex | None) -> bool:
    """Close what is open, and say whether it closed cleanly."""
    if vectors is None:
        return False
    try:
        vectors.close()
    except VectorIndexError as error:
        log.warning("The vector index did not close cleanly: %s", error)
        return False
    return True


def _ranked(found: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
