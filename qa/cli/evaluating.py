"""`dateline eval`, `eval-compare` and `eval-chunks`: how good the answers are."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index.errors import DatelineError, InputError
from qa.cli.opening import opened
from qa.cli.options import json_option, settings_options
from qa.cli.showing import progress_bar
from qa.settings import SETTINGS_HELP, Settings, load_settings

if TYPE_CHECKING:
    from qa.dateline import Dateline
    from qa.evaluation.runs import Run

__all__: list[str] = []


@click.command("eval")
@click.argument("questions", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(1), help="Ask only the first so many questions.")
@click.option("--as-of-asked", is_flag=True, help="Answer each as one could on the day of its 'asked_at'.")
@click.option("--max-citations", type=int, default=5, show_default=True, help="Most citations, 1 to 20.")
@click.option("--html", "html_to", metavar="FILE", help="Write a report with plots and the failures to FILE.")
@json_option
@settings_options("chroma_url", "database_url", "embedding_model", "embedding_backend", "answer_threshold", "passages")
def evaluate(
    settings: Settings, questions: Path, limit: int | None, html_to: str | None, json_to: str | None, **asked: Any
) -> None:
    """Ask the questions of a .jsonl file, also gzipped, and measure the answers.

    Measures of retrieval, citations, answers, abstaining, confidence and speed, each over all questions and over each
    type, with 95 % bootstrap intervals. Exits with 0 whatever they are.
    """
    from qa.evaluation.questions import read_questions

    labelled = read_questions(questions)[:limit]
    if asked["as_of_asked"] and not any(question.asked_on for question in labelled):
        raise InputError(f"No question of {questions} has 'asked_at'. Leave --as-of-asked out, or give each its day.")
    _check_folders(json_to, html_to)
    with opened(settings, "dateline eval") as dateline:
        from qa.evaluation.asking import ask_all
        from qa.evaluation.runs import Run

        dateline.load_model()
        # Measured is what the service does, which asks the vector index.
        dateline.dense.open()
        about = _about_run(dateline, questions, asked)
        with progress_bar("Asking") as show:
            rows = tuple(
                ask_all(
                    dateline.answerer,
                    dateline.catalogue,
                    labelled,
                    **asked,
                    progress=lambda done: show(done, len(labelled), ""),
                )
            )
    _tell_run(Run(about, rows), json_to, html_to)


@click.command("eval-compare")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@json_option
def compare_runs(first: Path, second: Path, json_to: str | None) -> None:
    """Compare two runs of 'eval --json FILE' over the same questions.

    Each measure of both with the difference, its 95 % paired bootstrap interval and the p of a paired randomisation
    test, and the questions that changed.
    """
    from qa.evaluation.comparing import compare, comparison_as_json
    from qa.evaluation.runs import read_run
    from qa.printing_measures import print_comparison

    _check_folders(json_to)
    comparison = compare(read_run(first), read_run(second))
    _write(json_to, comparison_as_json(comparison))
    if json_to != "-":
        print_comparison(comparison)


@click.command("eval-chunks")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--target-tokens", type=click.IntRange(1), help="Word pieces of a chunk; default: as when indexing.")
@click.option("--overlap", type=click.IntRange(0), help="Sentences that neighbours share; default: as when indexing.")
@click.option("--retrieved", type=click.IntRange(1), default=5, show_default=True, help="Chunks that are retrieved.")
@click.option("--embedding-model", help=SETTINGS_HELP["embedding_model"])
@click.option("--embedding-backend", help=SETTINGS_HELP["embedding_backend"])
@json_option
def evaluate_chunks(
    folder: Path,
    retrieved: int,
    embedding_model: str | None,
    embedding_backend: str | None,
    json_to: str | None,
    **sizes: int | None,
) -> None:
    """Measure the chunks of a folder's *.md files by the excerpts in its questions_df.csv.

    Token recall, precision and IoU as Smith and Troynikov (2024) define them; needs no data folder.
    """
    from index.chunking import Chunker
    from index.embedding import open_embedder
    from qa.evaluation.chunking import chunked_run_as_json, evaluate_chunker, read_corpora
    from qa.printing_measures import print_chunked_run

    _check_folders(json_to)
    corpora = read_corpora(folder)
    settings = load_settings({"embedding_model": embedding_model, "embedding_backend": embedding_backend})
    embedder = open_embedder(settings.embedding_model, settings.embedding_backend)
    given = {name: size for name, size in sizes.items() if size is not None}
    with progress_bar("Embedding") as show:
        chunker = Chunker(embedder, embedder.max_tokens, **given)
        run = evaluate_chunker(
            corpora, chunker, embedder, retrieved=retrieved, progress=lambda done, total: show(done, total, "")
        )
    _write(json_to, chunked_run_as_json(run))
    if json_to != "-":
        print_chunked_run(run)


def _about_run(dateline: Dateline, questions: Path, asked: Mapping[str, Any]) -> dict[str, bool | int | float | str]:
    """Say what a run asked of what, so that runs can be told apart."""
    from datetime import UTC, datetime
    from hashlib import sha256

    articles, chunks = dateline.catalogue.counts()
    return {
        "questions_file": questions.name,
        "questions_sha256": sha256(questions.read_bytes()).hexdigest(),
        "begun_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "dateline": version("dateline"),
        "articles": articles,
        "chunks": chunks,
        "index_generation": dateline.catalogue.generation,
        "embedding_model": dateline.embedder.name,
        "answered_by": dateline.answerer.reader.name,
        "answer_threshold": dateline.settings.answer_threshold,
        "passages": dateline.settings.passages,
        **asked,
    }


def _tell_run(run: Run, json_to: str | None, html_to: str | None) -> None:
    from qa.evaluation.report import render_report
    from qa.evaluation.summary import run_as_json, summarise
    from qa.printing_measures import print_summary

    summary = summarise(run)
    _write(json_to, run_as_json(run, summary))
    if html_to:
        _write(html_to, render_report(run, summary).encode())
    if json_to != "-":
        print_summary(summary)


def _check_folders(*files: str | None) -> None:
    """Refuse a file that cannot be written before the work that goes into it."""
    for file in files:
        if file and file != "-" and (Path(file).is_dir() or not Path(file).absolute().parent.is_dir()):
            raise InputError(f"{file} cannot be written: give a file in a folder that is there.")


def _write(file: str | None, content: bytes) -> None:
    if file == "-":
        click.echo(content.decode())
    elif file:
        try:
            Path(file).write_bytes(content)
        except OSError as error:
            raise DatelineError(f"{file} cannot be written: {error}.") from error
