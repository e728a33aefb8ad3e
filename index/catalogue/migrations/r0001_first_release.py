"""The tables of Dateline 0.1.0, which a folder without a recorded revision is taken to have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from index.catalogue.dialects import Key, Text

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table("facts", sa.Column("name", Text, primary_key=True), sa.Column("value", Text, nullable=False))
    op.create_table(
        "articles",
        sa.Column("id", Text, primary_key=True),
        sa.Column("current_version", sa.Integer),
        sa.Column("last_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "versions",
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
    )
    op.create_index("versions_by_date", "versions", ["published_at"])
    op.create_table(
        "chunks",
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
        sqlite_autoincrement=True,
    )
    op.create_index("chunks_by_article", "chunks", ["article_id", "ordinal"])
    op.create_table(
        "origins",
        sa.Column("origin", Text, primary_key=True),
        sa.Column("article_id", Text, sa.ForeignKey("articles.id"), primary_key=True),
    )
    op.create_index("origins_by_article", "origins", ["article_id"])
    op.create_table(
        "changes",
        sa.Column("sequence", Key, primary_key=True, autoincrement=True),
        sa.Column("chunk_id", Text, nullable=False),
        sa.Column("adds", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        words = "fts5(title, body, tokenize = 'porter unicode61 remove_diacritics 2')"
        op.execute(f"CREATE VIRTUAL TABLE chunk_words USING {words}")
    else:
        _make_words()


def _make_words() -> None:
    op.create_table(
        "chunk_words",
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("words", TSVECTOR, nullable=False),
    )
    op.create_index("chunks_by_word", "chunk_words", ["words"], postgresql_using="gin")
    op.create_table(
        "word_holders",
        sa.Column("word", Text, primary_key=True),
        sa.Column("chunks", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "word_totals",
        sa.Column("chunks", sa.BigInteger, nullable=False),
        sa.Column("words", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO word_totals VALUES (0, 0)")
