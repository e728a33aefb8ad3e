"""The nearest chunks are right at every moment, whatever state the vector index is in, and it always heals."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from index.articles import ArticleFilter, Chunk, Span, make_article
from index.catalogue import Catalogue, EmbeddedArticle
from index.chunking import split_sentences
from index.dense import DenseIndex
from index.embedding import Vectors
from index.errors import VectorIndexError
from index.probing import ChildProber
from index.vectors import ChromaVectors, VectorIndex, embedded_chroma
from tests.fakes import (
    FakeEmbedder,
    FakeVectors,
    embedded,
    fake_vectors,
    files_limited_to,
    invented_article,
    invented_text,
)

ALL = ArticleFilter()
Generations = dict[int, dict[str, Vectors]]


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue.open(tmp_path / "catalogue.sqlite3")
    yield opened
    opened.close()


@pytest.fixture
def generations() -> Generations:
    return {}


@pytest.fixture
def dense(catalogue: Catalogue, generations: Generations) -> DenseIndex:
    opened = DenseIndex(catalogue, fake_vectors(generations))
    opened.open()
    return opened


def vector(text: str) -> Vectors:
    row: Vectors = FakeEmbedder().embed([text])[0]
    return row


def lines(id: str, written: list[str]) -> EmbeddedArticle:
    """An article of many chunks, one a line."""
    spans, start = [], 0
    for line in written:
        spans.append(Span(start, start + len(line)))
        start += len(line) + 1
    chunks = tuple(Chunk(ordinal, span, (span,)) for ordinal, span in enumerate(spans))
    return EmbeddedArticle(
        make_article(id=id, text="\n".join(written), source=id), chunks, FakeEmbedder().embed(written)
    )


def numbered(text: str, count: int) -> list[str]:
    return [f"{text} {number}" for number in range(count)]


def sentences(number: int, count: int) -> list[str]:
    text = invented_text(number, count)
    return [span.of(text) for span in split_sentences(text)]


def stored_ids(catalogue: Catalogue) -> set[str]:
    return {id for ids, _ in catalogue.all_embeddings(1_000) for id in ids}


def exactly(
    catalogue: Catalogue, embedding: Vectors, limit: int, wanted: ArticleFilter = ALL
) -> list[tuple[str, float]]:
    found = [
        pair
        for ids, embeddings in catalogue.all_embeddings(1_000, wanted)
        for pair in zip(ids, (embeddings @ embedding).tolist(), strict=True)
    ]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:limit]


def check(catalogue: Catalogue, dense: DenseIndex) -> None:
    """Hold some nearest chunks against an exact comparison: as similar, and each as similar as it is said to be."""
    true = dict(exactly(catalogue, vector("two ferries on Tuesday night"), 10_000))
    found = dense.nearest(vector("two ferries on Tuesday night"), 10, ALL)
    assert [similarity for _, similarity in found] == pytest.approx(sorted(true.values(), reverse=True)[:10], abs=2e-3)
    assert dict(found) == {id: pytest.approx(true[id], abs=2e-3) for id, _ in found}


def check_selves(catalogue: Catalogue, dense: DenseIndex) -> None:
    """Ask for some chunks by their own embeddings: each is nearest to itself."""
    [(ids, embeddings)] = list(catalogue.all_embeddings(10_000))
    for id, embedding in list(zip(ids, embeddings, strict=True))[::30]:
        assert dict(dense.nearest(embedding, 1, ALL)) == {id: pytest.approx(1.0, abs=2e-3)}


# Following the catalogue


def test_new_index_needs_no_rebuild(dense: DenseIndex, generations: Generations) -> None:
    assert dense.is_healthy
    assert generations == {0: {}}
    assert dense.nearest(vector("weir"), 10, ALL) == []


def test_it_follows_what_is_stored_changed_and_removed(
    catalogue: Catalogue, dense: DenseIndex, generations: Generations
) -> None:
    for change in (
        lambda: catalogue.store([embedded(invented_article(n, sentences=40)) for n in range(30)]),
        lambda: catalogue.store([embedded(invented_article(n, sentences=9)) for n in range(0, 30, 3)]),
        lambda: catalogue.remove([f"story-{n}" for n in range(0, 30, 5)]),
        lambda: [catalogue.store([embedded(invented_article(1))]), catalogue.remove(["story-1"])],
    ):
        change()
        dense.follow()
        assert set(generations[0]) == stored_ids(catalogue)
        assert catalogue.pending_changes(1) == []
        check(catalogue, dense)


def test_changes_are_found_before_chroma_is_told(catalogue: Catalogue, dense: DenseIndex) -> None:
    catalogue.store([embedded(invented_article(n)) for n in range(30)])
    dense.follow()
    catalogue.store([embedded(make_article(id="new", text="Two ferries on Tuesday night."))])
    catalogue.store([embedded(invented_article(3, sentences=30))])
    check(catalogue, dense)
    [(id, _), *_] = dense.nearest(vector("two ferries on Tuesday night"), 1, ALL)
    assert catalogue.chunks([id], ALL)[id].article.id == "new"


def test_more_changes_than_are_compared_one_by_one_are_found_too(catalogue: Catalogue, dense: DenseIndex) -> None:
    catalogue.store([lines("many", numbered("Two ferries on Tuesday night", 2_100))])
    last = exactly(catalogue, vector("Two ferries on Tuesday night 2099"), 1)
    assert dense.nearest(vector("Two ferries on Tuesday night 2099"), 1, ALL) == last


def test_what_is_followed_while_chroma_answers_is_not_missed(catalogue: Catalogue) -> None:
    class Overtaken(FakeVectors):
        def nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
            answer = super().nearest(embedding, limit)
            overtaken.follow()
            return answer

    overtaken = DenseIndex(catalogue, lambda generation: Overtaken({}, generation))
    overtaken.open()
    catalogue.store([embedded(make_article(text="Two ferries on Tuesday night."))])
    assert len(overtaken.nearest(vector("ferries"), 1, ALL)) == 1


# Filters


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Catalogue, DenseIndex]]:
    """2,500 chunks that are near the question, 2,100 that are not, and a few more."""
    catalogue = Catalogue.open(tmp_path_factory.mktemp("wide") / "catalogue.sqlite3")
    catalogue.store(
        [
            lines("near", numbered("Two ferries", 2_500)),
            lines("far", numbered("A bank rate", 2_100)),
            lines("few", numbered("A tram", 7)),
        ]
    )
    dense = DenseIndex(catalogue, fake_vectors({}))
    dense.open()
    yield catalogue, dense
    catalogue.close()


@pytest.mark.parametrize("sources", [("near",), ("far",), ("few",), ("near", "far"), ("far", "few"), ("none",)])
@pytest.mark.parametrize("limit", [1, 100])
def test_filters_find_the_nearest_of_what_they_leave(
    wide: tuple[Catalogue, DenseIndex], sources: tuple[str, ...], limit: int
) -> None:
    catalogue, dense = wide
    wanted = ArticleFilter(sources=sources)
    found = dense.nearest(vector("Two ferries"), limit, wanted)
    expected = exactly(catalogue, vector("Two ferries"), limit, wanted)
    assert [similarity for _, similarity in found] == pytest.approx([s for _, s in expected], abs=2e-3)
    assert {chunk.article.source for chunk in catalogue.chunks(dict(found), ALL).values()} <= set(sources)


# Failing


class FailingVectors(FakeVectors):
    """A VectorIndex that fails at whatever is named in `failing`."""

    failing: set[str]

    def _meet(self, what: str) -> None:
        if what in self.failing:
            raise VectorIndexError(f"{what} failed")

    def add(self, ids: Sequence[str], embeddings: Vectors) -> None:
        self._meet("add")
        super().add(ids, embeddings)

    def remove(self, ids: Sequence[str]) -> None:
        self._meet("remove")
        super().remove(ids)

    def nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
        self._meet("nearest")
        return super().nearest(embedding, limit)

    def count(self) -> int:
        self._meet("count")
        return super().count()

    def drop_others(self) -> None:
        self._meet("drop_others")
        super().drop_others()

    def close(self) -> None:
        self._meet("close")


def failing_vectors(generations: Generations, failing: set[str]) -> Callable[[int], VectorIndex]:
    def open_vectors(generation: int) -> VectorIndex:
        if "open" in failing:
            raise VectorIndexError("open failed")
        vectors = FailingVectors(generations, generation)
        vectors.failing = failing
        return vectors

    return open_vectors


@pytest.mark.parametrize("what", ["add", "remove", "nearest"])
def test_when_chroma_fails_answers_are_exact_at_once_and_it_heals_at_the_next_start(
    catalogue: Catalogue, generations: Generations, what: str
) -> None:
    failing: set[str] = set()
    dense = DenseIndex(catalogue, failing_vectors(generations, failing))
    dense.open()
    catalogue.store([embedded(invented_article(n)) for n in range(10)])
    dense.follow()
    failing.add(what)
    catalogue.store([embedded(invented_article(n)) for n in range(5, 15)])
    dense.follow()
    check(catalogue, dense)
    assert not dense.is_healthy
    catalogue.store([embedded(invented_article(n)) for n in range(15, 20)])
    dense.follow()
    check(catalogue, dense)
    dense.close()
    failing.clear()
    healed = DenseIndex(catalogue, failing_vectors(generations, failing))
    healed.open()
    assert healed.is_healthy
    assert {number: set(held) for number, held in generations.items()} == {1: stored_ids(catalogue)}
    check(catalogue, healed)


@pytest.mark.parametrize("what", ["count", "close"])
def test_what_does_not_open_or_close_is_rebuilt(catalogue: Catalogue, generations: Generations, what: str) -> None:
    failing: set[str] = set()
    dense = DenseIndex(catalogue, failing_vectors(generations, failing))
    dense.open()
    catalogue.store([embedded(invented_article(1))])
    dense.follow()
    failing.add(what)
    dense.close()
    if what == "count":
        # The old generation alone is broken.
        broken, failing = failing, set()
        opened = {0: failing_vectors(generations, broken)}
        dense = DenseIndex(catalogue, lambda n: opened.get(n, failing_vectors(generations, set()))(n))
    failing.clear()
    dense.open()
    assert {number: set(held) for number, held in generations.items()} == {1: stored_ids(catalogue)}
    check(catalogue, dense)


def test_an_old_generation_that_cannot_be_deleted_does_no_harm(catalogue: Catalogue, generations: Generations) -> None:
    dense = DenseIndex(catalogue, failing_vectors(generations, {"drop_others", "close"}))
    dense.open()
    catalogue.store([embedded(invented_article(1))])
    dense.rebuild()
    assert set(generations) == {0, 1}
    check(catalogue, dense)
    DenseIndex(catalogue, fake_vectors(generations)).open()
    assert {number: set(held) for number, held in generations.items()} == {2: stored_ids(catalogue)}


def test_chroma_that_cannot_be_opened_even_anew_is_told(catalogue: Catalogue) -> None:
    with pytest.raises(VectorIndexError, match="open failed"):
        DenseIndex(catalogue, failing_vectors({}, {"open"})).open()


def test_a_question_is_answered_though_a_failure_cannot_be_recorded(
    catalogue: Catalogue, generations: Generations, tmp_path: Path
) -> None:
    failing: set[str] = set()
    dense = DenseIndex(catalogue, failing_vectors(generations, failing))
    dense.open()
    catalogue.store([embedded(invented_article(n)) for n in range(10)])
    dense.follow()
    dense.close()
    dense.open()
    failing.add("nearest")
    with files_limited_to(1):
        check(catalogue, dense)
    assert not dense.is_healthy


# Rebuilding


def test_what_was_closed_cleanly_is_trusted(catalogue: Catalogue, generations: Generations) -> None:
    for number in range(3):
        dense = DenseIndex(catalogue, fake_vectors(generations))
        dense.open()
        catalogue.store([embedded(invented_article(number, sentences=60))])
        dense.follow()
        check(catalogue, dense)
        dense.close()
    assert {number: set(held) for number, held in generations.items()} == {0: stored_ids(catalogue)}


def test_what_a_process_left_unfinished_is_rebuilt(catalogue: Catalogue, generations: Generations) -> None:
    DenseIndex(catalogue, fake_vectors(generations)).open()
    catalogue.store([embedded(invented_article(n)) for n in range(60)])
    died = DenseIndex(catalogue, fake_vectors(generations))
    died.open()
    for id in list(generations[0])[::2]:
        generations[0][id] = vector("damaged")
    steps: list[tuple[int, int]] = []
    dense = DenseIndex(catalogue, fake_vectors(generations))
    dense.open(lambda done, total: steps.append((done, total)))
    check(catalogue, dense)
    assert set(generations) == {1}
    assert steps[-1] == (len(stored_ids(catalogue)), len(stored_ids(catalogue)))
    assert steps == sorted(steps)


def test_an_index_that_lacks_vectors_is_rebuilt(catalogue: Catalogue, generations: Generations) -> None:
    dense = DenseIndex(catalogue, fake_vectors(generations))
    dense.open()
    catalogue.store([embedded(invented_article(n)) for n in range(5)])
    dense.follow()
    dense.close()
    generations[0].popitem()
    dense.open()
    assert {number: set(held) for number, held in generations.items()} == {1: stored_ids(catalogue)}
    check(catalogue, dense)


def test_a_rebuild_that_was_killed_is_begun_anew_and_leaves_nothing(
    catalogue: Catalogue, generations: Generations
) -> None:
    catalogue.store([lines("many", numbered("Two ferries on Tuesday night", 250))])
    dense = DenseIndex(catalogue, fake_vectors(generations))
    dense.open()

    def interrupt(done: int, total: int) -> None:
        if done >= 200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dense.rebuild(interrupt)
    assert set(generations) == {0, 1}
    check(catalogue, dense)
    again = DenseIndex(catalogue, fake_vectors(generations))
    again.open()
    assert {number: set(held) for number, held in generations.items()} == {2: stored_ids(catalogue)}
    check(catalogue, again)


def test_what_changes_during_a_rebuild_is_in_it_or_follows_it(
    catalogue: Catalogue, dense: DenseIndex, generations: Generations
) -> None:
    catalogue.store([lines("many", numbered("Two ferries on Tuesday night", 250))])
    catalogue.store([embedded(invented_article(n)) for n in range(5)])

    def change(done: int, total: int) -> None:
        if done <= 200:
            catalogue.remove([f"story-{done // 100}"])
            catalogue.store([embedded(invented_article(done, sentences=40))])
        check(catalogue, dense)

    dense.rebuild(change)
    assert {number: set(held) for number, held in generations.items()} == {1: stored_ids(catalogue)}
    check(catalogue, dense)


def test_no_question_waits_for_a_rebuild(catalogue: Catalogue, generations: Generations) -> None:
    failing: set[str] = set()
    dense = DenseIndex(catalogue, failing_vectors(generations, failing))
    dense.open()
    catalogue.store([lines("many", numbered("Two ferries on Tuesday night", 250))])
    waited: list[bool] = []

    def ask(done: int, total: int) -> None:
        failing.add("nearest")
        asking = threading.Thread(target=check, args=(catalogue, dense))
        asking.start()
        asking.join(30)
        waited.append(asking.is_alive())
        failing.clear()

    dense.rebuild(ask)
    assert set(waited) == {False}
    assert dense.is_healthy


# With Chroma's own store, damaged while no process had it open


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with enough vectors for Chroma to write its graph to files."""
    folder = tmp_path_factory.mktemp("sound")
    catalogue, dense = opened(folder)
    catalogue.store([lines(f"story-{n}", sentences(n, 40)) for n in range(30)])
    dense.follow()
    dense.close()
    catalogue.close()
    assert list((folder / "chroma").glob("*/*/link_lists.bin"))
    return folder


def opened(folder: Path) -> tuple[Catalogue, DenseIndex]:
    catalogue = Catalogue.open(folder / "catalogue.sqlite3")
    store = embedded_chroma(folder / "chroma")

    def name_of(generation: int) -> str:
        return f"dateline-{catalogue.id}-g{generation}"

    prober = ChildProber(folder / "chroma", name_of)
    dense = DenseIndex(catalogue, lambda generation: ChromaVectors(store, name_of(generation)), prober)
    dense.open()
    return catalogue, dense


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def garble(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(path.stat().st_size))


DAMAGE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no folder": (".", shutil.rmtree),
    "no generation": ("*", shutil.rmtree),
    "no segment": ("*/*/", shutil.rmtree),
    "no database": ("*/chroma.sqlite3", Path.unlink),
    "short database": ("*/chroma.sqlite3", cut),
    "garbled database": ("*/chroma.sqlite3", garble),
    "short vectors": ("*/*/data_level0.bin", cut),
    "garbled vectors": ("*/*/data_level0.bin", garble),
    "short lengths": ("*/*/length.bin", cut),
    "no ids": ("*/*/index_metadata.pickle", Path.unlink),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_store_is_rebuilt_and_right(
    sound: Path, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "data"))
    pattern, harm = DAMAGE[damage]
    harmed = [folder / "chroma"] if pattern == "." else list((folder / "chroma").glob(pattern))
    assert harmed
    for path in harmed:
        harm(path)
    catalogue, dense = opened(folder)
    check_selves(catalogue, dense)
    assert dense.is_healthy
    assert [record.message.partition(" (")[0] for record in caplog.records] == [
        "The vector index was rebuilt from the catalogue"
    ]
    dense.close()
    catalogue.close()
    assert [place.name for place in (folder / "chroma").iterdir()] == [f"dateline-{catalogue_id(sound)}-g1"]


def test_a_sound_store_is_opened_as_it_is(sound: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sound, tmp_path / "data"))
    catalogue, dense = opened(folder)
    check_selves(catalogue, dense)
    dense.close()
    catalogue.close()
    assert [place.name for place in (folder / "chroma").iterdir()] == [f"dateline-{catalogue_id(sound)}-g0"]


def catalogue_id(folder: Path) -> str:
    catalogue = Catalogue.open(folder / "catalogue.sqlite3")
    catalogue.close()
    return catalogue.id
