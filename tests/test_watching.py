from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.watching import Changes, watch_folders


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, Iterator[Changes]]]:
    """A folder with a file in it, and its changes from the moment on when it is watched."""
    (tmp_path / "first.txt").write_text("A heron came to the weir.")
    stop = threading.Event()
    changes = watch_folders([tmp_path], stop, rest_ms=100)
    assert next(changes) == Changes()
    yield tmp_path, changes
    stop.set()
    assert next(changes, None) is None


def paths_in(changes: Iterator[Changes], wanted: set[Path]) -> set[Path]:
    """Return what changed, in as many batches as the system makes of it, until all that is wanted is there."""
    found: set[Path] = set()
    while not wanted <= found:
        found.update(next(changes).paths)
    return found


def test_files_that_come_or_change_are_told_together(watched: tuple[Path, Iterator[Changes]]) -> None:
    folder, changes = watched
    (folder / "first.txt").write_text("Two herons came to the weir.")
    (folder / "second.md").write_text("An otter came, too.")
    (folder / "picture.png").write_bytes(b"no article")
    (folder / ".hidden.txt").write_text("no article")
    wanted = {folder / "first.txt", folder / "second.md"}
    assert paths_in(changes, wanted) == wanted


def test_a_folder_that_is_moved_in_and_one_that_goes_are_told(
    watched: tuple[Path, Iterator[Changes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, changes = watched
    outside = tmp_path_factory.mktemp("outside") / "archive"
    outside.mkdir()
    (outside / "old.txt").write_text("A flood came to the weir.")
    outside.rename(folder / "archive")
    assert folder / "archive" in paths_in(changes, {folder / "archive"})
    (folder / "archive").rename(outside)
    assert any(change.has_removals for change in changes)


def test_what_changes_while_nobody_looks_is_told_next(watched: tuple[Path, Iterator[Changes]]) -> None:
    folder, changes = watched
    for number in range(5):
        (folder / f"{number}.txt").write_text("A heron came to the weir.")
        (folder / f"{number}.txt").write_text("A second heron came to the weir.")
    wanted = {folder / f"{number}.txt" for number in range(5)}
    assert paths_in(changes, wanted) == wanted
    (folder / "first.txt").unlink()
    assert any(change.has_removals for change in changes)
