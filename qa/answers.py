"""Question, Passage, Evidence, Citation, Answer: the values that flow through `qa`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from index.articles import ArticleFilter, Span

__all__ = [
    "ARTICLE_IDS_LIMIT",
    "MAX_CITATIONS_LIMIT",
    "QUESTION_CHARS_LIMIT",
    "SOURCES_LIMIT",
    "Answer",
    "ArticleReference",
    "Citation",
    "Evidence",
    "Passage",
    "Question",
    "Reading",
    "Reason",
    "Standing",
    "Statement",
    "is_sentence",
    "remark",
]

QUESTION_CHARS_LIMIT = 1_000
MAX_CITATIONS_LIMIT = 20
SOURCES_LIMIT = 100
ARTICLE_IDS_LIMIT = 1_000

Standing = Literal["differs", "earlier"]
# Nothing on this topic; the topic, but not this; told only outside the dates that were asked for.
Reason = Literal["off_topic", "not_told", "outside_dates"]


@dataclass(frozen=True, slots=True)
class Question:
    """The user's words and the bounds of the answer; `as_of` hides what was published later."""

    text: str
    max_citations: int = 5
    filters: ArticleFilter = field(default_factory=ArticleFilter)
    as_of: str | None = None


@dataclass(frozen=True, slots=True)
class ArticleReference:
    """The article version that a passage or citation belongs to."""

    id: str
    version: int
    title: str
    source: str | None
    url: str | None
    published_at: str | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk retrieved for a question, best rank 1.

    `span` and `sentences` are offsets in the article version's text and `text` is that span's characters;
    `similarity` is the cosine of question and chunk, in [-1, 1]; `relevance`, at most 1, what the passages
    are ranked by.
    """

    article: ArticleReference
    span: Span
    text: str
    sentences: tuple[Span, ...]
    similarity: float
    relevance: float
    rank: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of one or a few whole sentences that supports an answer.

    `quote` is the text at `span`. Inside it, `sentence` is the one that answers, and `answer` the words of it that do:
    the whole sentence where the reader marks nothing shorter. `confidence`, in [0, 1], is the probability that it does.
    """

    article: ArticleReference
    span: Span
    quote: str
    sentence: Span
    answer: Span
    confidence: float

    @property
    def sentence_text(self) -> str:
        """The sentence that answers."""
        return self.text_of(self.sentence)

    @property
    def answer_text(self) -> str:
        """The words that answer."""
        return self.text_of(self.answer)

    def text_of(self, span: Span) -> str:
        """Return the characters at a span of the article that lies inside the quote."""
        return Span(span.start - self.span.start, span.end - self.span.start).of(self.quote)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found: evidence, best first, and what it thinks of the passages as a whole.

    `confidence` is the probability that they answer the question at all, `relevance` that they are at least about it.
    `passages` are those it was given, the likeliest to answer first; empty where it does not rank them.
    """

    evidence: tuple[Evidence, ...]
    confidence: float
    relevance: float = 1.0
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """Numbered evidence in an answer: `quote` stands verbatim at `span` of the article version's text.

    `answers` are the words of the quote that answer, as spans of that text: one for each statement that they show.
    `also_in` are articles of other outlets that have the same words, one an outlet.
    """

    number: int
    article: ArticleReference
    span: Span
    quote: str
    confidence: float
    answers: tuple[Span, ...] = ()
    also_in: tuple[ArticleReference, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing the answer says, and the numbers of the citations that show it.

    `standing` tells how it stands to the statements beside it: `differs` where sources disagree, `earlier` where newer
    articles tell otherwise. `speaker` is who says so, where the answer is a claim that the article only quotes.
    """

    text: str
    citations: tuple[int, ...]
    standing: Standing | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Statements with their citations, or `not_found` with the reason and the nearest passages.

    `notes` say in plain words what an operator or reader should know of how it came about.
    """

    id: str
    question: Question
    status: Literal["answered", "not_found"]
    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]
    passages: tuple[Passage, ...]
    confidence: float
    answered_by: str
    index_generation: int
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    reason: Reason | None = None
    notes: tuple[str, ...] = ()

    @property
    def worded_by(self) -> str | None:
        """The language model whose words the statements are, if they are one's."""
        return self.answered_by.removeprefix("llm:") if self.answered_by.startswith("llm:") else None

    @property
    def nearest_passages(self) -> tuple[Passage, ...]:
        """The best passage of each article, in order: what to show where nothing answers."""
        best: dict[str, Passage] = {}
        for passage in self.passages:
            best.setdefault(passage.article.id, passage)
        return tuple(best.values())

    @property
    def text(self) -> str:
        """The statements as one line, each with its markers and remarks: `Türkiye [1]; France and the UK [2].`"""
        return "".join(self._parts())

    def _parts(self) -> Iterator[str]:
        for position, statement in enumerate(self.statements, start=1):
            said = remark(statement.standing, statement.speaker)
            yield f"{' '.join(statement.text.split())} {''.join(f'[{number}]' for number in statement.citations)}"
            yield f" ({said})" if said else ""
            following = self.statements[position : position + 1]
            if not is_sentence(statement.text):
                yield ";" if following and not is_sentence(following[0].text) else "."
            yield " " if following else ""


def is_sentence(text: str) -> bool:
    """Say whether a statement is a whole sentence, which brings its full stop, or only the words that answer."""
    if not re.search(r"[.!?…][\"”’')\]]*$", text):
        return False
    return len(text.split()) >= _SENTENCE_WORDS or not _ABBREVIATION.search(text)


def remark(standing: Standing | None, speaker: str | None) -> str:
    """Return what has to be said beside a statement, so that nobody takes it for more than it is; may be empty."""
    words = {"differs": "sources differ", "earlier": "earlier"}
    return "; ".join(filter(None, (speaker and f"said {speaker}", standing and words[standing])))


_SENTENCE_WORDS = 6
_ABBREVIATION = re.compile(r"(?:\b\w\.\w+|\b(?:Inc|Jr|Sr|Ltd|Co|Corp|Bros|St|Ave|No|vs|etc))\.$")
