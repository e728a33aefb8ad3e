"""Articles → articles ready to store: chunked and embedded, while those before them are stored."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from index.articles import Article
from index.catalogue import EmbeddedArticle
from index.chunking import Chunker
from index.embedding import Embedder, Vectors
from index.recent import Recent

__all__ = ["Batch", "Preparer", "prepared_ahead"]

# About 10 MB with their vectors: so far back, a text that was seen before is not embedded again.
_TEXTS_KEPT = 4_096

Batch = Sequence[tuple[Article, str | None]]
T = TypeVar("T")


class Preparer:
    """Chunks and embeds articles, a text that several chunks share once; safe to share between threads."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: Recent[str, Vectors] = Recent(_TEXTS_KEPT)

    def prepared(self, batch: Iterable[tuple[Article, str | None]]) -> list[EmbeddedArticle]:
        """Return the articles with their origins, chunked and embedded."""
        chunker = Chunker(self._embedder, self._embedder.max_tokens)
        chunked = [(article, origin, chunker.chunk(article)) for article, origin in batch]
        texts = [chunker.embedded_texts(article, chunks) for article, _, chunks in chunked]
        vectors = self._vectors(text for each in texts for text in each)
        none = np.empty((0, self._embedder.dimension), dtype=np.float32)
        return [
            EmbeddedArticle(article, chunks, np.stack([vectors[text] for text in each]) if each else none, origin)
            for (article, origin, chunks), each in zip(chunked, texts, strict=True)
        ]

    def _vectors(self, texts: Iterable[str]) -> dict[str, Vectors]:
        vectors = {text: self._kept.get(text) for text in texts}
        fresh = [text for text, vector in vectors.items() if vector is None]
        for text, vector in zip(fresh, self._embedder.embed(fresh) if fresh else (), strict=True):
            vectors[text] = vector
            self._kept.keep(text, vector)
        return {text: vector for text, vector in vectors.items() if vector is not None}


def prepared_ahead(batches: Iterable[Batch], prepare: Callable[[Batch], T]) -> Generator[tuple[Batch, T], None, None]:
    """Yield each batch with what is made of it; while one is used, the next is read and prepared.

    Batches that share an article are not prepared side by side: what is in the first decides what is new in the second.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="preparing")
    waiting: tuple[Batch, Future[T]] | None = None
    try:
        for batch in batches:
            if waiting and {article.id for article, _ in waiting[0]} & {article.id for article, _ in batch}:
                yield waiting[0], waiting[1].result()
                waiting = None
            coming = batch, thread.submit(prepare, batch)
            if waiting:
                yield waiting[0], waiting[1].result()
            waiting = coming
        if waiting:
            yield waiting[0], waiting[1].result()
    finally:
        thread.shutdown(cancel_futures=True)
