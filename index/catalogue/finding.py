"""Finding chunks: by words, by filter, by id, and their embeddings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa

from index.articles import ArticleFilter, Span
from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.rows import article_of, batched, conditions, from_bytes
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
        text = sa.func.substr(
            tables.versions.c.text, tables.chunks.c.start + 1, tables.chunks.c.end - tables.chunks.c.start
        ).label("chunk")
        columns = [column for column in tables.versions.c if column.name != "text"]
        selected = sa.select(
            tables.chunks.c.id, tables.chunks.c.start, tables.chunks.c.end, tables.chunks.c.sentences, text, *columns
        )
        found: dict[str, StoredChunk] = {}
        with self.database.reading() as connection:
            for ids in batched(chunk_ids):
                statement = selected.join(tables.versions, tables.chunk_version).where(
                    tables.chunks.c.id.in_(ids), *conditions(wanted)
                )
                for row in connection.execute(statement):
                    found[row.id] = StoredChunk(
                        id=row.id,
                        article=article_of(row, text=""),
                        version=row.version,
                        span=Span(row.start, row.end),
                        sentences=tuple(Span(start, end) for start, end in row.sentences),
                        text=row.chunk,
                    )
        return found
