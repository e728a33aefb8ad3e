"""When a version was replaced, and which articles are copies of one story."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from index.catalogue.dialects import Text

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables; which of the articles there are copies, `dateline verify --repair` finds out."""
    op.add_column("versions", sa.Column("replaced_at", Text))
    op.execute(
        "UPDATE versions SET replaced_at = (SELECT min(later.stored_at) FROM versions AS later"
        " WHERE later.article_id = versions.article_id AND later.version > versions.version)"
    )
    op.create_index("versions_by_replacement", "versions", ["replaced_at"])
    op.create_index("versions_by_url", "versions", ["url"])
    op.create_table(
        "stories",
        sa.Column("article_id", Text, sa.ForeignKey("articles.id"), primary_key=True),
        sa.Column("story", sa.Integer, nullable=False),
    )
    op.create_index("stories_by_number", "stories", ["story"])
    op.create_table(
        "story_bands",
        sa.Column("band", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("article_id", Text, sa.ForeignKey("articles.id"), primary_key=True),
    )
    op.create_index("story_bands_by_article", "story_bands", ["article_id"])
