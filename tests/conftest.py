"""Parts that several test files share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import httpx
import pytest

from index.articles import make_article
from index.embedding import Embedder, open_embedder
from index.sources import Locations
from qa.app import create_app
from qa.dateline import Dateline
from qa.settings import Settings
from tests.live import HARBOUR, live
from tests.llm_server import LanguageModelServer, language_model_server
from tests.postgres import PostgresServer

# One thread a process: two test workers share two cores, and PyTorch's threads spin while they wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The packaged embedder, loaded once."""
    return open_embedder()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dateline]:
    """The packaged demo collection, indexed once with the real model: ask it, but change nothing in it."""
    with Dateline(Settings(data=str(tmp_path_factory.mktemp("demo")))) as dateline:
        dateline.load_model()
        dateline.indexer.index(Locations(paths=(Path(str(resources.files("qa"))) / "demo",)))
        yield dateline


@pytest.fixture(scope="session")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dateline]:
    """A handful of articles, indexed with the real model; tests may add others and change those they added."""
    with Dateline(Settings(data=str(tmp_path_factory.mktemp("harbour")))) as dateline:
        dateline.indexer.index_articles([make_article(**fields) for fields in HARBOUR])
        yield dateline


@pytest.fixture(scope="session")
def served(harbour: Dateline) -> Iterator[httpx.Client]:
    """A client of the real service over the harbour's articles."""
    with live(create_app(harbour.settings, harbour)) as client:
        yield client


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; skips where none is installed."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def language_model() -> Iterator[LanguageModelServer]:
    """A server that speaks a language model's protocol and answers what a test tells it to."""
    with language_model_server() as server:
        yield server
