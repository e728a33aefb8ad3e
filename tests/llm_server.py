"""A server on this machine that speaks OpenAI's chat protocol and answers what it was told to."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["LanguageModelServer", "Reply", "language_model_server", "pieces_of"]


def pieces_of(text: str, size: int = 7) -> tuple[str, ...]:
    """Cut a text as a model's tokens would."""
    return tuple(text[start : start + size] for start in range(0, len(text), size))


@dataclass(frozen=True)
class Reply:
    """What the server answers one request with; `raw` replaces the body's chunks, `is_cut` ends it in the middle.

    It waits before it answers and pauses after each piece, in seconds, and once these words are out it holds until told
    to go on.
    """

    text: str = ""
    status: int = 200
    finish: str | None = "stop"
    refusal: str | None = None
    pause: float = 0.0
    wait: float = 0.0
    holds_after: str = ""
    raw: bytes | None = None
    is_cut: bool = False
    is_whole: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def request(self) -> str:
        """What the user's message asks."""
        message: str = self.body["messages"][1]["content"]
        return message

    @property
    def instructions(self) -> str:
        """What the system's message says."""
        message: str = self.body["messages"][0]["content"]
        return message

    def number_of(self, words: str) -> int:
        """Return the number of the excerpt that holds some words."""
        excerpts = re.split(r"^Excerpt \[(\d+)\]$", self.request, flags=re.MULTILINE)
        return next(int(n) for n, text in zip(excerpts[1::2], excerpts[2::2], strict=True) if words in text)


Script = Reply | Callable[[Received], Reply]


class LanguageModelServer:
    """Answers each request with the next reply of its script, and with the last one from then on."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[Received] = []
        self.was_asked = threading.Event()
        self.was_left = threading.Event()
        self.goes_on = threading.Event()
        self._script: Sequence[Script] = (Reply("NO ANSWER"),)

    def will_answer(self, *script: Script) -> None:
        self._script = script
        self.received.clear()
        self.was_asked.clear()
        self.was_left.clear()
        self.goes_on.clear()

    def reply_to(self, received: Received) -> Reply:
        self.received.append(received)
        self.was_asked.set()
        chosen = self._script[min(len(self.received), len(self._script)) - 1]
        return chosen if isinstance(chosen, Reply) else chosen(received)


@contextmanager
def language_model_server() -> Iterator[LanguageModelServer]:
    """Serve on a free loopback port while the block runs."""
    model = LanguageModelServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                self._answer(model.reply_to(Received(self.path, headers, body)))
            except (BrokenPipeError, ConnectionResetError):
                model.was_left.set()

        def _answer(self, reply: Reply) -> None:
            self._sleep(reply.wait)
            if reply.is_whole or reply.status != 200:
                message = {"role": "assistant", "content": reply.text or None, "refusal": reply.refusal}
                whole = {"choices": [{"index": 0, "message": message, "finish_reason": reply.finish}]}
                error = {"error": {"message": f"No: {headers_secret(self.headers)}", **json.loads(reply.raw or b"{}")}}
                content = json.dumps(whole if reply.status == 200 else error).encode()
                self.send_response(reply.status)
                self._headers({"content-type": "application/json", "content-length": str(len(content))}, reply)
                self.wfile.write(content)
                return
            self.send_response(200)
            self._headers({"content-type": "text/event-stream", "transfer-encoding": "chunked"}, reply)
            for sent, event in self._events(reply):
                self._chunk(event)
                self._sleep(600 if reply.holds_after and reply.holds_after in sent else reply.pause)
            if reply.is_cut:
                self.close_connection = True
            else:
                self.wfile.write(b"0\r\n\r\n")

        def _events(self, reply: Reply) -> Iterator[tuple[str, bytes]]:
            """Yield the text so far and the event that completes it."""
            if reply.raw is not None:
                yield "", reply.raw
                return
            sent = ""
            for piece in pieces_of(reply.text):
                sent += piece
                yield sent, event({"content": piece})
            if reply.refusal:
                yield sent, event({"refusal": reply.refusal})
            if not reply.is_cut:
                yield sent, event({}, reply.finish)
                yield sent, b"data: [DONE]\n\n"

        def _headers(self, headers: dict[str, str], reply: Reply) -> None:
            for name, value in {**headers, **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

        def _sleep(self, seconds: float) -> None:
            """Wait, unless told to go on; notice when the client is gone."""
            end = time.monotonic() + seconds
            self.connection.setblocking(False)
            try:
                while time.monotonic() < end and not model.goes_on.wait(0.02):
                    try:
                        if self.connection.recv(1) == b"":
                            raise BrokenPipeError
                    except BlockingIOError:
                        pass
            finally:
                self.connection.setblocking(True)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    def event(delta: dict[str, str], finish: str | None = None) -> bytes:
        chunk = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
        return f"data: {json.dumps(chunk)}\n\n".encode()

    def headers_secret(headers: Any) -> str:
        """As some servers do, repeat the key that was wrong."""
        return str(headers.get("authorization", ""))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    model.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield model
    finally:
        model.goes_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
