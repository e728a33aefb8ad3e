"""Instructions and a request → the text that a language model writes, piece by piece."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import msgspec

from index.errors import SettingsError

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam

__all__ = ["LanguageModel", "LanguageModelError", "OpenAIModel"]

log = logging.getLogger(__name__)

_MOST_TOKENS = 700
_MOST_CHARACTERS = 8_000
_LONGEST_WAIT = 2.0
_TRANSIENT = frozenset({408, 409, 429, 500, 502, 503, 504})
_SENT_HEADERS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host", "transfer-encoding"}
)


class LanguageModel(Protocol):
    """Writes text as instructed; what it writes is trusted in nothing."""

    @property
    def name(self) -> str:
        """What an answer that shows its text names as `answered_by`."""

    def load(self) -> None:
        """Do now what would make the first call slow."""

    def stream(self, instructions: str, request: str, stop: Event | None = None) -> Generator[str]:
        """Yield the text in pieces as it is written; raises LanguageModelError when it is not written to its end.

        `stop`, set from any thread, ends the call; so does closing the iterator.
        """

    def close(self) -> None:
        """End the calls in hand and let go of connections."""


class LanguageModelError(Exception):
    """A language model wrote nothing that can be used.

    The message says why in plain words, without an address or a secret. `is_outage` tells whether the next call is
    likely to fail too.
    """

    def __init__(self, message: str, *, is_outage: bool = False) -> None:
        super().__init__(message)
        self.is_outage = is_outage


_Pieces = SimpleQueue[str | LanguageModelError | None]


class OpenAIModel:
    """A model behind a server that speaks OpenAI's chat protocol: theirs, or one of many that are compatible.

    `timeout`, in seconds, bounds a whole call, a second attempt included. The calls run on an event loop in a thread
    of its own: only there can a call be ended while it waits. Raises SettingsError when it can never work.
    """

    def __init__(self, url: str, model: str, *, api_key: str | None, timeout: float) -> None:
        self._is_local = _checked_url(url)
        if find_spec("openai") is None:
            raise SettingsError(
                "The setting llm_url needs the openai package, which is not installed."
                " Run: pip install 'dateline[llm]', or leave llm_url out."
            )
        self.name = f"llm:{model}"
        self._url = url
        self._model = model
        self._api_key = api_key
        self._timeout = timeout
        self._limits: dict[str, Any] = {"max_tokens": _MOST_TOKENS, "temperature": 0}
        self._lock = Lock()
        self._running: _Running | None = None

    def load(self) -> None:
        """Import the client and start its thread; nothing is sent yet."""
        self._started()

    def stream(self, instructions: str, request: str, stop: Event | None = None) -> Generator[str]:
        """Yield the text in pieces as it is written; raises LanguageModelError when it is not written to its end."""
        running = self._started()
        pieces: _Pieces = SimpleQueue()
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": instructions},
            {"role": "user", "content": request},
        ]
        call = asyncio.run_coroutine_threadsafe(self._deliver(running.client, messages, pieces), running.loop)
        try:
            while True:
                piece = _next(pieces, call, stop)
                if piece is None:
                    return
                if isinstance(piece, LanguageModelError):
                    raise piece
                yield piece
        finally:
            call.cancel()

    def close(self) -> None:
        """End the calls in hand and let go of connections; a later call begins anew."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            asyncio.run_coroutine_threadsafe(_ended(running.client), running.loop).result()
            running.loop.call_soon_threadsafe(running.loop.stop)
            running.thread.join()
            running.loop.close()

    def _started(self) -> _Running:
        with self._lock:
            if self._running is None:
                client, loop = self._new_client(), asyncio.new_event_loop()
                self._running = _Running(client, loop, Thread(target=loop.run_forever, name="llm", daemon=True))
                self._running.thread.start()
            return self._running

    def _new_client(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        authorization = f"Bearer {self._api_key}" if self._api_key else None

        async def send_only_what_is_needed(request: Any) -> None:
            # The client adds this machine's kind, and organisations and headers of OPENAI_… variables.
            for name in list(request.headers):
                if name.lower() not in _SENT_HEADERS:
                    del request.headers[name]
            if authorization is not None:
                request.headers["authorization"] = authorization

        return AsyncOpenAI(
            base_url=self._url,
            api_key=self._api_key or "none",
            timeout=self._timeout,
            max_retries=0,
            http_client=DefaultAsyncHttpxClient(
                # A proxy of the environment has no business between two programs of this machine.
                trust_env=not self._is_local,
                # Articles go where the operator said, and nowhere that a server sends them.
                follow_redirects=False,
                event_hooks={"request": [send_only_what_is_needed]},
            ),
        )

    async def _deliver(
        self,
        client: AsyncOpenAI,
        messages: list[ChatCompletionMessageParam],
        pieces: _Pieces,
    ) -> None:
        """Put the text's pieces, and at last None or the error, where the caller takes them."""
        try:
            async with asyncio.timeout(self._timeout):
                written = 0
                async with aclosing(self._received(client, messages)) as received:
                    async for piece in received:
                        written += len(piece)
                        if written > _MOST_CHARACTERS:
                            raise LanguageModelError(_TOO_LONG)
                        pieces.put(piece)
            pieces.put(None if written else LanguageModelError("The language model wrote nothing"))
        except LanguageModelError as error:
            pieces.put(error)
        except asyncio.CancelledError:
            pieces.put(LanguageModelError(_STOPPED))
            raise
        # Whatever a server makes the client fail with, the articles can still answer.
        except Exception as error:
            log.warning("The language model's server gave no answer: %s.", _kind(error))
            pieces.put(_explained(error, self._timeout))

    async def _received(self, client: AsyncOpenAI, messages: list[ChatCompletionMessageParam]) -> AsyncGenerator[str]:
        finish: str | None = None
        stream = await self._opened(client, messages)
        async with stream:
            is_whole = "json" in stream.response.headers.get("content-type", "")
            async with aclosing(_whole(stream) if is_whole else _pieces(stream)) as parts:
                async for text, refusal, ended in parts:
                    finish = ended or finish
                    if refusal:
                        raise LanguageModelError("The language model declined to answer")
                    if text:
                        yield text
        if finish is None:
            raise LanguageModelError("The language model broke off", is_outage=True)
        if finish != "stop":
            raise LanguageModelError(_UNFINISHED.get(finish, "The language model did not finish its answer"))

    async def _opened(
        self, client: AsyncOpenAI, messages: list[ChatCompletionMessageParam]
    ) -> AsyncStream[ChatCompletionChunk]:
        """Begin the call, once more when the server or the way there failed in passing."""
        import openai

        is_first = True
        while True:
            try:
                stream: AsyncStream[ChatCompletionChunk] = await client.chat.completions.create(
                    model=self._model, messages=messages, stream=True, **self._limits
                )
                return stream
            except openai.BadRequestError as error:
                if not self._adapts_to(error.param):
                    raise
            except (openai.APIConnectionError, openai.APIStatusError) as error:
                wait = _wait(error)
                if not is_first or wait is None:
                    raise
                is_first = False
                await asyncio.sleep(wait)

    def _adapts_to(self, refused: str | None) -> bool:
        """Say whether to ask again, without a parameter that newer models refuse; it is not sent again."""
        if refused not in ("max_tokens", "temperature") or refused not in self._limits:
            return False
        self._limits = {name: value for name, value in self._limits.items() if name != refused}
        if refused == "max_tokens":
            self._limits["max_completion_tokens"] = _MOST_TOKENS
        return True


def _next(pieces: _Pieces, call: Future[None], stop: Event | None) -> str | LanguageModelError | None:
    """Wait for the next piece, the end, or to be stopped."""
    while True:
        # What a call put there is there before it is done.
        is_done = call.done()
        try:
            return pieces.get(timeout=0 if is_done else 0.1)
        except Empty:
            if is_done or (stop is not None and stop.is_set()):
                return LanguageModelError(_STOPPED)


@dataclass(frozen=True, slots=True)
class _Running:
    """The client, and the thread whose event loop its calls run on."""

    client: AsyncOpenAI
    loop: asyncio.AbstractEventLoop
    thread: Thread


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Completion(msgspec.Struct):
    """A whole answer, as a server sends it that does not stream."""

    choices: list[_Choice]


# A piece of text, a piece of a refusal, and why the text ends; each may be missing.
_Part = tuple[str | None, str | None, str | None]


async def _whole(stream: AsyncStream[ChatCompletionChunk]) -> AsyncGenerator[_Part]:
    completion = msgspec.json.decode(await stream.response.aread(), type=_Completion)
    for choice in completion.choices[:1]:
        yield choice.message.content, choice.message.refusal, choice.finish_reason


async def _pieces(stream: AsyncStream[ChatCompletionChunk]) -> AsyncGenerator[_Part]:
    async for chunk in stream:
        # The client does not hold a chunk against its type: a part that is missing fails here.
        for choice in chunk.choices[:1]:
            yield choice.delta.content, choice.delta.refusal, choice.finish_reason


async def _ended(client: AsyncOpenAI) -> None:
    for call in _others():
        call.cancel()
    await asyncio.gather(*_others(), return_exceptions=True)
    await client.close()
    # Generators that the client left half read are closed in tasks of their own.
    await asyncio.get_running_loop().shutdown_asyncgens()
    await asyncio.gather(*_others(), return_exceptions=True)


def _others() -> set[asyncio.Task[Any]]:
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


def _wait(error: Exception) -> float | None:
    """Return the seconds after which a second attempt may do better, or None."""
    import openai

    if isinstance(error, openai.APIStatusError):
        if error.status_code not in _TRANSIENT:
            return None
        try:
            wait = float(error.response.headers.get("retry-after", "0.5"))
        except ValueError:
            return None
        return wait if 0 <= wait <= _LONGEST_WAIT else None
    return None if isinstance(error, openai.APITimeoutError) else 0.2


def _explained(error: Exception, timeout: float) -> LanguageModelError:
    import openai

    if isinstance(error, TimeoutError | openai.APITimeoutError):
        told = f"The language model did not finish within {timeout:g} s"
    elif isinstance(error, openai.APIStatusError):
        why = _STATUSES.get(error.status_code, "")
        told = f"The language model's server answered with HTTP status {error.status_code}{why}"
    elif isinstance(error, openai.APIConnectionError):
        told = "The language model's server could not be reached, or broke off"
    elif type(error) is openai.APIError:
        told = "The language model's server reported an error"
    else:
        told = "The language model's server sent something that is not OpenAI's chat protocol"
    return LanguageModelError(told, is_outage=True)


def _kind(error: Exception) -> str:
    """Name an error without its message, in which a server may repeat the key or the articles."""
    status = getattr(error, "status_code", None)
    return type(error).__name__ + (f", HTTP status {status}" if status else "")


def _checked_url(url: str) -> bool:
    """Say whether a base URL is this machine's; raises SettingsError, which does not repeat what it may hide."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        is_base = parts.scheme in ("http", "https") and bool(host) and parts.port != 0
    except ValueError:
        parts, host, is_base = urlsplit(""), "", False
    if not is_base or parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            "The setting llm_url must be a base URL such as http://127.0.0.1:8080/v1, http or https, without a user,"
            " a password, or anything after the path. A key belongs in DATELINE_LLM_API_KEY."
        )
    try:
        is_local = ip_address(host).is_loopback
    except ValueError:
        is_local = host.lower() == "localhost"
    if parts.scheme == "http" and not is_local:
        log.warning("llm_url is plain http: questions, excerpts and the API key go to %s unencrypted.", host)
    return is_local


_STOPPED = "The language model was stopped"
_TOO_LONG = "The language model wrote more than was asked for"
_UNFINISHED = {
    "length": _TOO_LONG,
    "content_filter": "The language model was stopped by its content filter",
    "tool_calls": "The language model asked for tools in place of an answer",
}
_STATUSES = {401: ": the API key is missing or wrong", 403: ": it is forbidden", 404: ": it knows no such model"}
