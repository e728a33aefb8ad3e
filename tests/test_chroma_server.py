"""With a real Chroma server in place of the embedded store: it may restart, lose its data, vanish or fall silent."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from index import vectors as vectors_module
from index.articles import ArticleFilter
from index.catalogue import Catalogue
from index.dense import DenseIndex
from index.errors import VectorIndexError
from index.indexing import Indexer
from index.vectors import ChromaVectors, server_chroma
from tests.chroma import ChromaServer
from tests.fakes import FakeEmbedder, invented_article

pytestmark = pytest.mark.server

ALL = ArticleFilter()


class Collection:
    """A catalogue whose vectors are on a server."""

    def __init__(self, path: Path, url: str) -> None:
        self.catalogue = Catalogue.open(path)
        self.dense = DenseIndex(self.catalogue, lambda n: ChromaVectors(server_chroma(url), f"{self.name}{n}"))
        self.indexer = Indexer(self.catalogue, self.dense, FakeEmbedder())

    @property
    def name(self) -> str:
        return f"dateline-{self.catalogue.id}-g"

    def check(self) -> None:
        """Ask for every tenth chunk by its own embedding."""
        [(ids, embeddings)] = list(self.catalogue.all_embeddings(10_000))
        for id, embedding in list(zip(ids, embeddings, strict=True))[::10]:
            assert dict(self.dense.nearest(embedding, 1, ALL)) == {id: pytest.approx(1.0, abs=2e-3)}

    def close(self) -> None:
        self.dense.close()
        self.catalogue.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChromaServer]:
    started = ChromaServer(tmp_path / "chroma")
    started.start()
    yield started
    started.stop(signal.SIGKILL)


@pytest.fixture
def collection(server: ChromaServer, tmp_path: Path) -> Iterator[Collection]:
    opened = Collection(tmp_path / "catalogue.sqlite3", server.url)
    opened.dense.open()
    opened.indexer.index_articles([invented_article(n, sentences=40) for n in range(60)])
    yield opened
    opened.close()


def generations(server: ChromaServer, collection: Collection) -> list[str]:
    store = server_chroma(server.url)
    client = store.connect("any")
    names = [found.name for found in client.list_collections() if found.name.startswith(collection.name)]
    store.close(client)
    return [name.removeprefix(collection.name) for name in names]


def test_a_server_that_restarts_is_asked_as_before(server: ChromaServer, collection: Collection) -> None:
    collection.check()
    server.stop()
    server.start()
    collection.check()
    collection.indexer.index_articles([invented_article(n) for n in range(50, 70)])
    collection.check()
    assert collection.dense.is_healthy
    assert generations(server, collection) == ["0"]


def test_a_server_that_lost_its_data_is_filled_anew(
    server: ChromaServer, collection: Collection, tmp_path: Path
) -> None:
    collection.dense.close()
    server.stop()
    shutil.rmtree(tmp_path / "chroma")
    server.start()
    collection.dense.open()
    collection.check()
    assert collection.dense.is_healthy
    assert generations(server, collection) == ["1"]


def test_without_the_server_answers_are_exact_and_articles_are_stored(
    server: ChromaServer, collection: Collection, tmp_path: Path
) -> None:
    server.stop(signal.SIGKILL)
    collection.check()
    assert not collection.dense.is_healthy
    collection.indexer.index_articles([invented_article(n) for n in range(50, 70)])
    collection.check()
    collection.close()
    again = Collection(tmp_path / "catalogue.sqlite3", server.url)
    with pytest.raises(VectorIndexError, match="Connect"):
        again.dense.open()
    server.start()
    again.dense.open()
    again.check()
    assert again.dense.is_healthy
    assert generations(server, again) == [again.catalogue.fact("vector_generation")]
    again.close()


def test_a_server_that_falls_silent_is_not_waited_for_without_end(
    server: ChromaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors_module, "_SERVER_TIMEOUT_SECONDS", 1.0)
    collection = Collection(tmp_path / "catalogue.sqlite3", server.url)
    collection.dense.open()
    collection.indexer.index_articles([invented_article(n) for n in range(10)])
    server.pause()
    collection.check()
    assert not collection.dense.is_healthy
    with pytest.raises(VectorIndexError, match="Timeout"):
        ChromaVectors(server_chroma(server.url), "dateline-other-g0")
    server.resume()
    collection.close()
