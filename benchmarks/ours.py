"""Dateline as its service has it: the same parts, without HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.contestant import Article, serve
from index.articles import make_article
from qa.answering import checked_question
from qa.answers import Question
from qa.dateline import Dateline
from qa.settings import load_settings


class Ours:
    def __init__(self, folder: Path) -> None:
        self.dateline = Dateline(load_settings({"data": str(folder)}), command="benchmark")
        self.dateline.load_model()
        self.dateline.dense.open()
        self.dateline.memory.load()
        self.dateline.memory.wait()

    def index(self, articles: Sequence[Article]) -> None:
        names = ("id", "title", "text", "source", "published_at")
        self.dateline.indexer.index_articles(
            [make_article(**{name: article[name] for name in names}) for article in articles]
        )

    def find(self, question: str) -> list[str]:
        found = self.dateline.answerer.search(checked_question(Question(question)), 10).passages
        return [f"{passage.article.id}:{passage.span.start}" for passage in found]

    def forward(self, question: str) -> object:
        return self.dateline.embedder.embed([question])


if __name__ == "__main__":
    serve(Ours)
