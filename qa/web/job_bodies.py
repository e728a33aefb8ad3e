"""The wire of background jobs: what is asked for, and how far each is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote

from msgspec import Meta, Struct

from index.catalogue import Job
from index.indexing import Indexing
from index.sources import Locations
from qa.operations.indexing import INDEX, INDEX_FILES, Index
from qa.operations.sources import REFRESH_SOURCE
from qa.operations.wire import Failed, decoded

__all__ = [
    "AskedBody",
    "IndexRequest",
    "IndexedBody",
    "JobBody",
    "JobEvent",
    "JobsBody",
    "ProblemLine",
    "job_body",
    "locations_of",
]

_INDEXING = (INDEX.name, INDEX_FILES.name, REFRESH_SOURCE.name)
_ADDRESSES, _LISTINGS, _PATHS, _PROBLEMS = 1_000, 100, 1_000, 100

Address = Annotated[str, Meta(min_length=1, max_length=2_000, examples=["https://news.example/story"])]
Count = Annotated[int, Meta(ge=0)]


class IndexRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where to look for articles; at least one place."""

    urls: Annotated[list[Address], Meta(max_length=_ADDRESSES, description="Pages, each an article.")] = []
    feeds: Annotated[
        list[Address], Meta(max_length=_LISTINGS, description="RSS or Atom feeds; every entry's article is read.")
    ] = []
    sitemaps: Annotated[list[Address], Meta(max_length=_LISTINGS, description="Sitemaps; every page is read.")] = []
    paths: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=4_000)]],
        Meta(
            max_length=_PATHS, description="Files and folders of the service's machine: its operator's commands only."
        ),
    ] = []


class AskedBody(Struct, frozen=True):
    """Where a job looks for articles; paths are counted, not told."""

    urls: list[str]
    feeds: list[str]
    sitemaps: list[str]
    paths: Count


class ProblemLine(Struct, frozen=True):
    """What gave no article, and why."""

    origin: Annotated[str, Meta(description="Its address; of a file only the name.")]
    reason: str


class IndexedBody(Struct, frozen=True):
    """What became of what was found, since the job last began."""

    added: Count
    changed: Count
    unchanged: Count
    removed: Count
    not_indexed: Count
    problems: Annotated[list[ProblemLine], Meta(description=f"The first {_PROBLEMS} that were not indexed.")]


class JobBody(Struct, frozen=True):
    """Work in the background, and how far it is."""

    id: str
    operation: Annotated[str, Meta(description="What is done, such as `index`.")]
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    is_cancelling: Annotated[bool, Meta(description="It was asked to stop, and does after the batch in hand.")]
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    done: Annotated[int, Meta(ge=0, description="Documents so far.")]
    total: Annotated[int, Meta(ge=0, description="Documents in all, as far as is known.")]
    what: Annotated[str, Meta(description="The document read last.")]
    asked: AskedBody | None
    given: Annotated[IndexedBody | None, Meta(description="What became of it; null before the end.")]
    error: Annotated[str | None, Meta(description="Why it failed.")]


class JobsBody(Struct, frozen=True):
    """The jobs asked for last, the newest first."""

    jobs: list[JobBody]


class JobEvent(Struct, frozen=True):
    """One server-sent event of a job."""

    event: Literal["progress", "end"]
    data: Annotated[str, Meta(description="JSON: a JobBody.")]


def locations_of(request: IndexRequest) -> Locations:
    """Return the places of a request."""
    return Locations(
        tuple(map(Path, request.paths)), tuple(request.urls), tuple(request.feeds), tuple(request.sitemaps)
    )


def job_body(job: Job) -> JobBody:
    """Return a job as it goes over the wire."""
    return JobBody(
        job.id,
        job.operation,
        job.state,
        job.is_cancelling,
        job.asked_at,
        job.begun_at,
        job.ended_at,
        job.done,
        job.total,
        job.what,
        _asked(decoded(job.wanted.encode(), Index).locations) if job.operation == INDEX.name else None,
        _indexed(decoded(job.given.encode(), Indexing)) if job.operation in _INDEXING and job.given else None,
        decoded(job.error.encode(), Failed).message if job.error else None,
    )


def _asked(locations: Locations) -> AskedBody:
    return AskedBody(list(locations.urls), list(locations.feeds), list(locations.sitemaps), len(locations.paths))


def _indexed(indexing: Indexing) -> IndexedBody:
    problems = [ProblemLine(_told(problem.origin), problem.reason) for problem in indexing.problems[:_PROBLEMS]]
    return IndexedBody(
        indexing.added, indexing.changed, indexing.unchanged, indexing.removed, len(indexing.problems), problems
    )


def _told(origin: str) -> str:
    """Return an origin without the folders of this machine."""
    return unquote(origin.rpartition("/")[2]) if origin.startswith("file:") else origin
