"""The two processes of compose.yaml, run by hand: a Chroma server, and the service beside it."""

from __future__ import annotations

import json
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

from tests.chroma import ChromaServer
from tests.postgres import PostgresServer

pytestmark = pytest.mark.server

ROOT = Path(__file__).parent.parent
DATELINE = [sys.executable, "-m", "qa"]
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

MARKET = {"id": "market", "title": "Fish market moves", "text": "The fish market moves to the old tram depot in May."}


@contextmanager
def running(command: list[str], url: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends, from when its health URL answers; end it as compose does."""
    process = subprocess.Popen(command, env={**os.environ, **environ}, cwd=ROOT, stdout=subprocess.DEVNULL)
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
    run_dateline = [*DATELINE, "serve", "--port", service.rpartition(":")[2]]
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
        stored = httpx.post(f"{service}/api/articles", json=MARKET, timeout=60)
        assert stored.status_code == 201, stored.text
        without_chroma = answer(service)
        assert httpx.get(f"{service}/health/ready").json()["status"] == "degraded"

    assert "Ines Varga" in first["citations"][0]["quote"]
    assert first["citations"] == again["citations"] == without_chroma["citations"]


def test_two_services_and_an_indexing_process_share_postgresql_and_chroma(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    chroma = ChromaServer(tmp_path / "chroma")
    chroma.start()
    settings = {
        "DATELINE_CHROMA_URL": chroma.url,
        "DATELINE_DATABASE_URL": postgres.new_url(),
        "DATELINE_DATA": str(tmp_path / "data"),
        "DATELINE_READER": "none",
    }
    services = [f"http://127.0.0.1:{free_port()}" for _ in range(2)]
    commands = [[*DATELINE, "serve", "--port", service.rpartition(":")[2]] for service in services]
    (tmp_path / "bell.json").write_text(json.dumps(ARTICLES[0]), "utf-8")
    ready = [f"{service}/health/ready" for service in services]
    try:
        with running(commands[1], ready[1], settings):
            with running(commands[0], ready[0], settings) as first:
                dateline(settings, "index", str(tmp_path / "bell.json"))
                told = [answer(service)["citations"] for service in services]
                assert "Ines Varga" in told[0][0]["quote"]
                assert told[0] == told[1]
                first.kill()
            # What the first one held has ended with it, and what it had open is rebuilt by another process.
            stored = httpx.post(f"{services[1]}/api/articles", json=ARTICLES[1], timeout=60)
            assert stored.status_code == 201, stored.text
            assert "2 chunks" in dateline(settings, "rebuild")
            assert answer(services[1])["citations"] == told[1]
            wait_until_ready(services[1])
            with running(commands[0], ready[0], settings):
                assert answer(services[0])["citations"] == told[1]
                wait_until_ready(services[0])
        assert not (tmp_path / "data").exists()
    finally:
        chroma.stop()


def dateline(settings: dict[str, str], *arguments: str) -> str:
    """Run a command to its end beside the services, and return what it printed."""
    done = subprocess.run(
        [*DATELINE, *arguments], env={**os.environ, **settings}, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_until_ready(service: str) -> None:
    for _ in range(600):
        if httpx.get(f"{service}/health/ready", timeout=30).json()["status"] == "ready":
            return
        time.sleep(0.1)
    pytest.fail(f"{service} stayed degraded")
