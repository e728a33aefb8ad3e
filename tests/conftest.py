"""Parts that several test files share."""

from __future__ import annotations

import pytest

from index.embedding import SentenceTransformerEmbedder


@pytest.fixture(scope="session")
def embedder() -> SentenceTransformerEmbedder:
    """The real embedder, loaded once."""
    return SentenceTransformerEmbedder()
