"""Running the service: a bound socket, a server, and an end that loses nothing."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import msgspec
import uvicorn

from index.errors import DatelineError
from qa.app import create_app
from qa.dateline import Dateline
from qa.forwarding import Forwarding
from qa.settings import Settings
from qa.workers import Order, Workers

__all__ = ["bound_socket", "serve_as_worker", "serve_until_stopped", "serve_with_workers"]

_FINISH_SECONDS = 20


class _Server(uvicorn.Server):
    """A server that says at once that it stops: who follows a job would keep it from ending for long."""

    def __init__(self, config: uvicorn.Config, stopping: Sequence[Callable[[], object]]) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # In a thread, as it may take a while: until then, calls are answered.
        threading.Thread(target=self._stop, args=(sig, frame)).start()

    def _stop(self, sig: int, frame: FrameType | None) -> None:
        for stop in self._stopping:
            stop()
        super().handle_exit(sig, frame)


@contextmanager
def bound_socket(settings: Settings) -> Iterator[tuple[socket.socket, str]]:
    """Give a socket that holds the service's address, and the URL to reach it; raises DatelineError when taken."""
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise DatelineError(
            f"The service cannot listen on {host} port {port}: {error.strerror or error}."
            " Stop what uses it, or choose another with --port (0 takes any free one)."
        ) from error
    with listening:
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        yield listening, f"http://{shown}:{listening.getsockname()[1]}"


def serve_until_stopped(dateline: Dateline, listening: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; calls in hand are finished first."""
    app = create_app(dateline.settings, dateline)
    _run(app, listening, app.state.stopping.set)


def serve_with_workers(dateline: Dateline, listening: socket.socket) -> None:
    """Serve by as many worker processes as the settings say, and own the index; raises DatelineError.

    The workers share the socket. They answer from what this process stores, and hand it whatever is no question.
    """
    app = create_app(dateline.settings, dateline)
    with TemporaryDirectory(prefix="dateline-") as folder, socket.socket(socket.AF_UNIX) as private:
        place = str(Path(folder) / "owner.sock")
        private.bind(place)
        private.listen()
        workers = Workers(dateline.settings, listening, place)
        workers.start()
        try:
            # What they have in hand may need this process, so they stop first.
            _run(app, private, workers.stop, app.state.stopping.set)
        finally:
            workers.stop()


def serve_as_worker() -> None:
    """Be a worker, as the line on standard input says, until SIGTERM or until the owner's process is gone."""
    ordered = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_stop_when_alone, daemon=True).start()
    with Dateline(ordered.settings, follows=True) as dateline, socket.socket(fileno=ordered.socket) as listening:
        app = create_app(ordered.settings, dateline)
        _run(Forwarding(app, ordered.owner), listening, app.state.stopping.set)


def _run(app: Any, listening: socket.socket, *stopping: Callable[[], object]) -> None:
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
    # Having ended in order, uvicorn raises the signal again; the command still has the collection to close.
    with suppress(KeyboardInterrupt):
        _Server(config, stopping).run(sockets=[listening])


def _stop_when_alone() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
