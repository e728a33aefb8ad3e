"""A real PostgreSQL server of this machine's package, in a folder and on a socket of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

__all__ = ["PostgresServer"]

_NOBODY = 65_534


class PostgresServer:
    """`postgres` in a temporary folder, as a user that is not root; each test has a schema of its own."""

    def __init__(self) -> None:
        self._programs = _programs()
        # A socket's path may have 107 bytes.
        self._folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        # PostgreSQL refuses to run as root.
        self._user = _NOBODY if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self._folder, self._user, self._user)
        self._process: subprocess.Popen[bytes] | None = None
        self._schemas = 0
        # A database as most have it, which orders text by language.
        locale = ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        self._run("initdb", "-D", str(self._folder / "data"), "-U", "dateline", "-A", "trust", "--no-sync", *locale)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        quick = ["-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=60", "-c", "jit=off"]
        command: list[str | Path] = [
            self._programs / "postgres",
            "-D",
            self._folder / "data",
            "-k",
            self._folder,
            "-h",
            "",
            *quick,
        ]
        self._process = subprocess.Popen(
            command, user=self._user, group=self._user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
        )
        for _ in range(600):
            assert self._process.poll() is None, "postgres ended at once"
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("postgres did not answer within a minute")

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """End the server, when it runs: at once, every connection with it."""
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """End the server and delete its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_url(self) -> str:
        """Return the URL of a place of its own in the server, in which there are no tables yet."""
        self._schemas += 1
        name = f"test_{self._schemas}"
        self.execute(f"CREATE SCHEMA {name}")
        return (
            f"postgresql://dateline@/postgres?host={quote(str(self._folder), safe='')}&options=-csearch_path%3D{name}"
        )

    def execute(self, statement: str) -> None:
        """Execute a statement as the server's owner."""
        with psycopg.connect(f"host={self._folder} user=dateline dbname=postgres", autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(command, user=self._user, group=self._user, capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs; skips the test where there are none."""
    beside = [Path(found).resolve().parent for found in (shutil.which("postgres"),) if found]
    for folder in (*beside, *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("PostgreSQL's server is not installed (Debian: apt-get install postgresql)")
