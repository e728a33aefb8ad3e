"""The pages that add articles, without a script: what they store, what they start, and from where they take it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from lxml import html

from qa.dateline import Dateline
from qa.uploads import kept_files
from tests.live import job_events


@pytest.fixture
def form(served: httpx.Client) -> Iterator[httpx.Client]:
    """A client that says, as browsers do, which page a form was sent from."""
    own = {"origin": str(served.base_url).rstrip("/")}
    with httpx.Client(base_url=served.base_url, headers=own, timeout=60) as client:
        yield client


def page(response: httpx.Response) -> html.HtmlElement:
    return html.document_fromstring(response.text)


def finished(client: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """Follow the job that a form started to its end."""
    assert response.status_code == 303
    where = response.headers["location"]
    assert where.startswith("/jobs/")
    *_, (_, _, job) = job_events(client, where.rpartition("/")[2])
    return job


def test_a_pasted_article_is_stored_and_shown(form: httpx.Client) -> None:
    fields = {
        "text": "The Hask clock\r\nwas set right on Tuesday.",
        "title": "",
        "source": "Notes",
        "url": "",
        "published_at": "2026-03-01",
    }
    stored = form.post("/add/article", data=fields)
    assert stored.status_code == 303
    told = form.get("/api" + stored.headers["location"]).json()
    assert (told["source"], told["published_at"], told["url"]) == ("Notes", "2026-03-01", None)
    form.delete("/api" + stored.headers["location"])


def test_what_is_wrong_is_told_and_what_was_typed_is_kept(form: httpx.Client) -> None:
    refused = form.post("/add/article", data={"text": "A kiosk opened.", "published_at": "soon <b>"})
    assert refused.status_code == 400
    shown = page(refused)
    assert "soon <b>" in shown.xpath("//p[@role='alert']")[0].text_content()
    assert shown.xpath("//textarea[@id='text']")[0].text_content().strip() == "A kiosk opened."
    assert shown.xpath("//input[@id='published_at']/@value") == ["soon <b>"]
    assert "Give at least one address" in form.post("/add/addresses", data={"urls": " "}).text
    assert form.post("/add/addresses", data={"urls": "file:///etc/passwd"}).status_code == 400


def test_files_are_read_in_the_background_and_not_kept(form: httpx.Client, harbour: Dateline) -> None:
    files = [
        ("files", ("../a kiosk.txt", b"A kiosk opened in Tarn on Friday and sells only maps.")),
        ("files", ("broken.json", b"{")),
    ]
    job = finished(form, form.post("/add/files", files=files))
    assert (job["state"], job["given"]["added"], job["given"]["not_indexed"]) == ("done", 1, 1)
    assert job["given"]["problems"][0]["origin"] == "broken.json"
    assert list((harbour.folder.path / "uploads").iterdir()) == []
    shown = page(form.get(f"/jobs/{job['id']}"))
    assert "1 added" in shown.text_content()
    assert not shown.xpath("//*[@data-events] | //form")
    assert shown.xpath("//title")[0].text_content().startswith("Files: Done")
    [found] = form.get("/api/articles", params={"search": "kiosk maps"}).json()["articles"]
    form.delete(f"/api/articles/{found['id']}")


@pytest.mark.parametrize("files", [[], [("files", ("a.pdf", b"%PDF"))]])
def test_files_that_cannot_be_read_are_refused(form: httpx.Client, harbour: Dateline, files: list[Any]) -> None:
    refused = form.post("/add/files", files=files or [("other", ("a.txt", b"x"))])
    assert refused.status_code == 400
    assert str(harbour.folder.path) not in refused.text
    assert list((harbour.folder.path / "uploads").glob("*")) == []


def test_addresses_start_a_job(form: httpx.Client) -> None:
    # Nothing is fetched from this machine.
    started = form.post("/add/addresses", data={"urls": "http://127.0.0.1:9/a\r\nhttp://127.0.0.1:9/b"})
    job = finished(form, started)
    assert job["asked"]["urls"] == ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"]
    assert job["given"]["not_indexed"] == 2
    listed = page(form.get("/jobs"))
    assert f"/jobs/{job['id']}" in listed.xpath("//main//h2/a/@href")
    cancelled = form.post(f"/jobs/{job['id']}/cancel", data={"x": ""})
    assert cancelled.headers["location"] == f"/jobs/{job['id']}"


def test_a_form_of_another_site_is_refused(served: httpx.Client) -> None:
    for headers in ({}, {"origin": "https://elsewhere.example"}, {"origin": "null"}):
        for path in ("/add/article", "/add/addresses", "/add/files", "/jobs/x/cancel"):
            assert served.post(path, data={"text": "Planted."}, headers=headers).status_code == 403
    own = str(served.base_url).rstrip("/")
    assert served.post("/api/articles", data={"text": "Planted."}, headers={"origin": own}).status_code == 415
    assert served.post("/add/article", json={"text": "x"}, headers={"origin": own}).status_code == 415


def test_what_is_not_there_is_told(form: httpx.Client) -> None:
    assert form.get("/jobs/nope").status_code == 404
    assert "There is no job" in form.get("/jobs/nope").text
    assert page(form.get("/")).xpath("//nav/a[@href='/add']")


def test_uploads_live_in_the_data_folder_only(harbour: Dateline) -> None:
    folder = kept_files(harbour, [("..\\..\\x/.hidden.txt", b"A text."), ("/etc/b.md", b"B text.")])
    names = sorted(path.name for path in folder.rglob("*") if path.is_file())
    assert names == ["b.md", "hidden.txt"]
    assert folder.parent == harbour.folder.path / "uploads"
    # Nobody waits for them, so that the next ones find them gone.
    other = kept_files(harbour, [("c.txt", b"C text.")])
    assert list(folder.parent.iterdir()) == [other]
    shutil.rmtree(other)
