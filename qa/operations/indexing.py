"""The operation that takes articles in."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from index.indexing import Indexing, Progress
from index.sources import Locations
from qa.operations.operation import Operation, Watch

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["INDEX", "INDEX_FILES", "Files", "Index"]


@dataclass(frozen=True, slots=True)
class Index:
    """Where to look for articles, by absolute paths; `prune` removes what came from there and is there no more."""

    locations: Locations
    prune: bool = False


@dataclass(frozen=True, slots=True)
class Files:
    """A folder of files that were sent to the service; it is deleted when they are read."""

    folder: Path


def _index(dateline: Dateline, wanted: Index, watch: Watch) -> Indexing:
    def tell(step: Progress) -> None:
        watch.tell(step.done, step.total, unquote(PurePosixPath(step.origin).name))

    dateline.load_model()
    return dateline.indexer.index(wanted.locations, prune=wanted.prune, progress=tell, is_cancelled=watch.is_cancelled)


def _index_files(dateline: Dateline, wanted: Files, watch: Watch) -> Indexing:
    given = _index(dateline, Index(Locations(paths=(wanted.folder,))), watch)
    # A run that was stopped is gone on with, and needs them again.
    if not given.was_cancelled:
        shutil.rmtree(wanted.folder, ignore_errors=True)
    return given


INDEX_FILES = Operation("index_files", Files, Indexing, _index_files, is_job=True)
INDEX = Operation("index", Index, Indexing, _index, is_job=True)
