"""Answers of every look, staged over the demo's own articles, so that how they look does not hang on the reader."""

from __future__ import annotations

from typing import Any

from index.articles import Span
from index.catalogue import Catalogue
from qa.answering import Answerer
from qa.answers import Answer, ArticleReference, Citation, Question, Standing, Statement

__all__ = ["DEATHS", "LEAVING", "PROMISES", "StagedAnswerer"]

DEATHS = "How many people died on the Silver Tern?"
PROMISES = "Which countries said that they would send troops?"
LEAVING = "When does the first company leave?"

_Said = tuple[str, tuple[int, ...], Standing | None, str | None]
_Excerpt = tuple[str, str, tuple[str, ...]]
_STAGED: dict[str, tuple[list[_Said], list[_Excerpt]]] = {
    DEATHS: (
        [
            ("Twelve people", (1,), None, "coastguard spokeswoman Hanne Birk"),
            ("Nine people", (2,), "earlier", None),
            ("at least four", (3,), "earlier", "the coastguard"),
        ],
        [
            (
                "Search for ferry victims ends",
                "Twelve people died in the sinking and 202 survived, coastguard spokeswoman Hanne Birk said.",
                ("Twelve people",),
            ),
            (
                "Nine dead and 11 missing",
                "Nine people are now known to have died in the Silver Tern disaster and 11 are still missing.",
                ("Nine people",),
            ),
            (
                "Ferry rolls over",
                "PORT ELLERY, Brenmark, Nov. 14 - A car ferry with 208 people aboard rolled over in the Garrow Strait"
                " early on Friday, killing at least four of them and leaving 41 missing, the coastguard said.",
                ("at least four",),
            ),
        ],
    ),
    PROMISES: (
        [
            ("Brenmark", (1, 2), None, None),
            ("Lorvania", (1,), None, None),
            ("Tamarre, only if the United Republics keeps fighter aircraft on call", (2,), None, "Leïla Touvrin"),
            ("Istrane", (2,), "differs", "President Rüstem Adal"),
        ],
        [
            (
                "Drelle force: who is in",
                "Brenmark and Lorvania have said yes. Radio Brenmark asked the others what it would take.",
                ("Brenmark", "Lorvania"),
            ),
            (
                "Drelle force: who is in",
                "Tamarre says maybe. Tamarre could send as many as 900 soldiers, Foreign Minister Leïla Touvrin told"
                " us, but only if the United Republics keeps fighter aircraft on call to protect them.",
                ("Tamarre could", "only if the United Republics keeps fighter aircraft on call"),
            ),
        ],
    ),
    LEAVING: (
        [("late April", (1,), None, None)],
        [
            (
                "Hartvig pledges 2,400 troops",
                "They are to form the core of the peacekeeping force that the League of Coastal States is raising, and"
                " the first company leaves in late April.",
                ("late April",),
            )
        ],
    ),
}  # fmt: skip


class StagedAnswerer:
    """Answers the staged questions, and leaves all others to a real Answerer."""

    def __init__(self, answerer: Answerer, catalogue: Catalogue) -> None:
        self._answerer = answerer
        self._catalogue = catalogue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answerer, name)

    def answer(self, question: Question, *, include_passages: bool = False) -> Answer:
        if question.text not in _STAGED:
            return self._answerer.answer(question, include_passages=include_passages)
        said, excerpts = _STAGED[question.text]
        return Answer(
            id="staged",
            question=question,
            status="answered",
            statements=tuple(Statement(*each) for each in said),
            citations=tuple(self._citation(number, *each) for number, each in enumerate(excerpts, start=1)),
            passages=(),
            confidence=0.9,
            answered_by="staged",
            index_generation=1,
            timings_ms={"total": 58.0},
        )

    def _citation(self, number: int, title: str, quote: str, answers: tuple[str, ...]) -> Citation:
        found = self._catalogue.articles(limit=100).articles
        [id] = (article.id for article in found if article.title.startswith(title))
        version = self._catalogue.article(id)
        article = version.article
        start = article.text.index(quote)
        spans = ((begin := start + quote.index(words), begin + len(words)) for words in answers)
        return Citation(
            number,
            ArticleReference(id, version.number, article.title, article.source, article.url, article.published_at),
            Span(start, start + len(quote)),
            quote,
            (0.93, 0.7, 0.5)[number - 1],
            tuple(Span(*span) for span in spans),
        )
