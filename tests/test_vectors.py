"""Vectors are held and found by id: one contract for Chroma's own store, a Chroma server and the fake one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from index.embedding import Vectors
from index.errors import SettingsError, VectorIndexError
from index.vectors import WRITE_BATCH, ChromaVectors, VectorIndex, embedded_chroma, server_chroma
from tests.chroma import ChromaServer
from tests.fakes import FakeEmbedder, fake_vectors, invented_text

Open = Callable[[int], VectorIndex]

TEXTS = [invented_text(number, sentences=3) for number in range(250)]
IDS = [f"chunk-{number:03}" for number in range(250)]
EMBEDDINGS = FakeEmbedder().embed(TEXTS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    started = ChromaServer(tmp_path_factory.mktemp("chroma"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(params=["fake", "embedded", pytest.param("server", marks=pytest.mark.server)])
def open_vectors(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """What opens a generation of one of the three, and closes all of them at the end."""
    if request.param == "fake":
        yield fake_vectors({})
        return
    opened: list[VectorIndex] = []
    if request.param == "server":
        store = server_chroma(request.getfixturevalue("server").url)
    else:
        store = embedded_chroma(tmp_path)

    def open_generation(generation: int) -> VectorIndex:
        opened.append(ChromaVectors(store, f"{tmp_path.name}-g{generation}"))
        return opened[-1]

    yield open_generation
    for vectors in opened:
        vectors.close()


def exact(embedding: Vectors, limit: int) -> list[tuple[str, float]]:
    similarities = EMBEDDINGS @ embedding
    order = np.argsort(-similarities, kind="stable")[:limit]
    return [(IDS[place], float(similarities[place])) for place in order]


def test_new_index_is_empty(open_vectors: Open) -> None:
    vectors = open_vectors(0)
    assert vectors.count() == 0
    assert vectors.nearest(EMBEDDINGS[0], 5) == []
    vectors.add([], EMBEDDINGS[:0])
    vectors.remove([])
    vectors.remove(["unknown"])
    assert vectors.count() == 0


def test_nearest_is_found_with_its_similarity(open_vectors: Open) -> None:
    vectors = open_vectors(0)
    vectors.add(IDS, EMBEDDINGS)
    assert vectors.count() == len(IDS) > 2 * WRITE_BATCH
    for embedding in FakeEmbedder().embed([*TEXTS[::25], "The harbour board measured the tide tables."]):
        found, expected = vectors.nearest(embedding, 10), exact(embedding, 10)
        assert [similarity for _, similarity in found] == pytest.approx([s for _, s in expected], abs=1e-3)
        assert dict(found) == pytest.approx(
            {id: float(EMBEDDINGS[IDS.index(id)] @ embedding) for id, _ in found}, abs=1e-3
        )
    assert len(vectors.nearest(EMBEDDINGS[0], 1_000)) == len(IDS)


def test_removed_ids_are_found_no_more(open_vectors: Open) -> None:
    vectors = open_vectors(0)
    vectors.add(IDS, EMBEDDINGS)
    vectors.remove([*IDS[:150], "unknown"])
    vectors.remove(IDS[:1])
    assert vectors.count() == 100
    assert {id for id, _ in vectors.nearest(EMBEDDINGS[0], 250)} == set(IDS[150:])


def test_adding_an_id_again_changes_nothing(open_vectors: Open) -> None:
    vectors = open_vectors(0)
    vectors.add(IDS[:3], EMBEDDINGS[:3])
    vectors.add(IDS[:4], EMBEDDINGS[[9, 9, 9, 3]])
    assert vectors.count() == 4
    assert dict(vectors.nearest(EMBEDDINGS[0], 1)) == {IDS[0]: pytest.approx(1.0, abs=1e-3)}


def test_what_is_held_is_there_after_reopening(open_vectors: Open) -> None:
    first = open_vectors(0)
    first.add(IDS[:20], EMBEDDINGS[:20])
    first.close()
    again = open_vectors(0)
    assert again.count() == 20
    assert again.nearest(EMBEDDINGS[7], 1)[0][0] == IDS[7]


def test_generations_are_apart_until_the_others_are_dropped(open_vectors: Open) -> None:
    old, new = open_vectors(3), open_vectors(4)
    old.add(IDS[:2], EMBEDDINGS[:2])
    new.add(IDS[:5], EMBEDDINGS[:5])
    assert (old.count(), new.count()) == (2, 5)
    old.close()
    new.drop_others()
    assert new.count() == 5
    assert new.nearest(EMBEDDINGS[4], 1)[0][0] == IDS[4]
    new.close()
    assert open_vectors(3).count() == 0
    assert open_vectors(4).count() == 5


@pytest.mark.server
def test_a_server_keeps_what_other_catalogues_hold(server: ChromaServer) -> None:
    store = server_chroma(server.url)
    theirs, ours = ChromaVectors(store, "dateline-b-g0"), ChromaVectors(store, "dateline-a-g1")
    theirs.add(IDS[:2], EMBEDDINGS[:2])
    ours.drop_others()
    assert theirs.count() == 2
    theirs.close()
    ours.close()


def test_only_one_generation_is_left_on_disk(tmp_path: Path) -> None:
    store = embedded_chroma(tmp_path / "chroma")
    old = ChromaVectors(store, "dateline-a-g0")
    old.add(IDS, EMBEDDINGS)
    old.close()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"of another layout")
    new = ChromaVectors(store, "dateline-a-g1")
    new.drop_others()
    new.close()
    assert [place.name for place in (tmp_path / "chroma").iterdir()] == ["dateline-a-g1"]


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://localhost",
        "http://",
        "http://[::1",
        "http://localhost:port",
        "http://localhost:70000",
        "",
    ],
)
def test_a_url_that_is_no_server_s_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="Chroma server's URL"):
        server_chroma(url)


def test_a_server_that_is_not_there_is_told_plainly() -> None:
    with pytest.raises(VectorIndexError, match="ConnectError"):
        ChromaVectors(server_chroma("http://127.0.0.1:9"), "dateline-a-g0")


# Damage to Chroma's own files. Past a thousand vectors it writes its graph to files.


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    vectors = ChromaVectors(embedded_chroma(folder), "dateline-a-g0")
    for part in range(5):
        vectors.add([f"{id}-{part}" for id in IDS], EMBEDDINGS)
    vectors.close()
    assert len(list(folder.glob("*/*/*.bin"))) == 4
    return folder


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size * 9 // 10)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def garble(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8] = b"\xa5" * 8
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [cut, empty, garble, Path.unlink])
@pytest.mark.parametrize(
    "name", ["data_level0.bin", "header.bin", "length.bin", "link_lists.bin", "index_metadata.pickle"]
)
def test_files_that_are_not_as_chroma_left_them_are_not_opened(
    large: Path, tmp_path: Path, name: str, damage: Callable[[Path], object]
) -> None:
    folder = Path(shutil.copytree(large, tmp_path / "chroma"))
    [path] = folder.glob(f"*/*/{name}")
    damage(path)
    with pytest.raises(VectorIndexError, match="not as Chroma left it"):
        ChromaVectors(embedded_chroma(folder), "dateline-a-g0")


def test_what_has_failed_is_not_sealed(tmp_path: Path) -> None:
    store = embedded_chroma(tmp_path)
    vectors = ChromaVectors(store, "dateline-a-g0")
    for part in range(5):
        vectors.add([f"{id}-{part}" for id in IDS], EMBEDDINGS)
    with pytest.raises(VectorIndexError, match="dimension"):
        vectors.nearest(EMBEDDINGS[0][:5], 1)
    vectors.close()
    with pytest.raises(VectorIndexError, match="not as Chroma left it"):
        ChromaVectors(store, "dateline-a-g0")


def test_whole_files_are_opened_time_and_again(large: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(large, tmp_path / "chroma"))
    for _ in range(2):
        vectors = ChromaVectors(embedded_chroma(folder), "dateline-a-g0")
        assert vectors.count() == 1_250
        assert vectors.nearest(EMBEDDINGS[3], 1)[0][1] == pytest.approx(1.0, abs=1e-3)
        vectors.close()


@pytest.mark.parametrize("damage", [cut, empty, Path.unlink])
def test_a_seal_that_cannot_be_read_is_a_broken_one(
    large: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    folder = Path(shutil.copytree(large, tmp_path / "chroma"))
    damage(folder / "dateline-a-g0" / "seal.json")
    with pytest.raises(VectorIndexError, match="not as Chroma left it"):
        ChromaVectors(embedded_chroma(folder), "dateline-a-g0")
