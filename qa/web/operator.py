"""What only the operator's own commands may ask of the service: operations, with the data folder's secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from threading import Event
from typing import Any

import msgspec
from litestar import Request, Router, get, post
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from index.catalogue import Job
from index.errors import DatelineError
from qa.dateline import Dateline
from qa.jobs import JobRunner
from qa.operations.operation import Operation, Watch, seldom
from qa.operations.table import OPERATIONS
from qa.operations.wire import UNEXPLAINED, Begun, Failed, Given, Line, Told, decoded, encoded, failure_of
from qa.web.following import followed
from qa.web.problems import Refused
from qa.web.safety import is_operator

__all__ = ["operator_router"]

log = logging.getLogger(__name__)

_TELL_SECONDS = 0.1


def _refuse_strangers(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    if not is_operator(connection):
        raise Refused(403, "Only the commands of the user who runs this service may ask for this.")


@get("/", status_code=204, sync_to_thread=False)
def welcome() -> None:
    """Say that the secret is right."""


@post("/{name:str}", status_code=200)
async def operate(
    name: FromPath[str],
    request: Request[Any, Any, Any],
    dateline: NamedDependency[Dateline],
    runner: NamedDependency[JobRunner],
) -> Stream:
    """Run an operation, or add it to the jobs and follow it; its progress and what it gives are lines of JSON."""
    operation = OPERATIONS.get(name)
    if operation is None:
        raise Refused(404, f"There is no operation {name!r}. The command and the service differ in version.")
    try:
        wanted = decoded(await request.body(), operation.wanted)
    except msgspec.MsgspecError as error:
        raise Refused(422, f"The operation {name!r} is not asked for like this: {error}.") from error
    if operation.is_job:
        job = await sync_to_thread(runner.add, operation, wanted)
        lines = _job_lines(job.id, followed(dateline.jobs, job.id, request.app.state.stopping))
    else:
        lines = _lines(operation, dateline, wanted)
    return Stream((msgspec.json.encode(line) + b"\n" async for line in lines), media_type="application/x-ndjson")


async def _lines(operation: Operation[Any, Any], dateline: Dateline, wanted: object) -> AsyncIterator[Line]:
    """Yield what the operation tells and gives; a client that goes away cancels it."""
    loop, lines, stop = asyncio.get_running_loop(), asyncio.Queue[Line](), Event()

    def say(line: Line) -> None:
        # When the service has stopped meanwhile, nobody listens any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lines.put_nowait, line)

    watch = Watch(seldom(lambda *step: say(Told(*step)), _TELL_SECONDS), stop.is_set)
    loop.run_in_executor(None, lambda: say(_last_line(operation, dateline, wanted, watch)))
    try:
        while True:
            line = await lines.get()
            yield line
            if not isinstance(line, Told):
                return
    finally:
        stop.set()


async def _job_lines(job_id: str, states: AsyncIterator[Job | None]) -> AsyncIterator[Line]:
    """Yield how far the job is and what it gives; a client that goes away leaves it to go on."""
    yield Begun(job_id)
    async for job in states:
        if job is not None:
            yield Told(job.done, job.total, job.what)
            if job.has_ended:
                yield _end_of(job)


def _end_of(job: Job) -> Line:
    if job.error is not None:
        return decoded(job.error.encode(), Failed)
    if job.given is None:
        return Failed("DatelineError", "The job was cancelled before it began.")
    return Given(msgspec.Raw(job.given.encode()))


def _last_line(operation: Operation[Any, Any], dateline: Dateline, wanted: object, watch: Watch) -> Line:
    try:
        return Given(msgspec.Raw(encoded(operation.run(dateline, wanted, watch))))
    except DatelineError as error:
        return failure_of(error)
    except Exception:
        log.exception("The operation %s failed", operation.name)
        return UNEXPLAINED


operator_router = Router(
    "/operator", route_handlers=[welcome, operate], guards=[_refuse_strangers], include_in_schema=False
)
