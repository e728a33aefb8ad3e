"""Operations on the state that the collection is in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.backup import Backup, back_up
from index.verifying import Finding, Verifier
from qa.operations.operation import Operation, Watch

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["BACK_UP", "REBUILD", "STATE", "VERIFY", "BackupFile", "Nothing", "Rebuilt", "State", "Verified", "Verify"]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Wanted by an operation that needs to be told nothing."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The number of chunks in the new vector index."""

    chunks: int


@dataclass(frozen=True, slots=True)
class State:
    """What the collection holds, and in what state its vector index is."""

    articles: int
    chunks: int
    index_generation: int
    embedding_model: str | None
    vector_index: str


@dataclass(frozen=True, slots=True)
class Verify:
    """Whether to mend, too, what can be made again."""

    repair: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found, and after a repair what is `left` of it; `versions` were looked at."""

    versions: int
    findings: tuple[Finding, ...]
    left: tuple[Finding, ...]
    was_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class BackupFile:
    """Where to write a backup, by an absolute path."""

    file: Path


def _rebuild(dateline: Dateline, _: Nothing, watch: Watch) -> Rebuilt:
    dateline.dense.rebuild(lambda done, total: watch.tell(done, total, ""))
    return Rebuilt(dateline.catalogue.counts()[1])


def _state(dateline: Dateline, _: Nothing, __: Watch) -> State:
    articles, chunks = dateline.catalogue.counts()
    return State(
        articles,
        chunks,
        dateline.catalogue.generation,
        dateline.catalogue.fact("embedding_model"),
        dateline.dense.condition,
    )


def _verify(dateline: Dateline, wanted: Verify, watch: Watch) -> Verified:
    verifier = Verifier(dateline.catalogue, dateline.dense, dateline.embedder)
    left = findings = tuple(verifier.findings(watch.tell, watch.is_cancelled))
    if wanted.repair and findings:
        verifier.repair(findings, watch.tell, watch.is_cancelled)
        left = tuple(verifier.findings(watch.tell, watch.is_cancelled))
    return Verified(verifier.count(), findings, left, watch.is_cancelled())


def _back_up(dateline: Dateline, wanted: BackupFile, watch: Watch) -> Backup:
    return back_up(dateline.catalogue, wanted.file, watch.tell)


BACK_UP = Operation("back_up", BackupFile, Backup, _back_up)
REBUILD = Operation("rebuild", Nothing, Rebuilt, _rebuild)
STATE = Operation("state", Nothing, State, _state)
VERIFY = Operation("verify", Verify, Verified, _verify)
