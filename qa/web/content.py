"""What each page shows: one frozen value per page, which is all that its template sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from index.articles import ArticleVersion, Collection, Span
from index.catalogue import ArticleSummary
from qa.answers import Answer, Citation, Passage
from qa.web.forms import AskForm, SourceChoice

__all__ = [
    "AnswerPage",
    "ArticlePage",
    "CitationCard",
    "ErrorPage",
    "HomePage",
    "LibraryPage",
    "Paragraph",
    "Piece",
    "citation_cards",
    "marked",
    "paragraphs",
]


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
    """A citation, the statement that cites it first, and its quote with what that statement repeats marked."""

    citation: Citation
    statement: int
    pieces: tuple[Piece, ...]


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
    def cited_articles(self) -> int:
        """The number of different articles that the answer cites."""
        return len({card.citation.article.id for card in self.cards})


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
class ArticlePage:
    """An article version in full; `excerpt` is the span marked in it, `misfit` one that cannot be."""

    section: ClassVar[str] = "library"
    version: ArticleVersion
    paragraphs: tuple[Paragraph, ...]
    excerpt: Span | None
    misfit: Span | None = None

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
        number: (ordinal, statement.text)
        for ordinal, statement in reversed(list(enumerate(answer.statements, start=1)))
        for number in statement.citations
    }
    return tuple(
        CitationCard(citation, ordinal, _said(citation.quote, text))
        for citation in answer.citations
        for ordinal, text in [first_cited.get(citation.number, (1, ""))]
    )


def paragraphs(text: str, excerpt: Span | None) -> tuple[Paragraph, ...]:
    """Cut a stored text at its blank lines, and mark the excerpt's share of each paragraph."""
    spans = list(_paragraph_spans(text))
    first = next((span for span in spans if excerpt and span.overlaps(excerpt)), None)
    return tuple(Paragraph(marked(text, span, excerpt, is_first=span is first)) for span in spans)


def marked(text: str, span: Span, excerpt: Span | None, *, is_first: bool = False) -> tuple[Piece, ...]:
    """Cut the span's text into up to three pieces, the one that the excerpt covers marked."""
    if excerpt is None or not span.overlaps(excerpt):
        return (Piece(span.of(text)),)
    covered = Span(max(span.start, excerpt.start), min(span.end, excerpt.end))
    cuts = (span.start, covered.start, covered.end, span.end)
    return tuple(
        Piece(text[start:end], is_marked, is_first and is_marked)
        for start, end in pairwise(cuts)
        for is_marked in [Span(start, end) == covered]
        if start < end
    )


def _paragraph_spans(text: str) -> Iterator[Span]:
    start = 0
    for block in text.split("\n\n"):
        yield Span(start, start + len(block))
        start += len(block) + 2


def _said(quote: str, statement: str) -> tuple[Piece, ...]:
    start = quote.find(statement) if statement else -1
    # A mark over the whole quote would tell nothing apart.
    said = Span(start, start + len(statement)) if start >= 0 and len(statement) < len(quote) else None
    return marked(quote, Span(0, len(quote)), said)
