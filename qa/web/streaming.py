"""An answer as it comes about: server-sent events, one a step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from threading import Event
from typing import Any

import msgspec
from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent, ServerSentEventMessage

from qa.answers import Answer, Question, Statement
from qa.dateline import Dateline
from qa.web.bodies import answer_body, evidence_body, statement_body
from qa.web.problems import problem_of
from qa.writing import Step

__all__ = ["answer_events"]


def answer_events(
    request: Request[Any, Any, Any], dateline: Dateline, question: Question, include_passages: bool
) -> ServerSentEvent:
    """Return the events of answering a checked question; a client that goes away ends the work for it."""
    return ServerSentEvent(_events(request, dateline, question, include_passages))


async def _events(
    request: Request[Any, Any, Any], dateline: Dateline, question: Question, include_passages: bool
) -> AsyncIterator[ServerSentEventMessage]:
    stop = Event()
    steps = dateline.answerer.steps(question, include_passages, stop)
    try:
        while (step := await sync_to_thread(next, steps, None)) is not None:
            yield _event(step)
    except Exception as error:
        # The status has been sent: what went wrong can only be told as one event more.
        yield _message("problem", problem_of(request, error))
    finally:
        stop.set()


def _event(step: Step) -> ServerSentEventMessage:
    if isinstance(step, Answer):
        return _message("answer", answer_body(step))
    if isinstance(step, Statement):
        return _message("statement", statement_body(step))
    return _message("evidence", evidence_body(step))


def _message(event: str, body: msgspec.Struct) -> ServerSentEventMessage:
    return ServerSentEventMessage(event=event, data=msgspec.json.encode(body).decode())
