"""Copying: the whole database as it is at one moment, while others go on writing to it."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.facts import put_fact
from index.errors import DataFolderError, StorageFull

__all__ = ["Copying"]

_PAGES_AT_ONCE = 2_000


class Copying(Store):
    """Copies an SQLite catalogue into a file, and makes a catalogue of such a copy its own."""

    def copy_to(self, file: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Write everything as of one moment into a new SQLite file; `progress` is told (pages done, pages in all).

        Raises DataFolderError on PostgreSQL, StorageFull when there is no room.
        """
        with self.database.reading() as connection:
            source = connection.connection.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise DataFolderError(
                    f"The catalogue is in {self.database.name}, which has a tool of its own: pg_dump makes a backup"
                    " while the service runs, and pg_restore brings it back. Vectors need none: they are built anew."
                )
            # What is read first decides which moment the copy is of: without it, each write would begin it anew.
            connection.execute(sa.select(sa.func.count()).select_from(tables.facts))
            try:
                with closing(sqlite3.connect(file)) as copy:
                    source.backup(
                        copy,
                        pages=_PAGES_AT_ONCE,
                        progress=lambda _, left, total: progress(total - left, total),
                        sleep=0,
                    )
                    copy.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.OperationalError as error:
                raise StorageFull(f"The copy {file} cannot be written: {error}. Free space, try again.") from error

    def become_another(self) -> None:
        """Take a name of its own, and let a new vector index follow everything: the one that was copied has its own."""
        with self.database.writing() as connection:
            put_fact(connection, "catalogue_id", uuid.uuid4().hex[:12])
            put_fact(connection, "vectors_unfinished", "no")
            put_fact(connection, "vector_generation", "0")
            put_fact(connection, "newest_vector_generation", "0")
            connection.execute(sa.delete(tables.changes))
            every = sa.select(tables.chunks.c.id, sa.true()).order_by(tables.chunks.c.key)
            connection.execute(sa.insert(tables.changes).from_select(["chunk_id", "adds"], every))
