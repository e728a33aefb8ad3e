"""Visits: what came of each address on the web, so that what has not changed is not fetched again."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Store
from index.visits import Validators, Visit

__all__ = ["Visits"]


class Visits(Store):
    """Remembers addresses."""

    def visit(self, url: str) -> Visit | None:
        """Return the last visit of an address; None, too, when the article that came of it is there no more."""
        came_of_it = sa.exists().where(tables.origins.c.origin == tables.visits.c.url)
        holds = sa.or_(tables.visits.c.refusal.is_not(None), tables.visits.c.is_list, came_of_it)
        with self.database.reading() as connection:
            row = connection.execute(sa.select(tables.visits).where(tables.visits.c.url == url, holds)).one_or_none()
        if row is None:
            return None
        return Visit(row.url, Validators(row.etag, row.last_modified), row.stamp, row.refusal, row.is_list)

    def note_visits(self, visits: Sequence[Visit]) -> None:
        """Keep these visits in place of earlier ones of the same addresses."""
        if not visits:
            return
        with self.database.writing() as connection:
            for visit in visits:
                connection.execute(sa.delete(tables.visits).where(tables.visits.c.url == visit.url))
                connection.execute(
                    sa.insert(tables.visits).values(
                        url=visit.url,
                        etag=visit.validators.etag,
                        last_modified=visit.validators.last_modified,
                        stamp=visit.stamp,
                        refusal=visit.refusal,
                        is_list=visit.is_list,
                    )
                )
