"""What only the operator's own commands may ask of the service: operations, with the data folder's secret."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from hmac import compare_digest
from threading import Event
from typing import Any

import msgspec
from litestar import Request, Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from index.errors import DatelineError
from qa.dateline import Dateline
from qa.operations.operation import Operation, Watch
from qa.operations.table import OPERATIONS
from qa.operations.wire import Failed, Given, Line, Told, decoded, encoded, failure_of
from qa.web.problems import Refused

__all__ = ["is_operator", "operator_router"]

log = logging.getLogger(__name__)

_TELL_SECONDS = 0.1


def is_operator(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Say whether a request shows the secret of the data folder, which only its owner's user can read."""
    dateline: Dateline | None = connection.app.state.dateline
    kind, _, secret = connection.headers.get("authorization", "").partition(" ")
    return (
        dateline is not None
        and kind.lower() == "bearer"
        and compare_digest(secret.encode(), dateline.folder.secret.encode())
    )


def _refuse_strangers(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if not is_operator(connection):
        raise Refused(403, "Only the commands of the user who runs this service may ask for this.")


@get("/", status_code=204, sync_to_thread=False)
def welcome() -> None:
    """Say that the secret is right."""


@post("/{name:str}", status_code=200)
async def operate(name: FromPath[str], request: Request[Any, Any, Any], dateline: NamedDependency[Dateline]) -> Stream:
    """Run an operation; its progress and what it gives are lines of JSON."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise Refused(404, f"There is no operation {name!r}. The command and the service differ in version.")
    try:
        wanted = decoded(await request.body(), operation.wanted)
    except msgspec.MsgspecError as error:
        raise Refused(422, f"The operation {name!r} is not asked for like this: {error}.") from error
    return Stream(_lines(operation, dateline, wanted), media_type="application/x-ndjson")


async def _lines(operation: Operation[Any, Any], dateline: Dateline, wanted: object) -> AsyncIterator[bytes]:
    """Yield what the operation tells and gives; a client that goes away cancels it."""
    loop, lines, stop = asyncio.get_running_loop(), asyncio.Queue[Line](), Event()

    def say(line: Line) -> None:
        # When the service has stopped meanwhile, nobody listens any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lines.put_nowait, line)

    loop.run_in_executor(None, lambda: say(_last_line(operation, dateline, wanted, Watch(_seldom(say), stop.is_set))))
    try:
        while True:
            line = await lines.get()
            yield msgspec.json.encode(line) + b"\n"
            if not isinstance(line, Told):
                return
    finally:
        stop.set()


def _last_line(operation: Operation[Any, Any], dateline: Dateline, wanted: object, watch: Watch) -> Line:
    try:
        return Given(msgspec.Raw(encoded(operation.run(dateline, wanted, watch))))
    except DatelineError as error:
        return failure_of(error)
    except Exception:
        log.exception("The operation %s failed", operation.name)
        return Failed("DatelineError", "The service failed to do this; its log says why. What was stored stays stored.")


def _seldom(say: Callable[[Line], None]) -> Callable[[int, int, str], None]:
    """Return what tells progress no more often than an eye can follow, and the end of it always."""
    told = 0.0

    def tell(done: int, total: int, what: str) -> None:
        nonlocal told
        if time.monotonic() - told >= _TELL_SECONDS or done == total:
            told = time.monotonic()
            say(Told(done, total, what))

    return tell


operator_router = Router(
    "/operator", route_handlers=[welcome, operate], guards=[_refuse_strangers], include_in_schema=False
)
