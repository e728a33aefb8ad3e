"""`dateline serve`: the service, with the demo collection if wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import qa
from qa.cli.indexing import index_with_progress, report
from qa.cli.opening import SERVING, opened
from qa.cli.options import settings_options
from qa.cli.showing import spinner
from qa.settings import SETTINGS_HELP, Settings

if TYPE_CHECKING:
    from qa.dateline import Dateline

__all__: list[str] = []


@click.command()
@click.option("--demo", is_flag=True, help="Index the demo collection first, unless other articles are there.")
@settings_options(*(name for name in SETTINGS_HELP if name != "data"))
def serve(settings: Settings, demo: bool) -> None:
    """Serve the pages and the JSON API."""
    from qa.serving import bound_socket, serve_until_stopped, serve_with_workers

    # The port comes first: when it is taken, that is told before anything slow begins.
    with bound_socket(settings) as (listening, url), opened(settings, SERVING) as dateline:
        if demo:
            _index_demo(dateline)
        with spinner("Loading the model"):
            dateline.load_model()
        # Whoever reads this may ask at once: what comes before the server runs waits in line.
        listening.listen()
        dateline.folder.announce(url)
        click.echo(f"Dateline answers at {url} - stop it with Ctrl+C", err=True)
        (serve_with_workers if settings.workers > 1 else serve_until_stopped)(dateline, listening)


def _index_demo(dateline: Dateline) -> None:
    from index.sources import Locations
    from qa.operations.local import LocalOperations

    demo = Path(str(qa.__file__)).parent / "demo"
    if dateline.catalogue.counts()[0] and not dateline.catalogue.origins_under(demo.as_uri()):
        click.echo("The collection has articles of its own, so the demo was not added.", err=True)
        return
    report(index_with_progress(LocalOperations(dateline), Locations(paths=(demo,)), prune=False))
