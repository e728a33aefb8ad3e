"""The client of a language model, against a real server of OpenAI's protocol: what it sends, takes and refuses."""

from __future__ import annotations

import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import pytest

import qa.llm
from index.errors import SettingsError
from qa.llm import LanguageModelError, OpenAIModel
from tests.llm_server import LanguageModelServer, Reply

SECRET = "sk-do-not-tell"
# Seconds that are never waited for where all goes well, however slow the machine is.
PATIENCE = 120
GOOD = Reply("Twelve died [1]. The ferry sank [2].")
Opened = Callable[..., OpenAIModel]


@pytest.fixture
def model(language_model: LanguageModelServer) -> Iterator[Opened]:
    """Open clients of the server that answers what it is told to."""
    opened: list[OpenAIModel] = []

    def open_model(url: str | None = None, api_key: str | None = SECRET, timeout: float = PATIENCE) -> OpenAIModel:
        opened.append(OpenAIModel(url or language_model.url, "small", api_key=api_key, timeout=timeout))
        return opened[-1]

    yield open_model
    for each in opened:
        each.close()


def written(model: OpenAIModel, stop: threading.Event | None = None) -> str:
    return "".join(model.stream("Be brief.", "Who won?", stop))


def failure(model: OpenAIModel) -> LanguageModelError:
    with pytest.raises(LanguageModelError) as failed:
        written(model)
    assert SECRET not in str(failed.value)
    assert "127.0.0.1" not in str(failed.value)
    return failed.value


class TestWhatIsSent:
    def test_is_a_bounded_question_at_temperature_zero(
        self, model: Opened, language_model: LanguageModelServer
    ) -> None:
        language_model.will_answer(GOOD)
        written(model())
        [received] = language_model.received
        assert received.path == "/v1/chat/completions"
        assert received.body == {
            "model": "small",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who won?"}],
            "stream": True,
            "temperature": 0,
            "max_tokens": 700,
        }

    def test_tells_nothing_of_this_machine_nor_of_another_account(
        self, model: Opened, language_model: LanguageModelServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        language_model.will_answer(GOOD)
        for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID"):
            monkeypatch.setenv(f"OPENAI_{name}", "sk-of-another")
        monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Mine: sk-of-another")
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        written(model(api_key=None))
        written(model())
        keyless, keyed = (received.headers for received in language_model.received)
        assert "authorization" not in keyless
        assert keyed.pop("authorization") == f"Bearer {SECRET}"
        assert keyless.keys() == keyed.keys()
        assert keyed.keys() <= {"host", "accept", "accept-encoding", "connection", "content-type", "content-length"}
        assert "sk-of-another" not in str(language_model.received)


class TestWhatIsTaken:
    @pytest.mark.parametrize("is_whole", [False, True])
    def test_is_the_text_whether_it_is_streamed_or_not(
        self, model: Opened, language_model: LanguageModelServer, is_whole: bool
    ) -> None:
        language_model.will_answer(Reply(GOOD.text, is_whole=is_whole))
        assert written(model()) == GOOD.text

    def test_comes_in_pieces_as_they_are_written(self, model: Opened, language_model: LanguageModelServer) -> None:
        language_model.will_answer(Reply(GOOD.text, holds_after=GOOD.text[:7]))
        pieces = model().stream("Be brief.", "Who won?")
        assert next(pieces) == GOOD.text[:7]
        assert not language_model.goes_on.is_set()
        language_model.goes_on.set()
        assert "".join(pieces) == GOOD.text[7:]

    def test_one_model_serves_many_threads(self, model: Opened, language_model: LanguageModelServer) -> None:
        language_model.will_answer(lambda received: Reply(received.request * 5))
        shared, texts = model(), list[str]()
        ask = lambda word: texts.append("".join(shared.stream("", word)))  # noqa: E731
        threads = [threading.Thread(target=ask, args=(f"{number};",)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(texts) == [f"{number};" * 5 for number in range(8)]

    def test_a_closed_model_begins_anew(self, model: Opened, language_model: LanguageModelServer) -> None:
        language_model.will_answer(GOOD)
        shared = model()
        shared.close()
        assert written(shared) == GOOD.text
        shared.close()
        assert written(shared) == GOOD.text


class TestSecondAttempts:
    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
    def test_a_passing_failure_is_tried_again_once(
        self, model: Opened, language_model: LanguageModelServer, status: int
    ) -> None:
        failing = Reply(status=status, headers={"retry-after": "0.01"})
        language_model.will_answer(failing, GOOD)
        assert written(model()) == GOOD.text
        language_model.will_answer(failing, failing, GOOD)
        assert f"HTTP status {status}" in str(failure(model()))
        assert len(language_model.received) == 2

    @pytest.mark.parametrize("wait", ["60", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "nan"])
    def test_but_not_when_it_asks_for_long_patience(
        self, model: Opened, language_model: LanguageModelServer, wait: str
    ) -> None:
        language_model.will_answer(Reply(status=429, headers={"retry-after": wait}), GOOD)
        assert failure(model()).is_outage
        assert len(language_model.received) == 1

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
    def test_nor_when_it_will_not_pass(self, model: Opened, language_model: LanguageModelServer, status: int) -> None:
        language_model.will_answer(Reply(status=status), GOOD)
        assert failure(model()).is_outage
        assert len(language_model.received) == 1

    def test_a_model_that_refuses_our_bounds_in_one_form_gets_another(
        self, model: Opened, language_model: LanguageModelServer
    ) -> None:
        refusals = [
            Reply(status=400, raw=json.dumps({"param": name, "code": "unsupported"}).encode())
            for name in ("max_tokens", "temperature")
        ]
        language_model.will_answer(*refusals, GOOD)
        shared = model()
        assert written(shared) == written(shared) == GOOD.text
        sent = [{*received.body} - {"messages", "model", "stream"} for received in language_model.received]
        assert sent == [
            {"max_tokens", "temperature"},
            {"max_completion_tokens", "temperature"},
            {"max_completion_tokens"},
            {"max_completion_tokens"},
        ]

    def test_a_refused_parameter_is_left_out_once(self, model: Opened, language_model: LanguageModelServer) -> None:
        language_model.will_answer(Reply(status=400, raw=b'{"param": "temperature"}'))
        assert "400" in str(failure(model()))
        assert len(language_model.received) == 2


class TestFailures:
    @pytest.mark.parametrize(
        ("reply", "why", "is_outage"),
        [
            (Reply(""), "wrote nothing", False),
            (Reply("", is_whole=True), "wrote nothing", False),
            (Reply("Twelve died [1].", is_cut=True), "broke off", True),
            (Reply("Twelve died [1].", finish=None), "broke off", True),
            (Reply("Twelve died [1].", finish="length"), "wrote more than", False),
            (Reply("Twelve died [1].", finish="length", is_whole=True), "wrote more than", False),
            (Reply("long " * 2_000), "wrote more than", False),
            (Reply("Twelve", finish="content_filter"), "content filter", False),
            (Reply("", finish="tool_calls"), "asked for tools", False),
            (Reply("", finish="whatever"), "did not finish", False),
            (Reply(refusal="I will not."), "declined", False),
            (Reply(refusal="I will not.", is_whole=True), "declined", False),
            (Reply(raw=b"data: {nonsense\n\n"), "not OpenAI's chat protocol", True),
            (Reply(raw=b"data: [1, 2]\n\n"), "not OpenAI's chat protocol", True),
            (Reply(raw=b'data: {"choices": [{"delta": null}]}\n\n'), "not OpenAI's chat protocol", True),
            (Reply(raw=b'data: {"choices": null}\n\n'), "not OpenAI's chat protocol", True),
            (Reply(raw=b'data: {"error": {"message": "overloaded"}}\n\n'), "reported an error", True),
            (Reply(raw=b"\xff\xfe\n\n"), "", True),
            (Reply(raw=b"<html>Please log in</html>", headers={"content-type": "text/html"}), "broke off", True),
            (Reply(raw=b"", is_cut=True), "broke off", True),
            (Reply(status=307, headers={"location": "http://127.0.0.1:9/v1"}), "HTTP status 307", True),
        ],
    )
    def test_are_told_in_plain_words(
        self, model: Opened, language_model: LanguageModelServer, reply: Reply, why: str, is_outage: bool
    ) -> None:
        language_model.will_answer(reply)
        failed = failure(model())
        assert why in str(failed)
        assert failed.is_outage is is_outage

    def test_nobody_listens(self, model: Opened) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        failed = failure(model(f"http://127.0.0.1:{port}/v1"))
        assert "could not be reached" in str(failed)
        assert failed.is_outage

    @pytest.mark.parametrize(
        "reply", [Reply(wait=PATIENCE), Reply(GOOD.text, pause=PATIENCE), Reply("slow " * 1_500, pause=0.1)]
    )
    def test_the_time_for_all_of_a_call_is_bounded(
        self, model: Opened, language_model: LanguageModelServer, reply: Reply
    ) -> None:
        language_model.will_answer(reply)
        failed = failure(model(timeout=1))
        assert "did not finish within 1 s" in str(failed)
        assert failed.is_outage
        assert not language_model.received or language_model.was_left.wait(PATIENCE)

    def test_neither_log_nor_message_tells_the_key(
        self, model: Opened, language_model: LanguageModelServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        language_model.will_answer(Reply(status=401))
        with caplog.at_level(logging.DEBUG, "qa"):
            failure(model())
        assert "AuthenticationError, HTTP status 401" in caplog.text
        assert SECRET not in caplog.text


class TestStopping:
    @pytest.mark.parametrize("reply", [Reply(wait=PATIENCE), Reply(GOOD.text, pause=PATIENCE)])
    def test_ends_the_call_from_another_thread(
        self, model: Opened, language_model: LanguageModelServer, reply: Reply
    ) -> None:
        language_model.will_answer(reply)
        stop = threading.Event()
        shared = model()

        def stop_when_asked() -> None:
            language_model.was_asked.wait(PATIENCE)
            stop.set()

        threading.Thread(target=stop_when_asked).start()
        with pytest.raises(LanguageModelError, match="was stopped") as failed:
            written(shared, stop)
        assert not failed.value.is_outage
        assert language_model.was_left.wait(PATIENCE)

    def test_closing_the_text_ends_the_call(self, model: Opened, language_model: LanguageModelServer) -> None:
        language_model.will_answer(Reply(GOOD.text, pause=PATIENCE))
        pieces = model().stream("Be brief.", "Who won?")
        next(pieces)
        pieces.close()
        assert language_model.was_left.wait(PATIENCE)

    def test_closing_the_model_ends_its_calls(self, model: Opened, language_model: LanguageModelServer) -> None:
        language_model.will_answer(Reply(GOOD.text, pause=PATIENCE))
        shared = model()
        pieces = shared.stream("Be brief.", "Who won?")
        next(pieces)
        shared.close()
        with pytest.raises(LanguageModelError, match="was stopped"):
            list(pieces)
        assert language_model.was_left.wait(PATIENCE)


class TestSettings:
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "127.0.0.1:8080",
            "ftp://127.0.0.1/v1",
            "http://",
            "http://:80/v1",
            "http://host:99999/v1",
            "http://[::1/v1",
            f"https://user:{SECRET}@llm.example/v1",
            f"https://{SECRET}@llm.example/v1",
            f"https://llm.example/v1?key={SECRET}",
            f"https://llm.example/v1#{SECRET}",
        ],
    )
    def test_an_address_that_is_no_base_url_is_refused_and_not_repeated(self, url: str) -> None:
        with pytest.raises(SettingsError, match="must be a base URL such as") as refused:
            OpenAIModel(url, "small", api_key=None, timeout=1)
        assert SECRET not in str(refused.value)

    def test_a_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(qa.llm, "find_spec", lambda name: None if name == "openai" else find_spec(name))
        with pytest.raises(SettingsError, match=r"pip install 'dateline\[llm\]'"):
            OpenAIModel("http://127.0.0.1:1/v1", "small", api_key=None, timeout=1)

    @pytest.mark.parametrize(
        ("url", "is_told"),
        [
            ("http://llm.example/v1", True),
            ("http://192.168.7.7:8080/v1", True),
            ("https://llm.example/v1", False),
            ("http://127.0.0.1:8080/v1", False),
            ("http://[::1]:8080/v1", False),
            ("http://localhost:8080/v1", False),
        ],
    )
    def test_what_goes_unencrypted_to_another_machine_is_told(
        self, caplog: pytest.LogCaptureFixture, url: str, is_told: bool
    ) -> None:
        OpenAIModel(url, "small", api_key=SECRET, timeout=1)
        assert ("unencrypted" in caplog.text) is is_told
        assert SECRET not in caplog.text

    def test_the_client_is_imported_when_it_is_needed(self) -> None:
        check = (
            "import sys; from qa.dateline import Dateline; from qa.llm import OpenAIModel\n"
            "model = OpenAIModel('http://127.0.0.1:9/v1', 'small', api_key=None, timeout=1)\n"
            "assert 'openai' not in sys.modules; model.load(); assert 'openai' in sys.modules; model.close()"
        )
        done = subprocess.run([sys.executable, "-W", "error", "-c", check], capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
