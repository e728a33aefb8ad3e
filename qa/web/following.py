"""Following a job: what every listener is told, whichever way it listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from threading import Event

from litestar.concurrency import sync_to_thread

from index.catalogue import Job, Jobs

__all__ = ["followed"]

_LOOK_SECONDS = 0.3
_SILENT_SECONDS = 15


async def followed(jobs: Jobs, job_id: str, stopping: Event, seen: int = -1) -> AsyncIterator[Job | None]:
    """Yield the job at every change after the one seen, until it has ended or the service stops.

    None is yielded when nothing has changed for long. The catalogue is asked, not the thread that does the job, so
    that it is the same before, after and in the middle of a restart. Raises JobNotFound.
    """
    silent = 0.0
    while not stopping.is_set():
        job = await sync_to_thread(jobs.job, job_id)
        if job.revision > seen or job.has_ended:
            seen, silent = job.revision, 0.0
            yield job
        if job.has_ended:
            return
        await asyncio.sleep(_LOOK_SECONDS)
        silent += _LOOK_SECONDS
        if silent >= _SILENT_SECONDS:
            silent = 0.0
            yield None
