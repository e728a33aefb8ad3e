"""What the command line prints: coloured on a terminal, plain in a pipe. Articles' text is never markup here."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from qa.answers import remark
from qa.web.wording import reason_told

if TYPE_CHECKING:
    from index.articles import ArticleVersion
    from index.catalogue import ArticlePage, VersionPage
    from index.catalogue.following import Source
    from qa.web.bodies import AnswerBody, CitedArticle

__all__ = ["print_answer", "print_article", "print_articles", "print_sources", "print_table", "print_versions"]


def print_answer(answer: AnswerBody) -> None:
    """Print the statements with their markers, then every excerpt with its source; or the nearest passages."""
    console = _console()
    if answer.status == "not_found":
        console.print(Text("The articles do not answer this.", style="bold"))
        console.print(Text(reason_told(answer.reason)))
        if answer.passages:
            console.print(Text("\nNearest passages, which do not answer it:", style="dim"))
        for passage in answer.passages[:3]:
            _print_excerpt(console, "·", Text(passage.text), passage.article)
        return
    for statement in answer.statements:
        markers = "".join(f"[{number}]" for number in statement.citations)
        said = remark(statement.standing, statement.speaker)
        beside = f" ({said})" if said else ""
        _print(
            console, Text.assemble((" ".join(statement.text.split()), "bold"), " ", (markers, "cyan"), (beside, "dim"))
        )
    for note in answer.notes:
        _print(console, Text(note, style="dim"))
    for citation in answer.citations:
        quote = Text(citation.quote)
        for span in citation.answers:
            quote.stylize("bold", span.start - citation.start, span.end - citation.start)
        _print_excerpt(console, f"[{citation.number}]", quote, citation.article)
        if citation.also_in:
            outlets = ", ".join(" ".join((article.source or "").split()) for article in citation.also_in)
            _print(console, Text(f"also in: {outlets}", style="dim"), indent=len(f"[{citation.number}]") + 1)


def print_articles(page: ArticlePage) -> None:
    """Print one line an article: date, source, id and title; in a pipe with a tab between them."""
    rows = [((a.published_at or "")[:10], a.source or "", a.id, a.title) for a in page.articles]
    _print_rows(("published", "source", "id", "title"), rows)
    if page.total > len(rows):
        print(f"{len(rows)} of {page.total:,} articles; see more with --limit", file=sys.stderr)


def print_versions(page: VersionPage) -> None:
    """Print one line a version: its number, when it was stored and replaced, and its title."""
    rows = [
        (
            str(v.number),
            f"{v.stored_at:%Y-%m-%d %H:%M}",
            f"{v.replaced_at:%Y-%m-%d %H:%M}" if v.replaced_at else "",
            v.title,
        )
        for v in page.versions
    ]
    _print_rows(("version", "stored", "replaced", "title"), rows)
    if page.total > len(rows):
        print(f"{len(rows)} of {page.total:,} versions; see more with --limit", file=sys.stderr)


def print_sources(sources: Sequence[Source]) -> None:
    """Print one line a source: its id, kind and location, how often and when next, and how the last look went."""
    rows = [
        (
            source.id,
            source.kind,
            source.location,
            _interval(source.interval_seconds),
            f"{source.due_at:%Y-%m-%d %H:%M}",
            _looked(source),
        )
        for source in sources
    ]
    _print_rows(("id", "kind", "location", "every", "next (UTC)", "last look"), rows)


def _interval(seconds: int) -> str:
    unit = next(unit for unit in (86_400, 3_600, 60, 1) if seconds % unit == 0)
    return f"{seconds // unit}{ {86_400: 'd', 3_600: 'h', 60: 'm', 1: 's'}[unit] }"


def _looked(source: Source) -> str:
    if source.checked_at is None:
        return "not yet"
    failures = f"failed {source.failures} times in a row: " if source.failures > 1 else ""
    return f"{source.checked_at:%Y-%m-%d %H:%M} {failures}{source.outcome}"


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

    A cell of two lines has the second, which matters less, in brackets where the table is plain. On a terminal, columns
    that have no room stand in a table of their own below, behind the first.
    """
    console = _console()
    lines = [header, *(row for _, rows in sections for row in rows)]
    if console.is_terminal:
        widths = [max(len(part) for row in lines for part in row[number].split("\n")) for number in range(len(header))]
        for columns in _fitting(widths, console.width):
            table = Table(box=None, header_style="dim", pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
            for number in columns:
                table.add_column(Text(header[number]), justify="right" if number else "left", overflow="fold")
            for title, rows in sections:
                table.add_row(Text(title, style="bold"))
                for row in rows:
                    table.add_row(*(_two_lines(row[number]) for number in columns))
            console.print(table)
        return
    plain = [[_one_line(cell) for cell in row] for row in lines]
    widths = [max(map(len, column)) for column in zip(*plain, strict=True)]
    for row in plain:
        first, *others = row
        aligned = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *aligned]).rstrip())


def _print_rows(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    console = _console()
    if console.is_terminal:
        table = Table(box=None, header_style="dim", pad_edge=False, show_edge=False)
        for name in names:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*map(Text, row))
        console.print(table)
    else:
        for row in rows:
            print("\t".join(row))


def _fitting(widths: Sequence[int], room: int) -> list[list[int]]:
    """Return numbers of columns for as many tables as are needed, each with the first column."""
    tables, used = [[0]], widths[0]
    for number, width in enumerate(widths[1:], start=1):
        if used + 2 + width > room and len(tables[-1]) > 1:
            tables.append([0])
            used = widths[0]
        tables[-1].append(number)
        used += 2 + width
    return tables


def _two_lines(cell: str) -> Text:
    first, *second = cell.split("\n")
    return Text.assemble(first, *((f"\n{line}", "dim") for line in second))


def _one_line(cell: str) -> str:
    first, *second = cell.split("\n")
    return " ".join([first, *(f"({line})" for line in second)])


def _print_excerpt(console: Console, marker: str, quote: Text, article: CitedArticle) -> None:
    about = " · ".join(part for part in (article.source, (article.published_at or "")[:10], article.title) if part)
    console.print()
    _print(console, Text.assemble((marker, "cyan"), " ", (about, "dim")))
    for line in quote.split():
        _print(console, line, indent=len(marker) + 1)


def _print(console: Console, text: Text, indent: int = 0) -> None:
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)))
    else:
        console.print(Text(" " * indent) + text, soft_wrap=True)


def _console() -> Console:
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())
