"""Opening the collection of the settings for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from qa.cli.showing import spinner
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = ["opened"]


@contextmanager
def opened(settings: Settings, command: str) -> Iterator[Dateline]:
    """Give the collection, held open by this process; raises DataFolderLocked when another one holds it."""
    with spinner("Opening the collection"):
        from qa.dateline import Dateline

        dateline = Dateline(settings, command=command)
    with dateline:
        yield dateline
