"""What the service counts of itself, for Prometheus."""

from __future__ import annotations

import time

from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from qa.dateline import Dateline

__all__ = ["Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """Requests by route and status, their durations, and the collection's size; one per app."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        route = ("method", "route")
        self._requests = Counter("dateline_requests", "Requests answered.", (*route, "status"), registry=self._registry)
        self._seconds = Histogram(
            "dateline_request_seconds", "Time to answer.", route, buckets=_SECONDS, registry=self._registry
        )
        self._articles = Gauge("dateline_articles", "Articles in the collection.", registry=self._registry)
        self._chunks = Gauge("dateline_chunks", "Chunks that can be found.", registry=self._registry)
        self._generation = Gauge("dateline_index_generation", "Generation of the index.", registry=self._registry)
        self._healthy = Gauge(
            "dateline_vector_index_healthy", "1 while the vector index answers.", registry=self._registry
        )

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Count and time what `app` answers."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            began, status = time.perf_counter(), 0

            async def noted(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                await send(message)

            try:
                await app(scope, receive, noted)
            finally:
                # The template, not the path: ids would make a time series each.
                method, route = str(scope.get("method")), scope["path_template"]
                self._requests.labels(method, route, status or 500).inc()
                self._seconds.labels(method, route).observe(time.perf_counter() - began)

        return counted

    def exposition(self, dateline: Dateline) -> tuple[str, str]:
        """Return all metrics as Prometheus reads them, and their content type."""
        articles, chunks = dateline.catalogue.counts()
        self._articles.set(articles)
        self._chunks.set(chunks)
        self._generation.set(dateline.catalogue.generation)
        self._healthy.set(dateline.dense.is_healthy)
        return generate_latest(self._registry).decode(), "text/plain; version=0.0.4"
