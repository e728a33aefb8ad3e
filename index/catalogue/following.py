"""Sources: the feeds, sitemaps and folders that are looked at again and again, and how that went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Store
from index.errors import SourceNotFound

__all__ = ["Source", "SourceKind", "Sources"]

SourceKind = Literal["feed", "sitemap", "folder"]

_LONGEST_REST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Source:
    """A feed, sitemap or folder that is looked at every `interval_seconds`.

    `location` is its address, or the folder's absolute path. `checked_at` and `outcome` tell of the last look, None
    before the first; `failures` counts the looks in a row that failed. With `prunes`, articles go when their files do.
    """

    id: str
    kind: SourceKind
    location: str
    interval_seconds: int
    prunes: bool
    added_at: datetime
    due_at: datetime
    checked_at: datetime | None = None
    outcome: str | None = None
    failures: int = 0


class Sources(Store):
    """Keeps sources; moments that are given are in UTC."""

    def add_source(
        self, kind: SourceKind, location: str, interval_seconds: int, now: datetime, *, prunes: bool = False
    ) -> Source:
        """Keep a source, due at once; one of the same location is changed, and keeps its history."""
        id = sha256(location.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        changes: dict[str, Any] = {"kind": kind, "interval_seconds": interval_seconds, "prunes": prunes}
        changes["due_at"] = _written(now)
        with self.database.writing() as connection:
            known = sa.update(tables.sources).where(tables.sources.c.id == id).values(changes)
            if not connection.execute(known).rowcount:
                fresh = {"id": id, "location": location, "added_at": _written(now), "failures": 0, **changes}
                connection.execute(sa.insert(tables.sources).values(fresh))
            return _source(connection.execute(sa.select(tables.sources).where(tables.sources.c.id == id)).one())

    def source(self, named: str) -> Source:
        """Return a source by its id or location; raises SourceNotFound."""
        with self.database.reading() as connection:
            return _named(connection, named)

    def remove_source(self, named: str) -> Source:
        """Forget a source, by its id or location, and return it; its articles stay. Raises SourceNotFound."""
        with self.database.writing() as connection:
            source = _named(connection, named)
            connection.execute(sa.delete(tables.sources).where(tables.sources.c.id == source.id))
            return source

    def put_off(self, id: str, until: datetime) -> None:
        """Let a source not be due before a moment: a look at it is on its way."""
        values = {"due_at": _written(until)}
        with self.database.writing() as connection:
            connection.execute(sa.update(tables.sources).where(tables.sources.c.id == id).values(values))

    def sources(self) -> list[Source]:
        """Return all sources, in the order in which they were added."""
        with self.database.reading() as connection:
            rows = connection.execute(
                sa.select(tables.sources).order_by(tables.sources.c.added_at, tables.sources.c.id)
            )
            return [_source(row) for row in rows]

    def due_sources(self, now: datetime) -> list[Source]:
        """Return the sources that are to be looked at now, the one that has waited longest in front."""
        due = (
            sa.select(tables.sources).where(tables.sources.c.due_at <= _written(now)).order_by(tables.sources.c.due_at)
        )
        with self.database.reading() as connection:
            return [_source(row) for row in connection.execute(due)]

    def note_look(self, id: str, now: datetime, outcome: str, *, has_failed: bool) -> None:
        """Record how a look went, and when the next is due: after a failure later each time, a day at most."""
        with self.database.writing() as connection:
            row = connection.execute(sa.select(tables.sources).where(tables.sources.c.id == id)).one_or_none()
            if row is None:  # it was removed meanwhile
                return
            failures = row.failures + 1 if has_failed else 0
            interval = timedelta(seconds=row.interval_seconds)
            rest = max(interval, min(interval * 2 ** min(failures, 20), _LONGEST_REST))
            values = {
                "checked_at": _written(now),
                "outcome": outcome,
                "failures": failures,
                "due_at": _written(now + rest),
            }
            connection.execute(sa.update(tables.sources).where(tables.sources.c.id == id).values(values))


def _named(connection: sa.Connection, named: str) -> Source:
    is_it = sa.or_(tables.sources.c.id == named, tables.sources.c.location == named)
    row = connection.execute(sa.select(tables.sources).where(is_it)).one_or_none()
    if row is None:
        raise SourceNotFound(f"There is no source {named[:200]!r}. See which there are with 'dateline sources list'.")
    return _source(row)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _source(row: Any) -> Source:
    return Source(
        id=row.id,
        kind=row.kind,
        location=row.location,
        interval_seconds=row.interval_seconds,
        prunes=row.prunes,
        added_at=datetime.fromisoformat(row.added_at),
        due_at=datetime.fromisoformat(row.due_at),
        checked_at=datetime.fromisoformat(row.checked_at) if row.checked_at else None,
        outcome=row.outcome,
        failures=row.failures,
    )
