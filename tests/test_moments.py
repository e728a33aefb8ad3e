"""Over HTTP, every answer, search, page and article is of one moment, whatever is stored or rebuilt meanwhile."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from index.articles import make_article
from qa.app import create_app
from qa.dateline import Dateline
from qa.settings import Settings
from tests.live import live

ASKED = "Who repainted the Skerry lighthouse?"
NAMES = ("Marlow", "Fenwick", "Osei")
STORED = 6


def edition(number: int, article: str) -> dict[str, Any]:
    """Return an article of which title, source and every sentence of two chunks name the edition and its painter."""
    painter = NAMES[number % len(NAMES)]
    told = {
        "first": f"In edition {number}, {painter} repainted the Skerry lighthouse, and that was step",
        "second": f"It was {painter} who repainted it white, says edition {number} of Skerry's lighthouse news, on day",
    }
    sentences = [f"{told[article]} {step}." for step in range(24)]
    return {
        "title": f"Edition {number}: {painter} and the lighthouse",
        "source": f"Edition {number}",
        "text": "\n\n".join(" ".join(sentences[start : start + 4]) for start in range(0, len(sentences), 4)),
    }


@pytest.fixture(scope="module")
def dateline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dateline]:
    settings = Settings(data=str(tmp_path_factory.mktemp("moments")), reader="none", answer_threshold=0.0)
    with Dateline(settings) as opened:
        opened.indexer.index_articles([make_article(id=id, **edition(0, id)) for id in ("first", "second")])
        yield opened


def editions(*texts: str) -> set[int]:
    return {int(number) for text in texts for number in re.findall(r"[Ee]dition (\d+)", text)}


def check_article(client: httpx.Client, cited: dict[str, Any], text: str, start: int, end: int) -> None:
    """Hold a quote and what is said of its article against that version, as the API gives it."""
    article = client.get(f"/api/articles/{cited['id']}", params={"version": cited["version"]}).json()
    assert article["text"][start:end] == text
    assert {name: article[name] for name in ("title", "source", "version")}.items() <= cited.items()
    assert len(editions(text, cited["title"], cited["source"])) == 1


def ask(client: httpx.Client) -> None:
    answer = client.post("/api/answer", json={"question": ASKED, "include_passages": True}).json()
    assert answer["status"] == "answered"
    cited = [(each["article"], each["quote"], each) for each in answer["citations"]]
    read = [(each["article"], each["text"], each) for each in answer["passages"]]
    for article, text, span in cited + read:
        check_article(client, article, text, span["start"], span["end"])
    versions = [{(a["id"], a["version"]) for a, _, _ in cited + read if a["id"] == id} for id in ("first", "second")]
    # Nothing of an article is missing, and nothing of it is of two versions.
    assert [len(each) for each in versions] == [1, 1]


def search(client: httpx.Client) -> None:
    found = client.get("/api/search", params={"query": ASKED, "limit": 20}).json()["passages"]
    for each in found:
        check_article(client, each["article"], each["text"], each["start"], each["end"])
    assert {each["article"]["id"] for each in found} == {"first", "second"}
    assert len({(each["article"]["id"], each["article"]["version"]) for each in found}) == 2


def browse(client: httpx.Client) -> None:
    page = client.get("/articles/first").text
    [stands_in] = re.findall(r"<title>Edition (\d+)", page)
    assert editions(page) == {int(stands_in)}
    [shown] = re.findall(r"<p>Version (\d+), stored", page)
    listed = re.findall(r'<li value="(\d+)"', page)
    assert not listed or listed[0] == shown
    article = client.get("/api/articles/first").json()
    assert len(editions(article["title"], article["source"], article["text"])) == 1


def test_whoever_looks_while_all_is_stored_anew_and_rebuilt_sees_no_mixture(dateline: Dateline) -> None:
    is_over, first_number = threading.Event(), dateline.catalogue.generation + 1

    def store(client: httpx.Client) -> None:
        try:
            for number in range(first_number, first_number + STORED):
                records = [{"id": id, **edition(number, id)} for id in ("first", "second")]
                assert client.post("/api/articles", json=records).status_code == 201
                if number % 3 == 0:
                    dateline.dense.rebuild()
        finally:
            is_over.set()

    def look_on(client: httpx.Client, look: Callable[[httpx.Client], None]) -> int:
        looks = 0
        while not is_over.is_set():
            look(client)
            looks += 1
        return looks

    with live(create_app(dateline.settings, dateline)) as client, ThreadPoolExecutor(4) as threads:
        readers = [threads.submit(look_on, client, look) for look in (ask, search, browse)]
        threads.submit(store, client).result()
        assert all(reader.result() for reader in readers)
    assert editions(dateline.catalogue.article("first").article.text) == {first_number + STORED - 1}
