"""What is held in memory finds what the catalogue finds, after every change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index import memory
from index.articles import Article, ArticleFilter, make_article
from index.finding import Candidates, Finder
from index.memory import ChunkMemory
from index.postings import Segment, damping, merged
from tests.fakes import invented_article, invented_text
from tests.small import SmallCollection

ALL = ArticleFilter()
ACRONYMS = (
    make_article(id="us", title="Aid", text="The U.S. will send the aid. A U.S.A. ship sails; it is not us."),
    make_article(id="turkiye", title="Türkiye’s offer", text="Türkiye’s technology is possibly better, TÜRKIYE said."),
)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallCollection]:
    collection = SmallCollection(tmp_path)
    collection.store(*(invented_article(number) for number in range(12)))
    yield collection
    collection.close()


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallCollection]:
    collection = SmallCollection(tmp_path_factory.mktemp("unchanged"))
    collection.store(*ACRONYMS, *(invented_article(number) for number in range(30)))
    yield collection
    collection.close()


def both(small: SmallCollection, words: list[str], wanted: ArticleFilter = ALL) -> tuple[Candidates, Candidates]:
    """What memory finds, and what the catalogue does."""
    embedding = small.embedder.embed([" ".join(words)])[0]
    remembered = Finder(small.catalogue, small.dense, small.memory)
    assert small.memory.at(small.catalogue.generation) is not None
    looked_up = Finder(small.catalogue, small.dense)
    return remembered.find(words, embedding, 20, wanted), looked_up.find(words, embedding, 20, wanted)


def assert_alike(found: Candidates, expected: Candidates, tolerance: float = 1e-3) -> None:
    assert found.generation == expected.generation
    ours, theirs = ({one.chunk_id: one for one in side.found} for side in (found, expected))
    # Equals at the end of a ranking may stand in another order.
    worst = min((one.similarity for one in theirs.values()), default=0)
    assert all(abs(ours[id].similarity - worst) < tolerance for id in ours.keys() - theirs.keys())
    for id in ours.keys() & theirs.keys():
        assert ours[id].similarity == pytest.approx(theirs[id].similarity, abs=tolerance)
        assert ours[id].lexical == pytest.approx(theirs[id].lexical, rel=tolerance, abs=tolerance)
        assert (ours[id].article_id, ours[id].published_at) == (theirs[id].article_id, theirs[id].published_at)
    assert len(ours) == pytest.approx(len(theirs), abs=2)


@pytest.mark.parametrize(
    "words",
    [
        ["lighthouse", "flood"],
        ["baker", "bakers", "tram"],
        ["us", "u s"],
        ["u s a"],
        ["turkiye"],
        ["the"],
        ["nowhere"],
        [],
    ],
    ids=" ".join,
)
def test_finds_what_the_catalogue_finds(unchanged: SmallCollection, words: list[str]) -> None:
    assert_alike(*both(unchanged, words))


@pytest.mark.parametrize(
    "wanted",
    [
        ArticleFilter(sources=("Source 1", "Source 3")),
        ArticleFilter(published_from="2025-06-01"),
        ArticleFilter(published_to="2025-06-15"),
        ArticleFilter(article_ids=("story-3", "us", "none")),
        ArticleFilter(("Source 2",), "2025-02-01", "2025-11-30", ("story-2", "story-6", "story-10")),
        ArticleFilter(sources=("Nobody",)),
    ],
)
def test_keeps_to_the_filter_as_the_catalogue_does(unchanged: SmallCollection, wanted: ArticleFilter) -> None:
    assert_alike(*both(unchanged, ["lighthouse", "the", "flood"], wanted))


changes = st.lists(
    st.one_of(
        st.tuples(st.just("store"), st.integers(0, 4), st.integers(1, 30)),
        st.tuples(st.just("remove"), st.integers(0, 4), st.just(0)),
    ),
    min_size=1,
    max_size=6,
)


@given(changes)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_follows_every_change(tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int, int]]) -> None:
    small = SmallCollection(tmp_path_factory.mktemp("followed"))
    small.store(*(invented_article(number) for number in range(5)))
    for what, number, sentences in changes:
        if what == "store":
            small.store(make_article(id=f"story-{number}", text=invented_text(number + sentences, sentences)))
        else:
            small.indexer.remove_articles([f"story-{number}"])
        # Weights may lag behind the average length by two hundredths.
        assert_alike(*both(small, ["lighthouse", "mayor", "flood", "tram"]), tolerance=0.05)
    small.close()


def test_an_earlier_snapshot_stays_as_it_was(small: SmallCollection) -> None:
    earlier = small.memory.at(small.catalogue.generation)
    assert earlier is not None
    before = earlier.lexical(["mayor", "flood"], 50, None)
    small.store(make_article(id="story-1", text="A flood, a flood, a flood: the mayor fled."))
    small.indexer.remove_articles(["story-2"])
    assert small.memory.at(small.catalogue.generation) is not earlier
    assert earlier.lexical(["mayor", "flood"], 50, None) == before


def test_what_changed_too_much_is_read_anew_while_the_catalogue_answers(
    small: SmallCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_FOLLOWED_AT_ONCE", 3)
    small.store(*(invented_article(number) for number in range(100, 110)))
    assert small.memory.at(small.catalogue.generation) is None
    assert small.find("lighthouse").passages
    small.memory.wait()
    assert small.memory.at(small.catalogue.generation) is not None
    assert_alike(*both(small, ["lighthouse", "flood"]))


def test_more_than_memory_is_for_stays_in_the_catalogue(
    small: SmallCollection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(memory, "MOST_CHUNKS", 10)
    unloaded = ChunkMemory(small.catalogue)
    unloaded.load()
    assert unloaded.at(small.catalogue.generation) is None
    assert "too many to hold in memory" in caplog.text


def test_a_large_collection_asks_the_vector_index(unchanged: SmallCollection) -> None:
    held = ChunkMemory(unchanged.catalogue, exact_chunks=10)
    held.load()
    embedding = unchanged.embedder.embed(["The mayor opposed two ferries"])[0]
    finder, looked_up = Finder(unchanged.catalogue, unchanged.dense, held), Finder(unchanged.catalogue, unchanged.dense)
    for wanted in (ALL, ArticleFilter(sources=("Source 1",)), ArticleFilter(published_from="2025-03-01")):
        found, expected = (f.find(["mayor"], embedding, 20, wanted) for f in (finder, looked_up))
        assert_alike(found, expected)
    held.close()


def test_segments_merge_into_what_one_would_have_been() -> None:
    chance = np.random.default_rng(5)
    rows = [chance.integers(0, 40, size=chance.integers(1, 30)).tolist() for _ in range(90)]
    lengths = [len(row) for row in rows]
    damped = damping(np.array(lengths, dtype=np.float32), 12.0)

    def segment(first: int, last: int) -> Segment:
        return Segment.of([n for row in rows[first:last] for n in row], lengths[first:last], first, damped)

    joined, whole = merged([segment(0, 20), segment(20, 21), segment(21, 90)], damped), segment(0, 90)
    assert joined.rows.tolist() == whole.rows.tolist()
    assert joined.often.tolist() == whole.often.tolist()
    assert joined.weights.tolist() == whole.weights.tolist()
    assert joined.starts.tolist() == whole.starts.tolist()


def test_many_small_changes_are_joined_and_found(small: SmallCollection) -> None:
    for number in range(12):
        small.store(Article(f"extra-{number}", f"Extra {number}", f"The zeppelin number {number} landed by the mill."))
        assert small.memory.at(small.catalogue.generation) is not None
    assert_alike(*both(small, ["zeppelin", "mill"]), tolerance=0.05)
