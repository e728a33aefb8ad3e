"""Time that goes by, and waiting that can be broken off."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """What time it is, and waiting."""

    def seconds(self) -> float:
        """Return seconds since some moment in the past; never goes back."""

    def now(self) -> datetime:
        """Return the moment in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait, or less where somebody wants an end."""


class SystemClock:
    """The computer's own clock; whoever sets `stopping` ends every wait."""

    def __init__(self, stopping: threading.Event | None = None) -> None:
        self._stopping = stopping or threading.Event()

    def seconds(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        self._stopping.wait(seconds)
