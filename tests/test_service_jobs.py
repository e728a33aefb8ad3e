"""Jobs of a real service: killed and gone on with, followed and cancelled by a command."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes import invented_text
from tests.live import job_events
from tests.shell import SECONDS, Shell

ARTICLES = 60


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell in a folder with many articles, which take some seconds."""
    (tmp_path / "news").mkdir()
    for number in range(ARTICLES):
        (tmp_path / "news" / f"{number:02}.txt").write_text(invented_text(number, 100), "utf-8")
    return Shell(tmp_path)


def job(url: str) -> dict[str, Any]:
    """Return the one job there is."""
    jobs = httpx.get(f"{url}/api/jobs").json()["jobs"]
    assert len(jobs) <= 1
    return jobs[0] if jobs else {"state": "", "done": 0}


def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def versions(shell: Shell) -> int:
    """Count what was ever stored: an article that is embedded twice is stored twice."""
    with closing(sqlite3.connect(f"file:{shell.folder}/data/catalogue.sqlite3?mode=ro", uri=True)) as catalogue:
        return int(catalogue.execute("SELECT count(*) FROM versions").fetchone()[0])


def test_a_job_that_the_service_was_killed_at_is_gone_on_with(shell: Shell) -> None:
    with shell.serve() as (service, url), shell.start("index", "news") as command:
        until(lambda: versions(shell) > 0)
        before = job(url)
        service.kill()
        _, said = command.communicate(timeout=SECONDS)
    assert command.returncode == 1
    assert "has stopped. What was stored stays stored. It goes on when the service is started again." in said
    stored = versions(shell)
    assert 0 < stored < ARTICLES
    # The lock and the address of the dead service are taken over; nothing is asked of anyone.
    with shell.serve() as (_, url), httpx.Client(base_url=url, timeout=SECONDS) as client:
        *_, (_, kind, after) = job_events(client, before["id"])
    assert (kind, after["state"], after["done"]) == ("end", "done", ARTICLES)
    assert (after["given"]["added"], after["given"]["unchanged"]) == (ARTICLES - stored, stored)
    assert versions(shell) == ARTICLES


def test_ctrl_c_cancels_the_job_and_what_is_stored_stays(shell: Shell) -> None:
    with shell.serve() as (service, url):
        with shell.start("index", "news") as command:
            until(lambda: versions(shell) > 0)
            command.send_signal(signal.SIGINT)
            out, said = command.communicate(timeout=SECONDS)
        assert (command.returncode, out) == (1, "")
        assert re.fullmatch(
            r"\n?dateline: interrupted\. Its job in the service is cancelled\. What was stored stays stored; .+\n", said
        )
        until(lambda: job(url)["state"] == "cancelled")
        assert 0 < versions(shell) < ARTICLES
        # Ended in order, with nothing left to do.
        service.send_signal(signal.SIGTERM)
        assert service.communicate(timeout=SECONDS) == ("", "")
    assert service.returncode == 0
