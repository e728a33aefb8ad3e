"""What a terminal shows while something slow goes on; a pipe gets none of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress_bar", "spinner"]


@contextmanager
def spinner(words: str) -> Iterator[None]:
    """Show a spinner while something slow begins, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{words} …"):
        yield


@contextmanager
def progress_bar(words: str) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function that is told (done, total, what) and shows a bar, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda done, total, what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[what]}", style="dim"), console=Console(stderr=True)) as bar:
        task = bar.add_task(words, total=None, what="")
        yield lambda done, total, what: bar.update(task, completed=done, total=total, what=what[:40])
