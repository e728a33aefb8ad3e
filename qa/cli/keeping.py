"""`dateline verify`, `reembed`, `backup` and `restore`: what keeps a collection whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from index.errors import InputError
from qa.cli.opening import operating
from qa.cli.options import settings_options
from qa.cli.showing import progress_bar
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.operations.upkeep import Verified

__all__: list[str] = []


@click.command()
@click.option("--repair", is_flag=True, help="Make again what can be made from the rest: chunks, full text, vectors.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@settings_options("chroma_url", "database_url", "embedding_model")
def verify(settings: Settings, repair: bool, as_json: bool) -> int:
    """Hold everything that is stored against what is promised of it.

    Hashes of texts, places of chunks and sentences, embeddings, full text, vectors, and that nothing refers to what
    is not there. Exits with 1 when something is found, or after --repair is left; with 0 when all is well.
    """
    from qa.operations.operation import Watch
    from qa.operations.upkeep import VERIFY, Verify

    with operating(settings, "dateline verify") as collection, progress_bar("Verifying") as show:
        verified = collection.run(VERIFY, Verify(repair), Watch(show))
    if as_json:
        click.echo(_as_json(verified))
    else:
        _print_findings(verified, repair)
    return 1 if verified.left else 0


@click.command()
@settings_options("chroma_url", "database_url", "embedding_model", "embedding_backend")
def reembed(settings: Settings) -> int:
    """Go over to the embedding model of the settings, while the one before answers.

    What is embedded stays so: an interrupted run goes on where it was. A running service goes over without a pause;
    give it the new model, too, before it is started again.
    """
    from index.embedding import DEFAULT_MODEL
    from qa.operations.operation import Watch
    from qa.operations.reembedding import REEMBED, Reembed

    model = settings.embedding_model
    if model != DEFAULT_MODEL:
        model = str(Path(model).expanduser().absolute())
    with operating(settings, "dateline reembed") as collection, progress_bar("Embedding") as show:
        done = collection.run(REEMBED, Reembed(model, settings.embedding_backend), Watch(show))
    end = (
        "cancelled; the same command goes on" if done.was_cancelled else f"the collection is embedded with {done.model}"
    )
    click.echo(f"{done.chunks:,} chunks embedded, {end}")
    return 1 if done.was_cancelled else 0


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@settings_options("database_url")
def backup(settings: Settings, file: Path) -> None:
    """Write everything into FILE, also while the service runs and stores.

    It is as of one moment. The vectors are not in it: they are built anew.
    """
    from qa.operations.operation import Watch
    from qa.operations.upkeep import BACK_UP, BackupFile

    if not file.absolute().parent.is_dir():
        raise InputError(f"The file {file} cannot be written: its folder is not there.")
    with operating(settings, "dateline backup") as collection, progress_bar("Backing up") as show:
        made = collection.run(BACK_UP, BackupFile(file.absolute()), Watch(show))
    click.echo(f"{made.articles:,} articles and {made.chunks:,} chunks, as of {made.made_at}, are in {file}")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite a data folder that is not empty.")
@settings_options()
def restore(settings: Settings, file: Path, force: bool) -> None:
    """Make a data folder of the backup in FILE, which is checked first; a service on it must be stopped."""
    from index.backup import restore as restore_backup

    with progress_bar("Restoring") as show:
        backup = restore_backup(file, settings.data_folder, overwrites=force, progress=show)
    click.echo(f"{backup.articles:,} articles as of {backup.made_at} are in {settings.data_folder}")


def _as_json(verified: Verified) -> str:
    from dataclasses import asdict

    return json.dumps(asdict(verified), indent=2, ensure_ascii=False)


def _print_findings(verified: Verified, repair: bool) -> None:
    from qa.printing import print_table

    if verified.findings:
        left = set(verified.left)
        can = "repaired" if repair else "dateline verify --repair"
        rows = [
            (
                finding.promise,
                finding.where,
                finding.what,
                finding.remedy or ("not repaired" if repair and finding in left else can),
            )
            for finding in verified.findings
        ]
        print_table(("promise", "where", "what is found", "what helps"), [("Findings", rows)])
    found = f"{len(verified.findings):,} findings" if verified.findings else "all is as promised"
    if verified.findings and repair:
        found += f", {len(verified.left):,} left"
    click.echo(f"{verified.versions:,} versions of articles looked at: {found}")
