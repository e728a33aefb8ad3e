"""An operation: something that a command does with the collection, in whichever process owns it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["UNWATCHED", "Operation", "Operations", "Watch"]

Wanted = TypeVar("Wanted")
Given = TypeVar("Given")


@dataclass(frozen=True, slots=True)
class Watch:
    """How an operation says how far it is (done, total, what), and asks whether it is still wanted."""

    tell: Callable[[int, int, str], None] = lambda done, total, what: None
    is_cancelled: Callable[[], bool] = lambda: False


UNWATCHED = Watch()


@dataclass(frozen=True, slots=True)
class Operation(Generic[Wanted, Given]):
    """A name, what is wanted and given (frozen dataclasses, which go over the wire), and what does it.

    `run` is called by one thread of the owning process; others may run beside it.
    """

    name: str
    wanted: type[Wanted]
    given: type[Given]
    run: Callable[[Dateline, Wanted, Watch], Given]


class Operations(Protocol):
    """Runs operations on a collection, wherever it is open."""

    def run(self, operation: Operation[Wanted, Given], wanted: Wanted, watch: Watch = UNWATCHED) -> Given:
        """Run one to its end; raises what it raises, a DatelineError, and KeyboardInterrupt when that ended it."""
