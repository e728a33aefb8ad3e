"""What runs jobs: one after the other, stopped between batches, gone on with where another process died."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from index.catalogue import Catalogue, Job, Jobs
from index.errors import SourceError
from qa.dateline import Dateline
from qa.jobs import JobRunner
from qa.operations.operation import Operation, Watch
from qa.operations.wire import Failed, decoded


@dataclass(frozen=True, slots=True)
class Steps:
    """How many steps to go, and what to raise after them."""

    number: int
    fault: str = ""


class Walk:
    """An operation that takes steps, each when it is let, and notes them."""

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.may_go = threading.Semaphore(0)
        self.operation = Operation("walk", Steps, Steps, self.run, is_job=True)

    def run(self, _: Dateline, wanted: Steps, watch: Watch) -> Steps:
        gone = 0
        while gone < wanted.number and not watch.is_cancelled():
            assert self.may_go.acquire(timeout=30)
            gone += 1
            self.taken.append(gone)
            watch.tell(gone, wanted.number, f"step {gone}")
        if wanted.fault == "told":
            raise SourceError("There is no such road.")
        if wanted.fault:
            raise ZeroDivisionError
        return Steps(gone)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with closing(Catalogue.open(tmp_path / "catalogue.sqlite3")) as catalogue:
        yield Jobs(catalogue.database)


@pytest.fixture
def walk() -> Walk:
    return Walk()


@contextmanager
def running(jobs: Jobs, walk: Walk) -> Iterator[JobRunner]:
    dateline = cast(Dateline, SimpleNamespace(jobs=jobs))
    runner = JobRunner(dateline, threading.Event(), {"walk": walk.operation})
    runner.start()
    yield runner
    stopping = threading.Thread(target=runner.stop)
    stopping.start()
    # What waits for a step is let go one, after which it sees that it is to stop.
    walk.may_go.release()
    stopping.join(30)
    assert not stopping.is_alive()


def until(jobs: Jobs, id: str, holds: Callable[[Job], Any]) -> Job:
    deadline = time.monotonic() + 30
    while not holds(job := jobs.job(id)):
        assert time.monotonic() < deadline, job
        time.sleep(0.01)
    return job


def ended(jobs: Jobs, id: str) -> Job:
    return until(jobs, id, lambda job: job.has_ended)


def test_jobs_are_done_one_after_the_other(jobs: Jobs, walk: Walk) -> None:
    walk.may_go.release(5)
    with running(jobs, walk) as runner:
        first, second = runner.add(walk.operation, Steps(2)), runner.add(walk.operation, Steps(3))
        done = ended(jobs, second.id)
    assert (done.state, done.done, done.total, done.what) == ("done", 3, 3, "step 3")
    assert decoded((done.given or "").encode(), Steps) == Steps(3)
    assert jobs.job(first.id).state == "done"
    assert walk.taken == [1, 2, 1, 2, 3]


def test_a_failure_is_recorded_and_the_next_job_done(jobs: Jobs, walk: Walk, caplog: pytest.LogCaptureFixture) -> None:
    walk.may_go.release(3)
    with running(jobs, walk) as runner:
        told, bug = runner.add(walk.operation, Steps(1, "told")), runner.add(walk.operation, Steps(1, "bug"))
        unknown = jobs.add("fly", "{}")
        last = ended(jobs, runner.add(walk.operation, Steps(1)).id)
    errors = [decoded((jobs.job(job.id).error or "").encode(), Failed) for job in (told, bug, unknown)]
    assert errors[0] == Failed("SourceError", "There is no such road.")
    assert all("its log says why" in error.message for error in errors[1:])
    assert last.state == "done"
    assert "ZeroDivisionError" in caplog.text


def test_a_cancelled_job_keeps_what_it_did(jobs: Jobs, walk: Walk) -> None:
    with running(jobs, walk) as runner:
        job = runner.add(walk.operation, Steps(100))
        walk.may_go.release()
        until(jobs, job.id, lambda job: job.done == 1)
        jobs.ask_to_cancel(job.id)
        walk.may_go.release()
        ended(jobs, job.id)
    cancelled = jobs.job(job.id)
    assert (cancelled.state, decoded((cancelled.given or "").encode(), Steps)) == ("cancelled", Steps(2))


def test_a_stop_leaves_the_job_to_the_next_process(jobs: Jobs, walk: Walk) -> None:
    with running(jobs, walk) as runner:
        job = runner.add(walk.operation, Steps(3))
        waiting = runner.add(walk.operation, Steps(0))
        until(jobs, job.id, lambda job: job.state == "running")
    assert (jobs.job(job.id).state, jobs.job(waiting.id).state) == ("running", "waiting")
    walk.may_go.release(3)
    with running(jobs, walk):
        assert ended(jobs, waiting.id).state == "done"
    assert jobs.job(job.id).state == "done"
