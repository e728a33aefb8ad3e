"""Checking: what is stored, read as it stands, and what of it belongs to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from index.articles import Article, Chunk, Span
from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.rows import article_of

__all__ = ["CheckedChunk", "CheckedVersion", "Checking"]

_VERSIONS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class CheckedChunk:
    """A chunk as it is stored; `embedding` is bytes of float16, `has_words` whether full text holds just its words."""

    id: str
    chunk: Chunk
    embedding: bytes
    has_words: bool


@dataclass(frozen=True, slots=True)
class CheckedVersion:
    """A version as it is stored, with its chunks in order; one that is not current should have none."""

    article: Article
    version: int
    content_hash: str
    is_current: bool
    chunks: tuple[CheckedChunk, ...]


class Checking(Store):
    """Reads everything that is stored, and leaves judging it to others."""

    def count_versions(self) -> int:
        """Return the number of versions, current and earlier ones."""
        with self.database.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(tables.versions)) or 0

    def stored_versions(self) -> Iterator[CheckedVersion]:
        """Yield every version, in the order of articles and numbers."""
        key = sa.tuple_(tables.versions.c.article_id, tables.versions.c.version)
        selected = (
            sa.select(tables.versions, tables.articles.c.current_version)
            .outerjoin(tables.articles, tables.articles.c.id == tables.versions.c.article_id)
            .order_by(tables.versions.c.article_id, tables.versions.c.version)
            .limit(_VERSIONS_AT_ONCE)
        )
        last = ("", 0)
        while True:
            with self.database.reading() as connection:
                rows = connection.execute(selected.where(key > sa.tuple_(*last))).all()
                for row in rows:
                    yield self._checked(connection, row)
            if not rows:
                return
            last = (rows[-1].article_id, rows[-1].version)

    def inconsistencies(self) -> list[tuple[str, str]]:
        """Return (article or chunk id, what is wrong) of each row that does not fit the others."""
        with self.database.reading() as connection:
            return [
                (str(id), what) for what, statement in _INCONSISTENCIES.items() for id in connection.scalars(statement)
            ]

    def damage(self) -> list[str]:
        """Return what the database itself finds wrong with its file; a server looks after its own."""
        with self.database.reading() as connection:
            if connection.dialect.name != "sqlite":
                return []
            told = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
            loose = [
                f"a row of {row[0]} refers to none of {row[2]}"
                for row in connection.exec_driver_sql("PRAGMA foreign_key_check")
            ]
        return [line for line in told if line != "ok"] + loose

    def words_damage(self) -> str | None:
        """Return what is wrong with how words are indexed, None when nothing is."""
        with self.database.writing() as connection:
            return self.database.words.damage(connection)

    def surplus_words(self) -> int:
        """Return how many more chunks full text holds than there are."""
        with self.database.reading() as connection:
            chunks = connection.scalar(sa.select(sa.func.count()).select_from(tables.chunks)) or 0
            return self.database.words.count(connection) - chunks

    def _checked(self, connection: sa.Connection, row: Any) -> CheckedVersion:
        article = article_of(row)
        statement = (
            sa.select(tables.chunks)
            .where(tables.chunks.c.article_id == row.article_id, tables.chunks.c.version == row.version)
            .order_by(tables.chunks.c.ordinal)
        )
        stored = connection.execute(statement).all()
        title = "" if article.has_derived_title else article.title
        words = [(chunk.key, title, article.text[max(0, chunk.start) : max(0, chunk.end)]) for chunk in stored]
        wordless = set(self.database.words.differing(connection, words))
        return CheckedVersion(
            article,
            row.version,
            row.content_hash,
            row.current_version == row.version,
            tuple(
                CheckedChunk(chunk.id, _chunk_of(chunk), chunk.embedding, chunk.key not in wordless) for chunk in stored
            ),
        )


def _chunk_of(row: Any) -> Chunk:
    sentences: Sequence[Sequence[int]] = row.sentences
    return Chunk(row.ordinal, Span(row.start, row.end), tuple(Span(start, end) for start, end in sentences))


_last_change = (
    sa.select(tables.changes.c.chunk_id, sa.func.max(tables.changes.c.sequence).label("sequence"))
    .group_by(tables.changes.c.chunk_id)
    .subquery()
)
_last_changes = sa.select(tables.changes.c.chunk_id).join(
    _last_change, _last_change.c.sequence == tables.changes.c.sequence
)
_has_chunk = sa.exists().where(tables.chunks.c.id == tables.changes.c.chunk_id)
_INCONSISTENCIES: dict[str, sa.Select[Any]] = {
    "its current version is not there": sa.select(tables.articles.c.id)
    .outerjoin(tables.versions, tables.current)
    .where(tables.articles.c.current_version.is_not(None), tables.versions.c.version.is_(None)),
    "a version has a number that was not given out yet": sa.select(tables.versions.c.article_id)
    .outerjoin(tables.articles, tables.articles.c.id == tables.versions.c.article_id)
    .where(sa.func.coalesce(tables.articles.c.last_version, 0) < tables.versions.c.version),
    "a chunk belongs to no current version": sa.select(tables.chunks.c.id)
    .outerjoin(
        tables.articles,
        sa.and_(
            tables.articles.c.id == tables.chunks.c.article_id,
            tables.articles.c.current_version == tables.chunks.c.version,
        ),
    )
    .where(tables.articles.c.id.is_(None)),
    "an origin gives an article that is not there": sa.select(tables.origins.c.article_id)
    .outerjoin(
        tables.articles,
        sa.and_(tables.articles.c.id == tables.origins.c.article_id, tables.articles.c.current_version.is_not(None)),
    )
    .where(tables.articles.c.id.is_(None)),
    "the vector index is to drop a chunk that is there": _last_changes.where(
        tables.changes.c.adds.is_(False), _has_chunk
    ),
    "the vector index is to add a chunk that is not there": _last_changes.where(
        tables.changes.c.adds.is_(True), ~_has_chunk
    ),
}
