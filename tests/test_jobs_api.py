"""Background jobs over HTTP: asked for, looked at, followed and stopped, while articles are stored beside them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from index.catalogue import jobs as store
from index.indexing import Indexing
from qa.dateline import Dateline
from qa.operations.indexing import Index
from qa.operations.operation import Operation, Watch
from qa.operations.table import OPERATIONS
from tests.live import job_events

NOTHING = Indexing(0, 0, 0, 0, (), was_cancelled=False)


@pytest.fixture
def operator(served: httpx.Client, harbour: Dateline) -> Iterator[httpx.Client]:
    """A client that knows the data folder's secret."""
    secret = {"authorization": f"Bearer {harbour.folder.secret}"}
    with httpx.Client(base_url=served.base_url, headers=secret, timeout=60) as client:
        yield client


class Held:
    """An indexing run that tells a step and then waits to be let go, or to be cancelled."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def run(self, _: Dateline, __: Index, watch: Watch) -> Indexing:
        watch.tell(1, 2, "one.txt")
        while not self.go.wait(0.02):
            if watch.is_cancelled():
                return Indexing(1, 0, 0, 0, (), was_cancelled=True)
        watch.tell(2, 2, "two.txt")
        return NOTHING


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    operation = Held()
    monkeypatch.setitem(OPERATIONS, "index", Operation("index", Index, Indexing, operation.run, is_job=True))
    yield operation
    operation.go.set()


def started(client: httpx.Client, **places: Any) -> dict[str, Any]:
    response = client.post("/api/index", json=places or {"urls": ["https://harbour-post.example/"]})
    assert response.status_code == 202
    body: dict[str, Any] = response.json()
    assert response.headers["location"] == f"/api/jobs/{body['id']}"
    return body


def test_files_are_indexed_in_the_background(operator: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "buoy.json").write_text(json.dumps({"id": "buoy", "text": "The Hask buoy was painted green."}))
    (tmp_path / "no news.json").write_text("{")
    job = started(operator, paths=[str(tmp_path)])
    events = list(job_events(operator, job["id"]))
    assert [kind for _, kind, _ in events][-1] == "end"
    told = operator.get(f"/api/jobs/{job['id']}").json()
    assert events[-1][2] == told
    assert (told["state"], told["done"], told["total"], told["error"]) == ("done", 2, 2, None)
    assert told["asked"] == {"urls": [], "feeds": [], "sitemaps": [], "paths": 1}
    assert (told["given"]["added"], told["given"]["not_indexed"]) == (1, 1)
    # Where on this machine a file lies is nobody's business.
    assert told["given"]["problems"][0]["origin"] == "no news.json"
    assert str(tmp_path) not in json.dumps(told)
    assert operator.get("/api/jobs").json()["jobs"][0] == told
    assert operator.delete("/api/articles/buoy").status_code == 204


def test_a_failure_is_told(operator: httpx.Client) -> None:
    job = started(operator, paths=["/nowhere"])
    *_, (_, kind, told) = job_events(operator, job["id"])
    assert (kind, told["state"], told["given"]) == ("end", "failed", None)
    assert "no file or folder" in told["error"]


def test_paths_are_for_the_operator_only(served: httpx.Client) -> None:
    refused = served.post("/api/index", json={"paths": ["/etc"]})
    assert refused.status_code == 403
    guessed = served.post("/api/index", json={"paths": ["/etc"]}, headers={"authorization": "Bearer guess"})
    assert guessed.status_code == 403


@pytest.mark.parametrize("places", [{}, {"urls": []}, {"urls": ["file:///etc/passwd"]}, {"urls": [""]}, {"url": "x"}])
def test_what_is_no_place_to_look_is_refused(served: httpx.Client, places: dict[str, Any]) -> None:
    assert served.post("/api/index", json=places).status_code == 422


def test_an_upload_does_not_wait_for_a_job(served: httpx.Client, held: Held) -> None:
    job = started(served)
    stored = served.post("/api/articles", json={"id": "brief", "text": "The Tarn ferry sails at noon on Sunday."})
    assert stored.status_code == 201
    assert served.get(f"/api/jobs/{job['id']}").json()["state"] in ("waiting", "running")
    held.go.set()
    assert list(job_events(served, job["id"]))[-1][2]["state"] == "done"
    served.delete("/api/articles/brief")


def test_who_comes_back_is_told_what_is_newer(served: httpx.Client, held: Held) -> None:
    job = started(served)
    first = next(event for event in job_events(served, job["id"]) if event[2]["done"] == 1)
    assert (first[1], first[2]["what"], first[2]["state"]) == ("progress", "one.txt", "running")
    held.go.set()
    rest = list(job_events(served, job["id"], last=first[0]))
    assert all(int(id) > int(first[0]) for id, _, _ in rest)
    assert rest[-1][1] == "end"
    # Who has seen the end and asks again is told it again, so that it need not ask once more.
    assert list(job_events(served, job["id"], last=rest[-1][0])) == [rest[-1]]
    assert list(job_events(served, job["id"], last="soon")) == [rest[-1]]


def test_a_job_is_cancelled(served: httpx.Client, held: Held) -> None:
    running, waiting = started(served), started(served)
    next(event for event in job_events(served, running["id"]) if event[2]["done"] == 1)
    assert served.delete(f"/api/jobs/{waiting['id']}").json()["state"] == "cancelled"
    assert served.delete(f"/api/jobs/{running['id']}").json()["is_cancelling"]
    *_, (_, _, told) = job_events(served, running["id"])
    assert (told["state"], told["given"]["added"]) == ("cancelled", 1)
    assert served.delete(f"/api/jobs/{running['id']}").json() == told


def test_a_full_queue_says_when_to_come_back(served: httpx.Client, held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "QUEUE_LIMIT", 0)
    refused = served.post("/api/index", json={"urls": ["https://harbour-post.example/"]})
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "Ask again" in refused.json()["detail"]


def test_a_job_that_is_not_there_is_told(served: httpx.Client) -> None:
    for response in (
        served.get("/api/jobs/nope"),
        served.get("/api/jobs/nope/events"),
        served.delete("/api/jobs/nope"),
    ):
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
