"""The dense half of retrieval: the nearest chunks by embedding, right in whatever state the vector index is."""

from __future__ import annotations

from collections.abc import Callable

from index.articles import ArticleFilter
from index.catalogue import Catalogue
from index.embedding import Vectors
from index.errors import VectorIndexError
from index.generations import Embeddings, Generations, Progress, TakeOver
from index.probing import Prober
from index.vectors import VectorIndex

__all__ = ["DenseIndex"]

_ALL = ArticleFilter()
_EXACT_SCAN_LIMIT = 2_000
_FILTER_OVERFETCH = 20


class DenseIndex:
    """Nearest chunks by embedding, right at every moment, whatever state Chroma is in.

    Changes that Chroma has not followed yet, and small filtered selections, are compared exactly from
    the catalogue's embeddings; while there is no vector index that can be trusted, so is everything.
    For one question that is faster than opening one, so it is opened by `open` or the first change alone.
    `open_vectors` opens the vector index of a generation number, and `prober` looks for its faults before.
    It may be shared with other processes where servers keep it and the catalogue.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        open_vectors: Callable[[int], VectorIndex],
        prober: Prober | None = None,
        *,
        is_shared: bool = False,
    ) -> None:
        self._catalogue = catalogue
        self._generations = Generations(catalogue, open_vectors, prober, is_shared=is_shared)

    @property
    def is_healthy(self) -> bool:
        """Say whether Chroma answers; when not, every comparison is exact and slower."""
        return self._generations.is_healthy

    @property
    def condition(self) -> str:
        """In what state the vector index is, in a few words."""
        return self._generations.condition

    def open(self, progress: Progress | None = None, *, beside: bool = False) -> None:
        """Open the vector index, follow what it missed, or heal it when it cannot be trusted.

        With `beside`, all healing from now on goes on in a thread; else it is done before this returns,
        `progress` is told (chunks done, chunks in all) of it, and VectorIndexError is raised when Chroma
        cannot be opened even anew.
        """
        self._generations.open(progress, beside=beside)

    def close(self) -> None:
        """Close the vector index; a clean close is what makes it trusted at the next opening."""
        self._generations.close()

    def follow(self) -> None:
        """Bring the vector index up to the catalogue; when Chroma fails, exact comparison takes over."""
        self._generations.follow()

    def rebuild(self, progress: Progress | None = None) -> None:
        """Build the next generation from the catalogue, make it the active one, and drop the old one.

        Until then the old generation answers, or an exact comparison does. Raises VectorIndexError.
        """
        self._generations.rebuild(progress)

    def replace(self, embeddings: Embeddings, take_over: TakeOver, progress: Progress | None = None) -> None:
        """Build the next generation from other embeddings, which `take_over` then makes the catalogue's own."""
        self._generations.rebuild(progress, embeddings, take_over)

    def fault(self) -> str | None:
        """Hold the vector index against the catalogue; return what is wrong with it, None when nothing is."""
        return self._generations.fault()

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

    def _found(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
        with self._generations.active() as vectors:
            # Read before Chroma is asked: what is followed in between is then in both, and not in neither.
            changes = self._catalogue.pending_changes(_EXACT_SCAN_LIMIT)
            gone = {change.chunk_id for change in changes if change.embedding is None}
            found: dict[str, float] | None = None
            failure: VectorIndexError | None = None
            if vectors is not None and len(changes) < _EXACT_SCAN_LIMIT:
                try:
                    # As many more as may stand in the place of what is still there.
                    nearest = vectors.nearest(embedding, limit + len(gone))
                    found = {id: similarity for id, similarity in nearest if id not in gone}
                except VectorIndexError as error:
                    failure = error
        if vectors is not None and failure is not None:
            self._generations.fail(vectors, failure)
        if found is None:
            return self._scanned(embedding)[:limit]
        for change in changes:
            if change.embedding is not None:
                found[change.chunk_id] = float(change.embedding @ embedding)
        return _ranked(found)[:limit]

    def _compared(self, ids: list[str], embedding: Vectors) -> list[tuple[str, float]]:
        there, embeddings = self._catalogue.embeddings(ids)
        return _ranked(dict(zip(there, (embeddings @ embedding).tolist(), strict=True))) if there else []

    def _scanned(self, embedding: Vectors, wanted: ArticleFilter = _ALL) -> list[tuple[str, float]]:
        found: dict[str, float] = {}
        for ids, embeddings in self._catalogue.all_embeddings(5_000, wanted):
            found.update(zip(ids, (embeddings @ embedding).tolist(), strict=True))
        return _ranked(found)


def _ranked(found: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
