"""The web application: wiring, start and end, and nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, cast

from litestar import Litestar, Request
from litestar.di import NamedDependency, Provide
from litestar.types import ASGIApp, Receive, Scope, Send

from qa.dateline import Dateline
from qa.jobs import JobRunner, lower_priority
from qa.polling import Poller
from qa.settings import Settings
from qa.web.adding import adding_handlers
from qa.web.api import api_router
from qa.web.health import health_handlers
from qa.web.jobs import jobs_router
from qa.web.metrics import Metrics
from qa.web.operator import operator_router
from qa.web.pages import error_page, page_handlers, static_files, template_config
from qa.web.problems import Refused, error_handler
from qa.web.safety import add_security_headers, host_guard, refuse_cross_site, tell_every_method
from qa.web.schema import openapi_config, query_parameters
from qa.web.source_pages import source_handlers
from qa.web.sources import sources_router

__all__ = ["create_app"]


_WAITING_QUESTIONS = 40


def create_app(settings: Settings, dateline: Dateline | None = None) -> Litestar:
    """Return the application that serves `dateline`, or the data folder of the settings when it is None.

    A Dateline that is given stays open when the application ends; one that it opened itself is closed.
    """
    metrics = Metrics()
    app = Litestar(
        route_handlers=[
            api_router,
            jobs_router,
            sources_router,
            operator_router,
            *health_handlers,
            *page_handlers,
            *adding_handlers,
            *source_handlers,
            static_files,
        ],
        dependencies={
            "dateline": Provide(_open_dateline, sync_to_thread=False),
            "runner": Provide(_job_runner, sync_to_thread=False),
        },
        guards=[host_guard(settings.host), refuse_cross_site],
        middleware=[metrics.middleware],
        exception_handlers={Exception: error_handler(error_page)},
        before_send=[add_security_headers, tell_every_method],
        lifespan=[_running],
        template_config=template_config,
        openapi_config=openapi_config(),
        request_max_body_size=settings.max_body_bytes,
        logging_config=None,
        debug=False,
    )
    app.asgi_handler = _answering_head(app.asgi_handler)
    app.state.update(
        settings=settings,
        dateline=dateline,
        is_ready=False,
        stopping=threading.Event(),
        metrics=metrics,
        query_parameters=query_parameters(app),
    )
    return app


def _answering_head(app: ASGIApp) -> ASGIApp:
    """Answer HEAD wherever GET is answered, as monitors expect; the server leaves the body out (RFC 9110, 9.3.2)."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("method") == "HEAD":
            scope = cast(Scope, {**scope, "method": "GET"})
        await app(scope, receive, send)

    return answer


@asynccontextmanager
async def _running(app: Litestar) -> AsyncIterator[None]:
    """Hold the collection open, and its model loaded, while the application runs."""
    state = app.state
    # Not in threads: nothing else runs yet, and the folder's lock must be let go by the thread that took it.
    opened = None if state.dateline is not None else Dateline(state.settings, command="dateline serve")
    try:
        state.dateline = state.dateline or opened
        state.dateline.load_model()
        if not state.dateline.follows:
            state.dateline.dense.open(beside=True)
        state.dateline.memory.load()
        if state.dateline.language_model is not None:
            # A question waits for the language model in a thread; the others must not wait for one.
            waiting = ThreadPoolExecutor(_WAITING_QUESTIONS, thread_name_prefix="answering")
            asyncio.get_running_loop().set_default_executor(waiting)
        # One thread writes, in the order of arrival; its work is finished before the collection is closed.
        with ThreadPoolExecutor(1, thread_name_prefix="indexing", initializer=lower_priority) as state.writer:
            state.runner = JobRunner(state.dateline, state.stopping)
            poller = Poller(state.dateline, state.runner, state.stopping)
            owns = not state.dateline.follows
            if owns:
                state.runner.start()
                poller.start()
            try:
                state.is_ready = True
                yield
            finally:
                if owns:
                    # In a thread: whoever follows a job is told of its last batch.
                    await asyncio.to_thread(state.runner.stop)
                    await asyncio.to_thread(poller.stop)
    finally:
        state.is_ready = False
        if opened is not None:
            state.dateline = None
            opened.close()


def _open_dateline(request: Request[Any, Any, Any]) -> Dateline:
    if not request.app.state.is_ready:
        raise Refused(503, "The service is starting or stopping. Ask again in a few seconds.")
    dateline: Dateline = request.app.state.dateline
    return dateline


def _job_runner(request: Request[Any, Any, Any], dateline: NamedDependency[Dateline]) -> JobRunner:
    """Return what does the jobs; `dateline` is asked for because both are there at the same time."""
    runner: JobRunner = request.app.state.runner
    return runner
