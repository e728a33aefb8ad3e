"""All chunks that can be found, in memory, as of one generation of the index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.articles import ArticleFilter
from index.embedding import Vectors
from index.postings import Mask, Postings, Rows

__all__ = ["FoundIn", "Snapshot"]


@dataclass(frozen=True, slots=True)
class FoundIn:
    """What of a chunk's article decides whether, and how well, it fits a question."""

    article_id: str
    source: str | None
    published_at: str | None


class Snapshot:
    """Chunks by row: ids, articles, words and embeddings; never changed, so that threads share it.

    `rows` gives the row of a chunk id, `articles` the articles by number, `article_of` each row's article number,
    `starts` where in its article's text it begins, `embeddings` is float32 or float16 (rows, dimension), and `alive`,
    bool (rows,), says which rows there still are.
    """

    def __init__(
        self,
        generation: int,
        ids: Sequence[str],
        rows: Mapping[str, int],
        articles: Sequence[FoundIn],
        article_of: NDArray[np.int32],
        starts: NDArray[np.int32],
        embeddings: NDArray[np.floating],
        alive: Mask,
        postings: Postings,
    ) -> None:
        self.generation = generation
        self._ids = ids
        self._rows = rows
        self._articles = articles
        self._article_of = article_of
        self._starts = starts
        self._embeddings = embeddings
        self._alive = alive
        self._postings = postings

    def __len__(self) -> int:
        return len(self._alive)

    def id(self, row: int) -> str:
        """Return the id of a row's chunk."""
        return self._ids[row]

    def article(self, row: int) -> FoundIn:
        """Return a row's article."""
        return self._articles[int(self._article_of[row])]

    def start(self, row: int) -> int:
        """Return where in its article's text a row's chunk begins."""
        return int(self._starts[row])

    def rows(self, ids: Sequence[str]) -> Rows:
        """Return the rows of those chunks that there still are."""
        known = (self._rows.get(id, len(self)) for id in ids)
        # A row that was added since is not of this moment.
        return np.array([row for row in known if row < len(self) and self._alive[row]], dtype=np.uint32)

    def satisfying(self, wanted: ArticleFilter) -> Mask | None:
        """Return which rows satisfy a filter, bool (rows,); None stands for all that are alive."""
        if wanted.is_open:
            return None
        passing = np.ones(len(self._published), dtype=np.bool_)
        if wanted.published_from is not None or wanted.published_to is not None:
            passing &= self._published != b""
        if wanted.published_from is not None:
            passing &= self._published >= wanted.published_from.encode()
        if wanted.published_to is not None:
            # "~" sorts after every character of a moment, so a day as upper end takes in all its moments.
            passing &= self._published < wanted.published_to.encode() + b"~"
        if wanted.sources is not None:
            sources = frozenset(wanted.sources)
            passing &= [article.source in sources for article in self._listed]
        if wanted.article_ids is not None:
            ids = frozenset(wanted.article_ids)
            passing &= [article.article_id in ids for article in self._listed]
        satisfying: Mask = passing[self._article_of] & self._alive
        return satisfying

    def lexical(self, words: Sequence[str], limit: int, among: Mask | None) -> list[tuple[int, float]]:
        """Return (row, BM25) of the rows that hold any of the words, the best first."""
        rows, relevance = self._postings.ranking(words, limit, among)
        return list(zip(rows.tolist(), relevance.tolist(), strict=True))

    def nearest(self, embedding: Vectors, limit: int, among: Mask | None) -> list[tuple[int, float]]:
        """Return (row, cosine similarity) of the nearest rows by comparing all of them, the most similar first."""
        among = self._alive if among is None else among
        # Taking rows out copies them, which is to be avoided where all are compared.
        rows = None if among.all() else np.flatnonzero(among)
        similarity = self.similarities(slice(None) if rows is None else rows, embedding)
        best = np.argpartition(-similarity, limit)[:limit] if len(similarity) > limit else np.arange(len(similarity))
        best = best[np.argsort(-similarity[best], kind="stable")]
        found = best if rows is None else rows[best]
        return list(zip(found.tolist(), similarity[best].tolist(), strict=True))

    def similarities(self, rows: slice | Sequence[int] | NDArray[np.integer], embedding: Vectors) -> Vectors:
        """Return the cosine similarities of some rows, float32 (rows,)."""
        compared = self._embeddings[rows].astype(np.float32, copy=False)
        similarities: Vectors = compared @ embedding if len(compared) else np.empty(0, dtype=np.float32)
        return similarities

    @cached_property
    def _listed(self) -> Sequence[FoundIn]:
        """The articles of this moment: the list grows on."""
        return self._articles[: int(self._article_of.max(initial=-1)) + 1]

    @cached_property
    def _published(self) -> NDArray[np.bytes_]:
        return np.array([article.published_at or "" for article in self._listed], dtype=np.bytes_)
