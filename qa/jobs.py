"""Jobs in the running service: one at a time, beside questions and uploads, gone on with after a crash."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from index.catalogue import Job, JobState
from index.errors import DatelineError
from qa.dateline import Dateline
from qa.operations.operation import Operation, Watch, seldom
from qa.operations.table import OPERATIONS
from qa.operations.wire import UNEXPLAINED, decoded, encoded, failure_of

__all__ = ["JobRunner", "lower_priority"]

log = logging.getLogger(__name__)

Wanted = TypeVar("Wanted")

_LOOK_SECONDS = 5.0
_TELL_SECONDS = 0.5
# A third of the time of a thread that answers, when both want the same core.
_NICENESS = 5


class JobRunner:
    """Does the catalogue's jobs in the order in which they were asked for, in a thread of low priority.

    A job is stopped between batches. One that was running when the process ended, however it ended, is the first to
    be done at the next start; it skips what it had stored. `stopping` is set when the process is about to end.
    """

    def __init__(
        self,
        dateline: Dateline,
        stopping: threading.Event,
        operations: Mapping[str, Operation[Any, Any]] = OPERATIONS,
    ) -> None:
        self._dateline = dateline
        self._jobs = dateline.jobs
        self._operations = operations
        self._stopping = stopping
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs")

    def start(self) -> None:
        """Begin with what was left over."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the batch in hand; the job stays to be gone on with."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def add(self, operation: Operation[Wanted, Any], wanted: Wanted) -> Job:
        """Have an operation done in its turn; raises QueueFull."""
        job = self._jobs.add(operation.name, encoded(wanted).decode())
        self._wake.set()
        return job

    def _run(self) -> None:
        lower_priority()
        while not self._stopping.is_set():
            try:
                # Of several services that share a database, one does the jobs; another follows when that one ends.
                with self._jobs.alone() as is_alone:
                    while is_alone and not self._stopping.is_set():
                        self._do_next()
            except DatelineError as error:
                # Not even that a job failed could be recorded: it is tried again.
                log.error("The jobs cannot go on: %s", error)
            self._wait()

    def _do_next(self) -> None:
        job = self._jobs.begin_next()
        if job is None:
            self._wait()
        else:
            self._do(job)

    def _wait(self) -> None:
        self._wake.wait(_LOOK_SECONDS)
        self._wake.clear()

    def _do(self, job: Job) -> None:
        work = _Work(self._stopping.is_set, lambda: self._jobs.is_cancelling(job.id))
        watch = Watch(seldom(lambda *step: self._tell(job, *step), _TELL_SECONDS), work.is_over)
        try:
            operation = self._operations[job.operation]
            given = operation.run(self._dateline, decoded(job.wanted.encode(), operation.wanted), watch)
        except DatelineError as error:
            self._jobs.end(job.id, "failed", error=encoded(failure_of(error)).decode())
        except Exception:
            log.exception("The job %s (%s) failed", job.id, job.operation)
            self._jobs.end(job.id, "failed", error=encoded(UNEXPLAINED).decode())
        else:
            if work.state is not None:
                self._jobs.end(job.id, work.state, encoded(given).decode())

    def _tell(self, job: Job, done: int, total: int, what: str) -> None:
        # A disk that is full fails the job itself, and says so.
        with suppress(DatelineError):
            self._jobs.tell(job.id, done, total, what)


class _Work:
    """Whether a job's work is over before its end, and in which state that leaves the job: None to go on later."""

    def __init__(self, is_stopping: Callable[[], bool], is_cancelling: Callable[[], bool]) -> None:
        self._is_stopping = is_stopping
        self._is_cancelling = is_cancelling
        self.state: JobState | None = "done"

    def is_over(self) -> bool:
        if self._is_stopping():
            self.state = None
        elif self._is_cancelling():
            self.state = "cancelled"
        return self.state != "done"


def lower_priority() -> None:
    """Let other threads go first, before this one and before those that it starts, such as an embedder's.

    Where threads have no priority of their own, nothing is done.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICENESS)
