"""The JSON API: questions, searches and articles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example
from litestar.params import Body, FromQuery, PathParameter, QueryParameter
from litestar.response import ServerSentEvent

from index.articles import MAX_ID_CHARS, MAX_TITLE_CHARS, Article, ArticleFilter, normalise_time
from index.errors import ArticleNotFound, InputError
from index.indexing import Outcome
from qa.answering import checked_question
from qa.answers import (
    ARTICLE_IDS_LIMIT,
    MAX_CITATIONS_LIMIT,
    QUESTION_CHARS_LIMIT,
    SOURCES_LIMIT,
    Question,
)
from qa.dateline import Dateline
from qa.retrieval import search_words
from qa.web.bodies import (
    ARTICLES_PER_REQUEST,
    AnswerBody,
    AnswerEvent,
    AnswerRequest,
    ArticleBody,
    ArticlePageBody,
    ArticleRecord,
    ArticlesStored,
    SearchBody,
    StoredArticle,
    VersionPageBody,
    answer_body,
    article_body,
    article_of,
    articles_of,
    page_body,
    question_of,
    search_body,
    stored_article,
    stored_body,
    version_page_body,
)
from qa.web.json_body import JsonBody
from qa.web.problems import documented
from qa.web.safety import refuse_unknown_parameters, refuse_when_read_only
from qa.web.streaming import answer_events

__all__ = ["api_router"]

T = TypeVar("T")
AnyRequest = Request[Any, Any, Any]
Records = Annotated[list[ArticleRecord], msgspec.Meta(min_length=1, max_length=ARTICLES_PER_REQUEST)]
_MAX_PAGE = 10_000
_MAX_VERSION = 2**31
_WRITING = (403, 413, 415, 422, 507)
_QUESTION = {
    "question": "Which countries will send troops to the Drelle?",
    "max_citations": 5,
    "filters": {"sources": ["Radio Brenmark"], "published_from": "2026-02-01", "published_to": None},
}
_EVENTS = ResponseSpec(
    AnswerEvent,
    generate_examples=False,
    media_type="text/event-stream",
    description="Server-sent events: `evidence`, any number of `statement`, at last `answer` or `problem`.",
)
_RECORD = {
    "title": "Ferry service to resume on Monday",
    "text": "The ferry to Garrow will sail again on Monday, the harbour master said. Fares stay as they were.",
    "source": "Quayside Weekly",
    "published_at": "2026-03-02",
}


QuestionText = Annotated[
    str,
    QueryParameter(min_length=1, max_length=QUESTION_CHARS_LIMIT, description="A question in plain words."),
]
QueryText = Annotated[
    str,
    QueryParameter(
        name="query", min_length=1, max_length=QUESTION_CHARS_LIMIT, description="Words or a question to look for."
    ),
]
Sources = Annotated[
    list[Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TITLE_CHARS)]] | None,
    QueryParameter(max_items=SOURCES_LIMIT, description="Only from this source; may be repeated."),
]
ArticleIds = Annotated[
    list[Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID_CHARS)]] | None,
    QueryParameter(max_items=ARTICLE_IDS_LIMIT, description="Only this article; may be repeated."),
]
Day = Annotated[str | None, QueryParameter(max_length=40, description="A day, 2025-02-27, or a moment in time.")]
ArticleIdInPath = Annotated[str, PathParameter(min_length=1, description="The article's id.")]


def _provide_filters(
    source: Sources = None, article_id: ArticleIds = None, published_from: Day = None, published_to: Day = None
) -> ArticleFilter:
    """Return the filters that a query string asks for."""
    return ArticleFilter(
        None if source is None else tuple(source),
        published_from,
        published_to,
        None if article_id is None else tuple(article_id),
    )


@post(
    "/answer",
    operation_id="answer",
    summary="Answer a question",
    tags=["Questions"],
    status_code=200,
    sync_to_thread=True,
    responses=documented(403, 413, 415, 422),
)
def post_answer(
    data: Annotated[AnswerRequest, Body(examples=[Example(value=_QUESTION)])], dateline: NamedDependency[Dateline]
) -> AnswerBody:
    """Answer from the collection, with verbatim citations; when the articles do not answer, say `not_found`."""
    return _answered(dateline, question_of(data), data.include_passages)


@get(
    "/answer",
    operation_id="answer_by_link",
    summary="Answer a question in a link",
    tags=["Questions"],
    sync_to_thread=True,
    responses=documented(422),
    dependencies={"filters": Provide(_provide_filters, sync_to_thread=False)},
)
def get_answer(
    dateline: NamedDependency[Dateline],
    filters: NamedDependency[ArticleFilter],
    question: QuestionText,
    max_citations: Annotated[int, QueryParameter(ge=1, le=MAX_CITATIONS_LIMIT)] = 5,
    as_of: Day = None,
    include_passages: FromQuery[bool] = False,
) -> AnswerBody:
    """Answer like POST does; a link to this may be kept and shared."""
    return _answered(dateline, Question(question, max_citations, filters, as_of), include_passages)


@post(
    "/answer/stream",
    operation_id="stream_answer",
    summary="Answer a question step by step",
    tags=["Questions"],
    status_code=200,
    sync_to_thread=False,
    responses={200: _EVENTS, **documented(403, 413, 415, 422)},
)
def post_answer_stream(
    data: Annotated[AnswerRequest, Body(examples=[Example(value=_QUESTION)])],
    request: AnyRequest,
    dateline: NamedDependency[Dateline],
) -> ServerSentEvent:
    """Answer like `/api/answer`, and tell its evidence and each statement as soon as they are known."""
    return answer_events(request, dateline, checked_question(question_of(data)), data.include_passages)


@get(
    "/answer/stream",
    operation_id="stream_answer_by_link",
    summary="Answer a question in a link step by step",
    tags=["Questions"],
    sync_to_thread=False,
    responses={200: _EVENTS, **documented(422)},
    dependencies={"filters": Provide(_provide_filters, sync_to_thread=False)},
)
def get_answer_stream(
    request: AnyRequest,
    dateline: NamedDependency[Dateline],
    filters: NamedDependency[ArticleFilter],
    question: QuestionText,
    max_citations: Annotated[int, QueryParameter(ge=1, le=MAX_CITATIONS_LIMIT)] = 5,
    as_of: Day = None,
    include_passages: FromQuery[bool] = False,
) -> ServerSentEvent:
    """Answer like POST does; a browser's EventSource reads this."""
    asked = checked_question(Question(question, max_citations, filters, as_of))
    return answer_events(request, dateline, asked, include_passages)


@get(
    "/search",
    operation_id="search",
    summary="Find passages",
    tags=["Questions"],
    sync_to_thread=True,
    responses=documented(422),
    dependencies={"filters": Provide(_provide_filters, sync_to_thread=False)},
)
def search(
    dateline: NamedDependency[Dateline],
    filters: NamedDependency[ArticleFilter],
    text: QueryText,
    limit: Annotated[int, QueryParameter(ge=1, le=50, description="Passages at most.")] = 10,
    as_of: Day = None,
) -> SearchBody:
    """Give the passages nearest to a query, best first, without an answer."""
    question = checked_question(Question(text, filters=filters, as_of=as_of))
    return search_body(question.text, dateline.answerer.search(question, limit))


@post(
    "/articles",
    operation_id="store_articles",
    summary="Store articles",
    tags=["Articles"],
    guards=[refuse_when_read_only],
    responses={
        200: ResponseSpec(ArticlesStored, description="Nothing changed.", generate_examples=False),
        **documented(*_WRITING),
    },
)
async def post_articles(
    data: Annotated[
        ArticleRecord | Records, Body(min_items=1, max_items=ARTICLES_PER_REQUEST, examples=[Example(value=_RECORD)])
    ],
    request: AnyRequest,
    dateline: NamedDependency[Dateline],
) -> Response[ArticlesStored]:
    """Store one article or a list of up to 1,000: all of them, or none when one is refused."""
    read = (lambda: articles_of(data)) if isinstance(data, list) else (lambda: [article_of(data)])
    outcomes = await _stored(request, dateline, read)
    is_news = any(outcome.change != "unchanged" for outcome in outcomes)
    return Response(stored_body(outcomes), status_code=201 if is_news else 200)


@put(
    "/articles/{article_id:str}",
    operation_id="store_article",
    summary="Store an article under an id",
    tags=["Articles"],
    status_code=201,
    guards=[refuse_when_read_only],
    responses={
        200: ResponseSpec(
            StoredArticle, description="It replaced a version, or changed nothing.", generate_examples=False
        ),
        **documented(*_WRITING),
    },
)
async def put_article(
    article_id: ArticleIdInPath,
    data: Annotated[ArticleRecord, Body(examples=[Example(value=_RECORD)])],
    request: AnyRequest,
    dateline: NamedDependency[Dateline],
) -> Response[StoredArticle]:
    """Create the article, or make this its current version; citations of earlier versions still resolve."""
    [outcome] = await _stored(request, dateline, lambda: [article_of(data, article_id)])
    return Response(stored_article(outcome), status_code=201 if outcome.change == "added" else 200)


@get(
    "/articles",
    operation_id="list_articles",
    summary="List articles",
    tags=["Articles"],
    sync_to_thread=True,
    responses=documented(422),
)
def list_articles(
    dateline: NamedDependency[Dateline],
    search: Annotated[
        str | None, QueryParameter(min_length=1, max_length=200, description="Words, all of which an article holds.")
    ] = None,
    source: Sources = None,
    published_from: Day = None,
    published_to: Day = None,
    page: Annotated[int, QueryParameter(ge=1, le=_MAX_PAGE)] = 1,
    page_size: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> ArticlePageBody:
    """Give one page of the collection, newest first."""
    words = search_words(search or "")
    if search is not None and not words:
        raise InputError(f"The search {search!r} has no words. Give one or more, or leave search out.")
    wanted = ArticleFilter(
        None if source is None else tuple(source),
        normalise_time(published_from) if published_from else None,
        normalise_time(published_to) if published_to else None,
    )
    found = dateline.catalogue.articles(words=words, wanted=wanted, limit=page_size, offset=(page - 1) * page_size)
    return page_body(found, page, page_size)


@get(
    "/articles/{article_id:str}",
    operation_id="show_article",
    summary="Show an article",
    tags=["Articles"],
    sync_to_thread=True,
    responses=documented(404, 410, 422),
)
def show_article(
    dateline: NamedDependency[Dateline],
    article_id: ArticleIdInPath,
    version: Annotated[
        int, QueryParameter(ge=0, le=_MAX_VERSION, description="Its number; 0 for the current one.")
    ] = 0,
) -> ArticleBody:
    """Give an article version in full, so that any citation of it can be checked."""
    return article_body(dateline.catalogue.article(article_id, version or None))


@get(
    "/articles/{article_id:str}/versions",
    operation_id="list_versions",
    summary="List an article's versions",
    tags=["Articles"],
    sync_to_thread=True,
    responses=documented(404, 422),
)
def list_versions(
    dateline: NamedDependency[Dateline],
    article_id: ArticleIdInPath,
    page: Annotated[int, QueryParameter(ge=1, le=_MAX_PAGE)] = 1,
    page_size: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
) -> VersionPageBody:
    """Give one page of the versions that are kept, newest first."""
    found = dateline.catalogue.versions(article_id, limit=page_size, offset=(page - 1) * page_size)
    return version_page_body(found, page, page_size)


@delete(
    "/articles/{article_id:str}",
    operation_id="remove_article",
    summary="Remove an article",
    tags=["Articles"],
    guards=[refuse_when_read_only],
    responses=documented(403, 404, 507),
)
async def remove_article(article_id: ArticleIdInPath, request: AnyRequest, dateline: NamedDependency[Dateline]) -> None:
    """Remove an article with all its versions; its citations no longer resolve."""
    removed = await _in_turn(request, lambda: dateline.indexer.remove_articles([article_id]))
    if not removed:
        raise ArticleNotFound(f"The collection holds no article {article_id[:150]!r}. Nothing was removed.")


def _answered(dateline: Dateline, question: Question, include_passages: bool) -> AnswerBody:
    return answer_body(dateline.answerer.answer(checked_question(question), include_passages=include_passages))


async def _stored(request: AnyRequest, dateline: Dateline, read: Callable[[], list[Article]]) -> list[Outcome]:
    articles = await sync_to_thread(read)
    return await _in_turn(request, lambda: dateline.indexer.index_articles(articles))


async def _in_turn(request: AnyRequest, write: Callable[[], T]) -> T:
    """Write in the one thread that does, so that no other is held by waiting for its turn."""
    return await asyncio.get_running_loop().run_in_executor(request.app.state.writer, write)


api_router = Router(
    "/api",
    route_handlers=[
        post_answer,
        get_answer,
        post_answer_stream,
        get_answer_stream,
        search,
        post_articles,
        put_article,
        list_articles,
        show_article,
        list_versions,
        remove_article,
    ],
    guards=[refuse_unknown_parameters],
    dto=JsonBody,
    return_dto=None,
)
