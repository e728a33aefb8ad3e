"""Sources in the running service: each is looked at when it is due, as a job like any other."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from index.errors import DatelineError, QueueFull
from qa.dateline import Dateline
from qa.operations.sources import REFRESH_SOURCE, RefreshedSource
from qa.operations.wire import encoded

if TYPE_CHECKING:
    from qa.jobs import JobRunner

__all__ = ["Poller"]

log = logging.getLogger(__name__)

_LOOK_SECONDS = 5.0
_JOBS_LOOKED_THROUGH = 300


class Poller:
    """Asks for a look at each source that is due, in a thread, until `stopping` is set.

    Fetching and storing are the job's: one job is done at a time, and one that was killed is gone on with.
    """

    def __init__(self, dateline: Dateline, runner: JobRunner, stopping: threading.Event) -> None:
        self._dateline = dateline
        self._runner = runner
        self._stopping = stopping
        self._thread = threading.Thread(target=self._run, name="polling")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; what was asked for stays asked for."""
        self._stopping.set()
        self._thread.join()

    def ask(self, now: datetime) -> int:
        """Ask for a look at what is due at a moment, except where one is on its way; return for how many."""
        due = self._dateline.sources.due_sources(now)
        on_their_way = self._on_their_way() if due else set()
        asked = 0
        for source in due:
            wanted = RefreshedSource(source.id)
            if encoded(wanted).decode() in on_their_way:
                continue
            try:
                self._runner.add(REFRESH_SOURCE, wanted)
            except QueueFull:
                break
            # The look itself says when the next is due; this is for one that ends without having said so.
            self._dateline.sources.put_off(source.id, now + timedelta(seconds=source.interval_seconds))
            asked += 1
        return asked

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.ask(datetime.now(UTC))
            except DatelineError as error:
                log.error("The sources cannot be looked at: %s", error)
            self._stopping.wait(_LOOK_SECONDS)

    def _on_their_way(self) -> set[str]:
        jobs = self._dateline.jobs.jobs(_JOBS_LOOKED_THROUGH)
        return {job.wanted for job in jobs if job.operation == REFRESH_SOURCE.name and not job.has_ended}
