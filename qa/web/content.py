"""What each page shows: one frozen value per page, which is all that its template sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar

from index.articles import ArticleVersion, Collection, Span
from index.catalogue import ArticleSummary, VersionPage
from qa.answers import Answer, Citation, Passage, Question, Statement, is_sentence
from qa.web.differences import ChangedPiece, differences, word_differences
from qa.web.forms import AskForm, SourceChoice

__all__ = [
    "AnswerPage",
    "ArticlePage",
    "CitationCard",
    "Comparison",
    "ErrorPage",
    "HomePage",
    "LibraryPage",
    "Paragraph",
    "Piece",
    "StatementLine",
    "citation_cards",
    "comparison",
    "marked",
    "paragraphs",
]


# A longer statement is a sentence to read, whatever it ends with.
_SHORT_CHARS = 160


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text, marked or not; pieces joined are the text they were cut from, to the character."""

    text: str
    is_marked: bool = False
    is_first_mark: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What stands between two blank lines of an article."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class CitationCard:
    """A citation, the statement that cites it first, and its quote with the words that answer marked."""

    citation: Citation
    statement: int
    pieces: tuple[Piece, ...]

    @property
    def is_pointed(self) -> bool:
        """Say whether what is marked is a few words rather than a sentence."""
        return not any(piece.is_marked and is_sentence(piece.text) for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A statement as it is shown; `is_short` where it is only the words that answer.

    `published_at` is when its first citation's article appeared, where that tells it from the statements beside it.
    """

    statement: Statement
    is_short: bool
    published_at: str | None


@dataclass(frozen=True, slots=True)
class HomePage:
    """The question form, alone or with what is wrong in it."""

    section: ClassVar[str] = "ask"
    form: AskForm
    collection: Collection
    articles: int
    sources: int
    newest: tuple[ArticleSummary, ...]
    has_errors: bool = False

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return "Please check your question" if self.has_errors else self.collection.name or "Ask the articles"

    @property
    def latest(self) -> str | None:
        """The newest article's date."""
        return self.newest[0].published_at if self.newest else None


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """An answer with its citations, or the nearest passages where there is none."""

    section: ClassVar[str] = "ask"
    form: AskForm
    answer: Answer
    cards: tuple[CitationCard, ...]
    passages: tuple[Passage, ...]
    permalink: str
    articles: int

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return self.answer.question.text

    @property
    def lines(self) -> tuple[StatementLine, ...]:
        """The statements, in order."""
        published = {card.citation.number: card.citation.article.published_at for card in self.cards}
        return tuple(
            StatementLine(
                statement,
                not is_sentence(statement.text) and len(statement.text) <= _SHORT_CHARS,
                published.get(statement.citations[0]) if statement.standing and statement.citations else None,
            )
            for statement in self.answer.statements
        )

    @property
    def is_list(self) -> bool:
        """Say whether the statements are several things that were asked for, rather than sentences."""
        return len(self.lines) > 1 and all(line.is_short for line in self.lines)

    @property
    def cited_articles(self) -> int:
        """The number of different articles that the answer cites."""
        return len({card.citation.article.id for card in self.cards})

    @property
    def undated_question(self) -> Question:
        """The question without the dates that bound it."""
        question = self.answer.question
        filters = replace(question.filters, published_from=None, published_to=None)
        return replace(question, filters=filters, as_of=None)


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """One page of the library; `newer` and `older` are the links to its neighbours, empty at an end."""

    section: ClassVar[str] = "library"
    search: str
    sources: tuple[SourceChoice, ...]
    articles: tuple[ArticleSummary, ...]
    total: int
    number: int
    pages: int
    newer: str
    older: str

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return f"Library, page {self.number}" if self.number > 1 else "Library"

    @property
    def is_narrowed(self) -> bool:
        """Say whether only some articles were asked for."""
        return bool(self.search) or any(choice.is_chosen for choice in self.sources)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from version `number` to the one that is shown: its title, and every paragraph of both."""

    number: int
    title: tuple[ChangedPiece, ...]
    paragraphs: tuple[tuple[ChangedPiece, ...], ...]

    @property
    def is_same(self) -> bool:
        """Say whether title and text are as they were."""
        return all(piece.change == "kept" for pieces in (self.title, *self.paragraphs) for piece in pieces)


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article version in full; `excerpt` is the span marked in it, `misfit` one that cannot be.

    `history` has the newest versions that are kept; `comparison`, where asked for, shows what changed.
    """

    section: ClassVar[str] = "library"
    version: ArticleVersion
    paragraphs: tuple[Paragraph, ...]
    excerpt: Span | None
    history: VersionPage
    misfit: Span | None = None
    comparison: Comparison | None = None

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return self.version.article.title


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What went wrong, in words for the person who sees it."""

    section: ClassVar[str] = ""
    status: int
    title: str
    detail: str


def citation_cards(answer: Answer) -> tuple[CitationCard, ...]:
    """Return a card for every citation of the answer, by number."""
    first_cited = {
        number: ordinal
        for ordinal, statement in reversed(list(enumerate(answer.statements, start=1)))
        for number in statement.citations
    }
    return tuple(
        CitationCard(citation, first_cited.get(citation.number, 1), _answering_marked(citation))
        for citation in answer.citations
    )


def comparison(old: ArticleVersion, new: ArticleVersion) -> Comparison:
    """Return what changed between two versions of an article."""
    title = word_differences(old.article.title, new.article.title)
    return Comparison(old.number, title, differences(old.article.text, new.article.text))


def paragraphs(text: str, excerpt: Span | None) -> tuple[Paragraph, ...]:
    """Cut a stored text at its blank lines, and mark the excerpt's share of each paragraph."""
    spans = list(_paragraph_spans(text))
    first = next((span for span in spans if excerpt and span.overlaps(excerpt)), None)
    marks = (excerpt,) if excerpt else ()
    return tuple(Paragraph(marked(text, span, marks, is_first=span is first)) for span in spans)


def marked(text: str, span: Span, marks: Sequence[Span], *, is_first: bool = False) -> tuple[Piece, ...]:
    """Cut the span's text into pieces, marked where a mark covers them; marks that touch become one."""
    covered: list[Span] = []
    for mark in sorted(Span(max(span.start, m.start), min(span.end, m.end)) for m in marks if m.overlaps(span)):
        if covered and mark.start <= covered[-1].end:
            mark = Span(covered[-1].start, max(covered.pop().end, mark.end))
        covered.append(mark)
    cuts = (span.start, *(end for mark in covered for end in (mark.start, mark.end)), span.end)
    pieces = [
        Piece(text[start:end], is_marked=number % 2 == 1)
        for number, (start, end) in enumerate(pairwise(cuts))
        if start < end or start == span.start == span.end
    ]
    if is_first:
        first = next((number for number, piece in enumerate(pieces) if piece.is_marked), len(pieces))
        pieces[first : first + 1] = [replace(piece, is_first_mark=True) for piece in pieces[first : first + 1]]
    return tuple(pieces)


def _paragraph_spans(text: str) -> Iterator[Span]:
    start = 0
    for block in text.split("\n\n"):
        yield Span(start, start + len(block))
        start += len(block) + 2


def _answering_marked(citation: Citation) -> tuple[Piece, ...]:
    whole, start = Span(0, len(citation.quote)), citation.span.start
    pieces = marked(citation.quote, whole, [Span(a.start - start, a.end - start) for a in citation.answers])
    # A mark over the whole quote would tell nothing apart.
    return pieces if len(pieces) > 1 else (Piece(citation.quote),)
