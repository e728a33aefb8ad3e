"""One database: its connections, when transactions begin and end, and its failures told plainly."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.sql.compiler import SQLCompiler

from index.catalogue.fts5 import Fts5Words
from index.catalogue.tsvector import TsvectorWords
from index.catalogue.words import Words
from index.errors import DataFolderError, SettingsError, StorageFull

__all__ = ["Database", "Store"]

# Seconds before each further attempt to reach a server that starts anew.
_PAUSES = (0.2, 0.5, 1, 2, 4)
_FULL = ("disk is full", "disk I/O", "No space left on device")
_BEGIN_READING = {
    "sqlite": "BEGIN",
    "postgresql": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
}
# Whoever takes the write lock first is then shown what all others wrote.
_BEGIN_WRITING = {
    "sqlite": "BEGIN IMMEDIATE",
    "postgresql": "SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock(1145131077)",
}
_NO_VALUES: Mapping[str, Any] = {}


class Database:
    """The SQL database under the catalogue; safe to share between threads, one writer at a time.

    `name` is what messages call it; `words` is its full text.
    """

    def __init__(self, engine: sa.Engine, name: str, words: Words) -> None:
        self._engine = engine
        self._kind = engine.dialect.name
        self._moment = threading.local()
        self.name = name
        self.words = words

    @classmethod
    def of_file(cls, path: Path) -> Database:
        """Return the database in an SQLite file, which is made when it is first used."""
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
        sa.event.listen(engine, "connect", _configure_sqlite)
        return cls(engine, str(path), Fts5Words())

    @classmethod
    def of_file_read_only(cls, path: Path) -> Database:
        """Return the database in an SQLite file that another process writes."""
        database = cls.of_file(path)
        sa.event.listen(database._engine, "connect", _refuse_writing)
        return database

    @classmethod
    def at(cls, url: str) -> Database:
        """Return the PostgreSQL database at a URL; raises SettingsError when it is no such URL."""
        try:
            where = sa.make_url(url).set(drivername="postgresql+psycopg")
            is_postgresql = url.startswith(("postgresql:", "postgres:"))
        except (sa.exc.ArgumentError, ValueError):
            is_postgresql = False
        if not is_postgresql:
            # What was given is not told: it may hold a password.
            raise SettingsError(
                "The database's URL is not that of a PostgreSQL database. Give one like postgresql://user:password@host/name."
            ) from None
        try:
            engine = sa.create_engine(where, pool_pre_ping=True, pool_size=20)
        except ImportError as error:
            raise SettingsError("PostgreSQL needs one more package: pip install 'dateline[postgresql]'.") from error
        return cls(engine, where.set(drivername="postgresql").render_as_string(hide_password=True), TsvectorWords())

    def close(self) -> None:
        """Close every connection; SQLite then folds its log into the file."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection on which all that is read is of one moment."""
        held: sa.Connection | None = getattr(self._moment, "connection", None)
        if held is not None:
            with self._told_plainly():
                yield held
            return
        with self._told_plainly(), self._begun(_BEGIN_READING[self._kind]) as connection:
            yield connection

    def quickly(self, statement: sa.Select[Any], values: Mapping[str, Any] = _NO_VALUES) -> list[tuple[Any, ...]]:
        """Return the rows of one selection as the driver gives them, for what every question reads.

        SQLAlchemy's own time would be most of it: 1.3 ms against 0.1 ms for ten chunks. The statement is to be one
        object for all calls; its text is made once.
        """
        if self._kind != "sqlite":
            with self.reading() as connection:
                return [tuple(row) for row in connection.execute(statement, dict(values))]
        compiled = _compiled(statement, self._engine.dialect)
        named = compiled.construct_params(dict(values))
        given = tuple(named[name] for name in compiled.positiontup or ())
        with self._told_plainly(), self._driven() as connection:
            try:
                return list(connection.execute(compiled.string, given))
            except sqlite3.Error as error:
                raise DatabaseError(compiled.string, None, error) from error

    @contextmanager
    def _driven(self) -> Iterator[Any]:
        """Give a connection as SQLite's driver has it, the one of the moment that is read."""
        held: sa.Connection | None = getattr(self._moment, "connection", None)
        pooled = held.connection if held is not None else self._engine.raw_connection()
        try:
            yield pooled.driver_connection
        finally:
            if held is None:
                pooled.close()

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Let everything that this thread reads until the block ends be of one moment, whatever is stored meanwhile."""
        with self.reading() as connection:
            before = getattr(self._moment, "connection", None)
            self._moment.connection = connection
            try:
                yield
            finally:
                self._moment.connection = before

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give the one connection that may write; all of it is committed when the block ends, or nothing is."""
        with self._told_plainly(), self._begun(_BEGIN_WRITING[self._kind]) as connection:
            yield connection
            connection.commit()

    @contextmanager
    def alone(self, key: int) -> Iterator[bool]:
        """Give whether this is the one process that has `key` until the block ends; a file has one process anyway."""
        if self._kind == "sqlite":
            yield True
            return
        with self._told_plainly(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            is_alone = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))))
            try:
                yield is_alone
            finally:
                # The connection goes back to a pool, where it would hold the lock on.
                if is_alone:
                    connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))

    @property
    def is_server(self) -> bool:
        """Say whether other processes may use the database at the same time."""
        return self._kind != "sqlite"

    def session(self) -> sa.Connection:
        """Return a connection of its own, whose locks last until it is closed."""
        with self._told_plainly():
            connection = self._begun("SELECT 1")
            connection.rollback()
            connection.execution_options(isolation_level="AUTOCOMMIT").detach()
            return connection

    def _begun(self, statement: str) -> sa.Connection:
        """Return a connection in a transaction that begins with a statement; a server may be away for some seconds."""
        for pause in (*_PAUSES, None):
            connection = None
            try:
                connection = self._engine.connect()
                connection.exec_driver_sql(statement)
            except OperationalError as error:
                if connection is not None:
                    connection.close()
                if pause is None or self._kind == "sqlite" or not _is_away(error):
                    raise
                time.sleep(pause)
            else:
                return connection
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            reason = str(error.orig).strip()
            if any(told in reason for told in _FULL):
                raise StorageFull(
                    f"The disk with {self.name} is full ({reason}). Nothing was stored; free space, try again."
                ) from error
            raise DataFolderError(f"The catalogue {self.name} cannot be used: {reason}.") from error


@lru_cache(maxsize=64)
def _compiled(statement: sa.Select[Any], dialect: sa.Dialect) -> SQLCompiler:
    compiled = statement.compile(dialect=dialect)
    assert isinstance(compiled, SQLCompiler)
    return compiled


class Store:
    """What reads and writes some of the tables of a database."""

    def __init__(self, database: Database) -> None:
        self.database = database


def _is_away(error: OperationalError) -> bool:
    """Say whether a server cannot be reached now, rather than refusing what it was asked."""
    return error.connection_invalidated or error.statement is None


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Autocommit at the driver's level, so that SQLAlchemy alone says where transactions begin.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _refuse_writing(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")
