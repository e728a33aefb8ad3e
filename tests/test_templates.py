"""Templates show what an article says and never obey it, and use no name that their page lacks."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from jinja2 import nodes
from lxml import html

from index.articles import Article, ArticleVersion, Collection, Span
from index.catalogue import ArticleSummary, VersionPage, VersionSummary
from qa.answers import Answer, ArticleReference, Citation, Passage, Question, Statement
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
from qa.web.forms import AskForm, Field, SourceChoice, blank_form
from qa.web.job_bodies import ProblemLine
from qa.web.job_content import JobPage, JobsPage, JobView, add_page
from qa.web.pages import TEMPLATES, Page, environment
from qa.web.source_content import SourcesPage, SourceView

HOSTILE = """<script>alert(1)</script>"'><img src=x onerror=alert(2)> {{ 7 * 7 }} </textarea></title><!--"""
Scope = dict[str, Any]
EMPTY_FORM = blank_form([])


def words(page: html.HtmlElement, path: str = "//main") -> str:
    return " ".join(" ".join(element.text_content() for element in page.xpath(path)).split())


def rendered(page: Page) -> html.HtmlElement:
    return html.document_fromstring(environment().get_template(TEMPLATES[type(page)]).render(page=page))


def hostile_pages() -> dict[str, Page]:
    reference = ArticleReference("x", 1, HOSTILE, HOSTILE, "javascript:alert(3)", HOSTILE)
    question = Question(HOSTILE)
    form = AskForm(
        Field("question", HOSTILE, HOSTILE),
        (SourceChoice(HOSTILE, 1, True),),
        HOSTILE,
        *(Field(name, HOSTILE, HOSTILE) for name in ("published_from", "published_to", "as_of", "max_citations")),
    )
    span = Span(0, len(HOSTILE))
    answered = Answer(
        "i", question, "answered", (Statement(HOSTILE, (1,), "earlier", HOSTILE),),
        (Citation(1, reference, span, HOSTILE + ".", 0.7, (Span(1, 8),)),),
        (), 0.7, HOSTILE, 1, {"total": 3.0},
    )  # fmt: skip
    passages = (Passage(reference, span, HOSTILE, (span,), 0.1, 0.1, 1),)
    abstained = dataclasses.replace(
        answered, status="not_found", statements=(), citations=(), timings_ms={}, reason="off_topic"
    )
    now = datetime.now(UTC)
    summary = ArticleSummary("x", 1, HOSTILE, HOSTILE, "javascript:alert(3)", (HOSTILE,), HOSTILE, now, 9)
    article = Article("x", HOSTILE, HOSTILE, "javascript:alert(3)", HOSTILE, (HOSTILE,), HOSTILE, HOSTILE)
    version = ArticleVersion(article, 1, now, is_current=False)
    before = ArticleVersion(Article("x", "Title", "Text."), 1, now, is_current=False)
    history = VersionPage("x", (VersionSummary(1, HOSTILE, HOSTILE, now, now, 9),), 2)
    problem = ProblemLine(HOSTILE, HOSTILE)
    job = JobView("i", HOSTILE, HOSTILE, HOSTILE, now, 1, 2, False, True, HOSTILE, ("javascript:alert(3)",), (problem,))
    source = SourceView("i", HOSTILE, HOSTILE, HOSTILE, HOSTILE, now, HOSTILE)
    return {
        "front": HomePage(form, Collection(HOSTILE, HOSTILE, (HOSTILE,)), 1, 1, (summary,)),
        "front without questions": HomePage(EMPTY_FORM, Collection(HOSTILE), 1, 1, (summary,)),
        "answer": AnswerPage(form, answered, citation_cards(answered), (), HOSTILE, 1),
        "no answer": AnswerPage(form, abstained, (), passages, HOSTILE, 1),
        "library": LibraryPage(HOSTILE, form.sources, (summary,), 1, 1, 1, "", ""),
        "article": ArticlePage(version, paragraphs(HOSTILE, span), span, history),
        "changed article": ArticlePage(version, (), None, history, comparison=comparison(before, version)),
        "adding": add_page(False, "article", dict.fromkeys(("text", "title", "source"), HOSTILE), HOSTILE),
        "jobs": JobsPage((job,)),
        "job": JobPage(job),
        "sources": SourcesPage((source,), False, HOSTILE, HOSTILE, HOSTILE),
        "error": ErrorPage(400, HOSTILE, HOSTILE),
    }


@pytest.mark.parametrize("page", hostile_pages().values(), ids=hostile_pages())
def test_hostile_text_stays_text(page: Page) -> None:
    document = rendered(page)
    assert [script.get("src").partition("?")[0] for script in document.xpath("//script")] == ["/static/dateline.js"]
    assert not document.xpath("//img | //*[@onerror] | //*[@style] | //comment()")
    # Neither a link nor a form leads to a script, whatever an article says is its address.
    assert not document.xpath("//@href[starts-with(., 'javascript:')] | //@src[starts-with(., 'javascript:')]")
    assert " ".join(HOSTILE.split()) in " ".join(document.text_content().split())


def test_a_collection_without_articles_says_how_to_get_some() -> None:
    said = words(rendered(HomePage(EMPTY_FORM, Collection(), 0, 0, ())))
    assert "There are no articles yet" in said
    assert "dateline index PATH" in said
    assert "dateline serve --demo" in said
    assert "There are no articles yet" in words(rendered(LibraryPage("", (), (), 0, 1, 1, "", "")))
    nothing = Answer("i", Question("Who?"), "not_found", (), (), (), 0.0, "sentences", 0)
    assert "There are no articles yet" in words(rendered(AnswerPage(EMPTY_FORM, nothing, (), (), "/ask", 0)))


def test_a_collection_tells_its_name_and_its_questions() -> None:
    page = rendered(HomePage(EMPTY_FORM, Collection("Harbour", "All of it.", ("Who & why?",)), 2, 1, ()))
    assert words(page, "//h1") == "Harbour"
    assert page.xpath("//ul[@class='examples']//a/@href") == ["/ask?question=Who+%26+why%3F"]


# Templates, held against the values that they show


class Names:
    """Follows every name through a template, its parents and its parts, and notes those that no value has."""

    def __init__(self) -> None:
        self.environment = environment()
        self.used: set[tuple[type, str]] = set()
        self.missing: list[str] = []

    def follow(self, template: str, scope: Scope) -> None:
        assert self.environment.loader is not None
        source, _, _ = self.environment.loader.get_source(self.environment, template)
        self._visit(self.environment.parse(source), scope)

    def _visit(self, node: nodes.Node, scope: Scope) -> None:
        if isinstance(node, nodes.Extends | nodes.Include):
            assert isinstance(node.template, nodes.Const)
            self.follow(node.template.value, scope)
        elif isinstance(node, nodes.For):
            (element, *_) = get_args(self._type(node.iter, scope)) or (None,)
            names = [name.name for name in node.target.find_all(nodes.Name)] or [node.target.name]  # type: ignore[attr-defined]
            inner = scope | {"loop": None} | {name: element if len(names) == 1 else None for name in names}
            for child in (*node.body, *node.else_):
                self._visit(child, inner)
        elif isinstance(node, nodes.Assign):
            assert isinstance(node.target, nodes.Name)
            scope[node.target.name] = self._type(node.node, scope)
        elif isinstance(node, nodes.Expr):
            self._type(node, scope)
        else:
            for child in node.iter_child_nodes():
                self._visit(child, scope)

    def _type(self, node: nodes.Node, scope: Scope) -> Any:
        """Return the type of an expression, None where that cannot be told."""
        if isinstance(node, nodes.Name):
            if node.name not in scope and node.name not in self.environment.globals:
                self.missing.append(node.name)
            return scope.get(node.name)
        if isinstance(node, nodes.Getattr):
            return self._attribute(self._type(node.node, scope), node.attr)
        for child in node.iter_child_nodes():
            self._type(child, scope)
        return None

    def _attribute(self, owner: Any, name: str) -> Any:
        if not isinstance(owner, type) or get_origin(owner):
            return None
        self.used.add((owner, name))
        if not hasattr(owner, name):
            self.missing.append(f"{owner.__name__}.{name}")
        attribute = getattr(owner, name, None)
        hints = get_type_hints(attribute.fget if isinstance(attribute, property) else owner)
        found = hints.get("return" if isinstance(attribute, property) else name)
        if isinstance(found, UnionType):
            (found,) = (kind for kind in get_args(found) if kind is not NoneType)
        return found


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: page.__name__)
def test_a_template_uses_what_its_page_has_and_nothing_else(page: type[Page]) -> None:
    names = Names()
    names.follow(TEMPLATES[page], {"page": page})
    assert names.missing == []
    assert {field.name for field in dataclasses.fields(page)} <= {name for owner, name in names.used if owner is page}


def test_a_name_that_no_value_has_would_be_noticed(tmp_path: Path) -> None:
    names = Names()
    (tmp_path / "bad.html").write_text(
        "{% for card in page.cards %}{{ card.citation.article.titel }}{% endfor %}{{ pages }}"
    )
    names.environment.loader.searchpath.append(str(tmp_path))  # type: ignore[union-attr]
    names.follow("bad.html", {"page": AnswerPage})
    assert names.missing == ["ArticleReference.titel", "pages"]


def test_every_template_compiles() -> None:
    made = environment()
    assert {made.get_template(name).name for name in made.list_templates()} >= set(TEMPLATES.values())
