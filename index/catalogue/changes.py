"""Changes: what the vector index still has to follow."""

from __future__ import annotations

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.rows import from_bytes
from index.catalogue.values import Change

__all__ = ["Changes"]


_PENDING = (
    sa.select(tables.changes.c.sequence, tables.changes.c.chunk_id, tables.changes.c.adds, tables.chunks.c.embedding)
    .outerjoin(tables.chunks, tables.chunks.c.id == tables.changes.c.chunk_id)
    .order_by(tables.changes.c.sequence)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


class Changes(Store):
    """Lists what was added and removed, until the vector index has it."""

    def pending_changes(self, limit: int) -> list[Change]:
        """Return the oldest changes that the vector index has not been told to hold yet."""
        return [
            Change(sequence, id, from_bytes([embedding])[0] if adds and embedding else None)
            for sequence, id, adds, embedding in self.database.quickly(_PENDING, {"most": limit})
        ]

    def last_change(self) -> int:
        """Return the sequence number of the newest pending change, 0 when there is none."""
        with self.database.reading() as connection:
            return connection.scalar(sa.select(sa.func.max(tables.changes.c.sequence))) or 0

    def newest_key(self) -> int:
        """Return a number that grows with every chunk that is stored."""
        with self.database.reading() as connection:
            return connection.scalar(sa.select(sa.func.max(tables.chunks.c.key))) or 0

    def forget_changes(self, up_to: int | None = None) -> None:
        """Drop the changes that the vector index now holds: all of them, or those up to a sequence number."""
        statement = sa.delete(tables.changes)
        with self.database.writing() as connection:
            connection.execute(statement if up_to is None else statement.where(tables.changes.c.sequence <= up_to))
