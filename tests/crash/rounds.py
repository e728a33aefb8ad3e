"""Rounds of crashing: each harms a collection in one way and says what it did."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import numpy as np

from tests.crash.busy import ARTICLES
from tests.crash.expected import Broken, Change
from tests.fakes import invented_article

__all__ = [
    "HARMS",
    "ROUNDS",
    "damage",
    "disk_full",
    "killed",
    "killed_at_start",
    "killed_service",
    "read_only",
    "small_disk",
]

_ROOT = Path(__file__).parents[2]


def killed(path: Path, chance: random.Random) -> Sequence[Change]:
    """Kill a process that stores, removes and rebuilds, at any moment."""
    return _ran_busy(path, chance, "open", lives_for=chance.uniform(0, 3))


def killed_at_start(path: Path, chance: random.Random) -> Sequence[Change]:
    """Kill a process twice while it opens what the one before left."""
    first = _ran_busy(path, chance, "begun", lives_for=chance.uniform(0, 3))
    return [*first, *_ran_busy(path, chance, "begun", lives_for=chance.uniform(0, 2))]


def disk_full(path: Path, chance: random.Random) -> Sequence[Change]:
    """Let no file grow beyond some size while a process goes on."""
    largest = max((file.stat().st_size for file in path.rglob("*") if file.is_file()), default=0)
    return _ran_busy(path, chance, fault=f"full:{int((largest + 50_000) * chance.uniform(0.2, 1.5))}")


def read_only(path: Path, chance: random.Random) -> Sequence[Change]:
    """Take the right to write from a process while it goes on; only root has one to take."""
    return _ran_busy(path, chance, fault=f"refused:{chance.randrange(6)}")


def small_disk(path: Path, chance: random.Random) -> Sequence[Change]:
    """Let a process fill the disk that it is on; where none can be mounted, files are limited instead."""
    used = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    disk = path.with_name(f"{path.name}-disk")
    disk.mkdir()
    size = f"size={int(used * 1.2 + chance.uniform(300_000, 3_000_000))}"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(disk)], capture_output=True).returncode:
        return disk_full(path, chance)
    try:
        if path.exists():
            shutil.copytree(path, disk, dirs_exist_ok=True)
        changes = _ran_busy(disk, chance, fault="small")
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(disk, path)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
        disk.rmdir()
    return changes


def damage(path: Path, chance: random.Random) -> Sequence[Change]:
    """Truncate, zero, garble or delete one of Chroma's files while nobody has it open."""
    files = sorted(file for file in (path / "chroma").rglob("*") if file.is_file())
    if files:
        chance.choice(list(HARMS.values()))(chance.choice(files))
    return []


def killed_service(path: Path, chance: random.Random) -> Sequence[Change]:
    """Kill the service, at any moment, while it is asked and given articles."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.service", str(path)],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            if chance.random() < 0.2:
                time.sleep(chance.uniform(0, 4))
                return []
            assert process.stdout
            url = process.stdout.readline().strip()
            if not url:
                raise Broken(f"the service ended by itself with {process.wait()}")
            # It listens before it answers; now and then it is killed in between.
            if chance.random() < 0.8:
                httpx.get(f"{url}/health/ready", timeout=120)
            return _loaded(url, chance, process)
        finally:
            process.kill()


def _loaded(url: str, chance: random.Random, process: subprocess.Popen[str]) -> list[Change]:
    """Give and ask for a while, then kill; return what was changed, the last of it perhaps not."""
    changes: list[Change] = []
    wrong: list[str] = []
    seed = chance.random()

    def give() -> None:
        own = random.Random(seed)
        with httpx.Client(base_url=url, timeout=60) as client, suppress(httpx.TransportError):
            while True:
                number, sentences = own.randrange(ARTICLES), own.randrange(0, 60)
                sentences = sentences if sentences > 10 else 0
                changes.append(Change((number,), sentences, is_acknowledged=False))
                if sentences:
                    article = invented_article(number, sentences)
                    body = {name: getattr(article, name) for name in ("title", "text", "source", "published_at")}
                    status = client.put(f"/api/articles/{article.id}", json=body).status_code
                else:
                    status = client.delete(f"/api/articles/story-{number}").status_code
                if status not in (200, 201, 204, 404):
                    wrong.append(f"a change was answered with {status}")
                changes[-1] = Change((number,), sentences, is_acknowledged=True)

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=60) as client, suppress(httpx.TransportError):
            while True:
                status = client.get("/api/answer", params={"question": "Who paid for the two ferries?"}).status_code
                if status != 200:
                    wrong.append(f"a question was answered with {status}")

    threads = [threading.Thread(target=work) for work in (give, ask, ask)]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(0.5, 5))
    died = process.poll()
    process.kill()
    for thread in threads:
        thread.join()
    if died is not None:
        raise Broken(f"the service ended by itself with {died}")
    if wrong:
        raise Broken(wrong[0])
    return changes


def _ran_busy(
    path: Path, chance: random.Random, until: str = "", lives_for: float = 0, fault: str = ""
) -> list[Change]:
    """Run the busy process to its end, or for some seconds more once it has said `until`; return what it changed."""
    command = [sys.executable, "-m", "tests.crash.busy", str(path), str(chance.randrange(10**9)), fault]
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=complaints, text=True) as process,
    ):
        assert process.stdout
        said: list[str] = []
        while until and f'"{until}"\n' not in said and (line := process.stdout.readline()):
            said.append(line)
        if until:
            time.sleep(lives_for)
            # One that ended by itself is not killed any more.
            process.kill()
        said += process.stdout.readlines()
        if process.wait() != (-signal.SIGKILL if until else 0):
            complaints.seek(0)
            raise Broken(f"a process ended by itself with {process.returncode}: {complaints.read()[-500:]}")
    return _changes([json.loads(line) for line in said if line.endswith("\n")])


def _changes(said: list[object]) -> list[Change]:
    changes: list[Change] = []
    for line in said:
        if isinstance(line, list):
            changes.append(Change(tuple(line[0]), line[1], is_acknowledged=False))
        elif line == "done":
            changes[-1] = Change(changes[-1].numbers, changes[-1].sentences, is_acknowledged=True)
    return changes


def _truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _zero(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def _garble(file: Path) -> None:
    file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))


HARMS: dict[str, Callable[[Path], object]] = {
    "truncated": _truncate,
    "zeroed": _zero,
    "garbled": _garble,
    "deleted": Path.unlink,
}
ROUNDS: dict[str, tuple[Callable[[Path, random.Random], Sequence[Change]], int]] = {
    "killed while storing, removing, rebuilding, reembedding": (killed, 8),
    "killed while opening": (killed_at_start, 3),
    "service killed under load": (killed_service, 3),
    "files limited": (disk_full, 2),
    "disk full": (small_disk, 2 if os.geteuid() == 0 else 0),
    "not allowed to write": (read_only, 2 if os.geteuid() == 0 else 0),
    "a file of Chroma's damaged": (damage, 3),
}
