"""A run: what was asked and answered, question by question, as it is written to a file and read again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from index.errors import InputError

__all__ = ["Cited", "Expected", "Row", "Run", "Said", "read_run"]

_FORMAT = 1


class Cited(msgspec.Struct, frozen=True):
    """A citation, and whether it was found verbatim in the stored text and holds a labelled answer."""

    number: int
    article_id: str
    version: int
    title: str
    start: int
    end: int
    quote: str
    confidence: float
    is_verbatim: bool
    contains_answer: bool


class Said(msgspec.Struct, frozen=True):
    """A statement of an answer."""

    text: str
    citations: tuple[int, ...]


class Expected(msgspec.Struct, frozen=True):
    """An article that holds an answer; `title` is None where the collection lacks it."""

    article_id: str
    title: str | None


class Row(msgspec.Struct, frozen=True):
    """One question with its answer.

    `would_cite` is the first citation: of the answer, or where it abstained, of the answer that it would have given at
    threshold 0. `measures` are numbers of this question alone; one that does not apply to it is not there. Ranks
    count from 1; None is further down than what was read.
    """

    id: str
    question: str
    type: str
    answerable: bool
    answers: tuple[str, ...]
    as_of: str | None
    expected: tuple[Expected, ...]
    article_rank: int | None
    passage_rank: int | None
    status: str
    reason: str | None
    confidence: float
    statements: tuple[Said, ...]
    citations: tuple[Cited, ...]
    would_cite: Cited | None
    measures: Mapping[str, float]
    timings_ms: Mapping[str, float]

    @property
    def said(self) -> str:
        """The statements on one line, or that it abstained."""
        return "; ".join(statement.text for statement in self.statements) or "(abstained)"

    @property
    def expected_ids(self) -> frozenset[str]:
        """Ids of the articles that hold an answer."""
        return frozenset(expected.article_id for expected in self.expected)

    @property
    def is_answered(self) -> bool:
        """Say whether it answered rather than abstained."""
        return self.status == "answered"

    @property
    def is_right(self) -> bool | None:
        """Say whether the first citation, given or withheld, holds an answer; None where that cannot be told."""
        if not self.answerable:
            return False
        return (self.would_cite is not None and self.would_cite.contains_answer) if self.answers else None


class Run(msgspec.Struct, frozen=True):
    """All questions of a file, asked of one index; `about` says which, when and with what settings."""

    about: Mapping[str, bool | int | float | str]
    rows: tuple[Row, ...]
    format: int = _FORMAT

    @property
    def types(self) -> tuple[str, ...]:
        """The questions' types, in alphabetical order."""
        return tuple(sorted({row.type for row in self.rows}))


def read_run(path: Path) -> Run:
    """Return the run that `dateline eval --json FILE` wrote; raises InputError on anything else."""
    try:
        run = msgspec.json.decode(path.read_bytes(), type=Run)
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            f"{path} cannot be read as a run: {error}. Write one with 'dateline eval QUESTIONS --json FILE'."
        ) from error
    if run.format != _FORMAT:
        raise InputError(f"{path} is a run of format {run.format}; this version reads {_FORMAT}. Ask again.")
    return run
