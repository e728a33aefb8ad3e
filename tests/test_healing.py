"""A vector index that cannot be trusted is found out, and healed beside the questions that are asked meanwhile."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from index import generations as generations_module
from index.articles import ArticleFilter
from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.embedding import Vectors
from index.errors import VectorIndexError
from index.probing import ChildProber, Expected, find_fault
from index.sealing import seal
from index.vectors import ChromaVectors, VectorIndex, embedded_chroma
from tests.fakes import FakeEmbedder, FakeVectors, embedded, fake_vectors, invented_article

ALL = ArticleFilter()
QUESTION: Vectors = FakeEmbedder().embed(["two ferries on Tuesday night"])[0]
Generations = dict[int, dict[str, Vectors]]


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(tmp_path / "catalogue.sqlite3")
    opened.store([embedded(invented_article(n)) for n in range(30)])
    yield opened
    opened.close()


def exactly(catalogue: Catalogue) -> list[float]:
    """How similar the ten nearest chunks are to the question."""
    [(_, embeddings)] = catalogue.all_embeddings(10_000)
    return sorted((embeddings @ QUESTION).tolist(), reverse=True)[:10]


def check(catalogue: Catalogue, dense: DenseIndex) -> None:
    found = dense.nearest(QUESTION, 10, ALL)
    assert [similarity for _, similarity in found] == pytest.approx(exactly(catalogue), abs=2e-3)


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(3_000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never came about")


def left_open(catalogue: Catalogue, generations: Generations) -> None:
    """Leave a vector index as a process does that dies."""
    died = DenseIndex(catalogue, fake_vectors(generations))
    died.open()
    died.follow()


# Beside questions


class Gate:
    """Opens fake vectors, a new generation of them only when it is let."""

    def __init__(self, generations: Generations) -> None:
        self._open = fake_vectors(generations)
        self.may_open = threading.Event()
        self.has_failed = False

    def __call__(self, generation: int) -> VectorIndex:
        if generation and not self.may_open.wait(30):
            raise VectorIndexError("never let")
        if self.has_failed:
            raise VectorIndexError("no room")
        return self._open(generation)


def test_questions_are_answered_while_it_heals(catalogue: Catalogue, caplog: pytest.LogCaptureFixture) -> None:
    generations: Generations = {}
    left_open(catalogue, generations)
    gate = Gate(generations)
    dense = DenseIndex(catalogue, gate)
    dense.open(beside=True)
    assert not dense.is_healthy
    assert "not closed" in dense.condition
    check(catalogue, dense)
    catalogue.store([embedded(invented_article(99))])
    dense.follow()
    check(catalogue, dense)
    gate.may_open.set()
    wait_until(lambda: dense.is_healthy)
    check(catalogue, dense)
    dense.close()
    assert list(generations) == [1]
    [line] = [record.message for record in caplog.records]
    assert line.startswith("The vector index was rebuilt from the catalogue (")
    assert line.endswith("it was not closed after it was last written to.")


def test_a_failure_while_serving_is_healed_without_a_restart(catalogue: Catalogue) -> None:
    class Failing(FakeVectors):
        def nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
            if broken:
                raise VectorIndexError("InternalError")
            return super().nearest(embedding, limit)

    broken: list[bool] = []
    generations: Generations = {}
    dense = DenseIndex(catalogue, lambda n: Failing(generations, n) if n == 0 else FakeVectors(generations, n))
    dense.open(beside=True)
    check(catalogue, dense)
    broken.append(True)
    check(catalogue, dense)
    wait_until(lambda: dense.is_healthy)
    check(catalogue, dense)
    dense.close()
    assert list(generations) == [1]
    assert catalogue.fact("vectors_unfinished") == "no"


def test_a_chunk_that_does_not_find_itself_is_noticed(catalogue: Catalogue) -> None:
    class Forgetful(FakeVectors):
        def nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
            return super().nearest(QUESTION, 1)

    generations: Generations = {}
    dense = DenseIndex(catalogue, lambda n: Forgetful(generations, n) if n == 0 else FakeVectors(generations, n))
    dense.open()
    check(catalogue, dense)
    dense.close()
    assert list(generations) == [1]


def test_healing_is_tried_until_it_works(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(generations_module, "_PAUSES", (0, 0.01))
    generations: Generations = {}
    left_open(catalogue, generations)
    gate = Gate(generations)
    gate.has_failed = True
    gate.may_open.set()
    dense = DenseIndex(catalogue, gate)
    dense.open(beside=True)
    wait_until(lambda: len(caplog.records) >= 3)
    check(catalogue, dense)
    assert "no room" in dense.condition
    gate.has_failed = False
    wait_until(lambda: dense.is_healthy)
    dense.close()


def test_closing_does_not_wait_for_the_end_of_a_rebuild(catalogue: Catalogue) -> None:
    generations: Generations = {}
    left_open(catalogue, generations)
    begun, goes_on = threading.Event(), threading.Event()

    class Slow(FakeVectors):
        def add(self, ids: Sequence[str], embeddings: Vectors) -> None:
            begun.set()
            goes_on.wait(30)

    dense = DenseIndex(catalogue, lambda n: Slow(generations, n))
    dense.open(beside=True)
    assert begun.wait(30)
    closing = threading.Thread(target=dense.close)
    closing.start()
    goes_on.set()
    closing.join(30)
    assert not closing.is_alive()
    assert catalogue.fact("vectors_unfinished") == "yes"


@pytest.mark.parametrize("beside", [False, True])
def test_what_was_given_many_more_vectors_than_are_left_is_built_anew(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    monkeypatch.setattr(generations_module, "_ADDED_AT_LEAST", 100)
    generations: Generations = {}
    dense = DenseIndex(catalogue, fake_vectors(generations))
    dense.open(beside=beside)
    for turn in range(5):
        catalogue.store([embedded(invented_article(n, sentences=9 + turn)) for n in range(30)])
        dense.follow()
        check(catalogue, dense)
    if not beside:
        assert list(generations) == [0]
        dense.close()
        dense.open()
    wait_until(lambda: list(generations) == [1])
    check(catalogue, dense)
    dense.close()
    dense.open()
    assert list(generations) == [1]
    dense.close()


def test_indexing_does_not_wait_for_a_rebuild(catalogue: Catalogue) -> None:
    generations: Generations = {}
    dense = DenseIndex(catalogue, fake_vectors(generations))
    dense.open()
    waited: list[bool] = []

    def index(done: int, total: int) -> None:
        if not waited:
            catalogue.store([embedded(invented_article(99))])
        following = threading.Thread(target=dense.follow)
        following.start()
        following.join(30)
        waited.append(following.is_alive())
        check(catalogue, dense)

    dense.rebuild(index)
    assert waited
    assert not any(waited)
    assert set(generations[1]) == {id for ids, _ in catalogue.all_embeddings(10_000) for id in ids}
    dense.close()


# Finding faults


IDS = [f"chunk-{n}" for n in range(300)]
EMBEDDINGS = FakeEmbedder().embed([f"number {n} of {n % 7} and {n % 11}" for n in range(300)])


def fault_of(change: Callable[[dict[str, Vectors]], object], unsure: Collection[str] = ()) -> str | None:
    """What is found wrong with vectors that were changed behind the catalogue's back."""
    generations: Generations = {}
    vectors = FakeVectors(generations, 0)
    vectors.add(IDS, EMBEDDINGS)
    change(generations[0])
    batches = [(IDS[start : start + 100], EMBEDDINGS[start : start + 100]) for start in (0, 100, 200)]
    return find_fault(vectors, Expected(300, batches, lambda: unsure))


@pytest.mark.parametrize(
    ("change", "unsure", "fault"),
    [
        (lambda held: None, (), None),
        (lambda held: held.pop("chunk-7"), (), "1 of 300 vectors are missing"),
        (lambda held: held.pop("chunk-7"), {"chunk-7"}, None),
        (lambda held: held.update(new=EMBEDDINGS[0]), (), "it counts 301 vectors where 300 are known"),
        (lambda held: held.update(new=EMBEDDINGS[0]), {"new", "newer"}, None),
        (
            lambda held: held.update({"chunk-7": EMBEDDINGS[8]}),
            (),
            "the vector of chunk chunk-7 is not the catalogue's",
        ),
    ],
)
def test_faults_are_found(
    change: Callable[[dict[str, Vectors]], object], unsure: Collection[str], fault: str | None
) -> None:
    assert fault_of(change, unsure) == fault


def test_vectors_out_of_reach_are_a_fault() -> None:
    class Blind(FakeVectors):
        def nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
            return super().nearest(-embedding, limit)

    vectors = Blind({}, 0)
    vectors.add(IDS, EMBEDDINGS)
    assert find_fault(vectors, Expected(300, [(IDS, EMBEDDINGS)])) == "100 of 100 chunks do not find themselves"


# In a process of its own


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of 1,200 chunks, closed in order; past a thousand, Chroma writes its graph to files."""
    folder = tmp_path_factory.mktemp("sound")
    catalogue, dense = in_folder(folder)
    dense.open()
    catalogue.store([embedded(invented_article(n, sentences=140)) for n in range(60)])
    dense.follow()
    dense.close()
    catalogue.close()
    assert list((folder / "chroma").glob("*/*/data_level0.bin"))
    return folder


def in_folder(folder: Path) -> tuple[Catalogue, DenseIndex]:
    catalogue = Catalogue.open(folder / "catalogue.sqlite3")
    store = embedded_chroma(folder / "chroma")

    def name_of(generation: int) -> str:
        return f"dateline-{catalogue.id}-g{generation}"

    dense = DenseIndex(catalogue, lambda n: ChromaVectors(store, name_of(n)), ChildProber(folder / "chroma", name_of))
    return catalogue, dense


def garble(place: Path) -> None:
    [vectors] = place.glob("*/data_level0.bin")
    vectors.write_bytes(np.random.default_rng(0).bytes(vectors.stat().st_size))
    # Of this damage, the seal knows nothing.
    seal(place, is_closed=True)


def claim_too_much(place: Path) -> None:
    [links] = place.glob("*/link_lists.bin")
    os.truncate(links, 882 << 30)
    seal(place, is_closed=True)


@pytest.mark.parametrize(
    ("harm", "generation", "line"),
    [
        (lambda place: None, 0, "checked and found whole"),
        (garble, 1, "rebuilt from the catalogue"),
        (claim_too_much, 1, "link_lists.bin"),
    ],
)
def test_what_was_left_open_is_probed(
    sound: Path,
    tmp_path: Path,
    harm: Callable[[Path], object],
    generation: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(generations_module, "_PROBED_FROM", 0)
    folder = Path(shutil.copytree(sound, tmp_path / "data"))
    catalogue, dense = in_folder(folder)
    catalogue.record_fact("vectors_unfinished", "yes")
    harm(folder / "chroma" / f"dateline-{catalogue.id}-g0")
    dense.open()
    check(catalogue, dense)
    assert dense.fault() is None
    dense.close()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert line in caplog.records[0].message
    assert [place.name for place in (folder / "chroma").iterdir()] == [f"dateline-{catalogue.id}-g{generation}"]
    catalogue.close()
