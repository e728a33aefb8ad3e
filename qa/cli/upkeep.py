"""`dateline rebuild` and `status`: the state that the collection is in."""

from __future__ import annotations

import click

from qa.cli.opening import operating
from qa.cli.options import settings_options
from qa.cli.showing import progress_bar
from qa.settings import Settings

__all__: list[str] = []


@click.command()
@settings_options("chroma_url", "database_url")
def rebuild(settings: Settings) -> None:
    """Build the vector index anew from the catalogue; nothing is embedded again."""
    from qa.operations.operation import Watch
    from qa.operations.upkeep import REBUILD, Nothing

    with operating(settings, "dateline rebuild") as collection, progress_bar("Rebuilding") as show:
        rebuilt = collection.run(REBUILD, Nothing(), Watch(show))
    click.echo(f"{rebuilt.chunks:,} chunks in the vector index")


@click.command()
@settings_options("chroma_url", "database_url")
def status(settings: Settings) -> None:
    """Tell what the collection holds and in what state it is."""
    from qa.operations.upkeep import STATE, Nothing

    with operating(settings, "dateline status") as collection:
        state = collection.run(STATE, Nothing())
    facts = {
        "data folder": settings.data_folder,
        "articles": f"{state.articles:,}",
        "chunks": f"{state.chunks:,}",
        "index generation": state.index_generation,
        "embedding model": state.embedding_model or "none yet",
        "vector index": state.vector_index,
    }
    for name, value in facts.items():
        click.echo(f"{name:18}{value}")
