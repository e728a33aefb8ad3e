"""What the pages of adding articles and of jobs show: one frozen value per page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from index.catalogue import Job
from index.sources import ALLOWED_FILES
from qa.web.job_bodies import ProblemLine, job_body
from qa.web.wording import counted, human_date

__all__ = ["FORMS", "AddForm", "AddPage", "Entry", "JobPage", "JobView", "JobsPage", "add_page", "job_view"]

_STATES = {
    "waiting": "Waits for its turn",
    "running": "Running",
    "done": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to fill in; a text box is for a `prose` text or for `lines`."""

    name: str
    label: str
    kind: Literal["text", "prose", "lines", "file"]
    help: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class AddForm:
    """One way to add articles, as it was filled in, and what is wrong with that."""

    name: str
    title: str
    button: str
    entries: tuple[Entry, ...]
    error: str = ""

    @property
    def takes_files(self) -> bool:
        """Say whether files are sent with it."""
        return any(entry.kind == "file" for entry in self.entries)


FORMS = (
    AddForm(
        "article",
        "Paste an article",
        "Store it",
        (
            Entry("text", "Text", "prose"),
            Entry("title", "Title", "text", "The text's first words when left blank."),
            Entry("source", "Source", "text", "Who published it."),
            Entry("url", "Address", "text", "Where it can be read."),
            Entry("published_at", "Published", "text", "A day, such as 2026-02-27."),
        ),
    ),
    AddForm(
        "addresses",
        "Name addresses",
        "Read them",
        (
            Entry("urls", "Pages", "lines", "Each an article; one address a line."),
            Entry("feeds", "Feeds", "lines", "RSS or Atom; every entry is followed to its article."),
            Entry("sitemaps", "Sitemaps", "lines", "Every page that they list is read."),
        ),
    ),
    AddForm("files", "Send files", "Send them", (Entry("files", "Files", "file", f"{ALLOWED_FILES.capitalize()}."),)),
)


@dataclass(frozen=True, slots=True)
class AddPage:
    """The forms that add articles."""

    section: ClassVar[str] = "add"
    forms: tuple[AddForm, ...]
    is_read_only: bool

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return "Please check what you entered" if any(form.error for form in self.forms) else "Add articles"


@dataclass(frozen=True, slots=True)
class JobView:
    """A job in words."""

    id: str
    title: str
    state_told: str
    told: str
    asked_at: datetime
    done: int
    total: int
    has_ended: bool
    can_be_cancelled: bool
    error: str | None
    places: tuple[str, ...]
    problems: tuple[ProblemLine, ...]

    @property
    def asked_told(self) -> str:
        """When it was asked for."""
        return human_date(self.asked_at.isoformat())


@dataclass(frozen=True, slots=True)
class JobsPage:
    """The jobs asked for last, the newest first."""

    section: ClassVar[str] = "add"
    jobs: tuple[JobView, ...]

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return "Jobs"


@dataclass(frozen=True, slots=True)
class JobPage:
    """One job and how far it is."""

    section: ClassVar[str] = "add"
    job: JobView

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return f"{self.job.title}: {self.job.state_told}"


def add_page(is_read_only: bool, filled: str = "", values: Mapping[str, str] | None = None, error: str = "") -> AddPage:
    """Return the page with blank forms, but for the one that was filled in and has an error."""
    return AddPage(
        tuple(_filled(form, values or {}, error) if form.name == filled else form for form in FORMS), is_read_only
    )


def job_view(job: Job) -> JobView:
    """Return a job as it is shown."""
    body = job_body(job)
    asked = body.asked
    counts = (
        ((len(asked.urls), "page"), (len(asked.feeds), "feed"), (len(asked.sitemaps), "sitemap"), (asked.paths, "path"))
        if asked
        else ()
    )
    title = ", ".join(counted(number, thing) for number, thing in counts if number)
    return JobView(
        job.id,
        title or {"index_files": "Files"}.get(job.operation, job.operation.replace("_", " ").capitalize()),
        "Stops after the batch in hand" if job.is_cancelling and not job.has_ended else _STATES[job.state],
        _told(job),
        job.asked_at,
        job.done,
        job.total,
        job.has_ended,
        can_be_cancelled=not job.has_ended and not job.is_cancelling,
        error=body.error,
        places=(*asked.urls, *asked.feeds, *asked.sitemaps) if asked else (),
        problems=tuple(body.given.problems) if body.given else (),
    )


def _filled(form: AddForm, values: Mapping[str, str], error: str) -> AddForm:
    entries = tuple(
        Entry(entry.name, entry.label, entry.kind, entry.help, values.get(entry.name, "")) for entry in form.entries
    )
    return AddForm(form.name, form.title, form.button, entries, error)


def _told(job: Job) -> str:
    given = job_body(job).given
    if given is not None:
        counts = [f"{getattr(given, kind):,} {kind}" for kind in ("added", "changed", "unchanged")]
        return ", ".join([*counts, *([f"{given.not_indexed:,} not added"] if given.not_indexed else [])])
    if job.state == "running" and job.done:
        return f"{job.done:,} of {counted(job.total, 'document')} read, the last of them {job.what}"
    return ""
