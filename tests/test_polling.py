"""Sources that are due become jobs, and the jobs what is new in the collection; over HTTP they are kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.catalogue import Jobs
from index.errors import SourceNotFound
from qa import polling
from qa.dateline import Dateline
from qa.jobs import JobRunner
from qa.operations.sources import RefreshedSource
from qa.operations.wire import decoded
from qa.polling import Poller
from tests.fakes import invented_text
from tests.test_source_operations import Collection

SECONDS = 60


class Service(Collection):
    """The collection with what a service adds; its threads begin when they are told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.jobs = Jobs(self.catalogue.database)
        self.stopping = threading.Event()
        dateline: Any = self
        self.runner = JobRunner(dateline, self.stopping)
        self.poller = Poller(dateline, self.runner, self.stopping)

    def load_model(self) -> None:
        pass

    def waiting(self) -> list[str]:
        return [decoded(job.wanted.encode(), RefreshedSource).id for job in reversed(self.jobs.jobs())]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    opened = Service(tmp_path)
    yield opened
    opened.dense.close()
    opened.catalogue.close()


def folder_of(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "story.txt").write_text(invented_text(len(name)))
    return folder


def test_what_is_due_is_asked_for_once(service: Service, tmp_path: Path) -> None:
    first = service.add(str(folder_of(tmp_path, "a")))
    second = service.add(str(folder_of(tmp_path, "bb")), seconds=7200)
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert service.poller.ask(now) == 2
    assert service.waiting() == [first.id, second.id]
    # Neither the next minute nor, as long as the look waits for its turn, the next day.
    assert service.poller.ask(now + timedelta(minutes=1)) == 0
    assert service.poller.ask(now + timedelta(days=1)) == 0
    for job in service.jobs.jobs():
        service.jobs.ask_to_cancel(job.id)
    assert service.poller.ask(now + timedelta(hours=1)) == 1
    assert service.waiting()[-1] == first.id


def test_a_full_queue_is_left_for_later(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.catalogue.jobs.QUEUE_LIMIT", 1)
    for name in ("a", "bb"):
        service.add(str(folder_of(tmp_path, name)))
    now = datetime.now(UTC) + timedelta(seconds=1)
    assert [service.poller.ask(now), service.poller.ask(now)] == [1, 0]
    service.jobs.ask_to_cancel(service.jobs.jobs()[0].id)
    assert service.poller.ask(now) == 1
    assert len(set(service.waiting())) == 2


def test_a_running_service_follows_its_sources(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr("qa.jobs._LOOK_SECONDS", 0.05)
    folder = folder_of(tmp_path, "news")
    id = service.add(str(folder)).id
    service.runner.start()
    service.poller.start()
    try:
        deadline = time.monotonic() + SECONDS
        while service.sources.source(id).outcome is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        service.poller.stop()
        service.runner.stop()
    assert service.sources.source(id).outcome == "1 added"
    assert service.catalogue.counts()[0] == 1


# Over HTTP


def test_sources_are_kept_over_http(served: httpx.Client, harbour: Dateline) -> None:
    address = "http://127.0.0.1:9/feed.xml"
    added = served.post("/api/sources", json={"location": address, "kind": "feed", "interval_seconds": 86_400})
    assert added.status_code == 201
    body = added.json()
    assert (body["location"], body["kind"], body["interval_seconds"], body["failures"]) == (address, "feed", 86_400, 0)
    [listed] = served.get("/api/sources").json()["sources"]
    assert listed["id"] == body["id"]
    assert served.delete(f"/api/sources/{body['id']}").status_code == 204
    gone = served.delete(f"/api/sources/{body['id']}")
    assert (gone.status_code, gone.headers["content-type"]) == (404, "application/problem+json")
    with pytest.raises(SourceNotFound):
        harbour.sources.source(body["id"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"location": "file:///etc/passwd", "kind": "feed"},
        {"location": "gopher://127.0.0.1/", "kind": "sitemap"},
        {"location": "/etc", "kind": "feed"},
        {"location": "/etc", "kind": "folder"},
        {"location": "https://a.example/", "kind": "feed", "interval_seconds": 59},
        {"location": "https://a.example/"},
    ],
)
def test_what_is_no_source_is_refused_over_http(served: httpx.Client, wrong: dict[str, Any]) -> None:
    assert served.post("/api/sources", json=wrong).status_code == 422
    assert served.get("/api/sources").json() == {"sources": []}


def test_a_folders_place_is_told_to_the_operator_only(served: httpx.Client, harbour: Dateline, tmp_path: Path) -> None:
    source = harbour.sources.add_source("folder", str(tmp_path), 3600, datetime.now(UTC) + timedelta(days=1))
    try:
        secret = {"authorization": f"Bearer {harbour.folder.secret}"}
        for headers, told in (({}, tmp_path.name), (secret, str(tmp_path))):
            [listed] = served.get("/api/sources", headers=headers).json()["sources"]
            assert listed["location"] == told
    finally:
        harbour.sources.remove_source(source.id)
