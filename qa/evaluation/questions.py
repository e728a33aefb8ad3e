"""A question file → labelled questions."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from index.articles import normalise_time
from index.errors import InputError
from qa.answering import checked_question
from qa.answers import Question

__all__ = ["LabelledEvidence", "LabelledQuestion", "read_questions"]

_FORM = (
    "Each line is an object with 'question', 'answers' (list), 'evidence' (list of objects with 'article_id', and"
    " 'quote' where known) and 'answerable'; 'id', 'type', 'not_answers' (list) and 'asked_at' are optional."
)


class _Evidence(msgspec.Struct):
    article_id: str
    quote: str = ""


class _Record(msgspec.Struct):
    question: str
    answers: tuple[str, ...]
    evidence: list[_Evidence]
    answerable: bool = True
    id: str | None = None
    type: str = "untyped"
    not_answers: tuple[str, ...] = ()
    asked_at: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledEvidence:
    """Where an answer stands: an article, and the quote that tells it, empty where only the article is known."""

    article_id: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question with its accepted answers and where they stand.

    `not_answers` are things that would be wrong to list. `asked_on` is a day as `normalise_time` gives it.
    """

    id: str
    question: str
    answers: tuple[str, ...]
    evidence: tuple[LabelledEvidence, ...]
    answerable: bool = True
    type: str = "untyped"
    not_answers: tuple[str, ...] = ()
    asked_on: str | None = None

    @property
    def article_ids(self) -> frozenset[str]:
        """The articles that hold an answer."""
        return frozenset(evidence.article_id for evidence in self.evidence)


def read_questions(path: Path) -> list[LabelledQuestion]:
    """Return the questions of a .jsonl file, also gzipped; raises InputError that names the line at fault.

    A question without an id is named after its words.
    """
    questions: dict[str, LabelledQuestion] = {}
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            question = _labelled(msgspec.json.decode(line, type=_Record))
        except (msgspec.DecodeError, InputError) as error:
            raise InputError(f"Line {number} of {path} is not a labelled question: {error} {_FORM}") from error
        if question.id in questions:
            raise InputError(f"Line {number} of {path} has the id {question.id!r} of a line before. Give each its own.")
        questions[question.id] = question
    return list(questions.values())


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"The question file {path} cannot be read: {error}.") from error


def _labelled(record: _Record) -> LabelledQuestion:
    checked_question(Question(record.question))
    return LabelledQuestion(
        id=record.id or hashlib.sha256(record.question.encode()).hexdigest()[:12],
        question=record.question,
        answers=record.answers,
        evidence=tuple(LabelledEvidence(evidence.article_id, evidence.quote) for evidence in record.evidence),
        answerable=record.answerable,
        type=record.type,
        not_answers=record.not_answers,
        asked_on=normalise_time(record.asked_at)[:10] if record.asked_at else None,
    )
