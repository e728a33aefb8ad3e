"""`dateline articles`: what the collection holds, article by article."""

from __future__ import annotations

import click

from index.errors import InputError
from qa.cli.opening import operating
from qa.cli.options import settings_options
from qa.settings import Settings

__all__: list[str] = []


@click.group()
def articles() -> None:
    """List, show and remove articles."""


@articles.command("list")
@click.option("--search", help="Only articles that hold all these words.")
@click.option("--source", help="Only this source.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Most articles to list.")
@settings_options()
def list_articles(settings: Settings, search: str | None, source: str | None, limit: int) -> None:
    """List articles, newest first."""
    from qa.operations.library import LIST_ARTICLES, Listing
    from qa.printing import print_articles
    from qa.retrieval import search_words

    words = search_words(search or "")
    if search is not None and not words:
        raise InputError(f"The search {search!r} has no words. Give one or more, or leave --search out.")
    with operating(settings, "dateline articles list") as collection:
        print_articles(collection.run(LIST_ARTICLES, Listing(tuple(words), source, limit)))


@articles.command("show")
@click.argument("article_id")
@click.option("--version", type=int, help="An earlier version; default: the current one.")
@settings_options()
def show_article(settings: Settings, article_id: str, version: int | None) -> None:
    """Print an article as it is stored."""
    from qa.operations.library import SHOW_ARTICLE, Shown
    from qa.printing import print_article

    with operating(settings, "dateline articles show") as collection:
        print_article(collection.run(SHOW_ARTICLE, Shown(article_id, version)))


@articles.command("versions")
@click.argument("article_id")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Most versions to list.")
@settings_options()
def list_versions(settings: Settings, article_id: str, limit: int) -> None:
    """List the versions of an article that are kept, newest first."""
    from qa.operations.library import LIST_VERSIONS, History
    from qa.printing import print_versions

    with operating(settings, "dateline articles versions") as collection:
        print_versions(collection.run(LIST_VERSIONS, History(article_id, limit)))


@articles.command("remove")
@click.argument("article_ids", nargs=-1, required=True)
@settings_options("chroma_url", "database_url")
def remove_articles(settings: Settings, article_ids: tuple[str, ...]) -> int:
    """Remove articles and all their versions."""
    from qa.operations.library import REMOVE_ARTICLES, Removed

    with operating(settings, "dateline articles remove") as collection:
        removed = collection.run(REMOVE_ARTICLES, Removed(article_ids)).article_ids
    for article_id in article_ids:
        if article_id not in removed:
            click.echo(f"dateline: there is no article {article_id!r}; nothing of that name was removed.", err=True)
    click.echo(f"{len(removed)} removed")
    return 0 if len(removed) == len(set(article_ids)) else 1
