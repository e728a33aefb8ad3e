"""Opening the collection of the settings for one command: in this process, or in the service that owns it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

from index.errors import DataFolderLocked
from index.folder import read_owner
from qa.cli.showing import spinner
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.dateline import Dateline
    from qa.operations.operation import Operations

__all__ = ["SERVING", "opened", "operating"]

# The command of a service, as it stands in owner.json.
SERVING = "dateline serve"
_START_SECONDS = 60


@contextmanager
def opened(settings: Settings, command: str) -> Iterator[Dateline]:
    """Give the collection, held open by this process; raises DataFolderLocked when another one holds it."""
    with spinner("Opening the collection"):
        from qa.dateline import Dateline

        dateline = Dateline(settings, command=command)
    with dateline:
        yield dateline


@contextmanager
def operating(settings: Settings, command: str) -> Iterator[Operations]:
    """Give what runs operations: in the service that owns the data folder, else in this process.

    Raises DataFolderLocked when another command holds it.
    """
    with ExitStack() as stack:
        yield _found_service(settings, stack) or _opened_here(settings, command, stack)


def _opened_here(settings: Settings, command: str, stack: ExitStack) -> Operations:
    """Open the collection in this process; a service that is just starting is waited for."""
    from qa.operations.local import LocalOperations

    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return LocalOperations(stack.enter_context(opened(settings, command)))
        except DataFolderLocked:
            owner = read_owner(settings.data_folder)
            if owner is None or owner.command != SERVING or time.monotonic() > deadline:
                raise
        with spinner("Waiting for the service to start"):
            time.sleep(0.5)
        if service := _found_service(settings, stack):
            return service


def _found_service(settings: Settings, stack: ExitStack) -> Operations | None:
    owner = read_owner(settings.data_folder)
    if owner is None or owner.url is None:
        return None
    from qa.service_client import reached_service

    service = reached_service(owner)
    return None if service is None else stack.enter_context(closing(service))
