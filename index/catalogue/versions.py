"""Earlier versions of articles: listed as long as they are kept, and dropped when their time is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.rows import summary_columns
from index.catalogue.values import VersionPage, VersionSummary
from index.errors import ArticleNotFound

__all__ = ["Versions"]


class Versions(Store):
    """Lists the versions of an article, and drops old ones."""

    def versions(self, id: str, *, limit: int = 20, offset: int = 0) -> VersionPage:
        """Return versions of an article that are kept, the newest first; raises ArticleNotFound."""
        of_article = tables.versions.c.article_id == id
        selected = sa.select(*summary_columns()).where(of_article).order_by(tables.versions.c.version.desc())
        with self.database.reading() as connection:
            total = connection.scalar(sa.select(sa.func.count()).select_from(tables.versions).where(of_article)) or 0
            rows = connection.execute(selected.limit(limit).offset(offset)).all()
        if not total:
            raise ArticleNotFound(
                f"The collection holds no article {id[:150]!r}. List the articles to see what it holds."
            )
        return VersionPage(id, tuple(map(_summary_of, rows)), total)

    def prune_versions(self, replaced_before: datetime) -> int:
        """Drop the versions that were replaced before a moment, and return how many; current ones never are."""
        statement = sa.delete(tables.versions).where(tables.versions.c.replaced_at < replaced_before.isoformat())
        with self.database.writing() as connection:
            return connection.execute(statement).rowcount


def _summary_of(row: Any) -> VersionSummary:
    return VersionSummary(
        number=row.version,
        title=row.title,
        published_at=row.published_at,
        stored_at=datetime.fromisoformat(row.stored_at),
        replaced_at=datetime.fromisoformat(row.replaced_at) if row.replaced_at else None,
        characters=row.characters,
    )
