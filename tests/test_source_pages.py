"""The page of sources, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from lxml import html

from index.catalogue.following import Source
from qa.dateline import Dateline
from qa.web.source_content import source_view

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def form(served: httpx.Client) -> Iterator[httpx.Client]:
    """A client that says, as browsers do, which page a form was sent from."""
    own = {"origin": str(served.base_url).rstrip("/")}
    with httpx.Client(base_url=served.base_url, headers=own, timeout=60) as client:
        yield client


def words(response: httpx.Response) -> str:
    return " ".join(html.document_fromstring(response.text).text_content().split())


def test_sources_are_shown_and_removed(form: httpx.Client, harbour: Dateline, tmp_path: Path) -> None:
    assert "There are no sources yet" in words(form.get("/sources"))
    source = harbour.sources.add_source("folder", str(tmp_path), 5400, datetime.now(UTC) + timedelta(days=1))
    said = words(form.get("/sources"))
    assert f"Folder every 90 minutes {tmp_path.name} Not looked at yet." in said
    assert str(tmp_path) not in said
    removed = form.post(f"/sources/{source.id}/remove", headers={"content-type": "application/x-www-form-urlencoded"})
    assert (removed.status_code, removed.headers["location"]) == (303, "/sources")
    assert harbour.sources.sources() == []


@pytest.mark.parametrize(
    ("location", "minutes", "said"),
    [
        ("http://127.0.0.1:9/feed", "60", "not on the public internet"),
        ("file:///etc/passwd", "60", "Give the address of a feed"),
        ("/etc", "60", "Give the address of a feed"),
        ("https://a.example/feed", "soon", "must be a whole number"),
        ("https://a.example/feed", "0", "cannot be looked at every 0 seconds"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(
    form: httpx.Client, harbour: Dateline, location: str, minutes: str, said: str
) -> None:
    refused = form.post("/sources/add", data={"location": location, "minutes": minutes})
    assert refused.status_code == 400
    shown = html.document_fromstring(refused.text)
    assert said in shown.xpath("//p[@role='alert']")[0].text_content()
    assert shown.xpath("//input[@id='location']/@value") == [location]
    assert shown.xpath("//input[@id='minutes']/@value") == [minutes]
    assert harbour.sources.sources() == []


def test_a_page_of_another_site_changes_nothing(served: httpx.Client) -> None:
    for origin in ({}, {"origin": "https://evil.example"}):
        refused = served.post("/sources/add", data={"location": "https://a.example/", "minutes": "60"}, headers=origin)
        assert refused.status_code == 403


def test_a_source_is_told_in_words() -> None:
    view = source_view(Source("a", "feed", "https://a.example/feed", 3600, False, NOON, NOON, NOON, "It is gone.", 3))
    assert view.every_told == "hour"
    assert view.looked_told == "Looked at on 1 March 2026, 12:00 UTC: It is gone. It failed 3 times in a row."
    view = source_view(Source("b", "folder", "/srv/news", 7200, True, NOON, NOON, NOON, "2 added"))
    assert (view.location, view.every_told) == ("news", "2 hours")
    assert view.looked_told == "Looked at on 1 March 2026, 12:00 UTC: 2 added"
