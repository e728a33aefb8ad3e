"""Vectors in Chroma: derived from the catalogue, replaceable, holding ids and vectors and nothing else.

What is known of how Chroma breaks decides the shape of this file: new ids only, small writes
(embedded writes hold the GIL), each generation apart from the others, no file of which another than
Chroma wrote is opened, and every failure is a VectorIndexError.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from index.embedding import Vectors
from index.errors import SettingsError, VectorIndexError
from index.sealing import changed_file, seal

if TYPE_CHECKING:
    import httpx
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.config import Settings

__all__ = ["WRITE_BATCH", "ChromaStore", "ChromaVectors", "VectorIndex", "embedded_chroma", "server_chroma"]

WRITE_BATCH = 100
_READ_BATCH = 300
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

    def embeddings(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of those of the ids that are held, each float32 (dimension,)."""

    def settle(self) -> None:
        """Note that what was written is whole, for the case that this process dies."""

    def drop_others(self) -> None:
        """Delete every other generation."""

    def close(self) -> None:
        """Finish every write and let go of files and connections."""


class ChromaStore(Protocol):
    """Where Chroma keeps collections, each reached by its name, which ends in `-g` and its generation."""

    def connect(self, name: str) -> ClientAPI:
        """Return a client for this collection alone."""

    def close(self, client: ClientAPI) -> None:
        """Let go of a client's files and connections."""

    def seal(self, name: str, *, is_closed: bool) -> None:
        """Note the state in which a collection is left, to know at the next opening whether it still is."""

    def delete_others(self, name: str, client: ClientAPI) -> None:
        """Delete every other generation of this collection, in whatever state it is."""


class ChromaVectors:
    """A VectorIndex in one Chroma collection, made when it does not exist yet."""

    def __init__(self, store: ChromaStore, name: str) -> None:
        self._store = store
        self._name = name
        self._has_failed = False
        with self._told_plainly():
            self._client = store.connect(name)
            try:
                self._collection = self._client.get_or_create_collection(
                    name, configuration={"hnsw": _HNSW}, embedding_function=None
                )
            except BaseException:
                store.close(self._client)
                raise

    def add(self, ids: Sequence[str], embeddings: Vectors) -> None:
        """Hold these vectors, float32 (n, dimension), L2-normalised; adding an id again changes nothing."""
        with self._told_plainly():
            for start in range(0, len(ids), WRITE_BATCH):
                batch = slice(start, start + WRITE_BATCH)
                self._collection.add(ids=list(ids[batch]), embeddings=embeddings[batch])

    def remove(self, ids: Sequence[str]) -> None:
        """Hold these ids no longer; unknown ids are ignored."""
        with self._told_plainly():
            for start in range(0, len(ids), WRITE_BATCH):
                self._collection.delete(ids=list(ids[start : start + WRITE_BATCH]))

    def nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
        """Return (id, cosine similarity) of the approximate nearest vectors, the most similar first."""
        from chromadb.errors import InternalError

        with self._told_plainly():
            try:
                return self._nearest(embedding, limit)
            except InternalError:
                # A compaction in its way passes, and is no reason to rebuild everything.
                return self._nearest(embedding, limit)

    def count(self) -> int:
        """Return the number of vectors held."""
        with self._told_plainly():
            return self._collection.count()

    def embeddings(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of those of the ids that are held, each float32 (dimension,)."""
        found: dict[str, Vectors] = {}
        with self._told_plainly():
            for start in range(0, len(ids), _READ_BATCH):
                answer: Any = self._collection.get(ids=list(ids[start : start + _READ_BATCH]), include=["embeddings"])
                found.update(zip(answer["ids"], answer["embeddings"], strict=True))
        return found

    def settle(self) -> None:
        """Note that what was written is whole, for the case that this process dies."""
        with self._told_plainly():
            if not self._has_failed:
                self._store.seal(self._name, is_closed=False)

    def drop_others(self) -> None:
        """Delete every other generation."""
        with self._told_plainly():
            self._store.delete_others(self._name, self._client)

    def close(self) -> None:
        """Finish every write and let go of files and connections; what has failed is not sealed as sound."""
        with self._told_plainly():
            self._store.close(self._client)
            if not self._has_failed:
                self._store.seal(self._name, is_closed=True)

    def _nearest(self, embedding: Vectors, limit: int) -> list[tuple[str, float]]:
        # Where fewer are held, Chroma returns those; to count them first would take longer than to find them.
        answer: Any = self._collection.query(
            query_embeddings=embedding.reshape(1, -1), n_results=limit, include=["distances"]
        )
        return [(id, 1.0 - distance) for id, distance in zip(answer["ids"][0], answer["distances"][0], strict=True)]

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        try:
            yield
        # Chroma's bindings raise ChromaError, but also ValueError, RuntimeError and httpx's errors.
        except Exception as error:
            self._has_failed = True
            if isinstance(error, VectorIndexError):
                raise
            raise VectorIndexError(f"Chroma failed: {type(error).__name__}: {error}") from error


class _EmbeddedStore:
    """Chroma's own store, in a folder for each collection: damage to one never reaches another.

    A garbled file ends the process when Chroma reads it, a shortened one gives wrong answers. So the
    files are sealed when they are closed, and a broken seal is found before Chroma sees them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def connect(self, name: str) -> ClientAPI:
        import chromadb

        place = self._folder / name
        if (name_of_changed := changed_file(place)) is not None:
            raise VectorIndexError(f"The file {name_of_changed} in {place} is not as Chroma left it.")
        return chromadb.PersistentClient(str(place), settings=_settings())

    def close(self, client: ClientAPI) -> None:
        client.close()  # type: ignore[attr-defined]

    def seal(self, name: str, *, is_closed: bool) -> None:
        seal(self._folder / name, is_closed=is_closed)

    def delete_others(self, name: str, client: ClientAPI) -> None:
        for place in self._folder.iterdir():
            if place.is_file():
                place.unlink()
            elif place.name != name:
                shutil.rmtree(place)


class _ServerStore:
    """A Chroma server, which other catalogues may use too."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            self._port = parts.port or (443 if parts.scheme == "https" else 8000)
        except ValueError as error:
            raise SettingsError(f"The Chroma server's URL {url!r} is not valid: {error}.") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError(f"The Chroma server's URL {url!r} is not of the form http://host:8000.")
        self._is_secure = parts.scheme == "https"
        self._host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname

    def connect(self, name: str) -> ClientAPI:
        import chromadb
        import httpx

        # Chroma's client offers no setting for a time limit, and would wait for ever while it is made, and later.
        heartbeat = f"{'https' if self._is_secure else 'http'}://{self._host}:{self._port}/api/v2/heartbeat"
        httpx.get(heartbeat, timeout=_SERVER_TIMEOUT_SECONDS).raise_for_status()
        settings = _settings()
        settings.chroma_server_ssl_verify = True if self._is_secure else None
        client = chromadb.HttpClient(self._host, self._port, ssl=self._is_secure, settings=settings)
        for session in _sessions(client):
            session.timeout = _SERVER_TIMEOUT_SECONDS
        return client

    def close(self, client: ClientAPI) -> None:
        # Chroma leaves its connections open.
        for session in _sessions(client):
            session.close()
        client.close()  # type: ignore[attr-defined]

    def seal(self, name: str, *, is_closed: bool) -> None:
        """Leave the server's files to the server."""

    def delete_others(self, name: str, client: ClientAPI) -> None:
        generations = name.rpartition("-g")[0] + "-g"
        for collection in client.list_collections():
            if collection.name.startswith(generations) and collection.name != name:
                client.delete_collection(collection.name)


def _sessions(client: Any) -> tuple[httpx.Client, httpx.Client]:
    return client._server._session, client._admin_client._server._session


def embedded_chroma(folder: Path) -> ChromaStore:
    """Return Chroma's own store in a folder, which one process at a time may use."""
    return _EmbeddedStore(folder)


def server_chroma(url: str) -> ChromaStore:
    """Return a Chroma server; raises SettingsError when the URL is not http(s)."""
    return _ServerStore(url)


def _settings() -> Settings:
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    from chromadb.config import Settings

    return Settings(anonymized_telemetry=False)
