"""Operations on sources: the feeds, sitemaps and folders that are looked at again and again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from index.addresses import is_web_address, parse_address
from index.catalogue.following import Source, SourceKind
from index.errors import DatelineError, InputError, SourceError
from index.gathering import kind_at
from index.indexing import Indexing, Progress
from index.sources import Locations
from qa.operations.operation import Operation, Watch
from qa.operations.upkeep import Nothing

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = [
    "ADD_SOURCE",
    "INTERVAL_LIMITS",
    "LIST_SOURCES",
    "REFRESH_SOURCE",
    "REMOVE_SOURCE",
    "AddedSource",
    "RefreshedSource",
    "RemovedSource",
    "SourceList",
]

# In seconds: a minute to thirty days.
INTERVAL_LIMITS = (60, 30 * 24 * 3600)


@dataclass(frozen=True, slots=True)
class AddedSource:
    """What to look at: a URL or a folder's absolute path, how often, and whether articles go when their files do.

    `kind` is found out by a look at it where it is None.
    """

    location: str
    kind: SourceKind | None
    interval_seconds: int
    prunes: bool = False


@dataclass(frozen=True, slots=True)
class RemovedSource:
    """Which source to forget, by its id or its location."""

    named: str


@dataclass(frozen=True, slots=True)
class RefreshedSource:
    """Which source to look at now, by its id."""

    id: str


@dataclass(frozen=True, slots=True)
class SourceList:
    """Sources, in the order in which they were added."""

    sources: tuple[Source, ...]


def _add(dateline: Dateline, wanted: AddedSource, watch: Watch) -> Source:
    least, most = INTERVAL_LIMITS
    if not least <= wanted.interval_seconds <= most:
        raise InputError(
            f"A source cannot be looked at every {wanted.interval_seconds:,} seconds. Allowed are {least} seconds to"
            f" {most // 86_400} days."
        )
    location, kind = _checked(dateline, wanted, watch)
    if wanted.prunes and kind != "folder":
        raise InputError("Only a folder can be pruned: what a feed no longer lists is not gone.")
    return dateline.sources.add_source(kind, location, wanted.interval_seconds, datetime.now(UTC), prunes=wanted.prunes)


def _checked(dateline: Dateline, wanted: AddedSource, watch: Watch) -> tuple[str, SourceKind]:
    """Return the location in its one spelling, and what is there."""
    if is_web_address(wanted.location):
        if wanted.kind == "folder":
            raise InputError(f"{wanted.location[:200]!r} is an address, not a folder.")
        location = parse_address(wanted.location).url
        return location, wanted.kind or kind_at(dateline.new_fetcher(), location, watch.is_cancelled)
    path = Path(wanted.location)
    if wanted.kind not in (None, "folder"):
        raise InputError(f"{wanted.location[:200]!r} is not the address of a {wanted.kind}. Give one with https://.")
    if not (path.is_absolute() and path.is_dir()):
        raise SourceError(f"There is no folder {wanted.location[:200]!r}. Give a folder, or an address with https://.")
    return str(path), "folder"


def _list(dateline: Dateline, _: Nothing, __: Watch) -> SourceList:
    return SourceList(tuple(dateline.sources.sources()))


def _remove(dateline: Dateline, wanted: RemovedSource, _: Watch) -> Source:
    return dateline.sources.remove_source(wanted.named)


def _refresh(dateline: Dateline, wanted: RefreshedSource, watch: Watch) -> Indexing:
    """Index what is new at the source, and note how that went."""

    def tell(step: Progress) -> None:
        watch.tell(step.done, step.total, PurePosixPath(step.origin).name)

    source = dateline.sources.source(wanted.id)
    locations = {
        "feed": Locations(feeds=(source.location,)),
        "sitemap": Locations(sitemaps=(source.location,)),
        "folder": Locations(paths=(Path(source.location),)),
    }[source.kind]
    try:
        done = dateline.indexer.index(locations, prune=source.prunes, progress=tell, is_cancelled=watch.is_cancelled)
    except DatelineError as error:
        with suppress(DatelineError):
            dateline.sources.note_look(source.id, datetime.now(UTC), str(error), has_failed=True)
        raise
    if not done.was_cancelled:
        own = [problem.reason for problem in done.problems if problem.origin == source.location]
        outcome = own[0] if own else _outcome(done)
        dateline.sources.note_look(source.id, datetime.now(UTC), outcome, has_failed=bool(own))
    return done


def _outcome(done: Indexing) -> str:
    counts = {"added": done.added, "changed": done.changed, "removed": done.removed, "not indexed": len(done.problems)}
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count) or "nothing new"


ADD_SOURCE = Operation("add_source", AddedSource, Source, _add)
LIST_SOURCES = Operation("list_sources", Nothing, SourceList, _list)
REMOVE_SOURCE = Operation("remove_source", RemovedSource, Source, _remove)
REFRESH_SOURCE = Operation("refresh_source", RefreshedSource, Indexing, _refresh, is_job=True)
