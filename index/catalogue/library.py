"""Reading articles: one in full, or a page of the library."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from index.articles import ArticleFilter, ArticleVersion, Span
from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.rows import article_of, conditions, summary_columns, summary_of
from index.catalogue.values import ArticlePage
from index.errors import ArticleNotFound, VersionPruned

__all__ = ["Library"]


_EXCERPT = sa.select(
    sa.func.substr(tables.versions.c.text, sa.bindparam("first"), sa.bindparam("count", type_=sa.Integer))
).where(tables.versions.c.article_id == sa.bindparam("id"), tables.versions.c.version == sa.bindparam("version"))


class Library(Store):
    """Reads articles and lists them."""

    def article(self, id: str, version: int | None = None) -> ArticleVersion:
        """Return an article's current version, or the one asked for; raises ArticleNotFound, or VersionPruned."""
        statement = (
            sa.select(tables.versions, tables.articles.c.current_version)
            .join(tables.articles, tables.articles.c.id == tables.versions.c.article_id)
            .where(tables.versions.c.article_id == id)
            .where(tables.versions.c.version == (tables.articles.c.current_version if version is None else version))
        )
        with self.database.reading() as connection:
            row = connection.execute(statement).one_or_none()
            if row is None:
                raise _missing(connection, id, version)
        return ArticleVersion(
            article_of(row), row.version, datetime.fromisoformat(row.stored_at), row.version == row.current_version
        )

    def excerpt(self, id: str, version: int, span: Span) -> str | None:
        """Return the characters at a span of an article version's text, or None when that text is not there."""
        values = {"id": id, "version": version, "first": span.start + 1, "count": span.end - span.start}
        return next((text for (text,) in self.database.quickly(_EXCERPT, values)), None)

    def article_at(self, url: str) -> str | None:
        """Return the id of a current article with this canonical URL, the first of several."""
        statement = sa.select(tables.articles.c.id).join(tables.versions, tables.current)
        with self.database.reading() as connection:
            return connection.scalar(
                statement.where(tables.versions.c.url == url).order_by(tables.articles.c.id).limit(1)
            )

    def articles(
        self,
        *,
        words: Sequence[str] = (),
        wanted: ArticleFilter | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> ArticlePage:
        """Return one page of the library, newest first; with `words`, the articles that hold all of them."""
        statement = sa.select(*summary_columns()).join(tables.articles, tables.current)
        for condition in conditions(wanted or ArticleFilter()):
            statement = statement.where(condition)
        for word in words:
            holding = self.database.words.holding(word)
            found = sa.select(tables.chunks.c.article_id).where(tables.chunks.c.key.in_(holding))
            statement = statement.where(tables.versions.c.article_id.in_(found))
        newest_first = (
            tables.versions.c.published_at.desc().nulls_last(),
            tables.versions.c.stored_at.desc(),
            tables.articles.c.id,
        )
        with self.database.reading() as connection:
            total = connection.scalar(sa.select(sa.func.count()).select_from(statement.subquery())) or 0
            rows = connection.execute(statement.order_by(*newest_first).limit(limit).offset(offset)).all()
        return ArticlePage(tuple(summary_of(row) for row in rows), total)


def _missing(connection: sa.Connection, id: str, version: int | None) -> ArticleNotFound:
    """Return what to raise where there is no such version: those before the current one were there once."""
    selected = sa.select(tables.articles.c.current_version).where(tables.articles.c.id == id)
    current = connection.scalar(selected)
    if current is not None and version is not None and 0 < version < current:
        return VersionPruned(
            f"Version {version} of the article {id[:150]!r} is no longer kept; its current version is {current}."
            " Ask for that one. How long old versions stay is the setting keep_versions."
        )
    which = f"version {version} of the article {id[:150]!r}" if version is not None else f"article {id[:150]!r}"
    return ArticleNotFound(f"The collection holds no {which}. List the articles to see what it holds.")
