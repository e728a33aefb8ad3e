"""Running the service: a bound socket, a server, and an end that loses nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event
from types import FrameType

import uvicorn

from index.errors import DatelineError
from qa.app import create_app
from qa.dateline import Dateline
from qa.settings import Settings

__all__ = ["bound_socket", "serve_until_stopped"]

_FINISH_SECONDS = 20


class _Server(uvicorn.Server):
    """A server that says at once that it stops: who follows a job would keep it from ending for long."""

    def __init__(self, config: uvicorn.Config, stopping: Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stopping.set()
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
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
    # Having ended in order, uvicorn raises the signal again; the command still has the collection to close.
    with suppress(KeyboardInterrupt):
        _Server(config, app.state.stopping).run(sockets=[listening])
