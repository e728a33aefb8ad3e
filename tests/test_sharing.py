"""Processes that share PostgreSQL and a Chroma server take turns, and go along to the generation that one rebuilt."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from index.articles import ArticleFilter
from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.embedding import Vectors
from index.errors import DataFolderError
from index.indexing import Indexer
from tests.fakes import FakeEmbedder, fake_vectors, invented_article
from tests.postgres import PostgresServer

ALL = ArticleFilter()
EMBEDDER = FakeEmbedder()


class Process:
    """What each of several processes has of its own, though here they are one."""

    def __init__(self, url: str, generations: dict[int, dict[str, Vectors]]) -> None:
        self.catalogue = Catalogue.connect(url)
        self.dense = DenseIndex(self.catalogue, fake_vectors(generations), is_shared=True)
        self.dense.open(beside=True)
        self.indexer = Indexer(self.catalogue, self.dense, EMBEDDER)

    def found(self, number: int) -> bool:
        """Say whether an invented article is found by a question after its own words."""
        [asked] = EMBEDDER.embed([invented_article(number).text])
        nearest = [id for id, _ in self.dense.nearest(asked, 3, ALL)]
        return any(chunk.article.id == f"story-{number}" for chunk in self.catalogue.chunks(nearest, ALL).values())

    def close(self) -> None:
        self.dense.close()
        self.catalogue.close()


@pytest.fixture
def generations() -> dict[int, dict[str, Vectors]]:
    return {}


@pytest.fixture
def processes(postgres: PostgresServer, generations: dict[int, dict[str, Vectors]]) -> Iterator[list[Process]]:
    url = postgres.new_url()
    opened = [Process(url, generations) for _ in range(2)]
    yield opened
    for process in opened:
        process.close()


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_one_stores_the_other_finds_and_removes(processes: list[Process]) -> None:
    one, other = processes
    one.indexer.index_articles([invented_article(1)])
    assert other.found(1)
    other.indexer.remove_articles(["story-1"])
    assert not one.found(1)
    assert one.catalogue.pending_changes(10) == []


def test_all_go_along_to_the_generation_that_one_made(
    processes: list[Process], generations: dict[int, dict[str, Vectors]]
) -> None:
    one, other = processes
    one.indexer.index_articles([invented_article(1)])
    one.dense.rebuild()
    [number] = generations
    one.indexer.index_articles([invented_article(2)])
    # The first question meets the generation that was dropped, and is answered from the catalogue.
    assert other.found(2)
    wait_until(lambda: other.dense.condition == "in step")
    other.indexer.index_articles([invented_article(3)])
    assert one.found(3)
    assert list(generations) == [number]
    assert len(generations[number]) == one.catalogue.counts()[1]


def test_who_only_indexes_goes_along_too(processes: list[Process], generations: dict[int, dict[str, Vectors]]) -> None:
    one, other = processes
    other.indexer.index_articles([invented_article(1)])
    one.dense.rebuild()
    other.indexer.index_articles([invented_article(2)])
    [vectors] = generations.values()
    assert len(vectors) == one.catalogue.counts()[1]
    assert one.catalogue.pending_changes(10) == []


def test_one_at_a_time_follows_and_the_others_are_right_meanwhile(processes: list[Process]) -> None:
    one, other = processes
    turn = one.catalogue.take_following()
    assert turn is not None
    other.indexer.index_articles([invented_article(1)])
    assert one.catalogue.pending_changes(10)
    assert one.found(1)
    assert other.found(1)
    turn.release()
    other.dense.follow()
    assert one.catalogue.pending_changes(10) == []


def test_a_turn_ends_with_its_connection(processes: list[Process], postgres: PostgresServer) -> None:
    one, other = processes
    lost = one.catalogue.take_following()
    assert lost is not None
    assert other.catalogue.take_following() is None
    postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    turn = other.catalogue.take_following()
    assert turn is not None
    turn.release()
    lost.release()


def test_a_vector_index_of_its_own_shares_with_none(postgres: PostgresServer) -> None:
    url = postgres.new_url()
    alone, first, second = (Catalogue.connect(url) for _ in range(3))
    first.claim_vectors(with_others=True)
    second.claim_vectors(with_others=True)
    with pytest.raises(DataFolderError, match="the same DATELINE_CHROMA_URL"):
        alone.claim_vectors(with_others=False)
    first.close()
    second.close()
    alone.claim_vectors(with_others=False)
    again = Catalogue.connect(url)
    with pytest.raises(DataFolderError, match="the same DATELINE_CHROMA_URL"):
        again.claim_vectors(with_others=True)
    again.close()
    alone.close()
