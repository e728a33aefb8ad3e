"""A small collection to ask: a real catalogue and indexer, with a stand-in for the model and for Chroma."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from index.articles import Article, ArticleFilter
from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.embedding import Embedder
from index.finding import Finder
from index.indexing import Indexer
from index.memory import ChunkMemory
from qa.answering import checked_question
from qa.answers import Question
from qa.retrieval import Retrieval, Retriever
from tests.fakes import FakeEmbedder, fake_vectors

__all__ = ["SmallCollection", "question"]


class SmallCollection:
    """Articles in a folder, and what finds passages in them."""

    def __init__(self, folder: Path, embedder: Embedder | None = None, today: date = date(2026, 11, 25)) -> None:
        self.embedder = embedder or FakeEmbedder()
        self.catalogue = Catalogue.open(folder / "catalogue.sqlite3")
        self.dense = DenseIndex(self.catalogue, fake_vectors({}))
        self.dense.open()
        self.memory = ChunkMemory(self.catalogue)
        self.memory.load()
        self.indexer = Indexer(self.catalogue, self.dense, self.embedder)
        self.retriever = Retriever(Finder(self.catalogue, self.dense, self.memory), self.embedder, lambda: today)

    def store(self, *articles: Article) -> None:
        self.indexer.index_articles(articles)

    def find(self, text: str, limit: int = 50, **bounds: Any) -> Retrieval:
        asked = question(text, **bounds)
        return self.retriever.retrieve(asked, self.retriever.embed(asked), limit)

    def close(self) -> None:
        self.memory.close()
        self.dense.close()
        self.catalogue.close()


def question(text: str, *, as_of: str | None = None, max_citations: int = 5, **filters: Any) -> Question:
    """Return a checked question; the bounds that are no fields of a question are its filters'."""
    return checked_question(Question(text, max_citations, ArticleFilter(**filters), as_of))
