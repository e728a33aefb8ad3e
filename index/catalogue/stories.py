"""Stories: which articles are copies of each other, kept in step with every change of an article."""

from __future__ import annotations

import json
from collections.abc import Iterable

import sqlalchemy as sa

from index.articles import Article, ArticleFilter
from index.catalogue import tables
from index.catalogue.database import Store
from index.catalogue.dialects import any_of_named
from index.catalogue.rows import article_of, batched, conditions, summary_columns, summary_of
from index.catalogue.values import ArticleSummary
from index.copies import Wording, bands, tell_one_story

__all__ = ["Stories", "join_story", "leave_story"]

# Texts that share a form and not a story, such as forecasts, meet in many bands; these bound what one article costs.
_MEETINGS = 2_000
_COMPARED = 10
_COPIES = 50
# In the place of a band, so that what has been looked at can be told from what has not.
_TOO_SHORT = -1


class Stories(Store):
    """Tells which articles are copies of each other."""

    def stories(self, article_ids: Iterable[str]) -> dict[str, int]:
        """Return the number of each given article's story; an article without copies has none."""
        if not self.database.quickly(_ANY):
            return {}
        ids = json.dumps(list(dict.fromkeys(article_ids)))
        return {row[0]: row[1] for row in self.database.quickly(_STORIES, {"ids": ids})}

    def copies(self, article_ids: Iterable[str], wanted: ArticleFilter) -> dict[str, list[ArticleSummary]]:
        """Return, for each given article that has any, the others of its story that satisfy the filter.

        The earliest published comes first; of very many, the later ones are left out.
        """
        own, theirs = tables.stories.alias(), tables.stories.alias()
        statement = (
            sa.select(own.c.article_id.label("of"), *summary_columns())
            .select_from(own)
            .join(theirs, sa.and_(theirs.c.story == own.c.story, theirs.c.article_id != own.c.article_id))
            .join(tables.versions, tables.versions.c.article_id == theirs.c.article_id)
            .join(tables.articles, tables.current)
            .where(*conditions(wanted))
            .order_by(tables.versions.c.published_at.nulls_last(), theirs.c.article_id)
        )
        found: dict[str, list[ArticleSummary]] = {}
        with self.database.reading() as connection:
            for ids in batched(article_ids):
                for row in connection.execute(statement.where(own.c.article_id.in_(ids))):
                    if len(others := found.setdefault(row.of, [])) < _COPIES:
                        others.append(summary_of(row))
        return found

    def unlinked(self) -> list[str]:
        """Return the current articles whose copies were never looked for: a Dateline without stories stored them."""
        known = sa.exists().where(tables.story_bands.c.article_id == tables.articles.c.id)
        statement = sa.select(tables.articles.c.id).where(tables.articles.c.current_version.is_not(None), ~known)
        with self.database.reading() as connection:
            return list(connection.scalars(statement.order_by(tables.articles.c.id)))

    def link(self, article_ids: Iterable[str]) -> None:
        """Look for the copies of current articles, and record them."""
        current = sa.select(tables.versions).join(tables.articles, tables.current)
        for ids in batched(article_ids):
            with self.database.writing() as connection:
                for row in connection.execute(current.where(tables.articles.c.id.in_(ids))).all():
                    leave_story(connection, row.article_id)
                    join_story(connection, article_of(row))


_STORIES = sa.select(tables.stories.c.article_id, tables.stories.c.story).where(
    any_of_named(tables.stories.c.article_id, "ids")
)
_ANY = sa.select(tables.stories.c.story).limit(1)


def join_story(connection: sa.Connection, article: Article) -> None:
    """Record, within a transaction, of which articles an article is a copy; it has no story yet."""
    wording = Wording.of(article.text)
    numbers = bands(wording) or [_TOO_SHORT]
    joined: set[int] = set()
    for other in _met(connection, [number for number in numbers if number != _TOO_SHORT]):
        story = connection.scalar(sa.select(tables.stories.c.story).where(tables.stories.c.article_id == other))
        if story not in joined and tell_one_story(wording, _wording(connection, other)):
            joined.add(_new_story(connection, other) if story is None else story)
    if joined:
        story = min(joined)
        connection.execute(sa.update(tables.stories).where(tables.stories.c.story.in_(joined)).values(story=story))
        connection.execute(sa.insert(tables.stories).values(article_id=article.id, story=story))
    connection.execute(
        sa.insert(tables.story_bands), [{"band": number, "article_id": article.id} for number in numbers]
    )


def leave_story(connection: sa.Connection, article_id: str) -> None:
    """Forget, within a transaction, what an article was a copy of."""
    connection.execute(sa.delete(tables.story_bands).where(tables.story_bands.c.article_id == article_id))
    of_article = tables.stories.c.article_id == article_id
    story = connection.scalar(sa.select(tables.stories.c.story).where(of_article))
    if story is None:
        return
    of_story = tables.stories.c.story == story
    left = connection.scalar(sa.select(sa.func.count()).select_from(tables.stories).where(of_story)) or 0
    # One copy alone is none.
    connection.execute(sa.delete(tables.stories).where(of_article if left > 2 else of_story))


def _met(connection: sa.Connection, numbers: list[int]) -> list[str]:
    """Return the articles that may be copies, those that share the most bands first."""
    meetings = (
        sa.select(tables.story_bands.c.article_id)
        .where(tables.story_bands.c.band.in_(numbers))
        .limit(_MEETINGS)
        .subquery()
    )
    statement = (
        sa.select(meetings.c.article_id)
        .group_by(meetings.c.article_id)
        .order_by(sa.func.count().desc(), meetings.c.article_id)
        .limit(_COMPARED)
    )
    return list(connection.scalars(statement))


def _wording(connection: sa.Connection, article_id: str) -> Wording:
    statement = sa.select(tables.versions.c.text).join(tables.articles, tables.current)
    return Wording.of(connection.scalars(statement.where(tables.articles.c.id == article_id)).one())


def _new_story(connection: sa.Connection, article_id: str) -> int:
    story = (connection.scalar(sa.select(sa.func.max(tables.stories.c.story))) or 0) + 1
    connection.execute(sa.insert(tables.stories).values(article_id=article_id, story=story))
    return story
