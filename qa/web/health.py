"""Whether the service lives, whether it can answer, and what it counts."""

from __future__ import annotations

from typing import Any, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler

from qa.dateline import Dateline
from qa.web.bodies import LiveBody, ReadyBody
from qa.web.problems import documented

__all__ = ["health_handlers"]


@get(
    "/health/live",
    operation_id="live",
    summary="Say that the process runs",
    tags=["Service"],
    sync_to_thread=False,
    response_description="It runs.",
    responses=documented(),
)
def live() -> LiveBody:
    """Answer, whatever state the collection is in."""
    return LiveBody("live")


@get(
    "/health/ready",
    operation_id="ready",
    summary="Say whether questions are answered",
    tags=["Service"],
    sync_to_thread=True,
    response_description="Questions are answered.",
    responses=documented(),
)
def ready(dateline: NamedDependency[Dateline]) -> ReadyBody:
    """Answer 200 once the model is loaded; degraded while the vector index is healed and comparison is exact."""
    articles, chunks = dateline.catalogue.counts()
    status: Literal["ready", "degraded"] = "ready" if dateline.dense.is_healthy else "degraded"
    return ReadyBody(status, articles, chunks, dateline.catalogue.generation, dateline.dense.condition)


@get(
    "/metrics",
    operation_id="metrics",
    summary="Give counts for Prometheus",
    tags=["Service"],
    media_type="text/plain",
    sync_to_thread=True,
    response_description="Metrics in Prometheus's text format.",
    responses=documented(),
)
def metrics(request: Request[Any, Any, Any], dateline: NamedDependency[Dateline]) -> Response[str]:
    """Give the requests and their durations so far, and the size of the collection."""
    exposition, content_type = request.app.state.metrics.exposition(dateline)
    return Response(exposition, media_type=content_type)


health_handlers: list[BaseRouteHandler] = [live, ready, metrics]
