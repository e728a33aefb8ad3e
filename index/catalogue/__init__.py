"""The catalogue: every article, version, chunk, embedding and searchable word, in SQL. It is the truth.

One transaction stores all of an article or none of it; what it stores is acknowledged only after the
commit. The vector index follows the `changes` table and can always be rebuilt from the embeddings here.

Each module holds one concern as a small store over the same `Database`: `Catalogue` joins those that indexing
and answering need, and any other stands beside it, as `Store(catalogue.database)`.
"""

from index.catalogue.catalogue import Catalogue
from index.catalogue.jobs import Jobs
from index.catalogue.values import (
    ArticlePage,
    ArticleSummary,
    Change,
    EmbeddedArticle,
    Job,
    JobState,
    SearchableChunk,
    StoredChunk,
    VersionPage,
    VersionSummary,
)

__all__ = [
    "ArticlePage",
    "ArticleSummary",
    "Catalogue",
    "Change",
    "EmbeddedArticle",
    "Job",
    "JobState",
    "Jobs",
    "SearchableChunk",
    "StoredChunk",
    "VersionPage",
    "VersionSummary",
]
