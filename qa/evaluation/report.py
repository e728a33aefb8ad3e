"""A run → one self-contained HTML page: no script, nothing fetched, articles' text as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa.evaluation.plots import BarChart, UnitPlot, reliability_plot, risk_coverage_plot, type_charts
from qa.evaluation.runs import Row, Run
from qa.evaluation.summary import Column, Section, Summary

__all__ = ["Failures", "ReportPage", "render_report"]

_WAYS: tuple[tuple[str, Callable[[Row], object]], ...] = (
    ("The first citation holds no answer", lambda row: row.answerable and row.is_answered and row.is_right is False),
    ("Abstained, although an article answers", lambda row: row.answerable and not row.is_answered),
    (
        "A list lacks things or has wrong ones",
        lambda row: row.is_answered and row.is_right and row.measures.get("list_f1", 1.0) < 1,
    ),
    ("Answered, although no article does", lambda row: not row.answerable and row.is_answered),
)


@dataclass(frozen=True, slots=True)
class Failures:
    """Questions that went wrong in one way."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What the report shows."""

    about: Mapping[str, bool | int | float | str]
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    stages: Mapping[str, tuple[float, float]]
    plots: tuple[UnitPlot, ...]
    charts: tuple[BarChart, ...]
    failures: tuple[Failures, ...]


def render_report(run: Run, summary: Summary) -> str:
    """Return the report as one HTML document."""
    plots = (risk_coverage_plot(run.rows), reliability_plot(run.rows))
    page = ReportPage(
        about=run.about,
        columns=summary.columns,
        sections=summary.sections,
        stages=summary.stages,
        plots=tuple(plot for plot in plots if plot is not None),
        charts=type_charts(summary),
        failures=tuple(Failures(title, tuple(filter(failed, run.rows))) for title, failed in _WAYS),
    )
    # Whatever the template is named, what it is given is text.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("evaluation.html").render(page=page)
