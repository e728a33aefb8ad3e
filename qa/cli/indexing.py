"""`dateline index`: articles into the collection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index.errors import InputError
from qa.cli.opening import operating
from qa.cli.options import settings_options
from qa.cli.showing import progress_bar
from qa.settings import Settings

if TYPE_CHECKING:
    from index.indexing import Indexing
    from index.sources import Locations
    from qa.operations.operation import Operations

__all__ = ["index_with_progress", "report"]


@click.command()
@click.argument("places", nargs=-1, required=True, metavar="PATH|URL...")
@click.option("--prune", is_flag=True, help="Remove articles that came from these paths and are there no more.")
@click.option("--since", metavar="DATE", help="Of feeds and sitemaps, only what is of this day or later.")
@click.option("--watch", is_flag=True, help="Go on with what changes in these folders, until Ctrl+C.")
@settings_options(
    *(
        "chroma_url",
        "database_url",
        "embedding_model",
        "embedding_backend",
        "user_agent",
        "fetch_delay",
        "fetch_networks",
        "keep_versions",
    )
)
def index(settings: Settings, places: tuple[str, ...], prune: bool, since: str | None, watch: bool) -> int:
    """Index files and folders (.txt, .md, .html, .json, .jsonl, each also .gz), pages, feeds and sitemaps.

    Of a feed or sitemap, each article is fetched in full. Unchanged articles are skipped, changed ones become a new
    version. Exits with 1 when something could not be read; the rest is indexed all the same.
    """
    locations = _locations(places, since)
    if watch and (locations.addresses or not all(path.is_dir() for path in locations.paths)):
        raise InputError("Only folders can be watched. For feeds and sitemaps see 'dateline sources add'.")
    with operating(settings, "dateline index") as collection:
        if watch:
            return _watch(collection, locations.paths, prune=prune)
        return report(index_with_progress(collection, locations, prune=prune))


def _locations(places: Sequence[str], since: str | None) -> Locations:
    from index.addresses import is_web_address, parse_address
    from index.articles import normalise_time
    from index.sources import Locations, find_files

    urls = tuple(place for place in places if is_web_address(place))
    paths = tuple(Path(place) for place in places if place not in urls)
    # What is not there is told before anything slow begins.
    find_files(paths)
    for url in urls:
        parse_address(url)
    return Locations(
        # A service that does this works in another folder.
        paths=tuple(path.absolute() for path in paths),
        urls=urls,
        since=normalise_time(since) if since else None,
    )


def _watch(collection: Operations, folders: tuple[Path, ...], *, prune: bool) -> int:
    """Index the folders, then what changes in them; a removal has them gone through again, as far as that is wanted."""
    from index.sources import Locations
    from index.watching import Changes, watch_folders

    try:
        for changes in watch_folders(folders):
            is_whole = changes == Changes() or (prune and changes.has_removals)
            if not (is_whole or changes.paths):
                continue
            try:
                found = Locations(paths=folders if is_whole else changes.paths)
                report(index_with_progress(collection, found, prune=prune and is_whole))
            except InputError as error:
                click.echo(f"dateline: {error}", err=True)
            if changes == Changes():
                click.echo("Watching for changes - stop with Ctrl+C", err=True)
    except KeyboardInterrupt:
        click.echo("Stopped watching. What was stored stays stored.", err=True)
    return 0


def index_with_progress(collection: Operations, locations: Locations, *, prune: bool) -> Indexing:
    """Index all that is found at the locations, with a progress bar; raises what Indexer.index does."""
    from qa.operations.indexing import INDEX, Index
    from qa.operations.operation import Watch

    with progress_bar("Indexing") as show:
        return collection.run(INDEX, Index(locations, prune), Watch(show))


def report(indexing: Indexing) -> int:
    """Print what became of it all; return the command's exit code."""
    for problem in indexing.problems:
        click.echo(f"dateline: {problem.origin}: {problem.reason}", err=True)
    kinds = ("added", "changed", "unchanged", "removed")
    counts = [f"{getattr(indexing, kind):,} {kind}" for kind in kinds]
    click.echo(", ".join([*counts, *([f"{len(indexing.problems):,} not indexed"] if indexing.problems else [])]))
    return 1 if indexing.problems else 0
