"""Jobs in the catalogue: in order, one at a time, never forgotten before they have ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.catalogue import Catalogue, Jobs
from index.catalogue import jobs as store
from index.errors import JobNotFound, QueueFull


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalogue.sqlite3"


@pytest.fixture
def jobs(path: Path) -> Iterator[Jobs]:
    with closing(Catalogue.open(path)) as catalogue:
        yield Jobs(catalogue.database)


def begun(jobs: Jobs) -> str:
    job = jobs.begin_next()
    assert job
    return job.id


def test_jobs_are_begun_in_the_order_in_which_they_were_asked_for(jobs: Jobs) -> None:
    first, second = jobs.add("index", '{"a":1}'), jobs.add("index", "{}")
    assert [job.id for job in jobs.jobs()] == [second.id, first.id]
    assert (first.state, first.begun_at, first.wanted) == ("waiting", None, '{"a":1}')
    assert begun(jobs) == first.id
    running = jobs.job(first.id)
    assert (running.state, running.has_ended) == ("running", False)
    assert running.begun_at
    jobs.end(first.id, "done", given="[1]")
    done = jobs.job(first.id)
    assert (done.state, done.given, done.has_ended) == ("done", "[1]", True)
    assert begun(jobs) == second.id
    jobs.end(second.id, "failed", error='"why"')
    assert jobs.job(second.id).error == '"why"'
    assert jobs.begin_next() is None


def test_what_a_dead_process_left_running_comes_first(jobs: Jobs, path: Path) -> None:
    left = jobs.add("index", "{}")
    begun(jobs)
    jobs.tell(left.id, 3, 9, "three.txt")
    jobs.add("index", "{}")
    with closing(Catalogue.open(path)) as catalogue:
        again = Jobs(catalogue.database).begin_next()
    assert again
    assert (again.id, again.begun_at) == (left.id, jobs.job(left.id).begun_at)
    assert (again.done, again.total, again.what) == (3, 9, "three.txt")


def test_every_change_has_a_number_of_its_own(jobs: Jobs) -> None:
    job = jobs.add("index", "{}")
    seen = [job.revision]
    begun(jobs)
    seen.append(jobs.job(job.id).revision)
    jobs.tell(job.id, 1, 2, "a")
    seen.append(jobs.job(job.id).revision)
    seen.append(jobs.ask_to_cancel(job.id).revision)
    jobs.end(job.id, "cancelled")
    seen.append(jobs.job(job.id).revision)
    assert seen == sorted(set(seen))


def test_a_job_is_cancelled_at_once_while_it_waits_and_asked_to_stop_while_it_runs(jobs: Jobs) -> None:
    running, waiting = jobs.add("index", "{}"), jobs.add("index", "{}")
    begun(jobs)
    assert jobs.ask_to_cancel(waiting.id).state == "cancelled"
    assert not jobs.is_cancelling(running.id)
    asked = jobs.ask_to_cancel(running.id)
    assert (asked.state, asked.is_cancelling, jobs.is_cancelling(running.id)) == ("running", True, True)
    jobs.end(running.id, "cancelled")
    ended = jobs.job(running.id)
    assert jobs.ask_to_cancel(running.id) == ended


def test_a_full_queue_takes_no_more(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "QUEUE_LIMIT", 2)
    jobs.add("index", "{}")
    jobs.add("index", "{}")
    with pytest.raises(QueueFull, match="2 jobs wait already"):
        jobs.add("index", "{}")
    begun(jobs)
    jobs.add("index", "{}")


def test_only_what_ended_long_ago_is_forgotten(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "FINISHED_LIMIT", 2)
    ids = [jobs.add("index", "{}").id for _ in range(5)]
    for _ in range(4):
        jobs.end(begun(jobs), "done")
    assert [job.id for job in jobs.jobs()] == [ids[4], ids[3], ids[2]]
    with pytest.raises(JobNotFound, match=ids[0]):
        jobs.job(ids[0])
    with pytest.raises(JobNotFound):
        jobs.ask_to_cancel(ids[0])
