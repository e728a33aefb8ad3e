"""Several processes answer, one owns the index, and whoever asks notices nothing of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from qa.forwarding import is_answered_here
from tests.live import HARBOUR

_PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service of two workers, and its URL."""
    folder = tmp_path_factory.mktemp("served")
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--workers", "2", "--reader", "none"]
    process = subprocess.Popen([*command, "--data", str(folder)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = next(line for line in process.stderr if "Dateline answers at" in line)
    try:
        yield process, re.findall(r"http://[^ ]+", told)[0]
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)
        process.stderr.close()


def children(pid: int) -> set[int]:
    """The worker processes of a service."""
    listed = Path(f"/proc/{pid}/task").glob("*/children")
    pids = {int(child) for path in listed for child in path.read_text().split()}
    return {child for child in pids if b"serve_as_worker" in Path(f"/proc/{child}/cmdline").read_bytes()}


def eventually(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.1)
    return False


def found(url: str) -> list[str]:
    """The articles that a worker finds, whichever takes a new connection."""
    answer = httpx.get(f"{url}/api/search", params={"query": "eels in the canal"}, timeout=_PATIENCE_SECONDS)
    assert answer.status_code == 200
    return [passage["article"]["id"] for passage in answer.json()["passages"]]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers by Linux's /proc")
def test_what_one_stores_all_find_and_one_that_is_killed_is_started_again(
    service: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = service
    # Each on a connection of its own, so that both workers have their turns.
    assert httpx.post(f"{url}/api/articles", json=HARBOUR[:3], timeout=_PATIENCE_SECONDS).status_code == 201
    assert all("eels" in found(url) for _ in range(8))
    assert httpx.delete(f"{url}/api/articles/eels", timeout=_PATIENCE_SECONDS).status_code == 204
    assert all("eels" not in found(url) for _ in range(8))
    assert httpx.put(f"{url}/api/articles/eels", json=HARBOUR[1], timeout=_PATIENCE_SECONDS).status_code == 201
    assert all("eels" in found(url) for _ in range(8))

    workers = children(process.pid)
    assert len(workers) == 2
    killed = min(workers)
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: len(children(process.pid) - {killed}) == 2)
    assert all("eels" in found(url) for _ in range(8))
    assert httpx.get(f"{url}/health/ready", timeout=_PATIENCE_SECONDS).status_code == 200

    process.terminate()
    assert process.wait(_PATIENCE_SECONDS) in (0, -signal.SIGTERM)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


@pytest.mark.parametrize(
    ("method", "path", "here"),
    [
        ("GET", "/", True),
        ("GET", "/ask", True),
        ("POST", "/api/answer", True),
        ("GET", "/api/answer/stream", True),
        ("HEAD", "/api/search", True),
        ("GET", "/articles/eels", True),
        ("GET", "/api/articles", True),
        ("POST", "/api/articles", False),
        ("PUT", "/api/articles/eels", False),
        ("DELETE", "/api/articles/eels", False),
        ("POST", "/api/index", False),
        ("GET", "/api/jobs/1/events", False),
        ("GET", "/health/ready", False),
        ("POST", "/operator/index", False),
        ("GET", "/answering", False),
    ],
)
def test_only_questions_and_reading_are_answered_by_a_worker(method: str, path: str, here: bool) -> None:
    assert is_answered_here(method, path) is here
