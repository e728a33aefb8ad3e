"""Parts that several test files share."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from index.embedding import SentenceTransformerEmbedder
from qa.dateline import Dateline
from qa.settings import Settings


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    """The real embedder, loaded once."""
    return SentenceTransformerEmbedder()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dateline]:
    """The packaged demo collection, indexed once with the real model: ask it, but change nothing in it."""
    with Dateline(Settings(data=str(tmp_path_factory.mktemp("demo")))) as dateline:
        dateline.load_model()
        dateline.indexer.index_paths([Path(str(resources.files("qa"))) / "demo"])
        yield dateline
