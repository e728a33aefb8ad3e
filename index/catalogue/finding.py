"""Finding chunks: by words, by filter, by id, and their embeddings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import sqlalchemy as sa

from index.articles import Article, ArticleFilter, Span
from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.rows import batched, conditions, from_bytes
from index.catalogue.values import StoredChunk
from index.embedding import Vectors

__all__ = ["Finding"]


class Finding(Store):
    """Finds chunks of current versions."""

    def lexical_ranking(self, words: Sequence[str], limit: int, wanted: ArticleFilter) -> list[tuple[str, float]]:
        """Return (chunk id, BM25) of the chunks that hold any of the words, the best first; BM25 is positive."""
        if not words:
            return []
        with self.database.reading() as connection:
            return self.database.words.ranking(connection, words, limit, conditions(wanted))

    def candidate_ids(self, wanted: ArticleFilter, limit: int) -> list[str] | None:
        """Return the ids of all chunks that satisfy the filter, or None when there are more than `limit`."""
        statement = (
            sa.select(tables.chunks.c.id)
            .join(tables.versions, tables.chunk_version)
            .where(*conditions(wanted))
            .limit(limit + 1)
        )
        with self.database.reading() as connection:
            ids = list(connection.scalars(statement))
        return ids if len(ids) <= limit else None

    def satisfying(self, chunk_ids: Sequence[str], wanted: ArticleFilter) -> set[str]:
        """Return those of the given chunks that exist and satisfy the filter."""
        selected = sa.select(tables.chunks.c.id).join(tables.versions, tables.chunk_version).where(*conditions(wanted))
        with self.database.reading() as connection:
            return {
                id
                for ids in batched(chunk_ids)
                for id in connection.scalars(selected.where(tables.chunks.c.id.in_(ids)))
            }

    def embeddings(self, chunk_ids: Sequence[str]) -> tuple[list[str], Vectors]:
        """Return the given chunks that exist, and their embeddings as float32 (n, dimension)."""
        rows: list[tuple[str, bytes]] = []
        with self.database.reading() as connection:
            for ids in batched(chunk_ids):
                statement = sa.select(tables.chunks.c.id, tables.chunks.c.embedding).where(tables.chunks.c.id.in_(ids))
                rows.extend(connection.execute(statement))
        return [id for id, _ in rows], from_bytes([embedding for _, embedding in rows])

    def all_embeddings(
        self, batch_size: int, wanted: ArticleFilter | None = None
    ) -> Iterator[tuple[list[str], Vectors]]:
        """Yield the ids and embeddings of every chunk that satisfies the filter, in batches."""
        selected = (
            sa.select(tables.chunks.c.key, tables.chunks.c.id, tables.chunks.c.embedding)
            .order_by(tables.chunks.c.key)
            .limit(batch_size)
        )
        if wanted is not None and not wanted.is_open:
            selected = selected.join(tables.versions, tables.chunk_version).where(*conditions(wanted))
        last = 0
        while True:
            statement = selected.where(tables.chunks.c.key > last)
            with self.database.reading() as connection:
                rows = connection.execute(statement).all()
            if not rows:
                return
            last = rows[-1][0]
            yield [id for _, id, _ in rows], from_bytes([embedding for _, _, embedding in rows])

    def chunks(self, chunk_ids: Iterable[str], wanted: ArticleFilter) -> dict[str, StoredChunk]:
        """Return the given chunks that exist and satisfy the filter, by id, as of one moment."""
        found: dict[str, StoredChunk] = {}
        if wanted.is_open:
            ids = list(dict.fromkeys(chunk_ids))
            # One statement is of one moment by itself.
            with nullcontext() if len(ids) <= _READ_QUICKLY else self.database.one_moment():
                for start in range(0, len(ids), _READ_QUICKLY):
                    few = ids[start : start + _READ_QUICKLY]
                    values = {f"id_{place}": few[min(place, len(few) - 1)] for place in range(_READ_QUICKLY)}
                    found.update((row[0], _stored(row)) for row in self.database.quickly(_QUICKLY, values))
            return found
        with self.database.reading() as connection:
            for ids in batched(chunk_ids):
                statement = _CHUNKS.where(tables.chunks.c.id.in_(ids), *conditions(wanted))
                found.update((row[0], _stored(row)) for row in connection.execute(statement))
        return found


_CHUNKS = sa.select(
    tables.chunks.c.id,
    tables.chunks.c.start,
    tables.chunks.c.end,
    sa.cast(tables.chunks.c.sentences, sa.Text),
    sa.func.substr(tables.versions.c.text, tables.chunks.c.start + 1, tables.chunks.c.end - tables.chunks.c.start),
    tables.versions.c.version,
    tables.versions.c.article_id,
    tables.versions.c.title,
    tables.versions.c.source,
    tables.versions.c.url,
    sa.cast(tables.versions.c.authors, sa.Text),
    tables.versions.c.published_at,
    tables.versions.c.language,
).join(tables.versions, tables.chunk_version)
# As many as a question's passages: the statement is the same however many are read.
_READ_QUICKLY = 10
_QUICKLY = _CHUNKS.where(tables.chunks.c.id.in_([sa.bindparam(f"id_{place}") for place in range(_READ_QUICKLY)]))


def _stored(row: Sequence[Any]) -> StoredChunk:
    id, start, end, sentences, text, version, article_id, title, source, url, authors, published_at, language = row
    return StoredChunk(
        id=id,
        article=Article(article_id, title, "", url, source, tuple(json.loads(authors)), published_at, language),
        version=version,
        span=Span(start, end),
        sentences=tuple(Span(*sentence) for sentence in json.loads(sentences)),
        text=text,
    )
