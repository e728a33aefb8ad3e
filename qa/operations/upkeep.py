"""Operations on the state that the collection is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.operations.operation import Operation, Watch

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["REBUILD", "STATE", "Nothing", "Rebuilt", "State"]


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


REBUILD = Operation("rebuild", Nothing, Rebuilt, _rebuild)
STATE = Operation("state", Nothing, State, _state)
