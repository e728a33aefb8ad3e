"""Origins: which file or record an article came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.facts import advance_generation
from index.catalogue.rows import batched, new_origins
from index.catalogue.storing import remove_article

__all__ = ["Origins"]


class Origins(Store):
    """Knows where articles came from."""

    def article_from(self, origin: str) -> str | None:
        """Return the current article that came from this origin and no other."""
        others = tables.origins.alias()
        statement = (
            sa.select(tables.origins.c.article_id)
            .join(tables.articles, tables.articles.c.id == tables.origins.c.article_id)
            .where(tables.origins.c.origin == origin, tables.articles.c.current_version.is_not(None))
            .where(~sa.exists().where(others.c.article_id == tables.origins.c.article_id, others.c.origin != origin))
        )
        with self.database.reading() as connection:
            return connection.scalar(statement)

    def note_origins(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Record that articles, by id, were seen at origins.

        What an origin gave before is forgotten, unless it is all that is known of where that article came from.
        """
        rows = [{"seen_at": origin, "seen_id": id} for origin, id in pairs]
        others = tables.origins.alias()
        superseded = sa.delete(tables.origins).where(
            tables.origins.c.origin == sa.bindparam("seen_at"),
            tables.origins.c.article_id != sa.bindparam("seen_id"),
            sa.exists().where(
                others.c.article_id == tables.origins.c.article_id, others.c.origin != tables.origins.c.origin
            ),
        )
        if rows:
            with self.database.writing() as connection:
                connection.execute(new_origins, rows)
                connection.execute(superseded, rows)

    def origins_under(self, prefix: str) -> list[tuple[str, str]]:
        """Return (origin, article id) of everything that came from under a folder's URI."""
        statement = sa.select(tables.origins.c.origin, tables.origins.c.article_id).where(
            sa.func.substr(tables.origins.c.origin, 1, len(prefix)) == prefix
        )
        with self.database.reading() as connection:
            return list(connection.execute(statement))

    def forget_origins(self, pairs: Sequence[tuple[str, str]]) -> list[str]:
        """Forget origins, and remove the articles that have none left; return those articles' ids."""
        with self.database.writing() as connection:
            for origin, id in pairs:
                connection.execute(
                    sa.delete(tables.origins).where(
                        tables.origins.c.origin == origin, tables.origins.c.article_id == id
                    )
                )
            left = {
                id
                for ids in batched(id for _, id in pairs)
                for id in connection.scalars(
                    sa.select(tables.origins.c.article_id).where(tables.origins.c.article_id.in_(ids))
                )
            }
            gone = [id for id in dict.fromkeys(id for _, id in pairs) if id not in left]
            removed = [id for id in gone if remove_article(self.database.words, connection, id)]
            if removed:
                advance_generation(connection)
        return removed
