"""A collection goes over to another model while the one before answers, in steps that a kill does not undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from index.articles import ArticleFilter
from index.catalogue import Catalogue
from index.catalogue.renewing import Renewing
from index.dense import DenseIndex
from index.embedding import Vectors
from index.errors import ModelMismatch, SettingsError
from index.indexing import Indexer
from index.reembedding import Reembedder
from index.verifying import Verifier
from tests.fakes import FakeEmbedder, OtherFakeEmbedder, fake_vectors, invented_article

ALL = ArticleFilter()


class Collection:
    def __init__(self, folder: Path) -> None:
        self.catalogue = Catalogue.open(folder / "catalogue.sqlite3")
        self.generations: dict[int, dict[str, Vectors]] = {}
        self.dense = DenseIndex(self.catalogue, fake_vectors(self.generations))
        self.dense.open()
        self.indexer = Indexer(self.catalogue, self.dense, FakeEmbedder())
        self.indexer.index_articles([invented_article(n, sentences=60) for n in range(40)])
        self.other = OtherFakeEmbedder()
        self.reembedder = Reembedder(self.catalogue, self.dense, self.other)

    def check(self, embedder: FakeEmbedder) -> None:
        """Hold that all is as promised, and found by this model."""
        assert list(Verifier(self.catalogue, self.dense, embedder).findings()) == []
        self.check_found(embedder)

    def check_found(self, embedder: FakeEmbedder) -> None:
        """Hold that a chunk is nearest to its own text."""
        title = "Report 7"
        text = self.catalogue.chunks([next(iter(self.first_of("story-7")))], ALL).popitem()[1]
        found = self.dense.nearest(embedder.embed([f"{title}\n{text.text}"])[0], 1, ALL)
        assert dict(found) == {text.id: pytest.approx(1.0, abs=2e-3)}

    def first_of(self, article_id: str) -> list[str]:
        [(ids, _)] = self.catalogue.all_embeddings(1_000, ArticleFilter(article_ids=(article_id,)))
        return ids


@pytest.fixture
def collection(tmp_path: Path) -> Iterator[Collection]:
    opened = Collection(tmp_path)
    yield opened
    opened.dense.close()
    opened.catalogue.close()


def test_it_goes_over_at_one_moment(collection: Collection) -> None:
    chunks = collection.catalogue.counts()[1]
    moments: list[str] = []
    told: list[tuple[int, int, str]] = []

    def tell(done: int, total: int, what: str) -> None:
        collection.check_found(FakeEmbedder())
        told.append((done, total, what))

    done = collection.reembedder.reembed(tell, changed_over=lambda: moments.append("over"))
    assert (done.chunks, done.model, moments) == (chunks, "other-bag (96 dimensions)", ["over"])
    assert {what for _, _, what in told} == {"embedding", "building vectors"}
    collection.check(collection.other)
    assert list(collection.generations) == [1]
    with pytest.raises(ModelMismatch, match="dateline reembed"):
        collection.indexer.index_articles([invented_article(50)])
    assert collection.reembedder.reembed().chunks == 0


def test_an_interrupted_run_goes_on_where_it_was(collection: Collection) -> None:
    def interrupt(done: int, total: int, what: str) -> None:
        if done >= 200 or what != "embedding":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collection.reembedder.reembed(interrupt)
    collection.check(FakeEmbedder())
    embedded = len(collection.other.embedded)
    assert 0 < embedded < collection.catalogue.counts()[1]
    assert collection.reembedder.reembed(is_cancelled=lambda: True).was_cancelled
    again = collection.reembedder.reembed()
    assert again.chunks == collection.catalogue.counts()[1] - embedded
    collection.check(collection.other)


def test_what_changes_meanwhile_goes_over_too(collection: Collection) -> None:
    numbers = iter(range(100, 1_000))

    def change(done: int, total: int, what: str) -> None:
        if (number := next(numbers)) < 106:
            collection.indexer.index_articles([invented_article(number), invented_article(number - 100, sentences=9)])
            collection.indexer.remove_articles([f"story-{number - 80}"])

    collection.reembedder.reembed(change)
    collection.check(collection.other)
    assert collection.catalogue.counts()[0] == 40


def test_another_model_begins_anew(collection: Collection) -> None:
    renewing = Renewing(collection.catalogue.database)
    renewing.begin("a third (8 dimensions)")
    renewing.keep(renewing.lacking(5), np.ones((5, 8), dtype=np.float32))
    collection.reembedder.reembed()
    collection.check(collection.other)


def test_a_model_that_reads_too_little_is_refused(collection: Collection) -> None:
    collection.other.max_tokens = 40
    with pytest.raises(SettingsError, match="reads 40"):
        Reembedder(collection.catalogue, collection.dense, collection.other).reembed()
    collection.check(FakeEmbedder())
