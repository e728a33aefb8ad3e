"""The JSON API of background jobs: ask for one, look at it, follow it, stop it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import Body, PathParameter, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from index.addresses import parse_address
from index.catalogue import Job
from index.errors import InputError
from qa.dateline import Dateline
from qa.jobs import JobRunner
from qa.operations.indexing import INDEX, Index
from qa.web.following import followed
from qa.web.job_bodies import IndexRequest, JobBody, JobEvent, JobsBody, job_body, locations_of
from qa.web.json_body import JsonBody
from qa.web.problems import Refused, documented
from qa.web.safety import is_operator, refuse_unknown_parameters, refuse_when_read_only

__all__ = ["jobs_router"]

AnyRequest = Request[Any, Any, Any]
JobId = Annotated[str, PathParameter(min_length=1, description="The job's id.")]

_EVENTS = ResponseSpec(
    JobEvent,
    generate_examples=False,
    media_type="text/event-stream",
    description="Server-sent events: `progress` at every change, at last `end`. Their ids count the changes: who comes"
    " back with `Last-Event-ID` is told what is newer.",
)
_REQUEST = {"urls": ["https://harbour-post.example/eels"], "feeds": ["https://harbour-post.example/feed.xml"]}


@post(
    "/index",
    operation_id="start_indexing",
    summary="Index in the background",
    tags=["Jobs"],
    status_code=202,
    sync_to_thread=True,
    guards=[refuse_when_read_only],
    responses=documented(403, 413, 415, 422, 507),
    response_headers=[ResponseHeader(name="Location", documentation_only=True, description="Where the job is.")],
)
def post_index(
    data: Annotated[IndexRequest, Body(examples=[Example(value=_REQUEST)])],
    request: AnyRequest,
    runner: NamedDependency[JobRunner],
) -> Response[JobBody]:
    """Start a job that reads pages, feeds and sitemaps; it goes on whatever becomes of this connection."""
    if not (data.urls or data.feeds or data.sitemaps or data.paths):
        raise InputError("There is no place to look for articles. Give urls, feeds or sitemaps.")
    if data.paths and not is_operator(request):
        raise Refused(
            403, "Paths of the service's machine are for its operator: use 'dateline index', or send articles."
        )
    locations = locations_of(data)
    for address in locations.addresses:
        parse_address(address)
    job = runner.add(INDEX, Index(locations))
    return Response(job_body(job), status_code=202, headers={"location": f"/api/jobs/{job.id}"})


@get(
    "/jobs",
    operation_id="list_jobs",
    summary="List jobs",
    tags=["Jobs"],
    sync_to_thread=True,
    responses=documented(422),
)
def list_jobs(
    dateline: NamedDependency[Dateline],
    limit: Annotated[int, QueryParameter(ge=1, le=200, description="Jobs at most.")] = 20,
) -> JobsBody:
    """Give the jobs asked for last, the newest first."""
    return JobsBody([job_body(job) for job in dateline.jobs.jobs(limit)])


@get(
    "/jobs/{job_id:str}",
    operation_id="show_job",
    summary="Show a job",
    tags=["Jobs"],
    sync_to_thread=True,
    responses=documented(404),
)
def show_job(dateline: NamedDependency[Dateline], job_id: JobId) -> JobBody:
    """Give a job and how far it is."""
    return job_body(dateline.jobs.job(job_id))


@get(
    "/jobs/{job_id:str}/events",
    operation_id="follow_job",
    summary="Follow a job",
    tags=["Jobs"],
    responses={200: _EVENTS, **documented(404)},
)
async def follow_job(dateline: NamedDependency[Dateline], job_id: JobId, request: AnyRequest) -> ServerSentEvent:
    """Tell how far a job is at every change, until it has ended."""
    await sync_to_thread(dateline.jobs.job, job_id)
    seen = _number(request.headers.get("last-event-id", ""))
    return ServerSentEvent(_events(followed(dateline.jobs, job_id, request.app.state.stopping, seen)))


@delete(
    "/jobs/{job_id:str}",
    operation_id="cancel_job",
    summary="Cancel a job",
    tags=["Jobs"],
    status_code=200,
    sync_to_thread=True,
    guards=[refuse_when_read_only],
    responses=documented(403, 404, 507),
)
def cancel_job(dateline: NamedDependency[Dateline], job_id: JobId) -> JobBody:
    """Stop a job after the batch in hand; what it has stored stays. One that has ended stays as it is."""
    return job_body(dateline.jobs.ask_to_cancel(job_id))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


async def _events(job_states: AsyncIterator[Job | None]) -> AsyncIterator[ServerSentEventMessage]:
    async for job in job_states:
        if job is None:
            # A connection that nobody speaks on is cut by proxies.
            yield ServerSentEventMessage(data=None, comment="still there")
        else:
            kind = "end" if job.has_ended else "progress"
            body = msgspec.json.encode(job_body(job)).decode()
            yield ServerSentEventMessage(event=kind, id=str(job.revision), data=body)


jobs_router = Router(
    "/api",
    route_handlers=[post_index, list_jobs, show_job, follow_job, cancel_job],
    guards=[refuse_unknown_parameters],
    dto=JsonBody,
    return_dto=None,
)
