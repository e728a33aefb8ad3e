"""`dateline sources`: feeds, sitemaps and folders that the running service looks at again and again."""

from __future__ import annotations

import re
from pathlib import Path

import click

from index.errors import InputError
from qa.cli.opening import operating
from qa.cli.options import settings_options
from qa.settings import Settings

__all__: list[str] = []


@click.group()
def sources() -> None:
    """Keep feeds, sitemaps and folders that the running service looks at again and again."""


@sources.command("add")
@click.argument("places", nargs=-1, required=True, metavar="URL|FOLDER...")
@click.option("--every", default="1h", show_default=True, metavar="TIME", help="How often: 15m, 2h or 1d.")
@click.option("--as", "kind", type=click.Choice(["feed", "sitemap"]), help="What it is; default: a look at it tells.")
@click.option("--prune", "prunes", is_flag=True, help="Remove the articles of a folder's files when those go.")
@settings_options("chroma_url", "database_url", "user_agent", "fetch_networks")
def add_source(settings: Settings, places: tuple[str, ...], every: str, kind: str | None, prunes: bool) -> None:
    """Add sources, or change how often they are looked at; each is looked at at once, then every so often.

    They are looked at while 'dateline serve' runs.
    """
    from index.addresses import is_web_address
    from qa.operations.sources import ADD_SOURCE, AddedSource

    seconds = _seconds(every)
    with operating(settings, "dateline sources add") as collection:
        for place in places:
            location = place if is_web_address(place) else str(Path(place).absolute())
            wanted = AddedSource(location, kind, seconds, prunes)  # type: ignore[arg-type]
            source = collection.run(ADD_SOURCE, wanted)
            click.echo(f"{source.id}  {source.kind}  {source.location}")


@sources.command("list")
@settings_options("chroma_url", "database_url")
def list_sources(settings: Settings) -> None:
    """List sources: how often each is looked at, when next, and how the last look went."""
    from qa.operations.sources import LIST_SOURCES
    from qa.operations.upkeep import Nothing
    from qa.printing import print_sources

    with operating(settings, "dateline sources list") as collection:
        print_sources(collection.run(LIST_SOURCES, Nothing()).sources)


@sources.command("remove")
@click.argument("named", nargs=-1, required=True, metavar="ID|URL|FOLDER...")
@settings_options("chroma_url", "database_url")
def remove_source(settings: Settings, named: tuple[str, ...]) -> None:
    """Forget sources; their articles stay."""
    from qa.operations.sources import REMOVE_SOURCE, RemovedSource

    with operating(settings, "dateline sources remove") as collection:
        for name in named:
            is_folder = Path(name).is_dir()
            source = collection.run(REMOVE_SOURCE, RemovedSource(str(Path(name).absolute()) if is_folder else name))
            click.echo(f"{source.location} is looked at no more")


def _seconds(written: str) -> int:
    match = re.fullmatch(r"(\d{1,9})\s*(s|m|h|d)", written.strip().lower())
    if match is None:
        raise InputError(f"The time {written!r} is not understood. Write 90s, 15m, 2h or 1d.")
    return int(match[1]) * {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[match[2]]
