"""Time that goes by, and waiting that can be broken off."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]

_STEP_SECONDS = 0.25


class Clock(Protocol):
    """What time it is, and waiting."""

    def seconds(self) -> float:
        """Return seconds since some moment in the past; never goes back."""

    def now(self) -> datetime:
        """Return the moment in UTC."""

    def sleep(self, seconds: float, is_cancelled: Callable[[], bool]) -> None:
        """Wait, no longer than until somebody wants an end."""


class SystemClock:
    """The computer's own clock."""

    def seconds(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float, is_cancelled: Callable[[], bool]) -> None:
        end = self.seconds() + seconds
        while not is_cancelled() and (left := end - self.seconds()) > 0:
            time.sleep(min(left, _STEP_SECONDS))
