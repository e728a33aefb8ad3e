"""A run summed up: every measure over all questions and over each type, as values and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import msgspec

from qa.evaluation.measures import MEASURES, PARTS, Measure, measured, stage_times
from qa.evaluation.runs import Run
from qa.evaluation.statistics import Interval

__all__ = ["Column", "Section", "Summary", "run_as_json", "shown", "shown_interval", "summarise"]

_NONE = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """The measures of the questions of one type, or of `all`; by name, None where no question has it."""

    name: str
    questions: int
    measures: Mapping[str, Interval | None]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the table: a row is a measure's title and, for each column, its value and its interval as text."""

    part: str
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Columns, the first over all questions; each stage's median and 95th percentile in seconds."""

    columns: tuple[Column, ...]
    stages: Mapping[str, tuple[float, float]]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The table; a measure that applies to no question has no row."""
        present = [measure for measure in MEASURES if self.columns[0].measures[measure.name] is not None]
        return tuple(
            Section(part, tuple((m.title, self._cells(m)) for m in present if m.part == part))
            for part in PARTS
            if any(measure.part == part for measure in present)
        )

    def _cells(self, measure: Measure) -> tuple[tuple[str, str], ...]:
        found = [column.measures[measure.name] for column in self.columns]
        return tuple(
            (shown(measure, None if one is None else one.value), shown_interval(measure, one)) for one in found
        )


def summarise(run: Run) -> Summary:
    """Return the measures of all questions and, where there are several types, of each."""
    types = run.types if len(run.types) > 1 else ()
    groups = {"all": run.rows, **{type: tuple(row for row in run.rows if row.type == type) for type in types}}
    columns = tuple(Column(name, len(rows), measured(rows)) for name, rows in groups.items())
    return Summary(columns, stage_times(run.rows))


def run_as_json(run: Run, summary: Summary) -> bytes:
    """Return the run with its measures, as `read_run` reads it again."""
    return msgspec.json.format(
        msgspec.json.encode(
            {
                "format": run.format,
                "about": run.about,
                "measures": {column.name: _as_numbers(column) for column in summary.columns},
                "stages": {name: {"median": times[0], "p95": times[1]} for name, times in summary.stages.items()},
                "rows": run.rows,
            }
        ),
        indent=1,
    )


def shown(measure: Measure, value: float | None) -> str:
    """Return a value with as many decimals as its measure has."""
    return _NONE if value is None else f"{value:.{measure.decimals}f}"


def shown_interval(measure: Measure, found: Interval | None) -> str:
    """Return the ends of an interval, empty where there is none."""
    return "" if found is None else f"{shown(measure, found.low)}–{shown(measure, found.high)}"


def _as_numbers(column: Column) -> Mapping[str, object]:
    return {name: found and asdict(found) for name, found in column.measures.items()}
