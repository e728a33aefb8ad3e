"""A data folder has one owner; others are told who, and its death sets the folder free."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from index.errors import DataFolderError, DataFolderLocked
from index.folder import DataFolder, read_owner
from tests.fakes import ordinary_user

OWNER = """
import sys, time
from pathlib import Path
from index.folder import DataFolder

folder = DataFolder(Path(sys.argv[1]), command="dateline serve")
if len(sys.argv) > 2:
    folder.announce(sys.argv[2])
print("owns", flush=True)
time.sleep(600)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "data"


def own(path: Path, *url: str) -> subprocess.Popen[str]:
    """Start another process that owns the folder."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(path), *url], stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    assert owner.stdout.readline() == "owns\n"
    return owner


def end(owner: subprocess.Popen[str], by: signal.Signals = signal.SIGKILL) -> None:
    owner.send_signal(by)
    owner.communicate()


def test_the_folder_is_made_and_names_its_places(path: Path) -> None:
    folder = DataFolder(path, command="dateline index")
    assert folder.catalogue_file == path / "catalogue.sqlite3"
    assert folder.chroma_folder == path / "chroma"
    owner = read_owner(path)
    assert owner
    assert (owner.pid, owner.command, owner.url) == (os.getpid(), "dateline index", None)
    folder.release()
    assert read_owner(path) is None


def test_only_the_owner_s_user_can_read_its_secret(path: Path) -> None:
    first = DataFolder(path, command="dateline serve")
    owner = read_owner(path)
    assert owner
    assert (path / "owner.json").stat().st_mode & 0o777 == 0o600
    assert len(first.secret) > 30
    assert owner.secret == first.secret
    assert first.secret not in f"{owner} {owner!r}"
    first.release()
    second = DataFolder(path, command="dateline serve")
    assert second.secret != first.secret
    second.release()


def test_a_second_process_is_told_who_the_owner_is(path: Path) -> None:
    owner = own(path)
    try:
        with pytest.raises(
            DataFolderLocked, match=rf"{path} is in use by process {owner.pid} \(dateline serve\), since"
        ) as told:
            DataFolder(path, command="dateline index")
        assert told.value.url is None
        assert "--data" in str(told.value)
    finally:
        end(owner)


def test_a_second_process_is_told_where_the_service_is(path: Path) -> None:
    owner = own(path, "http://127.0.0.1:8123")
    try:
        with pytest.raises(DataFolderLocked, match=r"\(dateline serve\) at http://127\.0\.0\.1:8123, since 20") as told:
            DataFolder(path, command="dateline ask")
        assert told.value.url == "http://127.0.0.1:8123"
    finally:
        end(owner)


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_the_owner_s_death_frees_the_folder(path: Path, by: signal.Signals) -> None:
    end(own(path, "http://127.0.0.1:8123"), by)
    folder = DataFolder(path, command="dateline index")
    owner = read_owner(path)
    assert owner
    assert (owner.pid, owner.url) == (os.getpid(), None)
    folder.release()


@pytest.mark.parametrize("written", ["", "{", "[]", '{"pid": 1}', '{"colour": "blue"}'])
def test_an_owner_that_cannot_be_read_is_another_process(path: Path, written: str) -> None:
    folder = DataFolder(path, command="dateline serve")
    (path / "owner.json").write_text(written)
    with pytest.raises(DataFolderLocked, match="in use by another process"):
        DataFolder(path, command="dateline index")
    folder.release()


def test_within_a_process_too_there_is_one_owner(path: Path) -> None:
    first = DataFolder(path, command="dateline serve")
    with pytest.raises(DataFolderLocked, match=f"process {os.getpid()}"):
        DataFolder(path, command="dateline index")
    assert json.loads((path / "owner.json").read_text())["command"] == "dateline serve"
    first.release()
    DataFolder(path, command="dateline index").release()


def test_one_thread_may_release_what_another_took(path: Path) -> None:
    taken: list[DataFolder] = []
    thread = threading.Thread(target=lambda: taken.append(DataFolder(path, command="dateline serve")))
    thread.start()
    thread.join()
    taken[0].release()
    DataFolder(path, command="dateline index").release()


def test_a_released_folder_may_be_released_again(path: Path) -> None:
    first = DataFolder(path, command="dateline serve")
    first.release()
    second = DataFolder(path, command="dateline index")
    first.release()
    with pytest.raises(DataFolderLocked, match=r"\(dateline index\)"):
        DataFolder(path, command="dateline ask")
    second.release()


@pytest.mark.parametrize("inside", [".", "data"])
def test_a_folder_that_may_not_be_written_to_is_told_plainly(inside: str) -> None:
    with ordinary_user() as path:
        path.chmod(0o555)
        with pytest.raises(
            DataFolderError, match=r"used: Permission denied\. Give a folder that this user may"
        ) as told:
            DataFolder(path / inside, command="dateline serve")
        path.chmod(0o755)
    assert not isinstance(told.value, DataFolderLocked)


def test_a_file_in_the_place_of_the_folder_is_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    for path in (tmp_path / "data", tmp_path / "data" / "inner"):
        with pytest.raises(DataFolderError, match=r"cannot be used: (File exists|Not a directory)"):
            DataFolder(path, command="dateline serve")


def test_a_folder_that_is_not_exclusive_is_left_alone(path: Path) -> None:
    owner = DataFolder(path, command="dateline serve")
    before = sorted(path.iterdir())
    shared = DataFolder(path, command="dateline serve", exclusive=False)
    shared.announce("http://127.0.0.1:8123")
    shared.release()
    assert sorted(path.iterdir()) == before
    assert read_owner(path) is not None
    owner.release()
