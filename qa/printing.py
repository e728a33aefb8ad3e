"""What the command line prints: coloured on a terminal, plain in a pipe. Articles' text is never markup here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from index.articles import ArticleVersion
    from index.catalogue import ArticlePage
    from qa.web.bodies import AnswerBody, CitedArticle

__all__ = ["print_answer", "print_article", "print_articles", "print_table"]


def print_answer(answer: AnswerBody) -> None:
    """Print the statements with their markers, then every excerpt with its source; or the nearest passages."""
    console = _console()
    if answer.status == "not_found":
        console.print(Text("The articles do not answer this.", style="bold"))
        if answer.passages:
            console.print(Text("\nNearest passages, which do not answer it:", style="dim"))
        for passage in answer.passages[:3]:
            _print_excerpt(console, "·", passage.text, passage.article)
        return
    for statement in answer.statements:
        markers = "".join(f"[{number}]" for number in statement.citations)
        _print(console, Text.assemble((statement.text, "bold"), " ", (markers, "cyan")))
    for citation in answer.citations:
        _print_excerpt(console, f"[{citation.number}]", citation.quote, citation.article)


def print_articles(page: ArticlePage) -> None:
    """Print one line an article: date, source, id and title; in a pipe with a tab between them."""
    rows = [((a.published_at or "")[:10], a.source or "", a.id, a.title) for a in page.articles]
    console = _console()
    if console.is_terminal:
        table = Table(box=None, header_style="dim", pad_edge=False, show_edge=False)
        for name in ("published", "source", "id", "title"):
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
    else:
        for row in rows:
            print("\t".join(row))
    if page.total > len(rows):
        print(f"{len(rows)} of {page.total:,} articles; see more with --limit", file=sys.stderr)


def print_article(version: ArticleVersion) -> None:
    """Print an article's metadata and its text as stored."""
    console, article = _console(), version.article
    _print(console, Text(article.title, style="bold"))
    about = (article.source, ", ".join(article.authors), article.published_at, article.url)
    _print(console, Text(" · ".join(part for part in about if part), style="dim"))
    state = "current" if version.is_current else "not current"
    _print(console, Text(f"{article.id}, version {version.number} ({state})\n", style="dim"))
    _print(console, Text(article.text))


def print_table(header: Sequence[str], sections: Sequence[tuple[str, Sequence[Sequence[str]]]]) -> None:
    """Print titled sections of one table, columns aligned, the first to the left and the others to the right.

    A cell of two lines has the second, which matters less, in brackets where the table is plain.
    """
    console = _console()
    if console.is_terminal:
        table = Table(box=None, header_style="dim", pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
        for number, name in enumerate(header):
            table.add_column(Text(name), justify="right" if number else "left", overflow="fold")
        for title, rows in sections:
            table.add_row(Text(title, style="bold"))
            for row in rows:
                table.add_row(*map(_two_lines, row))
        console.print(table)
        return
    lines = [header, *([_one_line(cell) for cell in row] for _, rows in sections for row in rows)]
    widths = [max(len(row[column]) for row in lines) for column in range(len(header))]
    for row in lines:
        first, *others = (
            f"{cell:<{w}}" if not n else f"{cell:>{w}}" for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())


def _two_lines(cell: str) -> Text:
    first, *second = cell.split("\n")
    return Text.assemble(first, *((f"\n{line}", "dim") for line in second))


def _one_line(cell: str) -> str:
    first, *second = cell.split("\n")
    return " ".join([first, *(f"({line})" for line in second)])


def _print_excerpt(console: Console, marker: str, quote: str, article: CitedArticle) -> None:
    about = " · ".join(part for part in (article.source, (article.published_at or "")[:10], article.title) if part)
    console.print()
    _print(console, Text.assemble((marker, "cyan"), " ", (about, "dim")))
    for line in quote.splitlines():
        _print(console, Text(line), indent=len(marker) + 1)


def _print(console: Console, text: Text, indent: int = 0) -> None:
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)))
    else:
        console.print(Text(" " * indent) + text, soft_wrap=True)


def _console() -> Console:
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())
