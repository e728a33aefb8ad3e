"""An answer over HTTP, step by step, with a language model and without."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from index.articles import make_article
from index.errors import SettingsError
from qa.app import create_app
from qa.dateline import Dateline
from qa.settings import Settings
from qa.web.bodies import AnswerBody, EvidenceBody, StatementBody
from tests.live import HARBOUR, live
from tests.llm_server import LanguageModelServer, Reply

EELS = "How many eels did Noor Vestergaard find?"
PERU = "What is the capital of Peru?"
SECRET = "sk-do-not-tell"
# Seconds that are never waited for where all goes well, however slow the machine is.
PATIENCE = 120
Events = list[tuple[str, Any]]


def events(response: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Yield each event's name and its JSON as it arrives."""
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    name = ""
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def asked(client: httpx.Client, question: str, **fields: Any) -> Events:
    with client.stream("POST", "/api/answer/stream", json={"question": question, **fields}) as response:
        return list(events(response))


def answer(client: httpx.Client, question: str, **fields: Any) -> dict[str, Any]:
    response = client.post("/api/answer", json={"question": question, **fields})
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    del body["timings_ms"]
    return body


@pytest.fixture(scope="module")
def worded(
    tmp_path_factory: pytest.TempPathFactory, language_model: LanguageModelServer
) -> Iterator[tuple[httpx.Client, Dateline]]:
    """A service over the harbour's articles whose answers a language model words."""
    settings = Settings(
        data=str(tmp_path_factory.mktemp("worded")),
        reader="none",
        llm_url=language_model.url,
        llm_model="small",
        llm_api_key=SECRET,
        llm_timeout=PATIENCE,
    )
    with Dateline(settings) as dateline:
        dateline.indexer.index_articles([make_article(**fields) for fields in HARBOUR])
        with live(create_app(settings, dateline)) as client:
            yield client, dateline


def test_without_a_language_model_every_step_comes_at_once(served: httpx.Client) -> None:
    [(first, evidence), *statements, (last, whole)] = asked(served, EELS, include_passages=True)
    assert (first, last) == ("evidence", "answer")
    del whole["timings_ms"]
    assert whole == answer(served, EELS, include_passages=True)
    assert evidence == {"citations": whole["citations"]}
    assert statements == [("statement", said) for said in whole["statements"]]
    assert whole["notes"] == []


def test_a_link_streams_too(served: httpx.Client) -> None:
    parameters: dict[str, str | int] = {
        "question": EELS,
        "max_citations": 1,
        "source": "Tarn Valley News",
        "as_of": "2026-12-01",
    }
    with served.stream("GET", "/api/answer/stream", params=parameters) as response:
        assert response.headers["cache-control"] == "no-cache"
        assert response.headers["x-content-type-options"] == "nosniff"
        told = list(events(response))
    assert [name for name, _ in told] == ["evidence", "statement", "answer"]
    assert told[-1][1]["answer"]


def test_abstaining_has_no_statements(served: httpx.Client) -> None:
    [(_, evidence), (name, whole)] = asked(served, PERU)
    assert (evidence, name, whole["status"]) == ({"citations": []}, "answer", "not_found")


@pytest.mark.parametrize("question", ["?", "x" * 1_001])
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(served: httpx.Client, question: str) -> None:
    assert served.post("/api/answer/stream", json={"question": question}).status_code == 422
    assert served.get("/api/answer/stream", params={"question": question}).status_code == 422
    assert served.get("/api/answer/stream", params={"question": EELS, "limit": 3}).status_code == 422


def test_a_failure_on_the_way_is_told_as_a_problem(
    harbour: Dateline, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live(create_app(harbour.settings, harbour)) as client:

        def broken(*_: Any) -> Any:
            raise RuntimeError("secret cause")

        monkeypatch.setattr(harbour.answerer, "_extracted", broken)
        with caplog.at_level(logging.CRITICAL, "qa.web.problems"):
            [(name, problem)] = asked(client, EELS)
    assert (name, problem["status"], problem["instance"]) == ("problem", 500, "/api/answer/stream")
    assert "secret cause" not in str(problem)


def test_statements_come_while_the_model_writes(
    worded: tuple[httpx.Client, Dateline], language_model: LanguageModelServer
) -> None:
    client, _ = worded
    language_model.will_answer(
        Reply("Noor Vestergaard found 312 of them in January [1]. It is so.", holds_after="It is")
    )
    with client.stream("POST", "/api/answer/stream", json={"question": EELS}) as response:
        steps = events(response)
        name, evidence = next(steps)
        assert name == "evidence"
        assert msgspec.convert(evidence, EvidenceBody).citations[0].number == 1
        name, statement = next(steps)
        assert name == "statement"
        language_model.goes_on.set()
        said = msgspec.convert(statement, StatementBody)
        assert (said.text, said.citations) == ("Noor Vestergaard found 312 of them in January.", [1])
        [(name, whole)] = steps
    assert name == "answer"
    body = msgspec.convert(whole, AnswerBody)
    assert (body.answer, body.answered_by) == ("Noor Vestergaard found 312 of them in January. [1]", "llm:small")


def test_what_is_not_shown_is_never_sent(
    worded: tuple[httpx.Client, Dateline], language_model: LanguageModelServer
) -> None:
    client, _ = worded
    language_model.will_answer(
        Reply("Noor Vestergaard found 9999 of them [1]. She found 312 of them [1]. See http://evil.example [1].")
    )
    told = asked(client, EELS)
    assert [body["text"] for name, body in told if name == "statement"] == ["She found 312 of them."]
    assert "9999" not in str(told)
    assert "evil" not in str(told)


def test_every_quote_of_a_worded_answer_is_verbatim(
    worded: tuple[httpx.Client, Dateline], language_model: LanguageModelServer
) -> None:
    client, dateline = worded
    language_model.will_answer(Reply("The fish pass cost 86,000 crowns [1]."))
    body = answer(client, EELS)
    assert body["answered_by"] == "llm:small"
    for citation in body["citations"]:
        article = dateline.catalogue.article(citation["article"]["id"], citation["article"]["version"]).article
        assert article.text[citation["start"] : citation["end"]] == citation["quote"]


def test_an_article_removed_meanwhile_is_not_cited(
    worded: tuple[httpx.Client, Dateline], language_model: LanguageModelServer
) -> None:
    client, dateline = worded
    dateline.indexer.index_articles([make_article(id="owls", title="Owls", text="Ida Roe counted 77 owls in Hask.")])

    def meanwhile(received: Any) -> Reply:
        dateline.indexer.remove_articles(["owls"])
        return Reply("Ida Roe counted 77 owls in Hask [1].")

    language_model.will_answer(meanwhile)
    told = asked(client, "How many owls did Ida Roe count in Hask?")
    assert "owls" in told[0][1]["citations"][0]["quote"]
    assert "owls" not in str(told[-1][1]["citations"])


def test_the_same_answer_with_a_note_when_the_model_is_down(
    worded: tuple[httpx.Client, Dateline], language_model: LanguageModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    client, _ = worded
    language_model.will_answer(Reply("NO ANSWER"))
    plain = answer(client, EELS)
    language_model.will_answer(Reply(status=401))
    body = answer(client, EELS)
    assert plain.pop("notes") != (notes := body.pop("notes"))
    assert body == plain
    assert ["HTTP status 401: the API key is missing or wrong" in note for note in notes] == [True]
    assert SECRET not in str(notes) + str(body) + caplog.text
    language_model.will_answer(Reply("She found 312 of them [1]."))
    assert answer(client, EELS)["notes"] == []


def test_abstaining_asks_no_model(worded: tuple[httpx.Client, Dateline], language_model: LanguageModelServer) -> None:
    client, _ = worded
    language_model.will_answer(Reply("Lima [1]."))
    assert answer(client, PERU)["status"] == "not_found"
    assert language_model.received == []


@pytest.mark.parametrize("reply", [Reply(wait=PATIENCE), Reply("Slow " * 100, pause=PATIENCE)])
def test_a_client_that_goes_away_ends_the_models_work(
    worded: tuple[httpx.Client, Dateline], language_model: LanguageModelServer, reply: Reply
) -> None:
    client, _ = worded
    language_model.will_answer(reply)
    with client.stream("POST", "/api/answer/stream", json={"question": EELS}) as response:
        assert next(events(response))[0] == "evidence"
    assert language_model.was_left.wait(PATIENCE)


def test_many_who_wait_for_the_model_hold_up_nobody(
    worded: tuple[httpx.Client, Dateline], language_model: LanguageModelServer
) -> None:
    client, _ = worded
    language_model.will_answer(Reply("She found 312 of them [1].", wait=PATIENCE))
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(answer, client, EELS) for _ in range(8)]
        while len(language_model.received) < 8:
            assert not any(call.done() for call in waiting)
            time.sleep(0.02)
        assert client.get("/health/ready").status_code == 200
        language_model.goes_on.set()
        assert {call.result()["answered_by"] for call in waiting} == {"llm:small"}


@pytest.mark.parametrize(
    ("fields", "named"), [({}, "llm_model is not"), ({"llm_model": "small", "llm_url": "nowhere"}, "base URL")]
)
def test_settings_that_cannot_work_are_refused_before_the_folder_is_taken(
    tmp_path: Path, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        Dateline(Settings(**{"data": str(tmp_path / "d"), "llm_url": "http://127.0.0.1:9/v1", **fields}))
    assert not (tmp_path / "d").exists()
