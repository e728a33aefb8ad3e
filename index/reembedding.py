"""Going over to another embedding model, while the one in use goes on answering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from index.articles import ArticleFilter, Chunk
from index.catalogue import Catalogue, StoredChunk
from index.catalogue.renewing import Renewing
from index.chunking import Chunker
from index.dense import DenseIndex
from index.embedding import Embedder
from index.errors import ArticleNotFound, SettingsError

__all__ = ["Reembedded", "Reembedder"]

Progress = Callable[[int, int, str], None]

# Some seconds of embedding on two cores: what an interruption costs at most.
_BATCH_CHUNKS = 128
_ALL = ArticleFilter()


@dataclass(frozen=True, slots=True)
class Reembedded:
    """How many chunks were embedded in this run, and with which model the collection is embedded now."""

    chunks: int
    model: str
    was_cancelled: bool = False


class Reembedder:
    """Embeds every chunk with another model, builds a generation of them, and changes over at one moment.

    Chunks stay as they are. Every batch is durable, so that an interrupted run goes on where it was.
    """

    def __init__(self, catalogue: Catalogue, dense: DenseIndex, embedder: Embedder) -> None:
        self._catalogue = catalogue
        self._renewing = Renewing(catalogue.database)
        self._dense = dense
        self._embedder = embedder
        self._chunker = Chunker(embedder, embedder.max_tokens)

    def reembed(
        self,
        progress: Progress = lambda done, total, what: None,
        is_cancelled: Callable[[], bool] = lambda: False,
        changed_over: Callable[[], None] = lambda: None,
    ) -> Reembedded:
        """Embed what is not yet, and change over; `changed_over` is called as soon as that has happened.

        `progress` is told (chunks done, chunks in all, what is done). Raises SettingsError when a chunk is longer
        than the model reads.
        """
        model = f"{self._embedder.name} ({self._embedder.dimension} dimensions)"
        if self._catalogue.fact("embedding_model") == model:
            return Reembedded(0, model)
        self._renewing.begin(model)
        embedded = self._embed_lacking(progress, is_cancelled)
        if is_cancelled():
            return Reembedded(embedded, self._catalogue.fact("embedding_model") or "", was_cancelled=True)

        def take_over(generation: int, followed: int) -> None:
            # What was stored while the generation was built.
            while not self._renewing.take_over(model, generation, followed):
                self._embed_lacking(progress, lambda: False)
            changed_over()

        self._dense.replace(
            self._renewing.fresh, take_over, lambda done, total: progress(done, total, "building vectors")
        )
        return Reembedded(embedded, model)

    def _embed_lacking(self, progress: Progress, is_cancelled: Callable[[], bool]) -> int:
        embedded, done = 0, self._renewing.count()
        while not is_cancelled() and (ids := self._renewing.lacking(_BATCH_CHUNKS)):
            chunks = self._catalogue.chunks(ids, _ALL)
            self._renewing.keep(list(chunks), self._embedder.embed([self._text(chunk) for chunk in chunks.values()]))
            embedded += len(chunks)
            total = max(self._catalogue.counts()[1], done + embedded)
            progress(done + embedded, total, "embedding")
        return embedded

    def _text(self, stored: StoredChunk) -> str:
        try:
            article = self._catalogue.article(stored.article.id, stored.version).article
        except ArticleNotFound:
            # It was removed meanwhile, and its chunks with it.
            return ""
        [text] = self._chunker.embedded_texts(article, [Chunk(0, stored.span, stored.sentences)])
        if (size := len(self._embedder.token_spans(text))) > self._embedder.max_tokens:
            raise SettingsError(
                f"A chunk of article {article.id} has {size} word pieces, and {self._embedder.name} reads"
                f" {self._embedder.max_tokens}. Index the articles into a new data folder with that model."
            )
        return text
