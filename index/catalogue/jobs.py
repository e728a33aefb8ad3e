"""Jobs: work that the service does in the background, and goes on with when it was killed at it."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import sqlalchemy as sa

from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.values import Job, JobState
from index.errors import JobNotFound, QueueFull

__all__ = ["FINISHED_LIMIT", "QUEUE_LIMIT", "Jobs"]

# Asked for and not begun; and finished ones that are kept to be looked at.
QUEUE_LIMIT = 100
FINISHED_LIMIT = 200
# Any number, by which processes that share a server know what only one of them does.
_DOES_JOBS = 1145131078

_ENDED: tuple[JobState, ...] = ("done", "failed", "cancelled")


class Jobs(Store):
    """Knows every job that waits, runs, or ended not long ago; whoever is `alone` begins and ends them."""

    def alone(self) -> AbstractContextManager[bool]:
        """Give whether this process is the one that does jobs, until the block ends."""
        return self.database.alone(_DOES_JOBS)

    def add(self, operation: str, wanted: str) -> Job:
        """Record a job that waits for its turn; `wanted` is JSON. Raises QueueFull when too many wait."""
        job = Job(uuid.uuid4().hex[:16], operation, wanted, "waiting", asked_at=_now())
        with self.database.writing() as connection:
            waiting = sa.select(sa.func.count()).where(tables.jobs.c.state == "waiting")
            if (connection.scalar(waiting) or 0) >= QUEUE_LIMIT:
                raise QueueFull(
                    f"{QUEUE_LIMIT} jobs wait already, which is the most that may. Ask again when some are done."
                )
            connection.execute(
                sa.insert(tables.jobs).values(
                    id=job.id, operation=operation, wanted=wanted, state=job.state, asked_at=job.asked_at.isoformat()
                )
            )
        return job

    def job(self, id: str) -> Job:
        """Return a job; raises JobNotFound."""
        with self.database.reading() as connection:
            return _found(connection, id)

    def jobs(self, limit: int = 50) -> list[Job]:
        """Return the jobs asked for last, the newest first."""
        newest = sa.select(tables.jobs).order_by(tables.jobs.c.sequence.desc()).limit(limit)
        with self.database.reading() as connection:
            return [_job(row) for row in connection.execute(newest)]

    def begin_next(self) -> Job | None:
        """Return the job to do now, which runs from then on: one that a dead process left running, else the first."""
        with self.database.writing() as connection:
            # "running" sorts before "waiting".
            row = connection.execute(
                sa.select(tables.jobs)
                .where(tables.jobs.c.state.in_(("running", "waiting")))
                .order_by(tables.jobs.c.state, tables.jobs.c.sequence)
                .limit(1)
            ).one_or_none()
            if row is None:
                return None
            _update(connection, row.id, state="running", begun_at=row.begun_at or _now().isoformat())
            return _found(connection, row.id)

    def tell(self, id: str, done: int, total: int, what: str) -> None:
        """Record how far a running job is."""
        with self.database.writing() as connection:
            _update(connection, id, done=done, total=total, what=what)

    def ask_to_cancel(self, id: str) -> Job:
        """Cancel a job that waits, and ask one that runs to stop; one that has ended stays as it is."""
        with self.database.writing() as connection:
            state = _found(connection, id).state
            if state == "waiting":
                _update(connection, id, state="cancelled", ended_at=_now().isoformat())
            elif state == "running":
                _update(connection, id, is_cancelling=True)
            return _found(connection, id)

    def is_cancelling(self, id: str) -> bool:
        """Say whether someone asked for the running job to stop."""
        with self.database.reading() as connection:
            return bool(connection.scalar(sa.select(tables.jobs.c.is_cancelling).where(tables.jobs.c.id == id)))

    def end(self, id: str, state: JobState, given: str | None = None, error: str | None = None) -> None:
        """Record how a job ended, and forget those that ended long before; both are JSON."""
        with self.database.writing() as connection:
            _update(connection, id, state=state, given=given, error=error, ended_at=_now().isoformat())
            ended = sa.select(tables.jobs.c.sequence).where(tables.jobs.c.state.in_(_ENDED))
            oldest = connection.scalar(
                ended.order_by(tables.jobs.c.sequence.desc()).offset(FINISHED_LIMIT - 1).limit(1)
            )
            connection.execute(
                sa.delete(tables.jobs).where(tables.jobs.c.state.in_(_ENDED), tables.jobs.c.sequence < (oldest or 0))
            )


def _found(connection: sa.Connection, id: str) -> Job:
    row = connection.execute(sa.select(tables.jobs).where(tables.jobs.c.id == id)).one_or_none()
    if row is None:
        raise JobNotFound(f"There is no job {id[:100]!r}. It may have ended long ago: see which there are at /jobs.")
    return _job(row)


def _update(connection: sa.Connection, id: str, **values: object) -> None:
    connection.execute(
        sa.update(tables.jobs).where(tables.jobs.c.id == id).values(revision=tables.jobs.c.revision + 1, **values)
    )


def _job(row: sa.Row[tuple[object, ...]]) -> Job:
    return Job(
        row.id,
        row.operation,
        row.wanted,
        row.state,
        datetime.fromisoformat(row.asked_at),
        _moment(row.begun_at),
        _moment(row.ended_at),
        row.done,
        row.total,
        row.what,
        row.given,
        row.error,
        bool(row.is_cancelling),
        row.revision,
    )


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
