"""Renewing: the embeddings of the model to come, kept beside those in use until there is one for every chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.facts import advance_generation, put_fact
from index.catalogue.rows import from_bytes
from index.embedding import Vectors

__all__ = ["Renewing"]

_has_fresh = sa.exists().where(tables.fresh_embeddings.c.chunk_id == tables.chunks.c.id)


class Renewing(Store):
    """Keeps fresh embeddings, and lets them take the place of the others at one moment."""

    def begin(self, model: str) -> None:
        """Record the model to come, as `claim_model` would; fresh embeddings of another one are dropped."""
        with self.database.writing() as connection:
            name = sa.select(tables.facts.c.value).where(tables.facts.c.name == "coming_model")
            if connection.scalar(name) != model:
                connection.execute(sa.delete(tables.fresh_embeddings))
                put_fact(connection, "coming_model", model)

    def lacking(self, limit: int) -> list[str]:
        """Return the ids of chunks that have no fresh embedding yet."""
        statement = sa.select(tables.chunks.c.id).where(~_has_fresh).order_by(tables.chunks.c.key).limit(limit)
        with self.database.reading() as connection:
            return list(connection.scalars(statement))

    def count(self) -> int:
        """Return the number of chunks that have a fresh embedding."""
        with self.database.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(tables.chunks).where(_has_fresh)) or 0

    def keep(self, chunk_ids: Sequence[str], embeddings: Vectors) -> None:
        """Keep fresh embeddings, float32 (n, dimension), of chunks that have none."""
        rows = [
            {"chunk_id": id, "embedding": row.tobytes()}
            for id, row in zip(chunk_ids, embeddings.astype(np.float16), strict=True)
        ]
        if rows:
            with self.database.writing() as connection:
                connection.execute(sa.insert(tables.fresh_embeddings), rows)

    def fresh(self, batch_size: int) -> Iterator[tuple[list[str], Vectors]]:
        """Yield the ids and fresh embeddings of chunks, in batches."""
        selected = (
            sa.select(tables.chunks.c.key, tables.chunks.c.id, tables.fresh_embeddings.c.embedding)
            .join(tables.fresh_embeddings, tables.fresh_embeddings.c.chunk_id == tables.chunks.c.id)
            .order_by(tables.chunks.c.key)
            .limit(batch_size)
        )
        last = -1
        while True:
            with self.database.reading() as connection:
                rows = connection.execute(selected.where(tables.chunks.c.key > last)).all()
            if not rows:
                return
            last = rows[-1].key
            yield [row.id for row in rows], from_bytes([row.embedding for row in rows])

    def take_over(self, model: str, vector_generation: int, followed: int) -> bool:
        """Let the fresh embeddings be those in use, and a vector index with them; False while any chunk lacks one.

        The changes up to `followed` are in that vector index.
        """
        own = sa.select(tables.fresh_embeddings.c.embedding).where(
            tables.fresh_embeddings.c.chunk_id == tables.chunks.c.id
        )
        with self.database.writing() as connection:
            if connection.scalar(sa.select(sa.func.count()).select_from(tables.chunks).where(~_has_fresh)):
                return False
            connection.execute(sa.update(tables.chunks).values(embedding=own.scalar_subquery()))
            connection.execute(sa.delete(tables.fresh_embeddings))
            connection.execute(sa.delete(tables.facts).where(tables.facts.c.name == "coming_model"))
            connection.execute(sa.delete(tables.changes).where(tables.changes.c.sequence <= followed))
            put_fact(connection, "embedding_model", model)
            put_fact(connection, "vector_generation", str(vector_generation))
            advance_generation(connection)
        return True
