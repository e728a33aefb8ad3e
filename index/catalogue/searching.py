"""Searching: what is held in memory of every chunk so that it can be found fast, read as of one moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from index.articles import Article
from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.facts import GENERATION
from index.catalogue.values import SearchableChunk

__all__ = ["Moment", "Searching"]

# A title that only repeats the text's first words is told by no more of them than this.
_TITLE_CHARACTERS = 101
_READ_AT_ONCE = 1_000


class Searching(Store):
    """Reads all that can be found."""

    @contextmanager
    def moment(self) -> Iterator[Moment]:
        """Give what can be found as it is now, for as long as the block runs."""
        with self.database.reading() as connection:
            yield Moment(connection)


class Moment:
    """What can be found at one moment."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @property
    def generation(self) -> int:
        """The number of the index's state."""
        return int(self._connection.scalar(GENERATION) or 0)

    def count(self) -> int:
        """Return the number of chunks."""
        return self._connection.scalar(sa.select(sa.func.count()).select_from(tables.chunks)) or 0

    def count_after(self, key: int) -> int:
        """Return the number of chunks with larger keys, which are those stored later."""
        statement = sa.select(sa.func.count()).select_from(tables.chunks).where(tables.chunks.c.key > key)
        return self._connection.scalar(statement) or 0

    def keys(self) -> NDArray[np.int64]:
        """Return the keys of all chunks in their order."""
        keys = self._connection.scalars(sa.select(tables.chunks.c.key).order_by(tables.chunks.c.key))
        return np.fromiter(keys, dtype=np.int64)

    def chunks_after(self, key: int) -> Iterator[list[SearchableChunk]]:
        """Yield the chunks with larger keys in their order, some at a time."""
        while batch := self._connection.execute(_SELECTED, {"after": key}).all():
            key = batch[-1].key
            yield [_searchable(row) for row in batch]


_SELECTED = (
    sa.select(
        tables.chunks.c.key,
        tables.chunks.c.id,
        tables.chunks.c.article_id,
        tables.chunks.c.version,
        tables.chunks.c.start,
        tables.chunks.c.embedding,
        tables.versions.c.source,
        tables.versions.c.published_at,
        tables.versions.c.title,
        sa.func.substr(tables.versions.c.text, 1, _TITLE_CHARACTERS).label("beginning"),
        sa.func.substr(
            tables.versions.c.text, tables.chunks.c.start + 1, tables.chunks.c.end - tables.chunks.c.start
        ).label("body"),
    )
    .join(tables.versions, tables.chunk_version)
    .where(tables.chunks.c.key > sa.bindparam("after"))
    .order_by(tables.chunks.c.key)
    .limit(_READ_AT_ONCE)
)


def _searchable(row: Sequence[Any]) -> SearchableChunk:
    key, id, article_id, version, start, embedding, source, published_at, title, beginning, body = row
    text = body if Article(article_id, title, beginning).has_derived_title else f"{title}\n{body}"
    return SearchableChunk(key, id, article_id, version, start, source, published_at, text, embedding)
