"""The wire: every JSON body the API takes and gives, and how each comes from or becomes a value of `qa`.

The terminal prints the same bodies with `--json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta, Struct

from index.articles import (
    MAX_ID_CHARS,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    Article,
    ArticleFilter,
    ArticleVersion,
    Span,
    make_article,
)
from index.errors import InputError
from qa.answers import (
    ARTICLE_IDS_LIMIT,
    MAX_CITATIONS_LIMIT,
    QUESTION_CHARS_LIMIT,
    SOURCES_LIMIT,
    Answer,
    ArticleReference,
    Citation,
    Passage,
    Question,
    Reason,
    Standing,
    Statement,
)

if TYPE_CHECKING:
    from index.catalogue import ArticlePage, ArticleSummary, VersionPage
    from index.indexing import Outcome
    from qa.retrieval import Retrieval

__all__ = [
    "ARTICLES_PER_REQUEST",
    "AnswerBody",
    "AnswerEvent",
    "AnswerRequest",
    "ArticleBody",
    "ArticlePageBody",
    "ArticleRecord",
    "ArticleSummaryBody",
    "ArticlesStored",
    "CitationBody",
    "CitedArticle",
    "EvidenceBody",
    "FieldError",
    "FieldProblem",
    "Filters",
    "LiveBody",
    "PassageBody",
    "ProblemBody",
    "ReadyBody",
    "SearchBody",
    "SpanBody",
    "StatementBody",
    "StoredArticle",
    "VersionBody",
    "VersionPageBody",
    "answer_body",
    "article_body",
    "article_of",
    "articles_of",
    "evidence_body",
    "page_body",
    "question_of",
    "search_body",
    "statement_body",
    "stored_article",
    "stored_body",
    "version_page_body",
]

ARTICLES_PER_REQUEST = 1_000
_LINE_CHARS = 2_000

Moment = Annotated[
    str,
    Meta(
        min_length=4,
        max_length=40,
        description="A day, 2025-02-27, or a moment, 2025-02-27T14:05:00Z.",
        examples=["2025-02-27"],
        extra_json_schema={"anyOf": [{"format": "date"}, {"format": "date-time"}]},
    ),
]
Line = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_CHARS)]
ArticleId = Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARS)]
NewId = Annotated[ArticleId, Meta(extra_json_schema={"pattern": "^[A-Za-z0-9][A-Za-z0-9._~:-]*$"})]
Start = Annotated[int, Meta(ge=0, description="Offset of the first character in the version's text, in code points.")]
End = Annotated[int, Meta(ge=1, description="Offset after the last character, so that text[start:end] is the excerpt.")]
Share = Annotated[float, Meta(ge=0, le=1)]
Generation = Annotated[int, Meta(ge=0, description="Grows with every change of what can be found.")]
Total = Annotated[int, Meta(ge=0)]


class _Request(Struct, frozen=True, forbid_unknown_fields=True):
    """A body that is taken: a field it does not know is refused, never ignored."""


class Filters(_Request, frozen=True, kw_only=True):
    """Which articles may be used; null leaves a bound open, and days at both ends are included."""

    sources: (
        Annotated[list[Line], Meta(min_length=1, max_length=SOURCES_LIMIT, description="Only from these sources.")]
        | None
    ) = None
    published_from: Moment | None = None
    published_to: Moment | None = None
    article_ids: (
        Annotated[list[ArticleId], Meta(min_length=1, max_length=ARTICLE_IDS_LIMIT, description="Only these articles.")]
        | None
    ) = None


class AnswerRequest(_Request, frozen=True, kw_only=True):
    """A question and the bounds of its answer."""

    question: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=QUESTION_CHARS_LIMIT,
            description="A question in plain words.",
            examples=["Which countries would send troops?"],
        ),
    ]
    max_citations: Annotated[int, Meta(ge=1, le=MAX_CITATIONS_LIMIT, description="Citations at most.")] = 5
    filters: Filters | None = None
    as_of: Annotated[Moment | None, Meta(description="Hides what was published later.")] = None
    include_passages: Annotated[bool, Meta(description="Give the retrieved passages with an answer too.")] = False


class ArticleRecord(_Request, frozen=True, kw_only=True):
    """An article to store. Only the text is needed; null counts as not given."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS, description="The article's whole text.")]
    id: Annotated[
        NewId | None, Meta(description="Its id; derived from the URL when missing, else from title and text.")
    ] = None
    title: Annotated[
        Annotated[str, Meta(max_length=MAX_TITLE_CHARS)] | None,
        Meta(description="Its headline; the text's first words when missing."),
    ] = None
    url: Annotated[str, Meta(max_length=_LINE_CHARS, description="Its http or https address.")] | None = None
    source: Annotated[str, Meta(max_length=MAX_TITLE_CHARS, description="Who published it.")] | None = None
    authors: Annotated[list[Annotated[str, Meta(max_length=MAX_TITLE_CHARS)]], Meta(max_length=100)] | None = None
    published_at: Moment | None = None
    language: Annotated[str, Meta(max_length=20, description="Its language, such as en.")] | None = None


class CitedArticle(Struct, frozen=True):
    """The article version that an excerpt stands in."""

    id: str
    version: Annotated[int, Meta(ge=1)]
    title: str
    source: str | None
    url: str | None
    published_at: str | None


class StatementBody(Struct, frozen=True):
    """One thing the answer says."""

    text: str
    citations: Annotated[list[int], Meta(description="Numbers of the citations that show it.")]
    standing: Annotated[
        Standing | None,
        Meta(description="`differs` where sources disagree, `earlier` where newer articles tell otherwise."),
    ]
    speaker: Annotated[str | None, Meta(description="Who says so, where the article only quotes it.")]


class SpanBody(Struct, frozen=True):
    """A stretch of the article version's text."""

    start: Start
    end: End


class CitationBody(Struct, frozen=True):
    """A verbatim excerpt that supports the answer."""

    number: Annotated[int, Meta(ge=1)]
    quote: Annotated[str, Meta(description="Exactly text[start:end] of the article version.")]
    start: Start
    end: End
    confidence: Share
    article: CitedArticle
    answers: Annotated[list[SpanBody], Meta(description="The words inside the quote that answer.")]
    also_in: Annotated[list[CitedArticle], Meta(description="Articles of other outlets that have the same words.")]


class EvidenceBody(Struct, frozen=True):
    """What an answer that is being written may cite, numbered as its statements name it."""

    citations: list[CitationBody]


class AnswerEvent(Struct, frozen=True):
    """One server-sent event of an answer that is told step by step."""

    event: Literal["evidence", "statement", "answer", "problem"]
    data: Annotated[
        str, Meta(description="JSON: an EvidenceBody, a StatementBody, at last an AnswerBody or a ProblemBody.")
    ]


class PassageBody(Struct, frozen=True):
    """A stretch of an article that was retrieved, which need not answer anything."""

    text: str
    start: Start
    end: End
    similarity: Annotated[float, Meta(description="Cosine of question and passage.")]
    rank: Annotated[int, Meta(ge=1)]
    article: CitedArticle


class AnswerBody(Struct, frozen=True):
    """An answer with its citations, or `not_found` with the nearest passages."""

    id: str
    question: str
    status: Literal["answered", "not_found"]
    reason: Annotated[
        Reason | None,
        Meta(
            description="Why nothing was found; null for an answer. `off_topic`: nothing is about this; `not_told`: the"
            " subject is there, but not this; `outside_dates`: articles outside the dates that were set answer it."
        ),
    ]
    answer: Annotated[
        str,
        Meta(
            description="The statements with their [numbers], and in brackets who said it and how it stands to others;"
            " empty when nothing was found."
        ),
    ]
    statements: list[StatementBody]
    citations: list[CitationBody]
    passages: list[PassageBody]
    confidence: Annotated[float, Meta(ge=0, le=1, description="Probability that the articles answer the question.")]
    answered_by: Annotated[str, Meta(description="The reader, or `llm:` and the language model whose words these are.")]
    index_generation: Generation
    timings_ms: dict[str, float]
    notes: Annotated[list[str], Meta(description="What to know of how the answer came about, in plain words.")] = []


class SearchBody(Struct, frozen=True):
    """The passages nearest to a query, best first."""

    query: str
    passages: list[PassageBody]
    index_generation: Generation


class StoredArticle(Struct, frozen=True):
    """What became of an article that was sent."""

    id: str
    version: Annotated[int, Meta(ge=1)]
    change: Literal["added", "changed", "unchanged"]


class ArticlesStored(Struct, frozen=True):
    """What became of the articles, in the order they were sent; once this is received, they are durable."""

    articles: list[StoredArticle]


class ArticleSummaryBody(Struct, frozen=True):
    """An article's current version without its text."""

    id: str
    version: Annotated[int, Meta(ge=1)]
    title: str
    source: str | None
    url: str | None
    authors: list[str]
    published_at: str | None
    stored_at: datetime
    characters: Total


class ArticlePageBody(Struct, frozen=True):
    """One page of the collection, newest first."""

    articles: list[ArticleSummaryBody]
    total: Annotated[int, Meta(ge=0, description="Articles on all pages.")]
    page: Annotated[int, Meta(ge=1)]
    page_size: Annotated[int, Meta(ge=1)]


class ArticleBody(Struct, frozen=True):
    """An article version with its text, in which every citation of it can be checked."""

    id: str
    version: Annotated[int, Meta(ge=1)]
    is_current: Annotated[bool, Meta(description="False for a version that a later one replaced.")]
    title: str
    source: str | None
    url: str | None
    authors: list[str]
    published_at: str | None
    language: str | None
    stored_at: datetime
    characters: Total
    text: str


class VersionBody(Struct, frozen=True):
    """A version that is kept, without its text."""

    version: Annotated[int, Meta(ge=1)]
    is_current: bool
    title: str
    published_at: str | None
    stored_at: datetime
    replaced_at: Annotated[datetime | None, Meta(description="When a newer version took its place.")]
    characters: Total


class VersionPageBody(Struct, frozen=True):
    """One page of the versions of an article that are kept, newest first."""

    id: str
    versions: list[VersionBody]
    total: Annotated[int, Meta(ge=1, description="Versions on all pages.")]
    page: Annotated[int, Meta(ge=1)]
    page_size: Annotated[int, Meta(ge=1)]


class LiveBody(Struct, frozen=True):
    """The process answers."""

    status: Literal["live"]


class ReadyBody(Struct, frozen=True):
    """The service answers questions; degraded means that it does so more slowly."""

    status: Literal["ready", "degraded"]
    articles: Total
    chunks: Total
    index_generation: Generation
    vector_index: Annotated[str, Meta(description="In what state the vector index is, in a few words.")]


class FieldProblem(Struct, frozen=True):
    """What is wrong with one field."""

    field: Annotated[str, Meta(description="Where it is, such as filters.sources[0].")]
    detail: str


class ProblemBody(Struct, frozen=True, omit_defaults=True):
    """Why a request was not done (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: Annotated[str, Meta(description="What was received, what is allowed, and what to do.")]
    instance: Annotated[str, Meta(description="The path that was asked for.")]
    errors: list[FieldProblem] = []
    id: Annotated[str, Meta(description="Names a failure of the service in its log.")] | None = None


class FieldError(InputError):
    """What was given in one field cannot be used; `field` says where it is."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def question_of(request: AnswerRequest) -> Question:
    """Return the question that was asked, not yet checked."""
    filters = request.filters or Filters()
    return Question(
        request.question,
        request.max_citations,
        ArticleFilter(
            sources=_tuple(filters.sources),
            published_from=filters.published_from,
            published_to=filters.published_to,
            article_ids=_tuple(filters.article_ids),
        ),
        request.as_of,
    )


def article_of(record: ArticleRecord, id: str | None = None) -> Article:
    """Return the article of a record, under `id` when one is given; raises InputError."""
    if id is not None and record.id not in (None, id):
        raise InputError(
            f"The article has the id {record.id!r}, but the path says {id!r}. Give one, or the same twice."
        )
    return make_article(
        text=record.text,
        title=record.title,
        id=record.id if id is None else id,
        url=record.url,
        source=record.source,
        authors=record.authors,
        published_at=record.published_at,
        language=record.language,
    )


def articles_of(records: Sequence[ArticleRecord]) -> list[Article]:
    """Return the articles of all records; raises FieldError, which names the first one at fault by its index."""
    articles: list[Article] = []
    first: dict[str, int] = {}
    for index, record in enumerate(records):
        try:
            article = article_of(record)
        except InputError as error:
            which = f"Article [{index}] of {len(records)}, counted from 0"
            raise FieldError(f"[{index}]", f"{which}: {error} None was stored.") from error
        earlier = first.setdefault(article.id, index)
        if articles[earlier:] and articles[earlier] != article:
            raise FieldError(
                f"[{index}]",
                f"Articles [{earlier}] and [{index}] both have the id {article.id!r} and differ."
                " Send each article once. None was stored.",
            )
        articles.append(article)
    return articles


def answer_body(answer: Answer) -> AnswerBody:
    """Return an answer as it goes over the wire."""
    return AnswerBody(
        id=answer.id,
        question=answer.question.text,
        status=answer.status,
        reason=answer.reason,
        answer=answer.text,
        statements=list(map(statement_body, answer.statements)),
        citations=[_citation(citation) for citation in answer.citations],
        passages=_passages(answer.passages),
        confidence=_share(answer.confidence),
        answered_by=answer.answered_by,
        index_generation=answer.index_generation,
        timings_ms=dict(answer.timings_ms),
        notes=list(answer.notes),
    )


def statement_body(statement: Statement) -> StatementBody:
    """Return one statement as it goes over the wire."""
    return StatementBody(statement.text, list(statement.citations), statement.standing, statement.speaker)


def evidence_body(citations: Iterable[Citation]) -> EvidenceBody:
    """Return what an answer may cite as it goes over the wire."""
    return EvidenceBody(list(map(_citation, citations)))


def search_body(query: str, retrieval: Retrieval) -> SearchBody:
    """Return retrieved passages as they go over the wire."""
    return SearchBody(query, _passages(retrieval.passages), retrieval.index_generation)


def stored_article(outcome: Outcome) -> StoredArticle:
    """Return what became of an article as it goes over the wire."""
    return StoredArticle(outcome.article_id, outcome.version, outcome.change)


def stored_body(outcomes: Iterable[Outcome]) -> ArticlesStored:
    """Return what became of articles as it goes over the wire."""
    return ArticlesStored([stored_article(outcome) for outcome in outcomes])


def page_body(articles: ArticlePage, page: int, page_size: int) -> ArticlePageBody:
    """Return a page of the collection as it goes over the wire."""
    return ArticlePageBody([_summary(summary) for summary in articles.articles], articles.total, page, page_size)


def article_body(version: ArticleVersion) -> ArticleBody:
    """Return an article version as it goes over the wire."""
    article = version.article
    return ArticleBody(
        id=article.id,
        version=version.number,
        is_current=version.is_current,
        title=article.title,
        source=article.source,
        url=article.url,
        authors=list(article.authors),
        published_at=article.published_at,
        language=article.language,
        stored_at=version.stored_at,
        characters=len(article.text),
        text=article.text,
    )


def version_page_body(versions: VersionPage, page: int, page_size: int) -> VersionPageBody:
    """Return a page of an article's versions as it goes over the wire."""
    listed = [
        VersionBody(v.number, v.replaced_at is None, v.title, v.published_at, v.stored_at, v.replaced_at, v.characters)
        for v in versions.versions
    ]
    return VersionPageBody(versions.article_id, listed, versions.total, page, page_size)


def _citation(citation: Citation) -> CitationBody:
    return CitationBody(
        citation.number,
        citation.quote,
        *_ends(citation.span),
        _share(citation.confidence),
        _cited(citation.article),
        [SpanBody(*_ends(span)) for span in citation.answers],
        list(map(_cited, citation.also_in)),
    )


def _passages(passages: Iterable[Passage]) -> list[PassageBody]:
    return [PassageBody(p.text, *_ends(p.span), round(p.similarity, 4), p.rank, _cited(p.article)) for p in passages]


def _summary(summary: ArticleSummary) -> ArticleSummaryBody:
    return ArticleSummaryBody(
        summary.id,
        summary.version,
        summary.title,
        summary.source,
        summary.url,
        list(summary.authors),
        summary.published_at,
        summary.stored_at,
        summary.characters,
    )


def _cited(article: ArticleReference) -> CitedArticle:
    return CitedArticle(article.id, article.version, article.title, article.source, article.url, article.published_at)


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 4)


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
