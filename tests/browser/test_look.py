"""Every page fits a small screen and a large one, passes axe in light and dark, and is pictured in artefacts/."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.staged import DEATHS, LEAVING, PROMISES

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

ARTEFACTS = Path(__file__).parents[2] / "artefacts"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES = {
    "front": "/",
    "wrong": "/ask?question=&published_from=31+Feb&max_citations=99",
    "answer": "/ask?question=Which+countries+will+send+troops+to+the+Drelle%3F#citation-2",
    "one answer": f"/ask?{urlencode({'question': LEAVING})}",
    "several answers": f"/ask?{urlencode({'question': PROMISES})}",
    "answers that differ": f"/ask?{urlencode({'question': DEATHS})}",
    "abstained": "/ask?question=What+is+the+capital+of+Peru%3F&source=Kirrow+Gazette",
    "outside dates": "/ask?question=When+was+Mill+Weir+breached%3F&published_to=2025-02-28",
    "library": "/articles",
    "sources": "/sources",
    "nothing": "/articles?search=zeppelin",
    "error": "/nowhere",
}
# Elements that a finger must hit; links inside a sentence are as large as their words.
TARGETS = (
    "button, summary, select, input:not([type=checkbox]), textarea, .choices label, nav a, .onward a, .examples a,"
    " .outlets a, .history a"
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_is_accessible(open_page: OpenPage, name: str) -> None:
    page = open_page(PAGES[name])
    look_at(page, name)


def test_an_article_fits_and_is_accessible(open_page: OpenPage) -> None:
    page = open_page(PAGES["answer"])
    page.get_by_role("link", name="Read in the article").first.click()
    page.wait_for_url("**/articles/**")
    look_at(page, "article")


def test_what_changed_in_an_article_fits_and_is_accessible(open_page: OpenPage, site: str) -> None:
    tides = f"{site}/api/articles/tide-table"
    for hour, name in ((6, "Odd"), (7, "Ida")):
        text = f"High water at Skerry is at {hour} o'clock, said {name} Marlow.\n\nThe gate stays shut until then."
        httpx.put(tides, json={"title": f"High water at {hour}", "text": text}).raise_for_status()
    page = open_page("/articles/tide-table?since=1")
    assert page.locator(".text ins").all_inner_texts() == [" 7", " Ida"]
    assert page.locator(".history li").count() == 2
    look_at(page, "changed article")
    httpx.delete(tides).raise_for_status()


def look_at(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=ARTEFACTS / f"{name.replace(' ', '-')}-{scheme}-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert small_targets(page) == []
        found = Axe().run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert dark_is_dark(page)


def small_targets(page: Page) -> list[str]:
    return [
        target.evaluate("element => element.outerHTML.slice(0, 120)")
        for target in page.locator(TARGETS).all()
        if (box := target.bounding_box()) and box["height"] < 44
    ]


def dark_is_dark(page: Page) -> bool:
    colours = [page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color")]
    background, ink = (sum(int(part) for part in colour.strip("rgb()").split(",")) for colour in colours)
    return background < 150 < 600 < ink
