"""The page of sources: what is looked at again and again, and the forms that add and remove."""

from __future__ import annotations

from typing import Any

from litestar import Request, post, route
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.response import Redirect, Template

from index.errors import DatelineError, InputError
from qa.dateline import Dateline
from qa.operations.operation import UNWATCHED
from qa.operations.sources import ADD_SOURCE, AddedSource
from qa.web.forms import whole_number
from qa.web.pages import shown
from qa.web.safety import refuse_when_read_only
from qa.web.source_content import SourcesPage, source_view

__all__ = ["source_handlers"]

AnyRequest = Request[Any, Any, Any]


@route("/sources", http_method=["GET", "HEAD"], sync_to_thread=True, include_in_schema=False)
def sources(request: AnyRequest, dateline: NamedDependency[Dateline]) -> Template:
    """Show all sources, and how the last look at each went."""
    return shown(_page(request, dateline))


@post("/sources/add", status_code=200, include_in_schema=False, guards=[refuse_when_read_only], takes_form=True)
async def add_source(request: AnyRequest, dateline: NamedDependency[Dateline]) -> Template | Redirect:
    """Add a source, after a look at what it is."""
    sent = await request.form()
    location, minutes = (str(sent.get(name, "")).strip() for name in ("location", "minutes"))
    try:
        seconds = 60 * whole_number(minutes, "minutes")
        if not location.lower().startswith(("http://", "https://")):
            raise InputError("Give the address of a feed or sitemap, with https://.")
        await sync_to_thread(ADD_SOURCE.run, dateline, AddedSource(location, None, seconds), UNWATCHED)
    except DatelineError as error:
        page = await sync_to_thread(_page, request, dateline, location, minutes, str(error))
        return shown(page, 400)
    return Redirect("/sources", status_code=303)


@post(
    "/sources/{source_id:str}/remove",
    status_code=200,
    include_in_schema=False,
    guards=[refuse_when_read_only],
    takes_form=True,
    sync_to_thread=True,
)
def remove_source(dateline: NamedDependency[Dateline], source_id: FromPath[str]) -> Redirect:
    """Have a source looked at no more."""
    dateline.sources.remove_source(source_id)
    return Redirect("/sources", status_code=303)


def _page(
    request: AnyRequest, dateline: Dateline, location: str = "", minutes: str = "60", error: str = ""
) -> SourcesPage:
    views = tuple(map(source_view, dateline.sources.sources()))
    return SourcesPage(views, request.app.state.settings.read_only, location, minutes, error)


source_handlers: list[BaseRouteHandler] = [sources, add_source, remove_source]
