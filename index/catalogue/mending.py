"""Mending: making again, from what the catalogue still has, what stands wrongly in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.facts import advance_generation
from index.catalogue.rows import article_of
from index.catalogue.storing import remove_chunks, store_chunks
from index.catalogue.values import EmbeddedArticle

__all__ = ["Mending"]

_CHUNKS_AT_ONCE = 1_000


class Mending(Store):
    """Makes again what can be derived; each step is one transaction."""

    def remake_words(self, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
        """Make full text anew from the chunks of current versions; `progress` is told (done, total) of them."""
        selected = (
            sa.select(tables.chunks.c.key, tables.chunks.c.start, tables.chunks.c.end, tables.versions)
            .join(tables.versions, tables.chunk_version)
            .order_by(tables.chunks.c.key)
            .limit(_CHUNKS_AT_ONCE)
        )
        with self.database.writing() as connection:
            self.database.words.remake_tables(connection)
            total = connection.scalar(sa.select(sa.func.count()).select_from(tables.chunks)) or 0
            last, done = -1, 0
            while rows := connection.execute(selected.where(tables.chunks.c.key > last)).all():
                self.database.words.add(connection, [_words_of(row) for row in rows])
                last, done = rows[-1].key, done + len(rows)
                progress(done, total)
            advance_generation(connection)

    def replace_chunks(self, embedded: EmbeddedArticle, version: int) -> bool:
        """Store the chunks of an article's version anew; return whether that version still is the current one."""
        article_id = embedded.article.id
        current = sa.select(tables.articles.c.current_version).where(tables.articles.c.id == article_id)
        with self.database.writing() as connection:
            if connection.scalar(current) != version:
                return False
            remove_chunks(self.database.words, connection, article_id)
            store_chunks(self.database.words, connection, embedded, version)
            advance_generation(connection)
        return True

    def drop_orphans(self) -> None:
        """Drop chunks of no current version, origins of no article, and changes, which a rebuild makes needless."""
        there = sa.exists().where(
            tables.articles.c.id == tables.chunks.c.article_id,
            tables.articles.c.current_version == tables.chunks.c.version,
        )
        is_article = sa.exists().where(
            tables.articles.c.id == tables.origins.c.article_id, tables.articles.c.current_version.is_not(None)
        )
        with self.database.writing() as connection:
            keys = connection.scalars(sa.select(tables.chunks.c.key).where(~there)).all()
            if keys:
                self.database.words.remove(connection, keys)
            connection.execute(sa.delete(tables.chunks).where(~there))
            connection.execute(sa.delete(tables.origins).where(~is_article))
            connection.execute(sa.delete(tables.changes))
            advance_generation(connection)


def _words_of(row: Any) -> tuple[int, str, str]:
    article = article_of(row)
    return row.key, "" if article.has_derived_title else article.title, article.text[row.start : row.end]
