"""What is remembered of addresses on the web, and the sources that are looked at again and again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the two tables."""
    op.create_table(
        "visits",
        sa.Column("url", sa.Text, primary_key=True),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("last_modified", sa.Text, nullable=False),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("refusal", sa.Text),
        sa.Column("is_list", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sources",
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
    )
    op.create_index("sources_by_due", "sources", ["due_at"])
