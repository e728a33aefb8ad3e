"""Someone adds articles and finds them: by files with a job to watch, by pasting with no scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_look import look_at

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

KIOSK = "The Orrin kiosk was opened by Maud Ferrel on Friday. It sells nothing but maps of the canal."


def test_files_become_a_job_whose_articles_are_found(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Add").click()
    look_at(page, "add")
    files = [
        {"name": "kiosk.txt", "mimeType": "text/plain", "buffer": KIOSK.encode()},
        {"name": "broken.json", "mimeType": "application/json", "buffer": b"{"},
    ]
    page.get_by_label("Files", exact=True).set_input_files(files)  # type: ignore[arg-type]
    page.get_by_role("button", name="Send them").click()
    page.wait_for_url(re.compile(r"/jobs/\w+$"))
    # The page follows the job by itself, and tells at its end what became of it.
    expect(page.get_by_role("status")).to_have_text("Done")
    expect(page.locator("[data-told]")).to_contain_text("1 added")
    expect(page.get_by_text("broken.json")).to_be_visible()
    look_at(page, "job")
    page.goto("/ask?question=Who+opened+the+Orrin+kiosk%3F")
    expect(page.locator(".citation").first).to_contain_text("Maud Ferrel")
    page.goto("/jobs")
    expect(page.get_by_role("link", name="Files")).to_be_visible()
    look_at(page, "jobs")
    remove(page, "kiosk")


def test_an_article_is_pasted_without_scripts(open_page: OpenPage) -> None:
    page = open_page("/add", java_script_enabled=False)
    page.get_by_label("Text", exact=True).fill(KIOSK)
    page.get_by_label("Published").fill("soon")
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_role("alert")).to_contain_text("soon")
    expect(page.get_by_label("Text", exact=True)).to_have_value(KIOSK)
    page.get_by_label("Published").fill("2026-02-27")
    page.get_by_label("Title").fill("Kiosk of maps")
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_role("heading", name="Kiosk of maps")).to_be_visible()
    remove(page, "kiosk")


def remove(page: Page, words: str) -> None:
    for found in page.request.get("/api/articles", params={"search": words}).json()["articles"]:
        assert page.request.delete(f"/api/articles/{found['id']}").ok
