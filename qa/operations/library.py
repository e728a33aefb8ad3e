"""Operations on the articles that are there: list, show, remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.articles import ArticleFilter, ArticleVersion
from index.catalogue import ArticlePage, VersionPage
from qa.operations.operation import Operation, Watch

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__ = [
    "LIST_ARTICLES",
    "LIST_VERSIONS",
    "REMOVE_ARTICLES",
    "SHOW_ARTICLE",
    "History",
    "Listing",
    "Removed",
    "RemovedIds",
    "Shown",
]


@dataclass(frozen=True, slots=True)
class Listing:
    """Which articles to list: those that hold all the words, and how many at most."""

    words: tuple[str, ...]
    source: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class Shown:
    """Which version of an article to show; None for the current one."""

    article_id: str
    version: int | None


@dataclass(frozen=True, slots=True)
class History:
    """Of which article to list the versions, and how many at most."""

    article_id: str
    limit: int


@dataclass(frozen=True, slots=True)
class Removed:
    """Which articles to remove."""

    article_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemovedIds:
    """Which of them were there, and are no more."""

    article_ids: tuple[str, ...]


def _list(dateline: Dateline, wanted: Listing, _: Watch) -> ArticlePage:
    sources = ArticleFilter(sources=(wanted.source,) if wanted.source else None)
    return dateline.catalogue.articles(words=list(wanted.words), wanted=sources, limit=wanted.limit)


def _show(dateline: Dateline, wanted: Shown, _: Watch) -> ArticleVersion:
    return dateline.catalogue.article(wanted.article_id, wanted.version)


def _list_versions(dateline: Dateline, wanted: History, _: Watch) -> VersionPage:
    return dateline.catalogue.versions(wanted.article_id, limit=wanted.limit)


def _remove(dateline: Dateline, wanted: Removed, _: Watch) -> RemovedIds:
    return RemovedIds(tuple(dateline.indexer.remove_articles(wanted.article_ids)))


LIST_ARTICLES = Operation("list_articles", Listing, ArticlePage, _list)
SHOW_ARTICLE = Operation("show_article", Shown, ArticleVersion, _show)
LIST_VERSIONS = Operation("list_versions", History, VersionPage, _list_versions)
REMOVE_ARTICLES = Operation("remove_articles", Removed, RemovedIds, _remove)
