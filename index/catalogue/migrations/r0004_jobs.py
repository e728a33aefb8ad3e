"""Jobs that the service does in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from index.catalogue.dialects import Text

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "jobs",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", Text, nullable=False, unique=True),
        sa.Column("operation", Text, nullable=False),
        sa.Column("wanted", Text, nullable=False),
        sa.Column("state", Text, nullable=False),
        sa.Column("is_cancelling", sa.Boolean, nullable=False),
        sa.Column("asked_at", Text, nullable=False),
        sa.Column("begun_at", Text),
        sa.Column("ended_at", Text),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("what", Text, nullable=False),
        sa.Column("given", Text),
        sa.Column("error", Text),
        sa.Column("revision", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("jobs_by_state", "jobs", ["state", "sequence"])
