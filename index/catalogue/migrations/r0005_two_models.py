"""Room for the embeddings of a second model, while a collection goes over to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from index.catalogue.dialects import Text

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of the embeddings to come."""
    op.create_table(
        "fresh_embeddings",
        sa.Column("chunk_id", Text, primary_key=True),
        sa.Column("embedding", sa.LargeBinary, nullable=False),
    )
