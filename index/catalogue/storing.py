"""Storing and removing articles, each with its chunks, embeddings, words and changes, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np
import sqlalchemy as sa

from index.articles import Article, ArticleVersion, Chunk
from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.facts import advance_generation
from index.catalogue.rows import batched, new_origins
from index.catalogue.stories import join_story, leave_story
from index.catalogue.values import EmbeddedArticle
from index.catalogue.words import Words

__all__ = ["Storing", "chunk_id", "remove_article", "remove_chunks", "store_chunks"]


class Storing(Store):
    """Stores and removes articles."""

    def store(self, batch: Sequence[EmbeddedArticle]) -> list[ArticleVersion]:
        """Store each article as a new current version, all of them in one transaction.

        The version before keeps its text, so that its citations still resolve, but is no longer found.
        Raises StorageFull; then nothing of the batch is stored.
        """
        with self.database.writing() as connection:
            stored = [_store_version(self.database.words, connection, embedded) for embedded in batch]
            advance_generation(connection)
        return stored

    def remove(self, article_ids: Sequence[str]) -> list[str]:
        """Remove articles with all their versions' texts; return the ids that were there."""
        with self.database.writing() as connection:
            there = [id for id in dict.fromkeys(article_ids) if remove_article(self.database.words, connection, id)]
            if there:
                advance_generation(connection)
        return there

    def current_versions(self, article_ids: Iterable[str]) -> dict[str, tuple[int, str]]:
        """Return the number and content hash of each given article's current version."""
        current: dict[str, tuple[int, str]] = {}
        with self.database.reading() as connection:
            for ids in batched(article_ids):
                statement = (
                    sa.select(tables.articles.c.id, tables.versions.c.version, tables.versions.c.content_hash)
                    .join(tables.versions, tables.current)
                    .where(tables.articles.c.id.in_(ids))
                )
                current.update({id: (version, hash) for id, version, hash in connection.execute(statement)})
        return current


def _store_version(words: Words, connection: sa.Connection, embedded: EmbeddedArticle) -> ArticleVersion:
    article, now = embedded.article, datetime.now(UTC)
    last = connection.scalar(sa.select(tables.articles.c.last_version).where(tables.articles.c.id == article.id))
    number = (last or 0) + 1
    if last is None:
        connection.execute(
            sa.insert(tables.articles).values(id=article.id, current_version=number, last_version=number)
        )
    else:
        remove_chunks(words, connection, article.id)
        leave_story(connection, article.id)
        connection.execute(
            sa.update(tables.versions)
            .where(tables.versions.c.article_id == article.id, tables.versions.c.replaced_at.is_(None))
            .values(replaced_at=now.isoformat())
        )
        connection.execute(
            sa.update(tables.articles)
            .where(tables.articles.c.id == article.id)
            .values(current_version=number, last_version=number)
        )
    connection.execute(
        sa.insert(tables.versions).values(
            article_id=article.id,
            version=number,
            content_hash=article.content_hash,
            title=article.title,
            source=article.source,
            url=article.url,
            authors=list(article.authors),
            published_at=article.published_at,
            language=article.language,
            text=article.text,
            stored_at=now.isoformat(),
        )
    )
    store_chunks(words, connection, embedded, number)
    join_story(connection, article)
    if embedded.origin:
        connection.execute(new_origins, {"seen_at": embedded.origin, "seen_id": article.id})
    return ArticleVersion(article, number, now, is_current=True)


def store_chunks(words: Words, connection: sa.Connection, embedded: EmbeddedArticle, version: int) -> None:
    """Store an article's chunks with their words and changes, within a transaction."""
    article = embedded.article
    rows = [
        {
            "id": chunk_id(article, version, chunk),
            "article_id": article.id,
            "version": version,
            "ordinal": chunk.ordinal,
            "start": chunk.span.start,
            "end": chunk.span.end,
            "sentences": [[span.start, span.end] for span in chunk.sentences],
            "embedding": embedding.astype(np.float16).tobytes(),
        }
        for chunk, embedding in zip(embedded.chunks, embedded.embeddings, strict=True)
    ]
    if not rows:
        return
    insertion = sa.insert(tables.chunks).returning(tables.chunks.c.key, sort_by_parameter_order=True)
    keys = connection.scalars(insertion, rows).all()
    title = "" if article.has_derived_title else article.title
    bodies = [chunk.span.of(article.text) for chunk in embedded.chunks]
    words.add(connection, [(key, title, body) for key, body in zip(keys, bodies, strict=True)])
    connection.execute(sa.insert(tables.changes), [{"chunk_id": row["id"], "adds": True} for row in rows])


def chunk_id(article: Article, version: int, chunk: Chunk) -> str:
    """Name a chunk after all that it is, so that an id never stands for two texts, even after a restore."""
    basis = json.dumps([article.id, version, article.content_hash, chunk.ordinal])
    return sha256(basis.encode()).hexdigest()[:32]


def remove_chunks(words: Words, connection: sa.Connection, article_id: str) -> None:
    """Remove an article's chunks with their words, within a transaction."""
    rows = connection.execute(
        sa.select(tables.chunks.c.key, tables.chunks.c.id).where(tables.chunks.c.article_id == article_id)
    ).all()
    if not rows:
        return
    words.remove(connection, [key for key, _ in rows])
    connection.execute(sa.insert(tables.changes), [{"chunk_id": id, "adds": False} for _, id in rows])
    connection.execute(sa.delete(tables.chunks).where(tables.chunks.c.article_id == article_id))


def remove_article(words: Words, connection: sa.Connection, id: str) -> bool:
    """Remove an article with all its versions' texts, and say whether it was there."""
    present = sa.select(tables.articles.c.current_version).where(tables.articles.c.id == id)
    if connection.scalar(present) is None:
        return False
    remove_chunks(words, connection, id)
    leave_story(connection, id)
    connection.execute(sa.delete(tables.origins).where(tables.origins.c.article_id == id))
    connection.execute(sa.delete(tables.versions).where(tables.versions.c.article_id == id))
    connection.execute(sa.update(tables.articles).where(tables.articles.c.id == id).values(current_version=None))
    return True
