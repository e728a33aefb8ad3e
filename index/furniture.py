"""Taking an article in plain text out of the page it was copied from.

A line goes only for what it surely is (a label, a credited caption, the title again), or, where such a
line shows that there was a page, for being a bare few words above or below the prose. Prose always stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.lines import Line, Shape, dateline_date, labelled_date, line_key, lines_of, names_in, read_date, without_site

__all__ = ["CleanPage", "clean_page"]


@dataclass(frozen=True, slots=True)
class CleanPage:
    """The article of a page; what the page does not surely tell is None or empty."""

    title: str | None
    authors: tuple[str, ...]
    published_at: str | None
    text: str


def clean_page(text: str, title: str | None = None) -> CleanPage:
    """Return the article in a page's plain text; a `title` already known is not looked for in it.

    `published_at` comes from a line that holds nothing but a date, or from a wire dateline with a year, never
    from prose. Text that shows no furniture comes through whole, but for a title and imprint at its top.
    """
    lines = list(lines_of(text))
    prose = [place for place, line in enumerate(lines) if line.shape is Shape.PROSE]
    if not prose:
        return _without_prose(lines, title)
    head, body, tail = lines[: prose[0]], lines[prose[0] : prose[-1] + 1], lines[prose[-1] + 1 :]
    title = title or _title_in(head)
    return CleanPage(
        title=title,
        authors=_authors_in(head, title),
        published_at=_date_in(head, tail) or dateline_date(body[0].text),
        text=_joined([*_kept_of_head(head, title), *_kept_of_body(body, title), *_kept_of_tail(body[-1], tail)]),
    )


def _without_prose(lines: Sequence[Line], title: str | None) -> CleanPage:
    # A poem, a list or a short note has no prose to tell lines by: it stays whole, but for a title set apart.
    first, rest = lines[0], lines[1:]
    is_set_apart = bool(rest) and rest[0].block != first.block
    if is_set_apart and (_repeats(first, title) if title else first.may_be_title):
        return CleanPage(title or first.text, (), None, _joined(rest))
    return CleanPage(title, (), None, _joined(lines))


def _title_in(head: Sequence[Line]) -> str | None:
    candidates = [line for line in head if line.may_be_title]
    # A page often has the title twice, once perhaps with the site's name behind it.
    forms = Counter(form for line in candidates for form in {line_key(line.text), line_key(without_site(line.text))})
    repeated = [
        text for line in candidates for text in (without_site(line.text), line.text) if forms[line_key(text)] > 1
    ]
    is_page = _shows_furniture(head)
    if repeated and (is_page or _repeats(head[0], repeated[0])):
        return repeated[0]
    if is_page:
        # Above the title of a page stand the names of its sections, shorter than most titles.
        return next((line.text for words in (4, 2) for line in candidates if line.words >= words), None)
    short = [line for line in head if line.shape is Shape.SHORT]
    is_set_apart = bool(short) and all(line.block != short[0].block for line in short[1:])  # no list, no stanza
    return short[0].text if is_set_apart and _is_surely_title(short[0]) else None


def _is_surely_title(line: Line) -> bool:
    # A few capitalised words may be a name or a place, a longer question the article's own first sentence.
    is_name = line.words <= 3 and bool(names_in(f"By {line.text}"))
    return line.may_be_title and line.words >= 2 and not is_name and (line.is_bare or line.words < 8)


def _repeats(line: Line, title: str | None) -> bool:
    if title is None or line.shape is not Shape.SHORT:
        return False
    return line_key(title) in (line_key(line.text), line_key(without_site(line.text)))


def _shows_furniture(lines: Iterable[Line]) -> bool:
    return any(line.shape in (Shape.LABEL, Shape.EDGE_LABEL, Shape.CAPTION) for line in lines)


def _authors_in(head: Sequence[Line], title: str | None) -> tuple[str, ...]:
    bylines = [part for line in head if line.shape is Shape.IMPRINT for part in line.parts]
    for label, line in pairwise(head):
        if line_key(label.text) in ("by", "author", "authors", "written by") and not _repeats(line, title):
            bylines.append(f"By {line.text}")
    return next(filter(None, map(names_in, bylines)), ())


def _date_in(head: Sequence[Line], tail: Sequence[Line]) -> str | None:
    """Return the day labelled as that of publication, else the only one in the head."""
    labelled = [day for line in (*head, *tail) for part in line.parts if (day := labelled_date(part))]
    plain = {day for line in head for part in line.parts if (day := read_date(part))}
    return labelled[0] if labelled else plain.pop() if len(plain) == 1 else None


def _kept_of_head(head: Sequence[Line], title: str | None) -> Iterator[Line]:
    copies = [_repeats(line, title) for line in head]
    is_page = _shows_furniture(head) or copies.count(True) > 1
    is_above_title = any(copies)
    for line, is_copy in zip(head, copies, strict=True):
        if is_copy:
            is_above_title = False
        elif line.shape in (Shape.SHORT, Shape.CREDITED):
            is_lost = line.shape is Shape.CREDITED or (line.is_bare and (is_above_title or line.words <= 5))
            if not (is_page and is_lost):
                yield line


def _kept_of_body(body: Sequence[Line], title: str | None) -> Iterator[Line]:
    return (line for line in body if line.shape not in (Shape.LABEL, Shape.CAPTION) and not _repeats(line, title))


def _kept_of_tail(last_of_body: Line, tail: Sequence[Line]) -> Iterator[Line]:
    labels = (place for place, line in enumerate(tail) if line.shape in (Shape.LABEL, Shape.EDGE_LABEL))
    end = next(labels, len(tail))
    # Links stand before the first known label, too, but the end of a list may look like them.
    while 0 < end < len(tail) and tail[end - 1].is_bare and tail[end - 1].words <= 2 and last_of_body.text[-1] != ":":
        end -= 1
    for place, line in enumerate(tail):
        is_link = place >= end and (line.is_bare or line.shape in (Shape.EDGE_LABEL, Shape.IMPRINT))
        if line.shape not in (Shape.LABEL, Shape.CAPTION) and not is_link:
            yield line


def _joined(lines: Sequence[Line]) -> str:
    """Put the lines together as they stood: paragraphs apart, the lines of one block under each other."""
    return "".join(
        ("" if place == 0 else "\n" if lines[place - 1].block == line.block else "\n\n") + line.text
        for place, line in enumerate(lines)
    )
