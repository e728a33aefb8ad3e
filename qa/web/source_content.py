"""What the page of sources shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from index.catalogue.following import Source
from qa.web.sources import source_body
from qa.web.wording import counted, human_date

__all__ = ["SourceView", "SourcesPage", "source_view"]

_KINDS = {"feed": "Feed", "sitemap": "Sitemap", "folder": "Folder"}


@dataclass(frozen=True, slots=True)
class SourceView:
    """A source in words."""

    id: str
    kind_told: str
    location: str
    every_told: str
    looked_told: str
    due_at: datetime
    due_told: str


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """All sources, and the form that adds one, as it was filled in, with what is wrong in it."""

    section: ClassVar[str] = "add"
    sources: tuple[SourceView, ...]
    is_read_only: bool
    location: str = ""
    minutes: str = "60"
    error: str = ""

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return "Please check what you entered" if self.error else "Sources"


def source_view(source: Source) -> SourceView:
    """Return a source in words; of a folder, only the name is told."""
    body = source_body(source)
    return SourceView(
        body.id,
        _KINDS[body.kind],
        body.location,
        _interval(body.interval_seconds),
        _looked(body.checked_at, body.outcome, body.failures),
        body.due_at,
        _moment(body.due_at),
    )


def _interval(seconds: int) -> str:
    length, unit = next((length, unit) for length, unit in _UNITS if seconds % length == 0)
    return unit if seconds == length else counted(seconds // length, unit)


def _looked(checked_at: datetime | None, outcome: str | None, failures: int) -> str:
    if checked_at is None:
        return "Not looked at yet."
    told = f"Looked at on {_moment(checked_at)}: {outcome}"
    return f"{told} It failed {failures} times in a row." if failures > 1 else told


def _moment(moment: datetime) -> str:
    return human_date(moment.isoformat())


_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
