"""Figures → tables in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["tables"]

_COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], str]], ...] = (
    ("index, chunks/s", lambda figures: _told(figures["index_chunks_per_s"])),
    ("find p50, ms", lambda figures: _told(figures["find_p50_ms"])),
    ("find p95, ms", lambda figures: _told(figures["find_p95_ms"])),
    ("embed alone, ms", lambda figures: _told(figures["forward_p50_ms"])),
    ("questions/s, 1 / 8 / 32 at once", lambda figures: " / ".join(f"{v[0]:.0f}" for v in figures["per_s"].values())),
    ("peak RSS, MB", lambda figures: f"{figures['peak_mb']:.0f}"),
    ("ready, s", lambda figures: _told(figures["ready_s"])),
    ("first answer, CPU s", lambda figures: _told(figures["cold_cpu_s"])),
)


def tables(measured: dict[str, Any]) -> str:
    """Return the figures as one table: median (lowest–highest round)."""
    heads = ["", *(name for name, _ in _COLUMNS)]
    rows = [[name, *(of(figures) for _, of in _COLUMNS)] for name, figures in measured["contestants"].items()]
    told = f"{measured['chunks']:,} chunks, {measured['questions']} questions; " + ", ".join(
        f"{name} {what}" for name, what in measured["machine"].items()
    )
    return "\n".join([_row(heads), _row(["---"] * len(heads)), *map(_row, rows), "", told])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _told(spread: Sequence[float]) -> str:
    middle, lowest, highest = spread
    return f"{middle:.3g} ({lowest:.3g}–{highest:.3g})"
