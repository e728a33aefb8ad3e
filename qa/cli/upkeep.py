"""`dateline rebuild` and `status`: the state that the collection is in."""

from __future__ import annotations

import click

from qa.cli.opening import opened
from qa.cli.options import settings_options
from qa.cli.showing import progress_bar
from qa.settings import Settings

__all__: list[str] = []


@click.command()
@settings_options("chroma_url", "database_url")
def rebuild(settings: Settings) -> None:
    """Build the vector index anew from the catalogue; nothing is embedded again."""
    with opened(settings, "dateline rebuild") as dateline:
        with progress_bar("Rebuilding") as show:
            dateline.dense.rebuild(lambda done, total: show(done, total, ""))
        click.echo(f"{dateline.catalogue.counts()[1]:,} chunks in the vector index")


@click.command()
@settings_options("chroma_url", "database_url")
def status(settings: Settings) -> None:
    """Tell what the collection holds and in what state it is."""
    with opened(settings, "dateline status") as dateline:
        article_count, chunk_count = dateline.catalogue.counts()
        facts = {
            "data folder": settings.data_folder,
            "articles": f"{article_count:,}",
            "chunks": f"{chunk_count:,}",
            "index generation": dateline.catalogue.generation,
            "embedding model": dateline.catalogue.fact("embedding_model") or "none yet",
            "vector index": "in step" if dateline.dense.is_healthy else "failed; rebuilt at the next start",
        }
        for name, value in facts.items():
            click.echo(f"{name:18}{value}")
