"""Dateline as `dateline index` has it: articles from a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contestant import Article, serve
from benchmarks.ours import Ours
from index.sources import Locations


class Files(Ours):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._file = folder / "articles.jsonl"

    def index(self, articles: Sequence[Article]) -> None:
        lines = (json.dumps({name: article[name] for name in article if name != "chunks"}) for article in articles)
        self._file.write_text("\n".join(lines), encoding="utf-8")
        self.dateline.indexer.index(Locations(paths=(self._file,)))


if __name__ == "__main__":
    serve(Files)
