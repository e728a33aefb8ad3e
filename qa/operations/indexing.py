"""The operation that takes articles in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from index.indexing import Indexing, Progress
from index.sources import Locations
from qa.operations.operation import Operation, Watch

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["INDEX", "Index"]


@dataclass(frozen=True, slots=True)
class Index:
    """Where to look for articles, by absolute paths; `prune` removes what came from there and is there no more."""

    locations: Locations
    prune: bool = False


def _index(dateline: Dateline, wanted: Index, watch: Watch) -> Indexing:
    def tell(step: Progress) -> None:
        watch.tell(step.done, step.total, unquote(PurePosixPath(step.origin).name))

    dateline.load_model()
    return dateline.indexer.index(wanted.locations, prune=wanted.prune, progress=tell, is_cancelled=watch.is_cancelled)


INDEX = Operation("index", Index, Indexing, _index, is_job=True)
