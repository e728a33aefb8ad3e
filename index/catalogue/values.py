"""What goes into the catalogue and comes out of it: frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from index.articles import Article, Chunk, Span
from index.embedding import Vectors

__all__ = [
    "ArticlePage",
    "ArticleSummary",
    "Change",
    "EmbeddedArticle",
    "Job",
    "JobState",
    "SearchableChunk",
    "StoredChunk",
    "VersionPage",
    "VersionSummary",
]

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class EmbeddedArticle:
    """An article ready to store: its chunks, and their embeddings as float32 (chunks, dimension)."""

    article: Article
    chunks: tuple[Chunk, ...]
    embeddings: Vectors
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk of a current version, with its version's metadata and its own text."""

    id: str
    article: Article
    version: int
    span: Span
    sentences: tuple[Span, ...]
    text: str


@dataclass(frozen=True, slots=True)
class SearchableChunk:
    """What a chunk of a current version is found by: its words with those of its title, and its embedding, float16."""

    key: int
    id: str
    article_id: str
    version: int
    start: int
    source: str | None
    published_at: str | None
    text: str
    embedding: bytes


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """A row of the library: an article's current version without its text."""

    id: str
    version: int
    title: str
    source: str | None
    url: str | None
    authors: tuple[str, ...]
    published_at: str | None
    stored_at: datetime
    characters: int


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """One page of the library and the number of articles on all pages."""

    articles: tuple[ArticleSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """A version that is still kept, without its text; `replaced_at` is None for the current one."""

    number: int
    title: str
    published_at: str | None
    stored_at: datetime
    replaced_at: datetime | None
    characters: int


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Some versions of an article, the newest first, and the number of all that are kept."""

    article_id: str
    versions: tuple[VersionSummary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Change:
    """A chunk that the vector index must add (with its embedding) or remove (None)."""

    sequence: int
    chunk_id: str
    embedding: Vectors | None


@dataclass(frozen=True, slots=True)
class Job:
    """Work for the service's background: an operation's name, what it is to do as JSON, and how far it is.

    `given` says what came of it, `error` why it failed, both as JSON; `revision` grows with every change.
    """

    id: str
    operation: str
    wanted: str
    state: JobState
    asked_at: datetime
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    done: int = 0
    total: int = 0
    what: str = ""
    given: str | None = None
    error: str | None = None
    is_cancelling: bool = False
    revision: int = 0

    @property
    def has_ended(self) -> bool:
        """Say whether nothing more becomes of it."""
        return self.state not in ("waiting", "running")
