"""The JSON API over HTTP: its answers, what it stores, and how it refuses."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from index.errors import (
    ArticleNotFound,
    DataFolderError,
    InputError,
    ModelMismatch,
    SourceError,
    StorageFull,
    VectorIndexError,
)
from index.folder import DataFolder
from qa.app import create_app
from qa.dateline import Dateline
from qa.settings import Settings
from qa.web import bodies, job_bodies, sources
from tests.live import QUESTIONS, live

EELS = "How many eels did Noor Vestergaard find?"
PERU = "What is the capital of Peru?"
NOTE = {"text": "The town clock was set right on Tuesday.", "title": "Clock", "source": "Notes"}


@pytest.fixture
def client(harbour: Dateline) -> Iterator[Callable[..., TestClient[Litestar]]]:
    """Open the harbour's collection to a client within the process, under other settings."""
    opened: list[TestClient[Litestar]] = []

    def open_client(base_url: str = "http://127.0.0.1:8000", **settings: Any) -> TestClient[Litestar]:
        app = create_app(msgspec.structs.replace(harbour.settings, **settings), harbour)
        opened.append(TestClient(app, base_url=base_url).__enter__())
        return opened[-1]

    yield open_client
    for each in opened:
        each.__exit__(None, None, None)


def answer(served: httpx.Client, question: str, **fields: Any) -> dict[str, Any]:
    response = served.post("/api/answer", json={"question": question, **fields})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def excerpt(served: httpx.Client, cited: dict[str, Any]) -> str:
    article = cited["article"]
    response = served.get(f"/api/articles/{article['id']}", params={"version": article["version"]})
    text: str = response.json()["text"]
    return text[cited["start"] : cited["end"]]


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == response.request.url.path
    return body


# Questions


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_quote_stands_verbatim_in_its_article_version(served: httpx.Client, question: str) -> None:
    found = answer(served, question, include_passages=True)
    assert found["status"] == "answered"
    assert found["citations"]
    for citation in found["citations"]:
        assert excerpt(served, citation) == citation["quote"]
    for passage in found["passages"]:
        assert excerpt(served, passage) == passage["text"]


def test_answer_numbers_its_citations_as_its_statements_do(served: httpx.Client) -> None:
    found = answer(served, EELS)
    assert "312" in found["answer"]
    assert [citation["number"] for citation in found["citations"]] == list(range(1, len(found["citations"]) + 1))
    assert {number for said in found["statements"] for number in said["citations"]} == {
        citation["number"] for citation in found["citations"]
    }
    assert all(said["text"] in found["answer"] for said in found["statements"])
    assert found["citations"][0]["article"] == {
        "id": "eels",
        "version": 1,
        "title": "Eels return to the Tarn canal",
        "source": "Tarn Valley News",
        "url": None,
        "published_at": "2026-02-03T07:15:00Z",
    }


def test_link_answers_as_post_does(served: httpx.Client) -> None:
    asked = answer(
        served,
        EELS,
        max_citations=2,
        filters={"sources": ["Tarn Valley News", "Harbour Post"], "published_from": "2026-01-01"},
        include_passages=True,
    )
    linked = served.get(
        "/api/answer",
        params={
            "question": EELS,
            "max_citations": 2,
            "source": ["Tarn Valley News", "Harbour Post"],
            "published_from": "2026-01-01",
            "include_passages": "true",
        },
    ).json()
    del asked["timings_ms"], linked["timings_ms"]
    assert linked == asked


def test_abstaining_is_an_answer(served: httpx.Client) -> None:
    found = answer(served, PERU)
    assert found["status"] == "not_found"
    assert (found["answer"], found["statements"], found["citations"]) == ("", [], [])
    assert [passage["rank"] for passage in found["passages"]] == list(range(1, len(found["passages"]) + 1))
    assert found["passages"]


def test_abstaining_tells_why_and_answering_does_not(served: httpx.Client) -> None:
    assert answer(served, EELS)["reason"] is None
    assert answer(served, PERU)["reason"] in ("off_topic", "not_told")
    for bounds in ({"as_of": "2026-02-02"}, {"filters": {"published_from": "2026-02-04"}}):
        found = answer(served, EELS, **bounds)
        assert (found["status"], found["reason"]) == ("not_found", "outside_dates")
        assert "312" not in str(found)
    assert answer(served, EELS, as_of="2026-02-03")["status"] == "answered"


def test_the_words_that_answer_stand_where_the_citation_says(served: httpx.Client) -> None:
    found = answer(served, EELS)
    article = served.get("/api/articles/eels").json()["text"]
    for said in found["statements"]:
        assert (said["standing"], said["speaker"]) == (None, None)
        spans = [span for number in said["citations"] for span in found["citations"][number - 1]["answers"]]
        assert said["text"] in [article[span["start"] : span["end"]] for span in spans]


def test_passages_of_an_answer_come_on_request_only(served: httpx.Client) -> None:
    assert answer(served, EELS)["passages"] == []
    assert answer(served, EELS, include_passages=True)["passages"]


@pytest.mark.parametrize(
    ("bounds", "holding"),
    [
        ({"filters": {"sources": ["Harbour Post"]}}, {"lighthouse", "bridge"}),
        ({"filters": {"published_from": "2026-02-20", "published_to": "2026-03-01"}}, {"bridge", "bakery"}),
        ({"filters": {"article_ids": ["vote", "no-such"]}}, {"vote"}),
        ({"as_of": "2026-02-03"}, {"lighthouse", "eels"}),
        ({"filters": {"article_ids": ["no-such"]}}, set()),
        ({"filters": {"sources": None, "published_from": None}, "as_of": None}, None),
        ({"filters": None}, None),
    ],
)
def test_bounds_hold_for_passages(served: httpx.Client, bounds: dict[str, Any], holding: set[str] | None) -> None:
    used = {passage["article"]["id"] for passage in answer(served, PERU, **bounds)["passages"]}
    assert used >= {"eels", "bakery"} if holding is None else used == holding


def test_search_ranks_passages(served: httpx.Client) -> None:
    found = served.get("/api/search", params={"query": "  eels in\nthe canal ", "limit": 3}).json()
    assert found["query"] == "eels in the canal"
    assert [passage["rank"] for passage in found["passages"]] == [1, 2, 3]
    assert found["passages"][0]["article"]["id"] == "eels"
    assert all(excerpt(served, passage) == passage["text"] for passage in found["passages"])


def test_search_heeds_the_filters(served: httpx.Client) -> None:
    for params in ({"source": "The Brannock Lamp"}, {"published_from": "2026-03-15"}, {"article_id": "vote"}):
        found = served.get("/api/search", params={"query": "school", **params}).json()
        assert {passage["article"]["source"] for passage in found["passages"]} == {"The Brannock Lamp"}
    early = served.get("/api/search", params={"query": "school", "as_of": "2026-01-31"}).json()
    assert {passage["article"]["id"] for passage in early["passages"]} == {"lighthouse"}


# Articles


def test_stored_article_reads_back_whole(served: httpx.Client) -> None:
    sent = {
        "id": "clock:1",
        "title": "Clock set right",
        "text": "The town clock was set right.\r\n\r\n“At last!” 🕰️ said Zoë.",
        "url": "https://clock.example/a?utm_source=x",
        "source": "Notes",
        "authors": ["Jo Hill", "Ann Ek"],
        "published_at": "2025-05-01T10:00:00+02:00",
        "language": "en",
    }
    stored = served.post("/api/articles", json=sent)
    assert (stored.status_code, stored.json()) == (
        201,
        {"articles": [{"id": "clock:1", "version": 1, "change": "added"}]},
    )
    read = served.get("/api/articles/clock:1").json()
    assert read.pop("stored_at")
    text = "The town clock was set right.\n\n“At last!” 🕰️ said Zoë."
    assert read == {
        **sent,
        "text": text,
        "characters": len(text),
        "version": 1,
        "is_current": True,
        "url": "https://clock.example/a",
        "published_at": "2025-05-01T08:00:00Z",
    }
    again = served.post("/api/articles", json=sent)
    assert (again.status_code, again.json()["articles"][0]["change"]) == (200, "unchanged")


def test_list_of_articles_is_stored_in_order(served: httpx.Client) -> None:
    served.put("/api/articles/list-b", json=NOTE)
    sent = [
        {**NOTE, "id": "list-a"},
        {**NOTE, "id": "list-b"},
        {"text": "A note without a title."},
        {"text": "A note without a title."},
    ]
    response = served.post("/api/articles", json=sent)
    assert response.status_code == 201
    first, second, third, fourth = response.json()["articles"]
    assert (first["change"], second["change"], third["change"]) == ("added", "unchanged", "added")
    assert fourth["id"] == third["id"]
    assert served.get(f"/api/articles/{third['id']}").json()["title"] == "A note without a title."


@pytest.mark.parametrize(
    ("record", "told"),
    [
        ({"text": " \u200b "}, "[1] of 3"),
        ({"text": "Fine.", "id": "a/b"}, "a/b"),
        ({"text": "Fine.", "published_at": "yesterday"}, "yesterday"),
        ({"text": "Fine.", "url": "ftp://x.example"}, "ftp://x.example"),
        ({"text": "Fine.", "id": "whole-a"}, "[0] and [1]"),
        ({"text": "Fine.", "authors": "Jo"}, "[1].authors"),
        ({"text": "Fine.", "headline": "Jo"}, "headline"),
        ({"title": "No text"}, "text"),
        ("Fine.", "[1]"),
    ],
)
def test_one_bad_record_stores_none(served: httpx.Client, record: Any, told: str) -> None:
    sent = [{**NOTE, "id": "whole-a"}, record, {**NOTE, "id": "whole-b"}]
    body = problem(served.post("/api/articles", json=sent), 422)
    assert told in body["detail"]
    assert body["errors"][0]["field"].startswith("[1]")
    assert served.get("/api/articles/whole-a").status_code == 404
    assert served.get("/api/articles/whole-b").status_code == 404


def test_put_creates_then_replaces(served: httpx.Client) -> None:
    first = served.put("/api/articles/put", json=NOTE)
    assert (first.status_code, first.json()) == (201, {"id": "put", "version": 1, "change": "added"})
    same = served.put("/api/articles/put", json={**NOTE, "id": "put"})
    assert (same.status_code, same.json()) == (200, {"id": "put", "version": 1, "change": "unchanged"})
    second = served.put("/api/articles/put", json={**NOTE, "title": "Clock again"})
    assert (second.status_code, second.json()) == (200, {"id": "put", "version": 2, "change": "changed"})
    assert served.get("/api/articles/put").json()["title"] == "Clock again"
    other = problem(served.put("/api/articles/put", json={**NOTE, "id": "other"}), 422)
    assert "'other'" in other["detail"]
    assert "'put'" in other["detail"]


def test_citation_of_an_old_version_still_resolves(served: httpx.Client) -> None:
    text = "The Wendle ferry carried 4,181 goats in May. Each goat paid half the fare."
    served.put("/api/articles/goats", json={"text": text})
    [citation] = answer(served, "How many goats did the Wendle ferry carry in May?", max_citations=1)["citations"]
    served.put("/api/articles/goats", json={"text": "Correction: the ferry carried sheep."})
    assert excerpt(served, citation) == citation["quote"]
    old = served.get("/api/articles/goats", params={"version": 1}).json()
    assert (old["is_current"], old["text"]) == (False, text)
    assert served.get("/api/articles/goats").json()["version"] == 2
    assert served.delete("/api/articles/goats").status_code == 204


def test_articles_come_in_pages_newest_first(served: httpx.Client) -> None:
    ids: list[str] = []
    for page in (1, 2, 3):
        found = served.get(
            "/api/articles",
            params={"published_from": "2026-01-01", "published_to": "2026-12-31", "page": page, "page_size": 2},
        ).json()
        assert (found["total"], found["page"], found["page_size"]) == (5, page, 2)
        ids += [article["id"] for article in found["articles"]]
    assert ids == ["vote", "bakery", "bridge", "eels", "lighthouse"]


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"search": "lighthouse keeper"}, {"lighthouse"}),
        ({"source": ["Harbour Post", "The Brannock Lamp"]}, {"lighthouse", "bridge", "vote"}),
        ({"search": "million crowns", "source": "Harbour Post"}, {"bridge"}),
        ({"search": "zzzz"}, set()),
    ],
)
def test_articles_are_narrowed(served: httpx.Client, params: dict[str, Any], ids: set[str]) -> None:
    found = served.get("/api/articles", params=params).json()
    assert {article["id"] for article in found["articles"]} == ids
    assert found["total"] == len(ids)


def test_removed_article_is_gone(served: httpx.Client) -> None:
    served.put("/api/articles/fleeting", json={"text": "A walrus called Bertha sat on the Hask slipway."})
    assert answer(served, "Where did the walrus called Bertha sit?")["status"] == "answered"
    response = served.delete("/api/articles/fleeting")
    assert (response.status_code, response.content) == (204, b"")
    problem(served.get("/api/articles/fleeting"), 404)
    problem(served.get("/api/articles/fleeting?version=1"), 404)
    assert "Nothing was removed" in problem(served.delete("/api/articles/fleeting"), 404)["detail"]
    passages = served.get("/api/search", params={"query": "walrus called Bertha", "limit": 50}).json()["passages"]
    assert "fleeting" not in {passage["article"]["id"] for passage in passages}


def test_many_write_and_ask_at_once(served: httpx.Client) -> None:
    def write(number: int) -> int:
        return served.put(
            f"/api/articles/crowd-{number}", json={"text": f"Kiosk {number} sold {number} ices."}
        ).status_code

    def ask(_: int) -> str:
        status: str = answer(served, EELS)["status"]
        return status

    with ThreadPoolExecutor(8) as crowd:
        written, asked = crowd.map(write, range(12)), crowd.map(ask, range(12))
        assert list(written) == [201] * 12
        assert list(asked) == ["answered"] * 12
    found = served.get("/api/articles", params={"search": "kiosk"}).json()
    assert {article["id"] for article in found["articles"]} == {f"crowd-{number}" for number in range(12)}
    for number in range(12):
        assert served.delete(f"/api/articles/crowd-{number}").status_code == 204


# Refusals


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b'{"question": "a",}', 400, None),
        (b'{"question": "\xff"}', 400, None),
        (b'{"question": "\\ud800"}', 400, None),
        (b"\xef\xbb\xbf{}", 400, None),
        (b"[" * 100_000, 422, "body"),
        (b"null", 422, "body"),
        (b"{}", 422, "body"),
        (b'{"question": null}', 422, "question"),
        (b'{"question": "?!"}', 422, None),
        (b'{"question": "' + b"a" * 1_001 + b'"}', 422, "question"),
        (b'{"question": "a", "max_citations": "5"}', 422, "max_citations"),
        (b'{"question": "a", "max_citations": 21}', 422, "max_citations"),
        (b'{"question": "a", "max_citations": 0}', 422, "max_citations"),
        (b'{"question": "a", "filters": {"sources": ["a", 1]}}', 422, "filters.sources[1]"),
        (b'{"question": "a", "filters": {"sources": []}}', 422, "filters.sources"),
        (b'{"question": "a", "filters": {"source": ["a"]}}', 422, "filters"),
        (b'{"question": "a", "as_of": "soon"}', 422, None),
    ],
)
def test_bad_body_is_a_problem(served: httpx.Client, body: bytes, status: int, field: str | None) -> None:
    told = problem(served.post("/api/answer", content=body, headers={"Content-Type": "application/json"}), status)
    assert [fault["field"] for fault in told.get("errors", [])] == ([] if field is None else [field])


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/answer?question=a&max_citations=21", "max_citations"),
        ("/api/answer?question=a&max_citations=x", "max_citations"),
        ("/api/answer?question=a&sources=Reuters", "sources"),
        ("/api/answer?question=a&question=b", "question"),
        ("/api/answer?question=a&source=", "source"),
        ("/api/answer?question=a" + "&source=b" * 101, "source"),
        ("/api/answer?question=a" + "&article_id=b" * 1_001, "article_id"),
        ("/api/answer?question=" + "a" * 1_001, "question"),
        ("/api/answer?question=a&published_to=soon", None),
        ("/api/answer", None),
        ("/api/search?query=a&limit=51", "limit"),
        ("/api/search?query=", "query"),
        ("/api/articles?page=0", "page"),
        ("/api/articles?page=10001", "page"),
        ("/api/articles?page_size=101", "page_size"),
        ("/api/articles?search=!", None),
        ("/api/articles/eels?version=-1", "version"),
    ],
)
def test_bad_query_is_a_problem(served: httpx.Client, path: str, field: str | None) -> None:
    told = problem(served.get(path), 422)
    assert [fault["field"] for fault in told.get("errors", [])] == ([] if field is None else [field])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/articles/nothing", 404),
        ("GET", "/api/articles/eels?version=99", 404),
        ("GET", "/api/articles/a%2Fb", 404),
        ("GET", "/health", 404),
        ("GET", "/schema/swagger", 404),
        ("GET", "/schema/openapi.yaml", 404),
        ("PATCH", "/api/articles/eels", 405),
        ("DELETE", "/api/answer", 405),
        ("POST", "/health/live", 405),
    ],
)
def test_wrong_address_or_method_is_a_problem(served: httpx.Client, method: str, path: str, status: int) -> None:
    response = served.request(method, path)
    problem(response, status)
    assert bool(response.headers.get("allow")) == (status == 405)


def test_pages_tell_errors_as_pages(served: httpx.Client) -> None:
    response = served.get("/nothing")
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert "/nothing" in response.text


def test_body_over_the_limit_is_refused(client: Callable[..., TestClient[Litestar]]) -> None:
    small = client(max_body_bytes=1_000)
    told = problem(small.post("/api/articles", json={"text": "a " * 600}), 413)
    assert "1,000" in told["detail"]
    assert small.post("/api/answer", json={"question": PERU}).status_code == 200


def test_no_more_than_a_thousand_articles_at_once(served: httpx.Client) -> None:
    told = problem(served.post("/api/articles", json=[{"text": "a"}] * 1_001), 422)
    assert "1000" in told["detail"]
    problem(served.post("/api/articles", json=[]), 422)


def test_read_only_service_stores_nothing(client: Callable[..., TestClient[Litestar]]) -> None:
    read_only = client(read_only=True)
    problem(read_only.post("/api/articles", json=NOTE), 403)
    problem(read_only.put("/api/articles/x", json=NOTE), 403)
    problem(read_only.delete("/api/articles/eels"), 403)
    assert read_only.get("/api/articles/eels").status_code == 200
    assert read_only.post("/api/answer", json={"question": PERU}).status_code == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("Not so."), 422),
        (SourceError("Not so."), 422),
        (ArticleNotFound("Not there."), 404),
        (DataFolderError("Not now."), 503),
        (ModelMismatch("Not now."), 503),
        (VectorIndexError("Not now."), 503),
        (StorageFull("Full."), 507),
    ],
)
def test_every_error_has_its_status(harbour: Dateline, error: Exception, status: int) -> None:
    @get("/api/raises", sync_to_thread=False)
    def raises() -> None:
        raise error

    app = create_app(harbour.settings, harbour)
    app.register(raises)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert problem(client.get("/api/raises"), status)["detail"] == str(error)


def test_failure_is_logged_and_not_shown(harbour: Dateline, caplog: pytest.LogCaptureFixture) -> None:
    @get(["/api/fails", "/fails"], sync_to_thread=False)
    def fails() -> None:
        raise RuntimeError("the inner secret")

    app = create_app(harbour.settings, harbour)
    app.register(fails)
    with TestClient(app, base_url="http://127.0.0.1") as client, caplog.at_level(logging.ERROR):
        told = problem(client.get("/api/fails"), 500)
        page = client.get("/fails")
    assert page.status_code == 500
    assert page.headers["content-type"].startswith("text/html")
    for text in (str(told), page.text):
        assert "secret" not in text
        assert "Traceback" not in text
    record = caplog.records[0]
    assert told["id"] in record.getMessage()
    assert record.exc_info is not None
    assert "the inner secret" in str(record.exc_info[1])


def test_aborted_upload_is_no_failure_of_the_service(served: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    address = served.base_url
    with caplog.at_level(logging.ERROR):
        with socket.create_connection((address.host, address.port or 0)) as caller:
            head = f"POST /api/articles HTTP/1.1\r\nHost: {address.host}\r\nContent-Length: 1000\r\n"
            caller.sendall(f'{head}Content-Type: application/json\r\n\r\n{{"text": "'.encode())
        assert served.get("/health/live").status_code == 200
        assert wait_for(lambda: 'route="/api/articles",status="400"' in served.get("/metrics").text)
    assert caplog.records == []


def wait_for(is_so: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()


# Who may ask


@pytest.mark.parametrize("path", ["/", "/api/articles", "/api/nothing", "/nothing", "/schema", "/static/dateline.css"])
def test_every_response_is_guarded(served: httpx.Client, path: str) -> None:
    headers = served.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "referrer-policy" in headers
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9000", "127.0.0.1", "127.0.0.9:1", "[::1]:8000"])
def test_loopback_service_answers_to_loopback_names(served: httpx.Client, host: str) -> None:
    assert served.get("/health/live", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example:8000", "10.0.0.1", "127.0.0.1.evil.example"])
def test_loopback_service_answers_to_no_other_name(served: httpx.Client, host: str) -> None:
    assert host.partition(":")[0] in problem(served.get("/health/live", headers={"Host": host}), 421)["detail"]
    page = served.get("/", headers={"Host": host})
    assert page.status_code == 421
    assert page.headers["content-type"].startswith("text/html")


def test_public_service_answers_to_any_name(client: Callable[..., TestClient[Litestar]]) -> None:
    public = client(base_url="http://news.example", host="0.0.0.0")
    assert public.get("/health/live").status_code == 200
    assert public.delete("/api/articles/none", headers={"Origin": "http://news.example"}).status_code == 404
    problem(public.delete("/api/articles/none", headers={"Origin": "http://evil.example"}), 403)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1", "http://["]
)
def test_pages_of_other_sites_change_nothing(served: httpx.Client, origin: str) -> None:
    headers = {"Origin": origin}
    problem(served.delete("/api/articles/eels", headers=headers), 403)
    problem(served.put("/api/articles/eels", json=NOTE, headers=headers), 403)
    problem(served.post("/api/articles", json=NOTE, headers=headers), 403)
    assert served.get("/api/articles/eels", headers=headers).json()["version"] == 1


def test_own_pages_may_change_things(served: httpx.Client) -> None:
    headers = {"Origin": str(served.base_url).rstrip("/")}
    assert served.put("/api/articles/own", json=NOTE, headers=headers).status_code == 201
    assert served.delete("/api/articles/own", headers=headers).status_code == 204


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_taken(served: httpx.Client, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    told = problem(served.post("/api/articles", content=b'{"text": "a"}', headers=headers), 415)
    assert "application/json" in told["detail"]
    with_charset = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert served.post("/api/answer", content=b'{"question": "a"}', headers=with_charset).status_code == 200


# The service


def test_health_counts_the_collection(served: httpx.Client, harbour: Dateline) -> None:
    assert served.get("/health/live").json() == {"status": "live"}
    articles, chunks = harbour.catalogue.counts()
    assert served.get("/health/ready").json() == {
        "status": "ready",
        "articles": articles,
        "chunks": chunks,
        "index_generation": harbour.catalogue.generation,
        "vector_index": "in step",
    }


def test_head_is_answered_like_get_without_a_body(served: httpx.Client) -> None:
    for path in ("/", "/health/live", "/api/articles/eels"):
        response = served.head(path)
        assert (response.status_code, response.content) == (200, b"")
        assert response.headers["content-type"] == served.get(path).headers["content-type"]
    assert served.head("/api/nothing").status_code == 404


def test_service_opens_and_closes_its_own_collection(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    app = create_app(settings)
    for change in ("added", "unchanged"):
        with TestClient(app, base_url="http://127.0.0.1") as client:
            assert client.get("/health/ready").json()["status"] == "ready"
            assert client.put("/api/articles/a", json=NOTE).json()["change"] == change
        problem(_without_lifespan(app, "/health/ready"), 503)
        problem(_without_lifespan(app, "/api/articles"), 503)
        DataFolder(tmp_path, command="test").release()


def test_call_in_hand_is_finished_when_the_service_ends(tmp_path: Path) -> None:
    body, begun = msgspec.json.encode([{**NOTE, "id": f"late-{number}"} for number in range(3)]), threading.Event()

    def accepts_calls(address: httpx.URL) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((address.host, address.port or 0)) == 0

    def slowly(address: httpx.URL) -> Iterator[bytes]:
        yield body[:100]
        begun.set()
        while accepts_calls(address):
            time.sleep(0.01)
        yield body[100:]

    def store(address: httpx.URL) -> int:
        headers = {"Content-Type": "application/json"}
        return httpx.post(f"{address}/api/articles", content=slowly(address), headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(1) as caller:
        with live(create_app(Settings(data=str(tmp_path)))) as client:
            storing = caller.submit(store, client.base_url)
            assert begun.wait(60)
            assert client.get("/health/live").status_code == 200
        assert storing.result() == 201
    with Dateline(Settings(data=str(tmp_path))) as dateline:
        assert dateline.catalogue.counts()[0] == 3


def test_not_ready_before_the_model_is_loaded(harbour: Dateline) -> None:
    app = create_app(harbour.settings, harbour)
    problem(_without_lifespan(app, "/health/ready"), 503)
    assert _without_lifespan(app, "/health/live").status_code == 200


def _without_lifespan(app: Litestar, path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path)

    return asyncio.run(ask())


def test_metrics_count_requests_and_articles(served: httpx.Client, harbour: Dateline) -> None:
    served.get("/api/articles/eels")
    response = served.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert re.search(
        r'^dateline_requests_total\{method="GET",route="/api/articles/\{article_id.*\}",status="200"\} [1-9]',
        response.text,
        re.MULTILINE,
    )
    assert f"\ndateline_articles {harbour.catalogue.counts()[0]:.1f}\n" in response.text


def test_schema_is_openapi_with_examples_and_no_pages(served: httpx.Client) -> None:
    response = served.get("/schema")
    document = response.json()
    assert document == served.get("/schema/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert response.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    posted = document["paths"]["/api/answer"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for example in posted["examples"]:
        assert served.post("/api/answer", json=example).status_code == 200
    for path, operations in document["paths"].items():
        assert path.startswith(("/api/", "/health/", "/metrics"))
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            for status, described in operation["responses"].items():
                if int(status) >= 400:
                    assert list(described["content"]) == ["application/problem+json"]


def test_terminal_can_print_bodies_without_the_web_framework() -> None:
    check = "import sys, qa.web.bodies; sys.exit('litestar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


# Versions


@pytest.fixture(scope="module")
def kept_for_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Litestar]]:
    """A service that drops a version as soon as it is replaced."""
    settings = Settings(data=str(tmp_path_factory.mktemp("kept")), keep_versions=0)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        yield client


def test_versions_are_listed_page_by_page(served: httpx.Client) -> None:
    for text in ("The clock is slow.", "The clock is right.", "The clock has stopped."):
        served.put("/api/articles/clock-tower", json={"text": text, "title": text})
    first = served.get("/api/articles/clock-tower/versions", params={"page_size": 2}).json()
    assert (first["id"], first["total"], first["page"], first["page_size"]) == ("clock-tower", 3, 1, 2)
    assert [(each["version"], each["is_current"]) for each in first["versions"]] == [(3, True), (2, False)]
    assert first["versions"][0]["replaced_at"] is None
    assert first["versions"][1]["replaced_at"] == first["versions"][0]["stored_at"]
    [last] = served.get("/api/articles/clock-tower/versions", params={"page": 2, "page_size": 2}).json()["versions"]
    assert (last["version"], last["title"], last["characters"]) == (1, "The clock is slow.", 18)
    served.delete("/api/articles/clock-tower")
    problem(served.get("/api/articles/clock-tower/versions"), 404)


def test_a_version_that_is_no_longer_kept_is_gone(kept_for_days: TestClient[Litestar]) -> None:
    for text in ("The clock is slow.", "The clock is right."):
        kept_for_days.put("/api/articles/clock", json={"text": text})
    assert kept_for_days.get("/api/articles/clock").json()["version"] == 2
    told = problem(kept_for_days.get("/api/articles/clock?version=1"), 410)
    assert "Version 1 of the article 'clock' is no longer kept; its current version is 2." in told["detail"]
    page = kept_for_days.get("/articles/clock?version=1&start=0&end=9")
    assert page.status_code == 410
    assert "this version of it is no longer kept" in page.text
    assert [each["version"] for each in kept_for_days.get("/api/articles/clock/versions").json()["versions"]] == [2]
    problem(kept_for_days.get("/api/articles/clock?version=3"), 404)


# docs/api.md

PAGE = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## `(\w+ /\S*)`\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def documented_answer(operation: str, kind: type[msgspec.Struct]) -> Any:
    """Return the answer shown for an operation; it holds every field that such an answer has, and no other."""
    shown = re.findall(r"^```json\n(.*?)^```", SECTIONS[operation], re.MULTILINE | re.DOTALL)[-1]
    assert msgspec.to_builtins(msgspec.json.decode(shown, type=kind)) == msgspec.json.decode(shown)
    return msgspec.json.decode(shown)


def test_documentation_names_every_operation_and_parameter(served: httpx.Client) -> None:
    described = {
        f"{method.upper()} {path}": operation
        for path, operations in served.get("/schema").json()["paths"].items()
        for method, operation in operations.items()
    }
    assert SECTIONS.keys() == described.keys()
    for name, operation in described.items():
        assert "curl" in SECTIONS[name]
        section = SECTIONS[name] + (SECTIONS["GET /api/answer"] if name == "GET /api/search" else "")
        for parameter in operation.get("parameters", ()):
            assert parameter["in"] == "path" or parameter["name"] in section


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("POST /api/answer", bodies.AnswerBody),
        ("GET /api/search", bodies.SearchBody),
        ("POST /api/articles", bodies.ArticlesStored),
        ("PUT /api/articles/{article_id}", bodies.StoredArticle),
        ("GET /api/articles", bodies.ArticlePageBody),
        ("GET /api/articles/{article_id}", bodies.ArticleBody),
        ("GET /api/articles/{article_id}/versions", bodies.VersionPageBody),
        ("POST /api/index", job_bodies.JobBody),
        ("GET /api/jobs", job_bodies.JobsBody),
        ("GET /api/jobs/{job_id}", job_bodies.JobBody),
        ("GET /api/sources", sources.SourcesBody),
        ("POST /api/sources", sources.SourceBody),
        ("GET /health/live", bodies.LiveBody),
        ("GET /health/ready", bodies.ReadyBody),
    ],
)
def test_documented_answers_have_every_field(operation: str, kind: type[msgspec.Struct]) -> None:
    assert documented_answer(operation, kind)


def test_documented_excerpts_stand_in_the_demo(demo: Dateline) -> None:
    cited = documented_answer("POST /api/answer", bodies.AnswerBody)["citations"]
    found = documented_answer("GET /api/search", bodies.SearchBody)["passages"]
    for shown in cited + found:
        article = demo.catalogue.article(shown["article"]["id"]).article
        assert article.text[shown["start"] : shown["end"]] == (shown.get("quote") or shown["text"])
        assert {name: getattr(article, name) for name in ("title", "source", "url", "published_at")}.items() <= (
            shown["article"].items()
        )
