"""Processes that answer questions side by side, started again when they end."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading

import msgspec

from qa.settings import Settings

__all__ = ["Order", "Workers"]

log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30.0
_FINISH_SECONDS = 25
_START = "from qa.serving import serve_as_worker; serve_as_worker()"


class Order(msgspec.Struct, frozen=True):
    """What a worker is told on standard input: the settings, the listening socket's number, the owner's socket."""

    settings: Settings
    socket: int
    owner: str


class Workers:
    """As many workers as the settings say, all of them listening on one socket."""

    def __init__(self, settings: Settings, listening: socket.socket, owner: str) -> None:
        self._order = Order(settings, listening.fileno(), owner)
        self._is_stopping = threading.Event()
        self._lock = threading.Lock()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._keepers = [
            threading.Thread(target=self._keep, args=(number,), name=f"worker {number}")
            for number in range(settings.workers)
        ]

    def start(self) -> None:
        """Start them; each is started again when it ends."""
        for keeper in self._keepers:
            keeper.start()

    def stop(self) -> None:
        """Let each finish what it has in hand, and end; a second time changes nothing."""
        with self._lock:
            self._is_stopping.set()
            for process in self._processes.values():
                process.terminate()
        for keeper in self._keepers:
            keeper.join()

    def _keep(self, number: int) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while (process := self._started(number)) is not None:
            self._wait(process)
            if self._is_stopping.wait(pause):
                return
            log.warning("Worker %d ended with code %s and is started again.", process.pid, process.returncode)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _started(self, number: int) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._is_stopping.is_set():
                return None
            process = self._processes[number] = subprocess.Popen(
                [sys.executable, "-c", _START],
                stdin=subprocess.PIPE,
                pass_fds=[self._order.socket],
                # Ctrl+C is for the owner, which then stops its workers.
                start_new_session=True,
            )
        assert process.stdin is not None
        # It stays open: its end tells the worker that the owner is gone, however it went.
        process.stdin.write(msgspec.json.encode(self._order) + b"\n")
        process.stdin.flush()
        return process

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            if not self._is_stopping.wait(0.2):
                continue
            try:
                process.wait(_FINISH_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        assert process.stdin is not None
        process.stdin.close()
