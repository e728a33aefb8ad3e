"""What `dateline index` makes of its arguments, and how it watches folders; what is stored is held elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from index.errors import AddressRefused, InputError
from index.indexing import Indexing, Problem
from index.sources import Locations
from qa.cli.indexing import _locations, _watch
from qa.operations.indexing import INDEX, Index
from qa.operations.operation import UNWATCHED, Operation, Watch


class Asked:
    """Operations that note which indexing was asked for; `then` has the next thing happen."""

    def __init__(self, then: Callable[[int], None]) -> None:
        self.indexed: list[Index] = []
        self._then = then

    def run(self, operation: Operation[Any, Any], wanted: Any, watch: Watch = UNWATCHED) -> Any:
        assert operation is INDEX
        self.indexed.append(wanted)
        self._then(len(self.indexed))
        return Indexing(1, 0, 0, 0, (Problem("file:///a.txt", "It is empty."),), was_cancelled=False)


def test_addresses_are_told_from_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").touch()
    assert _locations(["a.txt", "https://courier.example/feed", "."], "2026-02-01") == Locations(
        paths=(tmp_path / "a.txt", tmp_path), urls=("https://courier.example/feed",), since="2026-02-01"
    )


@pytest.mark.parametrize("place", ["file:///etc/passwd", "gopher://a.example/", "https://me@a.example/", "nowhere.txt"])
def test_a_place_that_cannot_be_indexed_is_told_at_once(place: str) -> None:
    with pytest.raises(InputError) as told:
        _locations([place], None)
    assert isinstance(told.value, AddressRefused) == (":" in place)
    with pytest.raises(InputError, match="not understood"):
        _locations([], "some day")


def test_a_watched_folder_is_read_whole_and_then_what_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("index.watching.watch_folders.__kwdefaults__", {"rest_ms": 100})
    gone = tmp_path / "gone.txt"
    gone.write_text("A heron came to the weir.")

    def go_on(number: int) -> None:
        match number:
            case 1:
                (tmp_path / "new.txt").write_text("An otter came to the weir.")
            case 2:
                gone.unlink()
            case _:
                raise KeyboardInterrupt

    asked = Asked(go_on)
    assert _watch(asked, (tmp_path,), prune=True) == 0
    whole = Index(Locations(paths=(tmp_path,)), prune=True)
    assert asked.indexed == [whole, Index(Locations(paths=(tmp_path / "new.txt",))), whole]
    said = capsys.readouterr()
    assert said.out.splitlines() == ["1 added, 0 changed, 0 unchanged, 0 removed, 1 not indexed"] * 2
    assert "Watching for changes - stop with Ctrl+C" in said.err
    assert said.err.endswith("Stopped watching. What was stored stays stored.\n")
