"""Full text: which chunks hold which words, and how telling that is, by SQLite's FTS5."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

__all__ = ["Fts5Words"]

_table = sa.table(
    "chunk_words", sa.column("rowid", sa.Integer), sa.column("title", sa.Text), sa.column("body", sa.Text)
)
_matches = sa.literal_column("chunk_words").op("MATCH", is_comparison=True)


class Fts5Words:
    """The words of every chunk, by the chunk's key: stemmed by Porter, without case and diacritics."""

    def make_table(self, connection: sa.Connection) -> None:
        """Make the full-text table where there is none."""
        connection.exec_driver_sql(
            "CREATE VIRTUAL TABLE IF NOT EXISTS chunk_words"
            " USING fts5(title, body, tokenize = 'porter unicode61 remove_diacritics 2')"
        )

    def add(self, connection: sa.Connection, key: int, title: str, body: str) -> None:
        """Let a chunk be found by the words of its article's title and its own."""
        connection.execute(sa.insert(_table).values(rowid=key, title=title, body=body))

    def remove(self, connection: sa.Connection, key: int) -> None:
        """Let a chunk be found no more."""
        connection.execute(sa.delete(_table).where(_table.c.rowid == key))

    def holding(self, word: str) -> sa.Select[tuple[int]]:
        """Return the selection of the keys of all chunks that hold a word that begins so."""
        return sa.select(_table.c.rowid).where(_matches(_query([word], prefix=True)))

    def ranking(self, words: Sequence[str], limit: int | None) -> sa.Select[tuple[int, float]]:
        """Return the selection of (key, relevance) of the chunks that hold any of the words, the best `limit` or all.

        Relevance is BM25, positive.
        """
        relevance = (-sa.func.bm25(sa.literal_column("chunk_words"), 1.0, 1.0)).label("relevance")
        held = sa.select(_table.c.rowid.label("key"), relevance).where(_matches(_query(words)))
        return held.order_by(sa.literal_column("rank")).limit(-1 if limit is None else limit)


def _query(words: Sequence[str], *, prefix: bool = False) -> str:
    """Return an FTS5 query for any of the words, each quoted so that none is an operator or the query's end."""
    quoted = ('"' + word.replace('"', '""').replace("\0", " ") + '"' + ("*" if prefix else "") for word in words)
    return " OR ".join(quoted)
