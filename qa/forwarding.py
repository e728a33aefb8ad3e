"""In a process that only answers: what is no question goes on to the process that owns the index."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx

__all__ = ["Forwarding", "is_answered_here"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

_ASKED = re.compile(r"/ask|/api/answer(?:/stream)?")
_READ = re.compile(r"/|/static/.*|/api/search|(?:/api)?/articles(?:/.*)?")
# They say how one connection is used (RFC 9110, 7.6.1), and there are two.
_OF_ONE_CONNECTION = frozenset({b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"})


def is_answered_here(method: str, path: str) -> bool:
    """Say whether a request only asks, so that no other process need hear of it."""
    return bool(_ASKED.fullmatch(path)) or (method in ("GET", "HEAD") and bool(_READ.fullmatch(path)))


class Forwarding:
    """An ASGI application that lets `app` answer questions and hands the rest to the owner's Unix socket."""

    def __init__(self, app: Application, owner: str) -> None:
        self._app = app
        transport = httpx.AsyncHTTPTransport(uds=owner)
        # The owner itself bounds what it does; a job is followed for as long as it runs.
        self._owner = httpx.AsyncClient(transport=transport, timeout=None, trust_env=False)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_answered_here(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        body = asyncio.Event()
        relayed = asyncio.create_task(self._relay(scope, receive, send, body))
        gone = asyncio.create_task(_gone(receive, body))
        await asyncio.wait((relayed, gone), return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not relayed.done():
            relayed.cancel()
        await asyncio.gather(relayed, gone, return_exceptions=True)

    async def _relay(self, scope: Message, receive: Receive, send: Send, is_read: asyncio.Event) -> None:
        try:
            response = await self._owner.send(self._request(scope, _body(receive, is_read)), stream=True)
        except httpx.TransportError:
            await _refuse(send)
            return
        try:
            is_read.set()
            headers = [pair for pair in response.headers.raw if pair[0].lower() not in _OF_ONE_CONNECTION]
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            async for part in response.aiter_raw():
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await response.aclose()

    def _request(self, scope: Message, body: AsyncIterator[bytes]) -> httpx.Request:
        path = scope.get("raw_path") or scope["path"].encode()
        target = path + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        url = httpx.URL(scheme="http", host="owner", raw_path=target)
        names = {name for name, _ in scope["headers"]}
        headers = [pair for pair in scope["headers"] if pair[0] not in _OF_ONE_CONNECTION]
        has_body = bool(names & {b"content-length", b"transfer-encoding"})
        return self._owner.build_request(scope["method"], url, headers=headers, content=body if has_body else None)


async def _body(receive: Receive, is_read: asyncio.Event) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        yield message.get("body", b"")
        more = message.get("more_body", False)
    is_read.set()


async def _gone(receive: Receive, is_read: asyncio.Event) -> None:
    """Wait until whoever asked is gone; before the body is read, whoever reads it would learn that."""
    await is_read.wait()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send) -> None:
    detail = "The process that owns the index does not answer. Ask again in a few seconds."
    problem = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": detail}
    headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"2")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
