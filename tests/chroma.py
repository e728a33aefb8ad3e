"""A real Chroma server, which can be stopped, killed and started again on the same folder and port."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

__all__ = ["ChromaServer"]


class ChromaServer:
    """`chroma run` on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        program = Path(sys.executable).with_name("chroma")
        command = [str(program), "run", "--path", str(self._folder), "--port", str(self._port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            assert self._process.poll() is None, "chroma run ended at once"
            try:
                httpx.get(f"{self.url}/api/v2/heartbeat").raise_for_status()
            except httpx.TransportError:
                time.sleep(0.1)
            else:
                return
        self.stop()
        raise AssertionError("chroma run did not answer within a minute")

    def stop(self, by: signal.Signals = signal.SIGTERM) -> None:
        """End the server, when it runs, and wait until it has ended."""
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Let the server accept connections and answer none."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Undo a pause."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)
