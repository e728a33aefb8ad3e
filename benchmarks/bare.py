"""The limit of indexing: Dateline's embedder over the chunks' texts, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.contestant import Article, chunks_of, serve
from index.embedding import open_embedder


class Bare:
    def __init__(self, folder: Path) -> None:
        self._embedder = open_embedder()

    def index(self, articles: Sequence[Article]) -> None:
        self._embedder.embed(chunks_of(articles)[1])

    def find(self, question: str) -> list[str]:
        raise NotImplementedError("Nothing is stored.")

    def forward(self, question: str) -> object:
        return self._embedder.embed([question])


if __name__ == "__main__":
    serve(Bare)
