"""Rows → measures: what is measured, in which order it is told, and over which questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from qa.evaluation.confidence import (
    abstained_when_answering,
    area_under_risk_coverage,
    coverage_at_risk,
    expected_calibration_error,
)
from qa.evaluation.runs import Row
from qa.evaluation.statistics import Array, Estimate, Interval, each, interval, mean, ratio

__all__ = ["MEASURES", "PARTS", "Measure", "measured", "stage_times", "tabulated"]

_RISKS = (0.05, 0.1, 0.2, 0.3)
_ANSWERED = 0.8


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing to measure: what it takes from a question, None where it does not apply, and how that is summed up.

    `wanted` is 1 where more is better, -1 where less is, and 0 where it depends; `is_per_question` tells that the
    measure is the mean of a number that each question has by itself.
    """

    name: str
    title: str
    part: str
    columns: Callable[[Row], tuple[float, ...] | None]
    estimate: Estimate
    wanted: int = 1
    decimals: int = 3
    is_per_question: bool = False


def measured(rows: Sequence[Row]) -> Mapping[str, Interval | None]:
    """Return every measure by name with its interval, None where no question has it."""
    return {measure.name: interval(tabulated(measure, rows), measure.estimate) for measure in MEASURES}


def tabulated(measure: Measure, rows: Sequence[Row]) -> Array:
    """Return what a measure takes from each row, (rows, columns), NaN where it does not apply."""
    taken = [measure.columns(row) for row in rows]
    width = next((len(columns) for columns in taken if columns is not None), 1)
    blank = (np.nan,) * width
    return np.array([blank if columns is None else columns for columns in taken], float).reshape(len(rows), width)


def stage_times(rows: Sequence[Row]) -> Mapping[str, tuple[float, float]]:
    """Return each stage's median and 95th percentile in seconds, in the order that they are told."""
    stages = dict.fromkeys(stage for row in rows for stage in row.timings_ms)
    times = {stage: [row.timings_ms[stage] / 1_000 for row in rows if stage in row.timings_ms] for stage in stages}
    return {stage: (float(np.median(taken)), float(np.percentile(taken, 95))) for stage, taken in times.items()}


def _per_question(name: str, title: str, part: str) -> Measure:
    def columns(row: Row) -> tuple[float, ...] | None:
        return (row.measures[name],) if name in row.measures else None

    return Measure(name, title, part, columns, mean, is_per_question=True)


def _share(part: int, whole: int) -> tuple[float, ...] | None:
    return (float(part), float(whole)) if whole else None


def _abstained_rightly(row: Row) -> int:
    return int(not row.is_answered and not row.answerable)


def _confidence_and_right(row: Row) -> tuple[float, ...] | None:
    is_right = row.is_right
    return None if is_right is None else (row.confidence, float(is_right))


def _of_confidence(estimate: Callable[[Array, Array], float]) -> Estimate:
    return each(lambda sample: estimate(sample[:, 0], sample[:, 1]))


def _seconds(row: Row) -> tuple[float, ...]:
    return (row.timings_ms["total"] / 1_000,)


def _squared_error(row: Row) -> tuple[float, ...] | None:
    taken = _confidence_and_right(row)
    return None if taken is None else ((taken[0] - taken[1]) ** 2,)


_RETRIEVAL, _CITATIONS, _ANSWERS = "Retrieval", "Citations", "Answers"
_ABSTAINING, _CONFIDENCE, _SPEED = "Abstaining", "Confidence", "Speed"
PARTS = (_RETRIEVAL, _CITATIONS, _ANSWERS, _ABSTAINING, _CONFIDENCE, _SPEED)
MEASURES: tuple[Measure, ...] = (
    *(_per_question(f"article_recall_at_{k}", f"article recall@{k}", _RETRIEVAL) for k in (1, 5, 10)),
    _per_question("article_mrr_at_10", "article MRR@10", _RETRIEVAL),
    *(_per_question(f"passage_recall_at_{k}", f"passage recall@{k}", _RETRIEVAL) for k in (1, 5, 10)),
    _per_question("first_citation_contains_answer", "first citation contains answer", _CITATIONS),
    _per_question("any_citation_contains_answer", "any citation contains answer", _CITATIONS),
    _per_question("first_citation_contains_answer_when_answered", "the first, when answered", _CITATIONS),
    Measure(
        "citations_verbatim",
        "citations verbatim",
        _CITATIONS,
        lambda row: _share(sum(cited.is_verbatim for cited in row.citations), len(row.citations)),
        ratio,
    ),
    Measure(
        "citations_per_answer",
        "citations per answer",
        _CITATIONS,
        lambda row: (float(len(row.citations)),) if row.is_answered else None,
        mean,
        wanted=0,
        decimals=2,
    ),
    Measure(
        "characters_per_citation",
        "characters per citation",
        _CITATIONS,
        lambda row: _share(sum(len(cited.quote) for cited in row.citations), len(row.citations)),
        ratio,
        wanted=0,
        decimals=0,
    ),
    _per_question("answer_exact_match", "answer exact match", _ANSWERS),
    _per_question("answer_f1", "answer F1", _ANSWERS),
    _per_question("list_precision", "list items precision", _ANSWERS),
    _per_question("list_recall", "list items recall", _ANSWERS),
    _per_question("list_f1", "list items F1", _ANSWERS),
    _per_question("answered", "answerable answered", _ABSTAINING),
    Measure(
        "abstaining_precision",
        "abstaining precision",
        _ABSTAINING,
        lambda row: _share(_abstained_rightly(row), not row.is_answered),
        ratio,
    ),
    Measure(
        "abstaining_recall",
        "abstaining recall",
        _ABSTAINING,
        lambda row: _share(_abstained_rightly(row), not row.answerable),
        ratio,
    ),
    Measure(
        "abstaining_f1",
        "abstaining F1",
        _ABSTAINING,
        lambda row: _share(2 * _abstained_rightly(row), (not row.is_answered) + (not row.answerable)),
        ratio,
    ),
    Measure(
        "abstained_when_answering_80",
        "unanswerable abstained, answering 80 %",
        _ABSTAINING,
        lambda row: (row.confidence, float(row.answerable)),
        _of_confidence(partial(abstained_when_answering, share=_ANSWERED)),
    ),
    Measure(
        "aurc",
        "area under risk-coverage",
        _CONFIDENCE,
        _confidence_and_right,
        _of_confidence(area_under_risk_coverage),
        wanted=-1,
    ),
    *(
        Measure(
            f"coverage_at_risk_{risk * 100:02.0f}",
            f"coverage at risk {risk * 100:.0f} %",
            _CONFIDENCE,
            _confidence_and_right,
            _of_confidence(partial(coverage_at_risk, risk=risk)),
        )
        for risk in _RISKS
    ),
    Measure(
        "calibration_error",
        "expected calibration error",
        _CONFIDENCE,
        _confidence_and_right,
        _of_confidence(expected_calibration_error),
        wanted=-1,
    ),
    Measure("brier", "Brier", _CONFIDENCE, _squared_error, mean, wanted=-1),
    Measure(
        "seconds_median",
        "seconds, median",
        _SPEED,
        _seconds,
        lambda samples: np.median(samples[..., 0], axis=1),
        wanted=-1,
    ),
    Measure(
        "seconds_p95",
        "seconds, 95th percentile",
        _SPEED,
        _seconds,
        lambda samples: np.percentile(samples[..., 0], 95, axis=1),
        wanted=-1,
    ),
)
