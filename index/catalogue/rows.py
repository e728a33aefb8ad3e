"""Between rows and values: filters as conditions, rows as articles, bytes as embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from index.articles import Article, ArticleFilter
from index.catalogue import tables
from index.catalogue.dialects import Text, any_of
from index.catalogue.values import ArticleSummary
from index.embedding import Vectors

__all__ = ["article_of", "batched", "conditions", "from_bytes", "new_origins", "summary_columns", "summary_of"]

_IDS_PER_STATEMENT = 500

_seen_at, _seen_id = sa.bindparam("seen_at", type_=Text), sa.bindparam("seen_id", type_=Text)
# Inserts an origin that is not there yet, in words that every database knows.
new_origins = sa.insert(tables.origins).from_select(
    ["origin", "article_id"],
    sa.select(_seen_at, _seen_id).where(
        ~sa.exists().where(tables.origins.c.origin == _seen_at, tables.origins.c.article_id == _seen_id)
    ),
)


def conditions(wanted: ArticleFilter) -> list[sa.ColumnElement[bool]]:
    """Return what a version must satisfy to pass the filter."""
    required: list[sa.ColumnElement[bool]] = []
    if wanted.sources is not None:
        required.append(any_of(tables.versions.c.source, wanted.sources))
    if wanted.article_ids is not None:
        required.append(any_of(tables.versions.c.article_id, wanted.article_ids))
    if wanted.published_from is not None:
        required.append(tables.versions.c.published_at >= wanted.published_from)
    if wanted.published_to is not None:
        # "~" sorts after every character of a moment, so a day as upper end takes in all its moments.
        required.append(tables.versions.c.published_at < wanted.published_to + "~")
    return required


def article_of(row: Any, text: str | None = None) -> Article:
    """Return the article of a row of `versions`, without its text when `text` stands in for it."""
    return Article(
        id=row.article_id,
        title=row.title,
        text=row.text if text is None else text,
        url=row.url,
        source=row.source,
        authors=tuple(row.authors),
        published_at=row.published_at,
        language=row.language,
    )


def summary_columns() -> list[sa.ColumnElement[Any]]:
    """Return what a selection of versions needs for `summary_of`: everything but the text, and how long that is."""
    columns = [column for column in tables.versions.c if column is not tables.versions.c.text]
    return [*columns, sa.func.length(tables.versions.c.text).label("characters")]


def summary_of(row: Any) -> ArticleSummary:
    """Return the summary of a row of `summary_columns`."""
    return ArticleSummary(
        id=row.article_id,
        version=row.version,
        title=row.title,
        source=row.source,
        url=row.url,
        authors=tuple(row.authors),
        published_at=row.published_at,
        stored_at=datetime.fromisoformat(row.stored_at),
        characters=row.characters,
    )


def from_bytes(embeddings: Sequence[bytes]) -> Vectors:
    """Return stored embeddings as float32 (n, dimension)."""
    if not embeddings:
        return np.empty((0, 0), dtype=np.float32)
    return np.stack([np.frombuffer(row, dtype=np.float16) for row in embeddings]).astype(np.float32)


def batched(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield the ids, each once, as many at a time as a statement takes."""
    unique = list(dict.fromkeys(ids))
    for start in range(0, len(unique), _IDS_PER_STATEMENT):
        yield unique[start : start + _IDS_PER_STATEMENT]
