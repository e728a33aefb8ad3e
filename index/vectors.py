"""Vectors in Chroma: derived from the catalogue, replaceable, holding ids and vectors and nothing else.

What is known of how Chroma breaks decides the shape of this file: new ids only, small writes
(embedded writes hold the GIL), one generation a collection, and every failure is a VectorIndexError.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from index.embedding import Vectors
from index.errors import SettingsError, VectorIndexError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.config import Settings

__all__ = ["WRITE_BATCH", "ChromaVectors", "VectorIndex", "embedded_chroma", "server_chroma"]

WRITE_BATCH = 100
_SERVER_TIMEOUT_SECONDS = 30.0
# Recall@10 of 0.99 at 100,000 chunks; Chroma's defaults give 0.97 (Malkov & Yashunin 2016 for the terms).
_HNSW: CreateHNSWConfiguration = {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 200}


class VectorIndex(Protocol):
    """One generation of vectors, by chunk id."""

    def add(self, ids: Sequence[str], embeddings: Vectors) -> None:
        """Hold these vectors, float32 (n, dimension), L2-normalised; adding an id again changes nothing."""

    def remove(self, ids: Sequence[str]) -> None:
        """Hold these ids no longer; unknown ids are ignored."""

    def nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return (id, cosine similarity) of the approximate nearest vectors, the most similar first."""

    def count(self) -> int:
        """Return the number of vectors held."""

    def drop(self) -> None:
        """Delete this generation."""

    def close(self) -> None:
        """Finish every write and let go of files and connections."""


class ChromaVectors:
    """A VectorIndex in one Chroma collection, made when it does not exist yet."""

    def __init__(self, connect: Callable[[], ClientAPI], name: str) -> None:
        self._name = name
        with _told_plainly():
            self._client = connect()
            self._collection = self._client.get_or_create_collection(
                name, configuration={"hnsw": _HNSW}, embedding_function=None
            )

    def add(self, ids: Sequence[str], embeddings: Vectors) -> None:
        """Hold these vectors, float32 (n, dimension), L2-normalised; adding an id again changes nothing."""
        with _told_plainly():
            for start in range(0, len(ids), WRITE_BATCH):
                batch = slice(start, start + WRITE_BATCH)
                self._collection.add(ids=list(ids[batch]), embeddings=embeddings[batch])

    def remove(self, ids: Sequence[str]) -> None:
        """Hold these ids no longer; unknown ids are ignored."""
        with _told_plainly():
            for start in range(0, len(ids), WRITE_BATCH):
                self._collection.delete(ids=list(ids[start : start + WRITE_BATCH]))

    def nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return (id, cosine similarity) of the approximate nearest vectors, the most similar first."""
        with _told_plainly():
            most = min(limit, self._collection.count())
            if most == 0:
                return []
            answer: Any = self._collection.query(
                query_embeddings=embedding.reshape(1, -1), n_results=most, include=["distances"]
            )
            return [(id, 1.0 - distance) for id, distance in zip(answer["ids"][0], answer["distances"][0], strict=True)]

    def count(self) -> int:
        """Return the number of vectors held."""
        with _told_plainly():
            return self._collection.count()

    def drop(self) -> None:
        """Delete this generation."""
        with _told_plainly():
            self._client.delete_collection(self._name)

    def close(self) -> None:
        """Finish every write and let go of files and connections."""
        with _told_plainly():
            self._client.close()  # type: ignore[attr-defined]


def embedded_chroma(folder: Path) -> Callable[[], ClientAPI]:
    """Return what opens Chroma's own store in a folder, which one process at a time may use."""

    def connect() -> ClientAPI:
        import chromadb

        return chromadb.PersistentClient(str(folder), settings=_settings())

    return connect


def server_chroma(url: str) -> Callable[[], ClientAPI]:
    """Return what connects to a Chroma server; raises SettingsError when the URL is not http(s)."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"The Chroma server's URL {url!r} is not of the form http://host:8000.")

    def connect() -> ClientAPI:
        import chromadb

        is_secure = parts.scheme == "https"
        settings = _settings()
        settings.chroma_server_ssl_verify = True if is_secure else None
        port = parts.port or (443 if is_secure else 8000)
        client = chromadb.HttpClient(parts.hostname or "", port, ssl=is_secure, settings=settings)
        # Chroma offers no setting for it, and its HTTP client would wait for ever.
        client._server._session.timeout = _SERVER_TIMEOUT_SECONDS  # type: ignore[attr-defined]
        return client

    return connect


def _settings() -> Settings:
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    # Chroma's bindings raise ChromaError, but also ValueError, RuntimeError and httpx's errors.
    except Exception as error:
        raise VectorIndexError(f"Chroma failed: {type(error).__name__}: {error}") from error
