"""Every table of the catalogue. A change here needs a revision beside it, which brings older folders along."""

from __future__ import annotations

import sqlalchemy as sa

from index.catalogue.dialects import Key, Text

__all__ = [
    "articles",
    "changes",
    "chunk_version",
    "chunks",
    "current",
    "facts",
    "fresh_embeddings",
    "jobs",
    "metadata",
    "origins",
    "revision",
    "sources",
    "stories",
    "story_bands",
    "versions",
    "visits",
]

metadata = sa.MetaData()
# Alembic's own table: which revision of all the others is there.
revision = sa.Table(
    "alembic_version",
    metadata,
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
facts = sa.Table("facts", metadata, sa.Column("name", Text, primary_key=True), sa.Column("value", Text, nullable=False))
# A removed article keeps its row, so that its version numbers are never used again for another text.
articles = sa.Table(
    "articles",
    metadata,
    sa.Column("id", Text, primary_key=True),
    sa.Column("current_version", sa.Integer),
    sa.Column("last_version", sa.Integer, nullable=False),
)
versions = sa.Table(
    "versions",
    metadata,
    sa.Column("article_id", Text, sa.ForeignKey("articles.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("content_hash", Text, nullable=False),
    sa.Column("title", Text, nullable=False),
    sa.Column("source", Text),
    sa.Column("url", Text),
    sa.Column("authors", sa.JSON, nullable=False),
    sa.Column("published_at", Text),
    sa.Column("language", Text),
    sa.Column("text", Text, nullable=False),
    sa.Column("stored_at", Text, nullable=False),
    sa.Column("replaced_at", Text),
    sa.Index("versions_by_date", "published_at"),
    sa.Index("versions_by_replacement", "replaced_at"),
    sa.Index("versions_by_url", "url"),
)
chunks = sa.Table(
    "chunks",
    metadata,
    sa.Column("key", Key, primary_key=True, autoincrement=True),
    sa.Column("id", Text, nullable=False, unique=True),
    sa.Column("article_id", Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("sentences", sa.JSON, nullable=False),
    sa.Column("embedding", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(["article_id", "version"], ["versions.article_id", "versions.version"]),
    sa.Index("chunks_by_article", "article_id", "ordinal"),
    sqlite_autoincrement=True,
)
# Of the model that the collection goes over to, while it does.
fresh_embeddings = sa.Table(
    "fresh_embeddings",
    metadata,
    sa.Column("chunk_id", Text, primary_key=True),
    sa.Column("embedding", sa.LargeBinary, nullable=False),
)
origins = sa.Table(
    "origins",
    metadata,
    sa.Column("origin", Text, primary_key=True),
    sa.Column("article_id", Text, sa.ForeignKey("articles.id"), primary_key=True),
    sa.Index("origins_by_article", "article_id"),
)
changes = sa.Table(
    "changes",
    metadata,
    sa.Column("sequence", Key, primary_key=True, autoincrement=True),
    sa.Column("chunk_id", Text, nullable=False),
    sa.Column("adds", sa.Boolean, nullable=False),
    sqlite_autoincrement=True,
)
# What came of each address on the web when it was last fetched.
visits = sa.Table(
    "visits",
    metadata,
    sa.Column("url", sa.Text, primary_key=True),
    sa.Column("etag", sa.Text, nullable=False),
    sa.Column("last_modified", sa.Text, nullable=False),
    sa.Column("stamp", sa.Text, nullable=False),
    sa.Column("refusal", sa.Text),
    sa.Column("is_list", sa.Boolean, nullable=False),
)
# What is looked at again and again: feeds, sitemaps and folders. Moments are ISO 8601 in UTC.
sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("location", sa.Text, nullable=False, unique=True),
    sa.Column("interval_seconds", sa.Integer, nullable=False),
    sa.Column("prunes", sa.Boolean, nullable=False),
    sa.Column("added_at", sa.Text, nullable=False),
    sa.Column("due_at", sa.Text, nullable=False),
    sa.Column("checked_at", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Index("sources_by_due", "due_at"),
)
# Only what has copies has a story, by whose number they are known as one.
stories = sa.Table(
    "stories",
    metadata,
    sa.Column("article_id", Text, sa.ForeignKey("articles.id"), primary_key=True),
    sa.Column("story", sa.Integer, nullable=False),
    sa.Index("stories_by_number", "story"),
)
story_bands = sa.Table(
    "story_bands",
    metadata,
    sa.Column("band", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("article_id", Text, sa.ForeignKey("articles.id"), primary_key=True),
    sa.Index("story_bands_by_article", "article_id"),
)
# `wanted` and `given` are JSON; `revision` counts the changes of a row.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("id", Text, nullable=False, unique=True),
    sa.Column("operation", Text, nullable=False),
    sa.Column("wanted", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("is_cancelling", sa.Boolean, nullable=False, default=False),
    sa.Column("asked_at", Text, nullable=False),
    sa.Column("begun_at", Text),
    sa.Column("ended_at", Text),
    sa.Column("done", sa.Integer, nullable=False, default=0),
    sa.Column("total", sa.Integer, nullable=False, default=0),
    sa.Column("what", Text, nullable=False, default=""),
    sa.Column("given", Text),
    sa.Column("error", Text),
    sa.Column("revision", sa.Integer, nullable=False, default=0),
    sa.Index("jobs_by_state", "state", "sequence"),
    sqlite_autoincrement=True,
)
current = sa.and_(versions.c.article_id == articles.c.id, versions.c.version == articles.c.current_version)
chunk_version = sa.and_(versions.c.article_id == chunks.c.article_id, versions.c.version == chunks.c.version)
