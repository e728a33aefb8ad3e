"""Full text by SQLite's FTS5."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from index.catalogue import tables

__all__ = ["Fts5Words"]

_words = sa.table(
    "chunk_words", sa.column("rowid", sa.Integer), sa.column("title", sa.Text), sa.column("body", sa.Text)
)
_matches = sa.literal_column("chunk_words").op("MATCH", is_comparison=True)


class Fts5Words:
    """Words in an FTS5 table, which brings BM25 along."""

    def make_tables(self, connection: sa.Connection) -> None:
        """Make what full text needs beside the catalogue's tables."""
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE chunk_words"
            " USING fts5(title, body, tokenize = 'porter unicode61 remove_diacritics 2')"
        )

    def add(self, connection: sa.Connection, rows: Sequence[tuple[int, str, str]]) -> None:
        """Let chunks be found, each given as (key, title, body)."""
        named = [{"rowid": key, "title": title, "body": body} for key, title, body in rows]
        connection.execute(sa.insert(_words), named)

    def remove(self, connection: sa.Connection, keys: Sequence[int]) -> None:
        """Let chunks be found no more."""
        connection.execute(sa.delete(_words).where(_words.c.rowid == sa.bindparam("gone")), [{"gone": k} for k in keys])

    def remake_tables(self, connection: sa.Connection) -> None:
        """Drop the table, in whatever state it is, and make it anew, without any chunk."""
        connection.exec_driver_sql("DROP TABLE IF EXISTS chunk_words")
        self.make_tables(connection)

    def differing(self, connection: sa.Connection, rows: Sequence[tuple[int, str, str]]) -> list[int]:
        """Return the keys of those chunks, given as (key, title, body), that are not found by just these words."""
        keys = [key for key, _, _ in rows]
        held = {
            row.rowid: (row.title, row.body)
            for row in connection.execute(sa.select(_words).where(_words.c.rowid.in_(keys)))
        }
        return [key for key, title, body in rows if held.get(key) != (title, body)]

    def damage(self, connection: sa.Connection) -> str | None:
        """Return what FTS5 itself finds wrong, None when nothing is; needs to be able to write."""
        try:
            connection.exec_driver_sql("INSERT INTO chunk_words(chunk_words) VALUES ('integrity-check')")
        except sa.exc.DatabaseError as error:
            return str(error.orig)
        return None

    def count(self, connection: sa.Connection) -> int:
        """Return the number of chunks that can be found."""
        return connection.scalar(sa.select(sa.func.count()).select_from(_words)) or 0

    def holding(self, word: str) -> sa.Select[int]:
        """Return the selection of the keys of all chunks that hold a word that begins so."""
        return sa.select(_words.c.rowid).where(_matches(_query([word], prefix=True)))

    def ranking(
        self, connection: sa.Connection, words: Sequence[str], limit: int, required: Sequence[sa.ColumnElement[bool]]
    ) -> list[tuple[str, float]]:
        """Return (chunk id, BM25) of the chunks that hold any of the words, the best first."""
        relevance = (-sa.func.bm25(sa.literal_column("chunk_words"), 1.0, 1.0)).label("relevance")
        held = sa.select(_words.c.rowid.label("key"), relevance).where(_matches(_query(words)))
        # Joining only the best rows to the chunks is far cheaper than ranking the join.
        ranked = held.order_by(sa.literal_column("rank")).limit(-1 if required else limit).subquery()
        statement = sa.select(tables.chunks.c.id, ranked.c.relevance).join(ranked, ranked.c.key == tables.chunks.c.key)
        if required:
            statement = statement.join(tables.versions, tables.chunk_version).where(*required)
        statement = statement.order_by(ranked.c.relevance.desc(), tables.chunks.c.key).limit(limit)
        return [(id, relevance) for id, relevance in connection.execute(statement)]


def _query(words: Sequence[str], *, prefix: bool = False) -> str:
    """Return an FTS5 query for any of the words, each quoted so that none is an operator or the query's end."""
    quoted = ('"' + word.replace('"', '""').replace("\0", " ") + '"' + ("*" if prefix else "") for word in words)
    return " OR ".join(quoted)
