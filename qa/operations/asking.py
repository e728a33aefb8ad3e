"""The operation that answers a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa.answers import Answer, Question
from qa.operations.operation import Operation, Watch

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["ANSWER"]


def _answer(dateline: Dateline, question: Question, _: Watch) -> Answer:
    dateline.load_model()
    return dateline.answerer.answer(question)


ANSWER = Operation("answer", Question, Answer, _answer)
