"""Hand-made evidence, marked as a reader would mark it: `«` and `»` around the answer, `|` between sentences."""

from __future__ import annotations

from collections.abc import Sequence

from index.articles import Span
from qa.answers import ArticleReference, Evidence, Question, Reading
from qa.composing import Composition, compose

__all__ = ["composed", "evidence", "reference", "statements"]


def reference(id: str, published_at: str | None = None, title: str = "A title", version: int = 1) -> ArticleReference:
    return ArticleReference(id, version, title, None, None, published_at)


def evidence(
    marked: str,
    confidence: float = 0.9,
    article: str = "a",
    *,
    start: int = 0,
    published_at: str | None = None,
    title: str = "A title",
) -> Evidence:
    """Return the evidence of an excerpt at `start`: `He was asked. |He said «no».`, the sentence with the mark answers.

    Without a mark, the whole of the last sentence answers.
    """
    parts, place, quote = marked.split("|"), start, ""
    sentence = answer = Span(start, start)
    for part in parts:
        plain = part.replace("«", "").replace("»", "")
        if "«" in part or (part is parts[-1] and "«" not in marked):
            sentence = answer = Span(place, place + len(plain.rstrip()))
            if "«" in part:
                opens = place + part.index("«")
                answer = Span(opens, opens + part.index("»") - part.index("«") - 1)
        quote, place = quote + plain, place + len(plain)
    quote = quote.rstrip()
    whole = Span(start, start + len(quote))
    return Evidence(reference(article, published_at, title), whole, quote, sentence, answer, confidence)


def composed(
    question: str, *found: Evidence, max_citations: int = 5, threshold: float = 0.5, confidence: float | None = None
) -> Composition | None:
    surest = max((e.confidence for e in found), default=0.0)
    reading = Reading(found, surest if confidence is None else confidence)
    return compose(Question(question, max_citations), reading, threshold=threshold)


def statements(question: str, *found: Evidence, max_citations: int = 5) -> Sequence[str]:
    """Return what is said with its markers and standing: `Brenmark [1]`, `Twelve people [2] earlier`."""
    composition = composed(question, *found, max_citations=max_citations)
    if composition is None:
        return []
    return [
        f"{s.text} {''.join(f'[{n}]' for n in s.citations)}{f' {s.standing}' if s.standing else ''}"
        for s in composition.statements
    ]
