"""The pages: the question form, its answers, the library, its articles, and errors."""

from __future__ import annotations

from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, route
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig

from index.articles import ArticleFilter, Span
from index.catalogue import ArticlePage as ArticleList
from index.errors import ArticleNotFound, InputError, VersionPruned
from qa.dateline import Dateline
from qa.retrieval import search_words
from qa.web import wording
from qa.web.content import (
    AnswerPage,
    ArticlePage,
    ErrorPage,
    HomePage,
    LibraryPage,
    citation_cards,
    comparison,
    paragraphs,
)
from qa.web.forms import AskForm, blank_form, read_form, source_choices, whole_number
from qa.web.job_content import AddPage, JobPage, JobsPage
from qa.web.source_content import SourcesPage

__all__ = [
    "TEMPLATES",
    "Page",
    "environment",
    "error_page",
    "page_handlers",
    "shown",
    "static_files",
    "template_config",
]

Page = HomePage | AnswerPage | LibraryPage | ArticlePage | AddPage | JobsPage | JobPage | SourcesPage | ErrorPage
TEMPLATES: dict[type[Page], str] = {
    HomePage: "home.html",
    AnswerPage: "answer.html",
    LibraryPage: "library.html",
    ArticlePage: "article.html",
    AddPage: "add.html",
    JobsPage: "jobs.html",
    JobPage: "job.html",
    SourcesPage: "sources.html",
    ErrorPage: "error.html",
}
_FOLDER = Path(__file__).parent.parent
_ARTICLES_PER_PAGE = 20
_NEWEST_ON_HOME = 8
_NEAREST_PASSAGES = 3
_VERSIONS_ON_PAGE = 20
_YEAR = 365 * 24 * 3600

_page = partial(route, http_method=["GET", "HEAD"], sync_to_thread=True, include_in_schema=False)


@_page("/")
def home(dateline: NamedDependency[Dateline]) -> Template:
    """Show the question form."""
    return shown(_home(dateline, blank_form(dateline.catalogue.sources())))


@_page("/ask")
def ask(request: Request[Any, Any, Any], dateline: NamedDependency[Dateline]) -> Template:
    """Answer the question in the address, or show the form with what is wrong in it."""
    form, question = read_form(request.query_params, dateline.catalogue.sources())
    if question is None:
        return shown(_home(dateline, form, has_errors=True), 400)
    answer = dateline.answerer.answer(question)
    articles, _ = dateline.catalogue.counts()
    nearest = answer.nearest_passages[:_NEAREST_PASSAGES]
    return shown(AnswerPage(form, answer, citation_cards(answer), nearest, wording.ask_link(question), articles))


@_page("/articles")
def library(request: Request[Any, Any, Any], dateline: NamedDependency[Dateline]) -> Template:
    """Show one page of the library, all of it or what a search finds."""
    search, source = (request.query_params.get(name, "").strip() for name in ("search", "source"))
    try:
        number = whole_number(request.query_params.get("page", "1"), "page")
    except InputError as error:
        return error_page(request, 400, "This link is damaged", str(error))
    found = _found_articles(dateline, search, source, max(0, number - 1) * _ARTICLES_PER_PAGE)
    pages = max(1, -(-found.total // _ARTICLES_PER_PAGE))
    if not 1 <= number <= pages:
        has = "only one page" if pages == 1 else f"pages 1 to {pages:,}"
        return error_page(request, 404, "No such page", f"There is no page {number:,} of the library; it has {has}.")
    return shown(
        LibraryPage(
            search,
            source_choices(dateline.catalogue.sources(), [source] if source else []),
            found.articles,
            found.total,
            number,
            pages,
            newer=_library_link(search, source, number - 1) if number > 1 else "",
            older=_library_link(search, source, number + 1) if number < pages else "",
        )
    )


@_page("/articles/{article_id:str}")
def article(
    request: Request[Any, Any, Any], dateline: NamedDependency[Dateline], article_id: FromPath[str]
) -> Template:
    """Show an article version in full, with the cited excerpt marked, or what changed since an earlier one."""
    asked = {name: value for name in ("version", "start", "end", "since") if (value := request.query_params.get(name))}
    try:
        numbers = {name: whole_number(value, name) for name, value in asked.items()}
        with dateline.catalogue.database.one_moment():
            version = dateline.catalogue.article(article_id, numbers.get("version"))
            since = dateline.catalogue.article(article_id, numbers["since"]) if "since" in numbers else None
            history = dateline.catalogue.versions(article_id, limit=_VERSIONS_ON_PAGE)
    except InputError as error:
        return error_page(request, 400, "This link is damaged", str(error))
    except VersionPruned:
        return error_page(request, 410, "This version is no longer kept", _PRUNED_VERSION)
    except ArticleNotFound:
        return error_page(request, 404, "No such article", _MISSING_ARTICLE)
    text = version.article.text
    excerpt = Span(numbers.get("start", 0), numbers.get("end", 0))
    if since is not None:
        return shown(ArticlePage(version, (), None, history, comparison=comparison(since, version)))
    if not {"start", "end"} & numbers.keys():
        return shown(ArticlePage(version, paragraphs(text, None), None, history))
    if not excerpt.start < excerpt.end <= len(text):
        return shown(ArticlePage(version, paragraphs(text, None), None, history, misfit=excerpt))
    return shown(ArticlePage(version, paragraphs(text, excerpt), excerpt, history))


def error_page(_request: Request[Any, Any, Any], status: int, title: str, detail: str) -> Template:
    """Return an error as a page; it needs nothing but these words, so that it can be shown whatever has failed."""
    return shown(ErrorPage(status, title, detail), status)


def environment() -> Environment:
    """Return the templates' environment: everything is escaped, and a name that a page lacks is an error."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals["static"] = _static_link
    made.filters |= {name: getattr(wording, name) for name in wording.__all__}
    return made


def _home(dateline: Dateline, form: AskForm, *, has_errors: bool = False) -> HomePage:
    newest = dateline.catalogue.articles(limit=_NEWEST_ON_HOME)
    return HomePage(form, dateline.catalogue.collection(), newest.total, len(form.sources), newest.articles, has_errors)


def _found_articles(dateline: Dateline, search: str, source: str, offset: int) -> ArticleList:
    words = search_words(search)
    if search and not words:
        return ArticleList((), 0)
    wanted = ArticleFilter(sources=(source,) if source else None)
    return dateline.catalogue.articles(words=words, wanted=wanted, limit=_ARTICLES_PER_PAGE, offset=offset)


def _library_link(search: str, source: str, number: int) -> str:
    asked = {"search": search, "source": source, "page": number if number > 1 else None}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/articles?{query}" if query else "/articles"


def shown(page: Page, status: int = 200) -> Template:
    """Return the page in its template."""
    return Template(TEMPLATES[type(page)], context={"page": page}, status_code=status)


@cache
def _static_link(name: str) -> str:
    """Return a static file's address, which changes with its content, so that browsers may keep it for good."""
    return f"/static/{name}?v={sha256((_FOLDER / 'static' / name).read_bytes()).hexdigest()[:12]}"


_MISSING_ARTICLE = (
    "The collection holds no such article, or no such version of it. It may have been removed since the link was made."
)
_PRUNED_VERSION = (
    "The article has changed since, and this version of it is no longer kept. Leave the version out of the address to"
    " read the current one."
)

page_handlers: list[BaseRouteHandler] = [home, ask, library, article]
template_config = TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment()))
static_files = create_static_files_router(
    "/static",
    directories=[_FOLDER / "static"],
    cache_control=CacheControlHeader(max_age=_YEAR, public=True, immutable=True),
    include_in_schema=False,
)
