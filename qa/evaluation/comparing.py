"""Two runs over the same questions → what differs, and whether that can be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import msgspec
import numpy as np

from index.errors import InputError
from qa.evaluation.measures import MEASURES, Measure, tabulated
from qa.evaluation.runs import Row, Run
from qa.evaluation.statistics import Difference, paired_difference

__all__ = ["ChangedQuestion", "ComparedMeasure", "Comparison", "compare", "comparison_as_json"]

_DIFFERS = 1e-9


@dataclass(frozen=True, slots=True)
class ComparedMeasure:
    """A measure of both runs; `wins`, `losses`, `ties` of the second are counted where questions have a number."""

    measure: Measure
    difference: Difference
    wins: int | None
    losses: int | None
    ties: int | None


@dataclass(frozen=True, slots=True)
class ChangedQuestion:
    """A question that the runs answer differently: titles of its measures that are better, and worse, in the second."""

    id: str
    question: str
    better: tuple[str, ...]
    worse: tuple[str, ...]
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between a first and a second run."""

    measures: tuple[ComparedMeasure, ...]
    changed: tuple[ChangedQuestion, ...]
    questions: int


def compare(first: Run, second: Run) -> Comparison:
    """Compare two runs question by question; raises InputError when these are not the same."""
    by_id = {row.id: row for row in second.rows}
    _check_same_questions(first.rows, by_id)
    pairs = [(row, by_id[row.id]) for row in first.rows]
    compared = (_compared(measure, pairs) for measure in MEASURES)
    changed = (_changed(*pair) for pair in pairs)
    return Comparison(
        tuple(one for one in compared if one is not None), tuple(one for one in changed if one is not None), len(pairs)
    )


def comparison_as_json(comparison: Comparison) -> bytes:
    """Return a comparison for programs."""
    measures = {
        one.measure.name: {
            **asdict(one.difference),
            "difference": one.difference.value,
            "wins": one.wins,
            "losses": one.losses,
            "ties": one.ties,
        }
        for one in comparison.measures
    }
    body = {"questions": comparison.questions, "measures": measures, "changed": comparison.changed}
    return msgspec.json.format(msgspec.json.encode(body), indent=1)


def _check_same_questions(first: Sequence[Row], second: dict[str, Row]) -> None:
    ids = {row.id for row in first}
    if ids != set(second):
        lacking, more = sorted(ids - set(second)), sorted(set(second) - ids)
        named = "; ".join(
            f"{len(some)} only in the {which} run ({', '.join(some[:3])}{', …' if len(some) > 3 else ''})"
            for which, some in (("first", lacking), ("second", more))
            if some
        )
        raise InputError(f"The runs are of different questions: {named}. Compare runs of one question file.")
    for row in first:
        if _labels(row) != _labels(second[row.id]):
            raise InputError(
                f"The question {row.id!r} has other words or labels in the second run, so their measures cannot be"
                " compared. Ask the questions of one file again."
            )


def _labels(row: Row) -> tuple[object, ...]:
    return row.question, row.type, row.answerable, row.answers, row.expected_ids


def _compared(measure: Measure, pairs: Sequence[tuple[Row, Row]]) -> ComparedMeasure | None:
    first, second = (tabulated(measure, [pair[side] for pair in pairs]) for side in (0, 1))
    width = max(first.shape[1], second.shape[1])
    first, second = (
        table if table.shape[1] == width else np.full((len(pairs), width), np.nan) for table in (first, second)
    )
    difference = paired_difference(first, second, measure.estimate)
    if difference is None:
        return None
    if not measure.is_per_question:
        return ComparedMeasure(measure, difference, None, None, None)
    changes = (second - first)[~np.isnan(second - first)]
    wins, losses = int((changes > _DIFFERS).sum()), int((changes < -_DIFFERS).sum())
    return ComparedMeasure(measure, difference, wins, losses, len(changes) - wins - losses)


def _changed(first: Row, second: Row) -> ChangedQuestion | None:
    better: list[str] = []
    worse: list[str] = []
    for measure in MEASURES:
        if measure.is_per_question and measure.name in first.measures and measure.name in second.measures:
            change = second.measures[measure.name] - first.measures[measure.name]
            if abs(change) > _DIFFERS:
                (better if change > 0 else worse).append(measure.title)
    if not first.answerable and first.is_answered != second.is_answered:
        (worse if second.is_answered else better).append("abstained")
    if not better and not worse:
        return None
    return ChangedQuestion(first.id, first.question, tuple(better), tuple(worse), first.said, second.said)
