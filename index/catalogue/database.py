"""One database: its connections, when transactions begin and end, and its failures told plainly."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from index.catalogue.words import Fts5Words
from index.errors import DataFolderError, StorageFull

__all__ = ["Database", "Store"]


class Database:
    """The SQL database under the catalogue; safe to share between threads, one writer at a time.

    `name` is what messages call it; `words` is its full text.
    """

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self._engine = engine
        self.name = name
        self.words = Fts5Words()

    @classmethod
    def of_file(cls, path: Path) -> Database:
        """Return the database in an SQLite file, which is made when it is first used."""
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
        sa.event.listen(engine, "connect", _configure_sqlite)
        return cls(engine, str(path))

    def close(self) -> None:
        """Close every connection; SQLite then folds its log into the file."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection on which all that is read is of one moment."""
        with self._told_plainly(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give the one connection that may write; all of it is committed when the block ends, or nothing is."""
        with self._told_plainly(), self._engine.begin() as connection:
            # Taking the write lock first makes what is then read in the transaction current.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            reason = str(error.orig)
            if "disk is full" in reason or "disk I/O" in reason:
                raise StorageFull(
                    f"The disk with {self.name} is full ({reason}). Nothing was stored; free space, try again."
                ) from error
            raise DataFolderError(f"The catalogue {self.name} cannot be used: {reason}.") from error


class Store:
    """What reads and writes some of the tables of a database."""

    def __init__(self, database: Database) -> None:
        self.database = database


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Autocommit at the driver's level, so that SQLAlchemy alone says where transactions begin.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")
