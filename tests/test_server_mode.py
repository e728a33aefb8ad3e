"""The two processes of compose.yaml, run by hand: a Chroma server, and the service beside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.server

QUESTION = {"question": "Who repaired the bell of Ostrey lighthouse?"}
ARTICLES = [
    {
        "id": "bell",
        "title": "Ostrey lighthouse rings again",
        "text": "The bell of Ostrey lighthouse rang on Friday for the first time in 40 years. Clockmaker Ines Varga"
        " repaired it over the winter. She used bronze from a wrecked trawler.",
    },
    {
        "id": "bridge",
        "title": "Toll bridge stays shut",
        "text": "The toll bridge over the Menn will stay shut until April. Engineers found rust in two of its cables.",
    },
]


@contextmanager
def running(command: list[str], url: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends, from when its health URL answers; end it as compose does."""
    process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
            try:
                if httpx.get(url, timeout=5).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        else:
            pytest.fail(f"{url} never answered")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def answer(service: str) -> dict[str, Any]:
    response = httpx.post(f"{service}/api/answer", json=QUESTION, timeout=60)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def test_index_ask_restart_both_ask_again(tmp_path: Path) -> None:
    binaries = Path(sys.executable).parent
    chroma, service = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    run_chroma = [
        str(binaries / "chroma"),
        "run",
        "--path",
        str(tmp_path / "chroma"),
        "--port",
        chroma.rpartition(":")[2],
    ]
    run_dateline = [str(binaries / "dateline"), "serve", "--port", service.rpartition(":")[2]]
    settings = {"DATELINE_CHROMA_URL": chroma, "DATELINE_DATA": str(tmp_path / "data")}

    with (
        running(run_chroma, f"{chroma}/api/v2/heartbeat", {}),
        running(run_dateline, f"{service}/health/ready", settings),
    ):
        stored = httpx.post(f"{service}/api/articles", json=ARTICLES, timeout=60)
        assert stored.status_code == 201, stored.text
        first = answer(service)
    assert not (tmp_path / "data" / "chroma").exists()

    with (
        running(run_chroma, f"{chroma}/api/v2/heartbeat", {}) as chroma_process,
        running(run_dateline, f"{service}/health/ready", settings),
    ):
        again = answer(service)
        assert httpx.get(f"{service}/health/ready").json()["status"] == "ready"

        chroma_process.kill()
        without_chroma = answer(service)
        assert httpx.get(f"{service}/health/ready").json()["status"] == "degraded"

    assert "Ines Varga" in first["citations"][0]["quote"]
    assert first["citations"] == again["citations"] == without_chroma["citations"]
