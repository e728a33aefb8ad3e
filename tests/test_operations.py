"""Operations give the same here and in the service that owns the folder; strangers get none."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from index.errors import ArticleNotFound, DatelineError, InputError
from index.folder import Owner
from index.sources import Locations
from qa.answers import Question
from qa.dateline import Dateline
from qa.operations.asking import ANSWER
from qa.operations.indexing import INDEX, Index
from qa.operations.library import (
    LIST_ARTICLES,
    LIST_VERSIONS,
    REMOVE_ARTICLES,
    SHOW_ARTICLE,
    History,
    Listing,
    Removed,
    Shown,
)
from qa.operations.local import LocalOperations
from qa.operations.operation import Operation, Operations, Watch
from qa.operations.table import OPERATIONS
from qa.operations.upkeep import STATE, Nothing, Rebuilt
from qa.service_client import RemoteOperations, reached_service


def in_service(harbour: Dateline, served: httpx.Client) -> RemoteOperations:
    return RemoteOperations(str(served.base_url), harbour.folder.secret)


@pytest.fixture(params=["here", "in the service"])
def operations(request: pytest.FixtureRequest, harbour: Dateline, served: httpx.Client) -> Iterator[Operations]:
    if request.param == "here":
        yield LocalOperations(harbour)
    else:
        with closing(in_service(harbour, served)) as remote:
            yield remote


# The contract


def test_articles_are_indexed_listed_shown_and_removed(operations: Operations, tmp_path: Path) -> None:
    (tmp_path / "tide.json").write_text(
        json.dumps({"id": "tide", "title": "Tide", "text": "The tide rose by 3 metres at Hask.", "source": "Gauge"})
    )
    (tmp_path / "broken.json").write_text("{")
    told: list[tuple[int, int, str]] = []
    wanted = Index(Locations(paths=(tmp_path,)))
    indexing = operations.run(INDEX, wanted, Watch(lambda *step: told.append(step)))
    assert (indexing.added, indexing.unchanged, indexing.was_cancelled) == (1, 0, False)
    assert [problem.origin.rpartition("/")[2] for problem in indexing.problems] == ["broken.json"]
    assert told[-1] == (2, 2, "tide.json#1")
    assert operations.run(INDEX, wanted).unchanged == 1

    page = operations.run(LIST_ARTICLES, Listing(("tide",), "Gauge", 5))
    assert [(summary.id, summary.source) for summary in page.articles] == [("tide", "Gauge")]
    version = operations.run(SHOW_ARTICLE, Shown("tide", None))
    assert (version.article.text, version.is_current) == ("The tide rose by 3 metres at Hask.", True)
    [listed] = operations.run(LIST_VERSIONS, History("tide", 5)).versions
    assert (listed.number, listed.stored_at, listed.replaced_at) == (version.number, version.stored_at, None)
    assert operations.run(REMOVE_ARTICLES, Removed(("tide", "nope"))).article_ids == ("tide",)
    assert operations.run(REMOVE_ARTICLES, Removed(("tide",))).article_ids == ()


def test_questions_are_answered(operations: Operations, harbour: Dateline) -> None:
    answer = operations.run(ANSWER, Question("How many eels did Noor Vestergaard find?"))
    assert answer.statements == harbour.answerer.answer(answer.question).statements
    assert answer.citations[0].article.id == "eels"
    assert operations.run(STATE, Nothing()).articles == harbour.catalogue.counts()[0]


def test_errors_are_the_same(operations: Operations) -> None:
    with pytest.raises(ArticleNotFound, match="no article 'nope'"):
        operations.run(SHOW_ARTICLE, Shown("nope", None))
    with pytest.raises(InputError, match="no file or folder 'nowhere'"):
        operations.run(INDEX, Index(Locations(paths=(Path("nowhere"),))))


class Endless:
    """An operation that goes on until it is cancelled, and says that it was."""

    def __init__(self) -> None:
        self.was_cancelled = threading.Event()
        self.operation = Operation("endless", Nothing, Rebuilt, self.run)

    def run(self, _: Dateline, __: Nothing, watch: Watch) -> Rebuilt:
        for number in range(60_000):
            watch.tell(number, 60_000, "")
            if watch.is_cancelled():
                break
            threading.Event().wait(0.01)
        self.was_cancelled.set()
        return Rebuilt(0)


def test_who_is_interrupted_ends_it_in_the_service_too(
    monkeypatch: pytest.MonkeyPatch, harbour: Dateline, served: httpx.Client
) -> None:
    endless = Endless()
    monkeypatch.setitem(OPERATIONS, "endless", endless.operation)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with closing(in_service(harbour, served)) as remote, pytest.raises(KeyboardInterrupt):
        remote.run(endless.operation, Nothing(), Watch(interrupt))
    assert endless.was_cancelled.wait(30)


# Who is let in


@pytest.mark.parametrize("sent", ["", "Bearer guessed", "Bearer é", "Basic guessed"])
def test_a_stranger_may_ask_for_nothing(served: httpx.Client, sent: str) -> None:
    headers = {b"authorization": sent.encode()} if sent else {}
    assert served.get("/operator", headers=headers).status_code == 403
    refused = served.post("/operator/index", json={"locations": {"paths": ["/etc"]}}, headers=headers)
    assert (refused.status_code, refused.json()["title"]) == (403, "Forbidden")


def test_what_the_service_does_not_know_is_told(harbour: Dateline, served: httpx.Client) -> None:
    with closing(in_service(harbour, served)) as remote:
        with pytest.raises(DatelineError, match="no operation 'future'"):
            remote.run(Operation("future", Nothing, Rebuilt, lambda *_: Rebuilt(0)), Nothing())
        with pytest.raises(DatelineError, match="not asked for like this"):
            remote.run(Operation("show_article", Nothing, Rebuilt, lambda *_: Rebuilt(0)), Nothing())


def test_a_service_that_is_gone_or_another_s_is_not_reached(served: httpx.Client) -> None:
    assert reached_service(Owner(1, "dateline serve", "", "wrong", str(served.base_url))) is None
    assert reached_service(Owner(1, "dateline serve", "", "wrong", "http://127.0.0.1:9")) is None
    assert reached_service(Owner(1, "dateline index", "", "wrong")) is None


def test_a_bug_is_told_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, harbour: Dateline, served: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> Rebuilt:
        raise ZeroDivisionError("a detail for the log")

    monkeypatch.setitem(OPERATIONS, "faulty", Operation("faulty", Nothing, Rebuilt, fail))
    with closing(in_service(harbour, served)) as remote, pytest.raises(DatelineError, match="its log says why"):
        remote.run(OPERATIONS["faulty"], Nothing())
    assert "a detail for the log" in caplog.text
