"""The tables of Dateline 0.1.0, which a folder without a recorded revision is taken to have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    op.create_table("facts", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.Text, nullable=False))
    op.create_table(
        "articles",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("current_version", sa.Integer),
        sa.Column("last_version", sa.Integer, nullable=False),
    )
    op.create_table(
        "versions",
        sa.Column("article_id", sa.Text, sa.ForeignKey("articles.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("authors", sa.JSON, nullable=False),
        sa.Column("published_at", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("stored_at", sa.Text, nullable=False),
    )
    op.create_index("versions_by_date", "versions", ["published_at"])
    op.create_table(
        "chunks",
        sa.Column("key", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("article_id", sa.Text, nullable=False),
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
        sa.Column("origin", sa.Text, primary_key=True),
        sa.Column("article_id", sa.Text, sa.ForeignKey("articles.id"), primary_key=True),
    )
    op.create_index("origins_by_article", "origins", ["article_id"])
    op.create_table(
        "changes",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("chunk_id", sa.Text, nullable=False),
        sa.Column("adds", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.execute(
        "CREATE VIRTUAL TABLE chunk_words USING fts5(title, body, tokenize = 'porter unicode61 remove_diacritics 2')"
    )
