"""The `dateline` command itself: its commands, and how each of them ends."""

from __future__ import annotations

import logging
import signal
import sys
from importlib.metadata import version

import click

from index.errors import DatelineError, InputError
from qa.cli import articles, asking, evaluating, indexing, keeping, serving, sources, upkeep

__all__ = ["cli", "main"]


def main() -> None:
    """Run the command line; exit with 0 (done), 1 (something could not be done) or 2 (wrong usage)."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    # News is written in every script; a terminal that cannot show one is no reason to fail.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    # SIGTERM ends a command like Ctrl+C does, so that it closes what it holds.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        status = cli.main(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except InputError as error:
        click.echo(f"dateline: {error}", err=True)
        status = 2
    except DatelineError as error:
        click.echo(f"dateline: {error}", err=True)
        status = 1
    except (click.Abort, KeyboardInterrupt) as interruption:
        # Click makes an Abort of its own of what interrupted it.
        said = " ".join(filter(None, ("interrupted.", str(interruption.__cause__ or interruption))))
        click.echo(f"dateline: {said} What was stored stays stored; run the same command to go on.", err=True)
        status = 1
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain again while it exits. Click exits with 1 too.
        sys.stderr.close()
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("dateline"), prog_name="dateline")
def cli() -> None:
    """Ask questions of a collection of news articles; every answer is proved by verbatim, cited excerpts.

    Settings are flags, environment variables DATELINE_… or lines of a TOML file, in that order.
    """


for command in (
    serving.serve,
    indexing.index,
    asking.ask,
    articles.articles,
    sources.sources,
    upkeep.rebuild,
    upkeep.status,
    keeping.verify,
    keeping.reembed,
    keeping.backup,
    keeping.restore,
    evaluating.evaluate,
    evaluating.compare_runs,
    evaluating.evaluate_chunks,
):
    cli.add_command(command)
