"""The JSON API of sources: which feeds, sitemaps and folders are looked at again and again, and how that goes."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Any, Literal

from litestar import Request, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import Body, PathParameter
from msgspec import Meta, Struct

from index.catalogue.following import Source
from qa.dateline import Dateline
from qa.operations.operation import UNWATCHED
from qa.operations.sources import ADD_SOURCE, INTERVAL_LIMITS, AddedSource
from qa.web.json_body import JsonBody
from qa.web.problems import documented
from qa.web.safety import is_operator, refuse_unknown_parameters, refuse_when_read_only

__all__ = ["SourceBody", "SourceRequest", "SourcesBody", "source_body", "sources_router"]

SourceId = Annotated[str, PathParameter(min_length=1, description="The source's id.")]
_REQUEST = {"location": "https://harbour-post.example/feed.xml", "kind": "feed", "interval_seconds": 900}


class SourceRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be looked at again and again."""

    location: Annotated[str, Meta(min_length=1, max_length=2_000, description="The feed's or sitemap's address.")]
    kind: Annotated[
        Literal["feed", "sitemap"], Meta(description="Folders are for the operator: 'dateline sources add'.")
    ]
    interval_seconds: Annotated[
        int, Meta(ge=INTERVAL_LIMITS[0], le=INTERVAL_LIMITS[1], description="Seconds from one look to the next.")
    ] = 3_600


class SourceBody(Struct, frozen=True):
    """A source, and how the last look at it went."""

    id: str
    kind: Literal["feed", "sitemap", "folder"]
    location: Annotated[str, Meta(description="Its address; of a folder only the name, but for the operator.")]
    interval_seconds: Annotated[int, Meta(ge=0)]
    prunes: Annotated[bool, Meta(description="A folder's articles go when their files do.")]
    added_at: datetime
    due_at: Annotated[datetime, Meta(description="When it is looked at next, at the earliest.")]
    checked_at: Annotated[datetime | None, Meta(description="When it was looked at last.")]
    outcome: Annotated[str | None, Meta(description="What came of that, in words.")]
    failures: Annotated[int, Meta(ge=0, description="Looks in a row that failed; each doubles the rest, up to a day.")]


class SourcesBody(Struct, frozen=True):
    """All sources, in the order in which they were added."""

    sources: list[SourceBody]


@get(
    "/sources",
    operation_id="list_sources",
    summary="List sources",
    tags=["Sources"],
    sync_to_thread=True,
)
def list_sources(dateline: NamedDependency[Dateline], request: Request[Any, Any, Any]) -> SourcesBody:
    """Give all sources, in the order in which they were added."""
    tells_folders = is_operator(request)
    return SourcesBody([source_body(each, tells_folders=tells_folders) for each in dateline.sources.sources()])


@post(
    "/sources",
    operation_id="add_source",
    summary="Add a source",
    tags=["Sources"],
    sync_to_thread=True,
    guards=[refuse_when_read_only],
    responses=documented(403, 413, 415, 422, 507),
)
def post_source(
    data: Annotated[SourceRequest, Body(examples=[Example(value=_REQUEST)])], dateline: NamedDependency[Dateline]
) -> SourceBody:
    """Have a feed or sitemap looked at now and then every so often; one that is there already is changed."""
    wanted = AddedSource(data.location, data.kind, data.interval_seconds)
    return source_body(ADD_SOURCE.run(dateline, wanted, UNWATCHED))


@delete(
    "/sources/{source_id:str}",
    operation_id="remove_source",
    summary="Remove a source",
    tags=["Sources"],
    sync_to_thread=True,
    guards=[refuse_when_read_only],
    responses=documented(403, 404, 507),
)
def delete_source(dateline: NamedDependency[Dateline], source_id: SourceId) -> None:
    """Have a source looked at no more; its articles stay."""
    dateline.sources.remove_source(source_id)


def source_body(source: Source, *, tells_folders: bool = False) -> SourceBody:
    """Return a source as it goes over the wire."""
    is_private = source.kind == "folder" and not tells_folders
    return SourceBody(
        source.id,
        source.kind,
        PurePath(source.location).name if is_private else source.location,
        source.interval_seconds,
        source.prunes,
        source.added_at,
        source.due_at,
        source.checked_at,
        "The folder could not be read." if is_private and source.failures else source.outcome,
        source.failures,
    )


sources_router = Router(
    "/api",
    route_handlers=[list_sources, post_source, delete_source],
    guards=[refuse_unknown_parameters],
    dto=JsonBody,
    return_dto=None,
)
