"""A backup is of one moment, while others store; what is restored is checked, and nothing is overwritten unasked."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from index.articles import ArticleFilter
from index.backup import back_up, read_backup, restore
from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.embedding import Vectors
from index.errors import DataFolderLocked, InputError, StorageFull
from index.folder import DataFolder
from index.verifying import Verifier
from tests.fakes import FakeEmbedder, embedded, fake_vectors, files_limited_to, invented_article

ALL = ArticleFilter()


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with closing(Catalogue.open(tmp_path / "catalogue.sqlite3")) as opened:
        opened.store([embedded(invented_article(n, sentences=30)) for n in range(20)])
        opened.claim_model(FakeEmbedder.name, FakeEmbedder.dimension)
        yield opened


def check_restored(folder: Path, articles: int) -> None:
    """Hold a restored folder against its promises, before and after its first vector index is built."""
    with closing(Catalogue.open(folder / "catalogue.sqlite3")) as catalogue:
        generations: dict[int, dict[str, Vectors]] = {}
        dense = DenseIndex(catalogue, fake_vectors(generations))
        assert catalogue.counts()[0] == articles
        assert list(Verifier(catalogue, dense, FakeEmbedder()).findings()) == []
        dense.open()
        assert list(Verifier(catalogue, dense, FakeEmbedder()).findings()) == []
        assert len(generations[0]) == catalogue.counts()[1]
        dense.close()


def test_a_backup_of_a_busy_collection_is_of_one_moment(catalogue: Catalogue, tmp_path: Path) -> None:
    stop = threading.Event()

    def store() -> None:
        for number in range(20, 2_000):
            if stop.is_set():
                return
            catalogue.store([embedded(invented_article(number)), embedded(invented_article(number + 2_000))])

    busy = threading.Thread(target=store)
    busy.start()
    told: list[str] = []
    backup = back_up(catalogue, tmp_path / "a.backup", lambda done, total, what: told.append(what))
    stop.set()
    busy.join()
    assert (backup.articles - 20) % 2 == 0
    assert list(dict.fromkeys(told)) == ["copying", "packing"]
    assert {path.name for path in tmp_path.iterdir() if "backup" in path.name} == {"a.backup"}
    assert restore(tmp_path / "a.backup", tmp_path / "new") == backup == read_backup(tmp_path / "a.backup")
    check_restored(tmp_path / "new", backup.articles)
    with closing(Catalogue.open(tmp_path / "new" / "catalogue.sqlite3")) as restored:
        assert restored.id != catalogue.id


def test_a_folder_is_overwritten_only_when_it_is_asked_for(catalogue: Catalogue, tmp_path: Path) -> None:
    back_up(catalogue, tmp_path / "a.backup")
    folder = tmp_path / "data"
    restore(tmp_path / "a.backup", folder)
    (folder / "chroma").mkdir()
    with pytest.raises(InputError, match="not empty"):
        restore(tmp_path / "a.backup", folder)
    owner = DataFolder(folder, command="test")
    with pytest.raises(DataFolderLocked):
        restore(tmp_path / "a.backup", folder, overwrites=True)
    owner.release()
    restore(tmp_path / "a.backup", folder, overwrites=True)
    assert sorted(path.name for path in folder.iterdir() if path.name != "lock") == ["catalogue.sqlite3"]
    check_restored(folder, 20)
    with pytest.raises(InputError, match="not overwritten"):
        back_up(catalogue, tmp_path / "a.backup")


@pytest.mark.parametrize("place", [0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_damaged_backup_is_refused_and_leaves_nothing(catalogue: Catalogue, tmp_path: Path, place: float) -> None:
    file = tmp_path / "a.backup"
    back_up(catalogue, file)
    content = bytearray(file.read_bytes())
    start = int(len(content) * place)
    content[start : start + 16] = bytes(255 - byte for byte in content[start : start + 16])
    file.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        restore(file, tmp_path / "new")
    assert not (tmp_path / "new" / "catalogue.sqlite3").exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"not a backup" * 100])
def test_what_is_no_backup_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.backup").write_bytes(content)
    with pytest.raises(InputError, match="no backup of Dateline"):
        restore(tmp_path / "a.backup", tmp_path / "new")


def test_a_newer_backup_is_refused_by_name(catalogue: Catalogue, tmp_path: Path) -> None:
    back_up(catalogue, tmp_path / "a.backup")
    with zipfile.ZipFile(tmp_path / "a.backup") as archive:
        described = json.loads(archive.read("backup.json"))
    with zipfile.ZipFile(tmp_path / "b.backup", "w") as archive:
        archive.writestr("backup.json", json.dumps({**described, "revision": "9999", "written_by": "7.0"}))
    with pytest.raises(InputError, match=r"made by Dateline 7\.0"):
        restore(tmp_path / "b.backup", tmp_path / "new")


def test_a_full_disk_is_told_and_leaves_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    with files_limited_to(100_000), pytest.raises(StorageFull):
        back_up(catalogue, tmp_path / "a.backup")
    back_up(catalogue, tmp_path / "a.backup")
    with files_limited_to(50_000), pytest.raises(StorageFull):
        restore(tmp_path / "a.backup", tmp_path / "new")
    assert not any("catalogue" in path.name for path in (tmp_path / "new").iterdir())
