"""What the report's plots show, in the coordinates of their SVG; the template draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.evaluation.confidence import reliability, risk_coverage
from qa.evaluation.measures import MEASURES
from qa.evaluation.runs import Row
from qa.evaluation.statistics import Array
from qa.evaluation.summary import Summary, shown

__all__ = ["Bar", "BarChart", "Dot", "UnitPlot", "reliability_plot", "risk_coverage_plot", "type_charts"]

# Side of the square that stands for 0 to 1 on both axes.
_SIDE = 240
_BAR_WIDTH = 260
_POINTS = 400
_CHARTED = ("article_recall_at_1", "first_citation_contains_answer", "answer_f1", "list_f1", "abstaining_recall")


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a plot, larger where more questions stand for it, and what it says of itself."""

    x: float
    y: float
    radius: float
    says: str


@dataclass(frozen=True, slots=True)
class UnitPlot:
    """A square from 0 to 1 both ways: a line of `x,y` points, and dots. `y` grows downward, as in SVG."""

    title: str
    x_label: str
    y_label: str
    line: str
    dots: tuple[Dot, ...] = ()
    has_diagonal: bool = False
    side: int = _SIDE


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its interval, as lengths from the left, and in words."""

    name: str
    length: float
    low: float
    high: float
    value: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """One measure over the columns of the summary."""

    title: str
    bars: tuple[Bar, ...]
    width: int = _BAR_WIDTH


def risk_coverage_plot(rows: Sequence[Row]) -> UnitPlot | None:
    """Return the share of wrong answers by the share answered, None where it cannot be told."""
    confidence, is_right = _known(rows)
    if not len(confidence):
        return None
    curve = risk_coverage(confidence, is_right)
    chosen = np.unique(np.linspace(0, len(confidence) - 1, _POINTS).astype(int))
    line = _line(curve.coverage[chosen], curve.risk[chosen])
    now = [row for row in rows if row.is_right is not None and row.is_answered]
    if not now:
        return UnitPlot("Risk and coverage", "coverage", "risk", line)
    coverage = len(now) / len(confidence)
    risk = sum(not row.is_right for row in now) / len(now)
    says = f"as it answers now: coverage {coverage:.2f}, risk {risk:.2f}"
    return UnitPlot("Risk and coverage", "coverage", "risk", line, (_dot(coverage, risk, 5, says),))


def reliability_plot(rows: Sequence[Row]) -> UnitPlot | None:
    """Return the share of right answers by confidence, None where it cannot be told."""
    confidence, is_right = _known(rows)
    if not len(confidence):
        return None
    bins = reliability(confidence, is_right)
    most = max(bin.questions for bin in bins)
    dots = tuple(
        _dot(
            bin.confidence,
            bin.right,
            3 + 7 * (bin.questions / most) ** 0.5,
            f"confidence {bin.confidence:.2f}, right {bin.right:.2f}, {bin.questions} questions",
        )
        for bin in bins
    )
    line = _line(np.array([bin.confidence for bin in bins]), np.array([bin.right for bin in bins]))
    return UnitPlot("Reliability", "confidence", "first citation contains answer", line, dots, has_diagonal=True)


def type_charts(summary: Summary) -> tuple[BarChart, ...]:
    """Return a chart for each of a few measures, a bar for each column that has it."""
    charts = []
    for measure in MEASURES:
        found = [(column.name, column.measures[measure.name]) for column in summary.columns]
        bars = tuple(
            Bar(name, one.value * _BAR_WIDTH, one.low * _BAR_WIDTH, one.high * _BAR_WIDTH, shown(measure, one.value))
            for name, one in found
            if one is not None
        )
        if measure.name in _CHARTED and bars:
            charts.append(BarChart(measure.title, bars))
    return tuple(charts)


def _known(rows: Sequence[Row]) -> tuple[Array, Array]:
    """Return the confidences, and whether the first citation is right, where that can be told."""
    pairs = [(row.confidence, float(row.is_right)) for row in rows if row.is_right is not None]
    table = np.array(pairs, float).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _line(x: Array, y: Array) -> str:
    return " ".join(f"{_SIDE * a:.1f},{_SIDE * (1 - b):.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def _dot(x: float, y: float, radius: float, says: str) -> Dot:
    return Dot(round(_SIDE * x, 1), round(_SIDE * (1 - y), 1), round(radius, 1), says)
