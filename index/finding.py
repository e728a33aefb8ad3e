"""Words and embedding → candidate chunks: from memory where the collection is held there, else by SQL and Chroma."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np

from index.articles import ArticleFilter
from index.catalogue import ArticleSummary, Catalogue, StoredChunk
from index.copies import Wording
from index.dense import DenseIndex
from index.embedding import Vectors
from index.memory import ChunkMemory
from index.postings import Mask
from index.recent import Recent
from index.snapshot import Snapshot

__all__ = ["Candidate", "Candidates", "Finder"]

_ALL = ArticleFilter()
_ATTEMPTS = 5
_FILTER_OVERFETCH = 20
# About 6 MB.
_CHUNKS_KEPT = 4_096
_WORDINGS_KEPT = 256


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that may fit: its article, where it begins there, its cosine similarity and its BM25.

    BM25 is 0 where others fit the words better.
    """

    chunk_id: str
    article_id: str
    published_at: str | None
    start: int
    similarity: float
    lexical: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """The best chunks by words and the best by embedding, all of one generation of the index."""

    found: tuple[Candidate, ...]
    generation: int


class Finder:
    """Finds chunks of current article versions; safe to share between threads."""

    def __init__(self, catalogue: Catalogue, dense: DenseIndex, memory: ChunkMemory | None = None) -> None:
        self._catalogue = catalogue
        self._dense = dense
        self._memory = memory
        self._recent: Recent[str, StoredChunk] = Recent(_CHUNKS_KEPT)
        self._wordings: Recent[tuple[str, int], Wording] = Recent(_WORDINGS_KEPT)

    def find(self, words: Sequence[str], embedding: Vectors, limit: int, wanted: ArticleFilter) -> Candidates:
        """Return the best `limit` chunks by each of words and embedding that satisfy the filter, as of one moment.

        `embedding` is float32 (dimension,).
        """
        snapshot = self._memory.at(self._catalogue.generation) if self._memory else None
        if snapshot is not None:
            return self._remembered(snapshot, words, embedding, limit, wanted)
        return self._looked_up(words, embedding, limit, wanted)

    def chunks(self, ids: Iterable[str]) -> dict[str, StoredChunk]:
        """Return those of the given chunks that still exist, by id; a chunk never changes."""
        kept = {id: chunk for id in ids if (chunk := self._recent.get(id))}
        fresh = self._catalogue.chunks([id for id in ids if id not in kept], _ALL)
        for id, chunk in fresh.items():
            self._recent.keep(id, chunk)
        return kept | fresh

    def one_moment(self) -> AbstractContextManager[None]:
        """Let what this thread reads until the block ends be of one moment."""
        return self._catalogue.database.one_moment()

    def is_of_this_moment(self, candidates: Candidates) -> bool:
        """Say whether the moment that is read has not been overtaken by what is in memory."""
        return candidates.generation == self._catalogue.generation

    def stories(self, article_ids: Iterable[str]) -> dict[str, int]:
        """Return the number of each given article's story; an article without copies has none."""
        return self._catalogue.stories(article_ids)

    def copies(self, article_ids: Iterable[str], wanted: ArticleFilter) -> dict[str, list[ArticleSummary]]:
        """Return, for each given article that has any, the others of its story that satisfy the filter."""
        return self._catalogue.copies(article_ids, wanted)

    def wording(self, chunk: StoredChunk) -> Wording:
        """Return the words of the whole article that a chunk stands in."""
        version = chunk.article.id, chunk.version
        wording = self._wordings.get(version)
        if wording is None:
            wording = Wording.of(self._catalogue.article(*version).article.text)
            self._wordings.keep(version, wording)
        return wording

    def _remembered(
        self, snapshot: Snapshot, words: Sequence[str], embedding: Vectors, limit: int, wanted: ArticleFilter
    ) -> Candidates:
        among = snapshot.satisfying(wanted)
        lexical = dict(snapshot.lexical(words, limit, among))
        similarity = dict(self._nearest(snapshot, embedding, limit, among, wanted))
        others = [row for row in lexical if row not in similarity]
        similarity.update(zip(others, snapshot.similarities(others, embedding).tolist(), strict=True))
        found = []
        for row, similar in similarity.items():
            article = snapshot.article(row)
            found.append(
                Candidate(
                    snapshot.id(row),
                    article.article_id,
                    article.published_at,
                    snapshot.start(row),
                    similar,
                    lexical.get(row, 0.0),
                )
            )
        return Candidates(tuple(found), snapshot.generation)

    def _nearest(
        self, snapshot: Snapshot, embedding: Vectors, limit: int, among: Mask | None, wanted: ArticleFilter
    ) -> list[tuple[int, float]]:
        compared = len(snapshot) if among is None else int(np.count_nonzero(among))
        if self._memory is None or compared <= self._memory.exact_chunks:
            return snapshot.nearest(embedding, limit, among)
        found = dict(self._dense.nearest(embedding, limit * (1 if among is None else _FILTER_OVERFETCH), _ALL))
        rows = [(row, found[snapshot.id(row)]) for row in snapshot.rows(list(found)).tolist()]
        kept = rows if among is None else [(row, similar) for row, similar in rows if among[row]]
        if among is not None and len(kept) < limit:
            # All that is wanted may lie far from the question.
            found = dict(self._dense.nearest(embedding, limit, wanted))
            kept = [(row, found[snapshot.id(row)]) for row in snapshot.rows(list(found)).tolist()]
        return kept[:limit]

    def _looked_up(self, words: Sequence[str], embedding: Vectors, limit: int, wanted: ArticleFilter) -> Candidates:
        """Ask SQL and Chroma.

        The catalogue is read as of one moment, but the vector index follows it and may have dropped meanwhile what an
        article stored anew replaced. So they are asked again when the generation has moved, at last without Chroma.
        """
        for nearest in (*[self._dense.nearest] * (_ATTEMPTS - 1), self._dense.compared):
            with self._catalogue.database.one_moment():
                generation = self._catalogue.generation
                found = self._joined(words, embedding, nearest(embedding, limit, wanted), limit, wanted)
            if self._catalogue.generation == generation:
                break
        return Candidates(found, generation)

    def _joined(
        self,
        words: Sequence[str],
        embedding: Vectors,
        nearest: Sequence[tuple[str, float]],
        limit: int,
        wanted: ArticleFilter,
    ) -> tuple[Candidate, ...]:
        lexical, similarity = dict(self._catalogue.lexical_ranking(words, limit, wanted)), dict(nearest)
        ids, embeddings = self._catalogue.embeddings([id for id in lexical if id not in similarity])
        if ids:
            similarity.update(zip(ids, (embeddings @ embedding).tolist(), strict=True))
        chunks = self._catalogue.chunks(similarity, wanted)
        return tuple(
            Candidate(
                id,
                chunk.article.id,
                chunk.article.published_at,
                chunk.span.start,
                similarity[id],
                lexical.get(id, 0.0),
            )
            for id, chunk in chunks.items()
        )
