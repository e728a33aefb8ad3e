"""What `dateline eval` and its kin print: tables of measures, and what changed between runs."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import TYPE_CHECKING

from qa.printing import print_table

if TYPE_CHECKING:
    from qa.evaluation.chunking import ChunkedRun
    from qa.evaluation.comparing import ComparedMeasure, Comparison
    from qa.evaluation.statistics import Interval
    from qa.evaluation.summary import Summary

__all__ = ["print_chunked_run", "print_comparison", "print_summary"]

_SAID_CHARACTERS = 240


def print_summary(summary: Summary) -> None:
    """Print every measure with its interval, a column for all questions and one for each type."""
    counts = ("questions", *(f"{column.questions:,}" for column in summary.columns))
    sections = [("Asked", [counts])]
    sections += [
        (section.part, [(title, *map(_with_interval, cells)) for title, cells in section.rows])
        for section in summary.sections
    ]
    stages = [(f"{name} median, p95", f"{times[0]:.4f}, {times[1]:.4f}") for name, times in summary.stages.items()]
    blanks = [""] * (len(summary.columns) - 1)
    sections.append(("Seconds a stage", [(name, times, *blanks) for name, times in stages]))
    print_table(("measure", *(column.name for column in summary.columns)), sections)


def print_comparison(comparison: Comparison) -> None:
    """Print each measure of both runs, then the questions that changed."""
    header = ("measure", "first", "second", "difference", "95 %", "p", "wins", "losses", "ties")
    rows = [_compared(one) for one in comparison.measures]
    print_table(header, [(f"{comparison.questions:,} questions", rows)])
    print(f"\n{len(comparison.changed):,} questions changed")
    for changed in comparison.changed:
        print(f"\n{changed.id}: {changed.question}")
        if changed.better:
            print(f"  better: {', '.join(changed.better)}")
        if changed.worse:
            print(f"  worse: {', '.join(changed.worse)}")
        print(f"  first: {shorten(changed.first, _SAID_CHARACTERS, placeholder=' …')}")
        print(f"  second: {shorten(changed.second, _SAID_CHARACTERS, placeholder=' …')}")


def print_chunked_run(run: ChunkedRun) -> None:
    """Print the measures over all questions and over each corpus, with intervals and deviations, in percent."""
    about = [(name.replace("_", " "), str(value)) for name, value in run.about.items()]
    print_table(("chunks", ""), [("Chunks", about)])
    print()
    rows = [
        (group, *(_percent(found, run.deviations[group][name]) for name, found in by_name.items()))
        for group, by_name in run.measures.items()
    ]
    names = [name.replace("_", " ") for name in run.measures["all"]]
    print_table(("percent, 95 %, deviation", *names), [("Measures", rows)])


def _with_interval(cell: tuple[str, str]) -> str:
    value, interval = cell
    return f"{value}\n{interval}" if interval else value


def _compared(one: ComparedMeasure) -> Sequence[str]:
    from qa.evaluation.summary import shown

    measure, difference = one.measure, one.difference
    counts = ("–" if count is None else f"{count:,}" for count in (one.wins, one.losses, one.ties))
    return (
        measure.title,
        shown(measure, difference.first),
        shown(measure, difference.second),
        f"{difference.value:+.{measure.decimals}f}",
        f"{difference.low:+.{measure.decimals}f} to {difference.high:+.{measure.decimals}f}",
        f"{difference.p:.3f}",
        *counts,
    )


def _percent(found: Interval | None, deviation: float) -> str:
    if found is None:
        return "–"
    return f"{found.value * 100:.1f} ({found.low * 100:.1f}–{found.high * 100:.1f}) ±{deviation * 100:.1f}"
