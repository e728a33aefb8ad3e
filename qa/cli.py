"""The `dateline` command: one function a command; heavy imports wait until a command needs them."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from index.errors import DataFolderLocked, DatelineError, InputError
from qa.settings import SETTINGS_HELP, Settings, load_settings

if TYPE_CHECKING:
    from index.indexing import Indexing
    from qa.dateline import Dateline
    from qa.evaluation.runs import Run
    from qa.web.bodies import AnswerBody

__all__ = ["main"]

F = TypeVar("F", bound=Callable[..., Any])


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
    except (click.Abort, KeyboardInterrupt):
        click.echo("dateline: interrupted. What was stored stays stored; run the same command to go on.", err=True)
        status = 1
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain again while it exits. Click exits with 1 too.
        sys.stderr.close()
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def _settings_options(*names: str) -> Callable[[F], F]:
    """Add --config and a flag for each named setting, and pass the command its Settings."""

    def decorate(command: F) -> F:
        from functools import wraps

        @wraps(command)
        def run(config: str | None, **arguments: Any) -> Any:
            flags = {name: arguments.pop(name) for name in (*names, "data")}
            return command(settings=load_settings(flags, file=config), **arguments)

        for name in reversed(("data", *names)):
            flag = name.replace("_", "-")
            is_switch = isinstance(getattr(Settings(), name), bool)
            spelling = f"--{flag}/--no-{flag}" if is_switch else f"--{flag}"
            run = click.option(spelling, name, default=None, help=SETTINGS_HELP[name])(run)
        config = click.option(
            "--config", metavar="FILE", help="TOML file with settings; default: dateline.toml, if there."
        )
        return config(run)  # type: ignore[return-value]

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("dateline"), prog_name="dateline")
def cli() -> None:
    """Ask questions of a collection of news articles; every answer is proved by verbatim, cited excerpts.

    Settings are flags, environment variables DATELINE_… or lines of a TOML file, in that order.
    """


@cli.command()
@click.option("--demo", is_flag=True, help="Index the demo collection first, unless other articles are there.")
@_settings_options(*(name for name in SETTINGS_HELP if name != "data"))
def serve(settings: Settings, demo: bool) -> None:
    """Serve the pages and the JSON API."""
    from qa.serving import bound_socket, serve_until_stopped

    # The port comes first: when it is taken, that is told before anything slow begins.
    with bound_socket(settings) as (listening, url), _opened(settings, "dateline serve") as dateline:
        if demo:
            _index_demo(dateline)
        with _status("Loading the model"):
            dateline.load_model()
        # Whoever reads this may ask at once: what comes before the server runs waits in line.
        listening.listen()
        dateline.folder.announce(url)
        click.echo(f"Dateline answers at {url} - stop it with Ctrl+C", err=True)
        serve_until_stopped(dateline, listening)


@cli.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--prune", is_flag=True, help="Remove articles that came from these paths and are there no more.")
@_settings_options("chroma_url", "embedding_model")
def index(settings: Settings, paths: tuple[Path, ...], prune: bool) -> int:
    """Index files and folders: .txt, .md, .html, .json, .jsonl, each also .gz.

    Unchanged articles are skipped, changed ones become a new version. Exits with 1 when something could
    not be read; the rest is indexed all the same.
    """
    from index.sources import find_files

    # A path that is not there is told before anything slow begins.
    find_files(paths)
    with _opened(settings, "dateline index") as dateline:
        return _report(_index_with_progress(dateline, paths, prune=prune))


@cli.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON API's answer.")
@click.option("--source", "sources", multiple=True, help="Use only this source; may be given several times.")
@click.option("--from", "published_from", metavar="DATE", help="Use only what was published on this day or later.")
@click.option("--to", "published_to", metavar="DATE", help="Use only what was published on this day or earlier.")
@click.option("--as-of", metavar="DATE", help="Answer as one could on that day.")
@click.option("--max-citations", type=int, default=5, show_default=True, help="Most citations, 1 to 20.")
@_settings_options(
    *("chroma_url", "embedding_model", "answer_threshold", "passages", "llm_url", "llm_model", "llm_timeout")
)
def ask(settings: Settings, question: str, as_json: bool, **asked: Any) -> None:
    """Answer a question, with numbered excerpts. Exits with 0 when it abstains, too."""
    from index.articles import ArticleFilter
    from qa.answers import Question
    from qa.printing import print_answer

    filters = ArticleFilter(asked["sources"] or None, asked["published_from"], asked["published_to"])
    body = _answer(settings, Question(question, asked["max_citations"], filters, asked["as_of"]))
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(body), indent=2).decode())
    else:
        print_answer(body)


@cli.group()
def articles() -> None:
    """List, show and remove articles."""


@articles.command("list")
@click.option("--search", help="Only articles that hold all these words.")
@click.option("--source", help="Only this source.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Most articles to list.")
@_settings_options()
def list_articles(settings: Settings, search: str | None, source: str | None, limit: int) -> None:
    """List articles, newest first."""
    from index.articles import ArticleFilter
    from qa.printing import print_articles
    from qa.retrieval import search_words

    words, wanted = search_words(search or ""), ArticleFilter(sources=(source,) if source else None)
    if search is not None and not words:
        raise InputError(f"The search {search!r} has no words. Give one or more, or leave --search out.")
    with _opened(settings, "dateline articles list") as dateline:
        print_articles(dateline.catalogue.articles(words=words, wanted=wanted, limit=limit))


@articles.command("show")
@click.argument("article_id")
@click.option("--version", type=int, help="An earlier version; default: the current one.")
@_settings_options()
def show_article(settings: Settings, article_id: str, version: int | None) -> None:
    """Print an article as it is stored."""
    from qa.printing import print_article

    with _opened(settings, "dateline articles show") as dateline:
        print_article(dateline.catalogue.article(article_id, version))


@articles.command("remove")
@click.argument("article_ids", nargs=-1, required=True)
@_settings_options("chroma_url")
def remove_articles(settings: Settings, article_ids: tuple[str, ...]) -> int:
    """Remove articles and all their versions."""
    with _opened(settings, "dateline articles remove") as dateline:
        removed = dateline.indexer.remove_articles(article_ids)
    for article_id in article_ids:
        if article_id not in removed:
            click.echo(f"dateline: there is no article {article_id!r}; nothing of that name was removed.", err=True)
    click.echo(f"{len(removed)} removed")
    return 0 if len(removed) == len(set(article_ids)) else 1


@cli.command()
@_settings_options("chroma_url")
def rebuild(settings: Settings) -> None:
    """Build the vector index anew from the catalogue; nothing is embedded again."""
    with _opened(settings, "dateline rebuild") as dateline:
        with _progress("Rebuilding") as show:
            dateline.dense.rebuild(lambda done, total: show(done, total, ""))
        click.echo(f"{dateline.catalogue.counts()[1]:,} chunks in the vector index")


@cli.command()
@_settings_options("chroma_url")
def status(settings: Settings) -> None:
    """Tell what the collection holds and in what state it is."""
    with _opened(settings, "dateline status") as dateline:
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


_json_option = click.option(
    "--json", "json_to", metavar="FILE", is_flag=False, flag_value="-", help="Write JSON to FILE; - prints it instead."
)


@cli.command("eval")
@click.argument("questions", type=click.Path(path_type=Path))
@click.option("--limit", type=click.IntRange(1), help="Ask only the first so many questions.")
@click.option("--as-of-asked", is_flag=True, help="Answer each as one could on the day of its 'asked_at'.")
@click.option("--max-citations", type=int, default=5, show_default=True, help="Most citations, 1 to 20.")
@click.option("--html", "html_to", metavar="FILE", help="Write a report with plots and the failures to FILE.")
@_json_option
@_settings_options("chroma_url", "embedding_model", "answer_threshold", "passages")
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
    with _opened(settings, "dateline eval") as dateline:
        from qa.evaluation.asking import ask_all
        from qa.evaluation.runs import Run

        dateline.load_model()
        about = _about_run(dateline, questions, asked)
        with _progress("Asking") as show:
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


@cli.command("eval-compare")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@_json_option
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


@cli.command("eval-chunks")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--target-tokens", type=click.IntRange(1), help="Word pieces of a chunk; default: as when indexing.")
@click.option("--overlap", type=click.IntRange(0), help="Sentences that neighbours share; default: as when indexing.")
@click.option("--retrieved", type=click.IntRange(1), default=5, show_default=True, help="Chunks that are retrieved.")
@click.option("--embedding-model", help=SETTINGS_HELP["embedding_model"])
@_json_option
def evaluate_chunks(
    folder: Path, retrieved: int, embedding_model: str | None, json_to: str | None, **sizes: int | None
) -> None:
    """Measure the chunks of a folder's *.md files by the excerpts in its questions_df.csv.

    Token recall, precision and IoU as Smith and Troynikov (2024) define them; needs no data folder.
    """
    from index.chunking import Chunker
    from index.embedding import SentenceTransformerEmbedder
    from qa.evaluation.chunking import chunked_run_as_json, evaluate_chunker, read_corpora
    from qa.printing_measures import print_chunked_run

    _check_folders(json_to)
    corpora = read_corpora(folder)
    embedder = SentenceTransformerEmbedder(load_settings({"embedding_model": embedding_model}).embedding_model)
    given = {name: size for name, size in sizes.items() if size is not None}
    with _progress("Embedding") as show:
        chunker = Chunker(embedder, embedder.max_tokens, **given)
        run = evaluate_chunker(
            corpora, chunker, embedder, retrieved=retrieved, progress=lambda done, total: show(done, total, "")
        )
    _write(json_to, chunked_run_as_json(run))
    if json_to != "-":
        print_chunked_run(run)


@contextmanager
def _opened(settings: Settings, command: str) -> Iterator[Dateline]:
    with _status("Opening the collection"):
        from qa.dateline import Dateline

        dateline = Dateline(settings, command=command)
    with dateline:
        yield dateline


def _answer(settings: Settings, question: Any) -> AnswerBody:
    """Answer in this process, or through the service that owns the data folder."""
    from qa.answering import checked_question
    from qa.web.bodies import answer_body

    question = checked_question(question)
    try:
        with _opened(settings, "dateline ask") as dateline, _status("Reading the articles"):
            if not dateline.catalogue.counts()[0]:
                click.echo(f"There are no articles in {settings.data_folder} yet: see 'dateline index'.", err=True)
            dateline.load_model()
            return answer_body(dateline.answerer.answer(question))
    except DataFolderLocked as locked:
        if locked.url is None:
            raise
        from qa.service_client import ask_service

        return ask_service(locked.url, question)


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


def _index_demo(dateline: Dateline) -> None:
    demo = Path(__file__).parent / "demo"
    if dateline.catalogue.counts()[0] and not dateline.catalogue.origins_under(demo.as_uri()):
        click.echo("The collection has articles of its own, so the demo was not added.", err=True)
        return
    _report(_index_with_progress(dateline, (demo,), prune=False))


def _index_with_progress(dateline: Dateline, paths: tuple[Path, ...], *, prune: bool) -> Indexing:
    with _status("Loading the model"):
        dateline.load_model()
    with _progress("Indexing") as show:
        return dateline.indexer.index_paths(
            paths, prune=prune, progress=lambda step: show(step.done, step.total, Path(step.origin).name)
        )


def _report(indexing: Indexing) -> int:
    for problem in indexing.problems:
        click.echo(f"dateline: {problem.origin}: {problem.reason}", err=True)
    kinds = ("added", "changed", "unchanged", "removed")
    counts = [f"{getattr(indexing, kind):,} {kind}" for kind in kinds]
    click.echo(", ".join([*counts, *([f"{len(indexing.problems):,} not indexed"] if indexing.problems else [])]))
    return 1 if indexing.problems else 0


@contextmanager
def _status(words: str) -> Iterator[None]:
    """Show a spinner while something slow begins, on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{words} …"):
        yield


@contextmanager
def _progress(words: str) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function that is told (done, total, what) and shows a bar, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda done, total, what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[what]}", style="dim"), console=Console(stderr=True)) as bar:
        task = bar.add_task(words, total=None, what="")
        yield lambda done, total, what: bar.update(task, completed=done, total=total, what=what[:40])
