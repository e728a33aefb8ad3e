"""The pages that add articles: forms, and the jobs that they start."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from litestar import Request, post, route
from litestar.concurrency import sync_to_thread
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect, Template

from index.addresses import parse_address
from index.articles import make_article
from index.errors import DatelineError, InputError
from index.sources import Locations
from qa.dateline import Dateline
from qa.jobs import JobRunner
from qa.operations.indexing import INDEX, INDEX_FILES, Files, Index
from qa.uploads import kept_files
from qa.web.job_content import JobPage, JobsPage, add_page, job_view
from qa.web.pages import shown
from qa.web.safety import refuse_when_read_only

__all__ = ["adding_handlers"]

AnyRequest = Request[Any, Any, Any]

_JOBS_SHOWN = 50

_page = partial(route, http_method=["GET", "HEAD"], sync_to_thread=True, include_in_schema=False)
_form = partial(post, status_code=200, include_in_schema=False, guards=[refuse_when_read_only], takes_form=True)


@_page("/add")
def add(request: AnyRequest) -> Template:
    """Show the forms."""
    return shown(add_page(request.app.state.settings.read_only))


@_form("/add/article")
async def add_article(request: AnyRequest, dateline: NamedDependency[Dateline]) -> Template | Redirect:
    """Store the article that was pasted, and show it."""
    values = await _values(request)
    try:
        fields = {name: value for name, value in values.items() if value}
        article = await sync_to_thread(lambda: make_article(**{"text": "", **fields}))
        await asyncio.get_running_loop().run_in_executor(
            request.app.state.writer, lambda: dateline.indexer.index_articles([article])
        )
    except InputError as error:
        return shown(add_page(False, "article", values, str(error)), 400)
    return Redirect(f"/articles/{article.id}", status_code=303)


@_form("/add/addresses")
async def add_addresses(request: AnyRequest, runner: NamedDependency[JobRunner]) -> Template | Redirect:
    """Start the job that reads the addresses, and show it."""
    values = await _values(request)
    try:
        locations = Locations(
            urls=tuple(values["urls"].split()),
            feeds=tuple(values["feeds"].split()),
            sitemaps=tuple(values["sitemaps"].split()),
        )
        if not locations.addresses:
            raise InputError("Give at least one address.")
        for address in locations.addresses:
            parse_address(address)
        job = await sync_to_thread(runner.add, INDEX, Index(locations))
    except DatelineError as error:
        return shown(add_page(False, "addresses", values, str(error)), 400)
    return Redirect(f"/jobs/{job.id}", status_code=303)


@_form("/add/files")
async def add_files(
    request: AnyRequest, dateline: NamedDependency[Dateline], runner: NamedDependency[JobRunner]
) -> Template | Redirect:
    """Keep the files until the job that reads them has ended, and show that job."""
    sent = (await request.form()).getall("files", [])
    try:
        named = [(each.filename, await each.read()) for each in sent if isinstance(each, UploadFile) and each.filename]
        folder = await sync_to_thread(kept_files, dateline, named)
        job = await sync_to_thread(runner.add, INDEX_FILES, Files(folder))
    except DatelineError as error:
        return shown(add_page(False, "files", error=str(error)), 400)
    return Redirect(f"/jobs/{job.id}", status_code=303)


@_page("/jobs")
def jobs(dateline: NamedDependency[Dateline]) -> Template:
    """Show the jobs asked for last."""
    return shown(JobsPage(tuple(map(job_view, dateline.jobs.jobs(_JOBS_SHOWN)))))


@_page("/jobs/{job_id:str}")
def job(dateline: NamedDependency[Dateline], job_id: FromPath[str]) -> Template:
    """Show one job; while it runs, the page follows it."""
    return shown(JobPage(job_view(dateline.jobs.job(job_id))))


@_form("/jobs/{job_id:str}/cancel", sync_to_thread=True)
def cancel(dateline: NamedDependency[Dateline], job_id: FromPath[str]) -> Redirect:
    """Stop a job after the batch in hand, and show it."""
    return Redirect(f"/jobs/{dateline.jobs.ask_to_cancel(job_id).id}", status_code=303)


async def _values(request: AnyRequest) -> dict[str, str]:
    """Return what was typed into each field that this form has; nothing else that was sent is looked at."""
    names = {"article": ("text", "title", "source", "url", "published_at"), "addresses": ("urls", "feeds", "sitemaps")}
    sent = await request.form()
    wanted = names[request.scope["path"].rpartition("/")[2]]
    return {name: value.strip() if isinstance(value := sent.get(name), str) else "" for name in wanted}


adding_handlers: list[BaseRouteHandler] = [add, add_article, add_addresses, add_files, jobs, job, cancel]
