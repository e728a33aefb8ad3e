"""`dateline index`: articles into the collection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

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
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--prune", is_flag=True, help="Remove articles that came from these paths and are there no more.")
@settings_options("chroma_url", "database_url", "embedding_model", "embedding_backend")
def index(settings: Settings, paths: tuple[Path, ...], prune: bool) -> int:
    """Index files and folders: .txt, .md, .html, .json, .jsonl, each also .gz.

    Unchanged articles are skipped, changed ones become a new version. Exits with 1 when something could
    not be read; the rest is indexed all the same.
    """
    from index.sources import Locations, find_files

    # A path that is not there is told before anything slow begins.
    find_files(paths)
    # A service that does this works in another folder.
    locations = Locations(paths=tuple(path.absolute() for path in paths))
    with operating(settings, "dateline index") as collection:
        return report(index_with_progress(collection, locations, prune=prune))


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
