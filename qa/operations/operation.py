"""An operation: something that a command does with the collection, in whichever process owns it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["UNWATCHED", "Operation", "Operations", "Watch", "seldom"]

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

    `run` is called by one thread of the owning process; others may run beside it. In a service, `is_job` makes it a
    job: it waits for its turn in the background, and is begun anew when the service was killed at it.
    """

    name: str
    wanted: type[Wanted]
    given: type[Given]
    run: Callable[[Dateline, Wanted, Watch], Given]
    is_job: bool = False


class Operations(Protocol):
    """Runs operations on a collection, wherever it is open."""

    def run(self, operation: Operation[Wanted, Given], wanted: Wanted, watch: Watch = UNWATCHED) -> Given:
        """Run one to its end; raises what it raises, a DatelineError, and KeyboardInterrupt when that ended it."""


def seldom(tell: Callable[[int, int, str], None], seconds: float) -> Callable[[int, int, str], None]:
    """Return what tells progress at most once in so many seconds, and the end of it always."""
    told = float("-inf")

    def tell_seldom(done: int, total: int, what: str) -> None:
        nonlocal told
        if time.monotonic() - told >= seconds or done == total:
            told = time.monotonic()
            tell(done, total, what)

    return tell_seldom
