"""Operations in this process, which owns the data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from qa.operations.operation import UNWATCHED, Operation, Watch

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["LocalOperations"]

Wanted = TypeVar("Wanted")
Given = TypeVar("Given")


class LocalOperations:
    """Operations on a collection that this process holds open."""

    def __init__(self, dateline: Dateline) -> None:
        self._dateline = dateline

    def run(self, operation: Operation[Wanted, Given], wanted: Wanted, watch: Watch = UNWATCHED) -> Given:
        """Run one to its end."""
        return operation.run(self._dateline, wanted, watch)
