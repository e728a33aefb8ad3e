"""The real service over the demo collection, and a real browser that tells on every page it opens."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from index.sources import Locations
from qa.answering import Answerer
from qa.app import create_app
from qa.dateline import Dateline
from qa.serving import bound_socket
from qa.settings import Settings
from tests.browser.staged import StagedAnswerer

OpenPage = Callable[..., Page]

_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service over the demo collection; a few of its answers are staged."""
    settings = Settings(data=str(tmp_path_factory.mktemp("demo")), port=0)
    with Dateline(settings) as dateline, bound_socket(settings) as (listening, url):
        dateline.indexer.index(Locations(paths=(Path(str(resources.files("qa"))) / "demo",)))
        dateline.answerer = cast(Answerer, StagedAnswerer(dateline.answerer, dateline.catalogue))
        config = uvicorn.Config(
            create_app(settings, dateline), log_level="warning", ws="none", timeout_graceful_shutdown=5
        )
        server = uvicorn.Server(config)
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        while not server.started and serving.is_alive():
            time.sleep(0.05)
        yield url
        server.should_exit = True
        serving.join()


# One per module and no longer: while it is open, nothing else in this thread can run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if program is None:
        pytest.skip(
            f"There is no Chromium here. Install one that is called {', '.join(_CHROMIUMS)} to run these tests."
        )
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[OpenPage]:
    """Open addresses of the site; at the end, no page may have complained, or asked anyone else for anything."""
    with ExitStack() as opened:

        def open_at(path: str, **options: Any) -> Page:
            page = opened.enter_context(_watched(browser, site, options))
            page.goto(path)
            return page

        yield open_at


@contextmanager
def _watched(browser: Browser, site: str, options: dict[str, Any]) -> Iterator[Page]:
    context = browser.new_context(base_url=site, **{"viewport": {"width": 1280, "height": 800}} | options)
    page = context.new_page()
    page.set_default_timeout(20_000)
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if _is_complaint(message) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert complaints == []
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(site).netloc}


def _is_complaint(message: ConsoleMessage) -> bool:
    # That a page which is meant to say 400 or 404 says so is not a fault; a policy violation or a lost file is.
    is_expected = (
        message.location["url"] and "/static/" not in message.location["url"] and "status of 40" in message.text
    )
    return message.type in ("error", "warning") and not is_expected
