"""Labelled questions → rows: each is asked once, and its answer held against its labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from index.catalogue import Catalogue
from index.errors import ArticleNotFound
from qa.answering import Answerer, checked_question
from qa.answers import Answer, Citation, Question, Reading
from qa.evaluation.matching import best_exact_match, best_f1, contains_answer, is_yes_no, match_list
from qa.evaluation.questions import LabelledQuestion
from qa.evaluation.runs import Cited, Expected, Row, Said
from qa.reading import Reader
from qa.retrieval import Retrieval

__all__ = ["ask_all"]

_RANKS = (1, 5, 10)
_RANKS_READ = 10


def ask_all(
    answerer: Answerer,
    catalogue: Catalogue,
    questions: Sequence[LabelledQuestion],
    *,
    as_of_asked: bool = False,
    max_citations: int = 5,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[Row]:
    """Yield a row for each question, in order.

    A risk-coverage curve needs the citation that an abstaining answer withheld. So where it abstains, the same question
    is answered again at threshold 0, from the reading that is already there: passages are ranked twice then, but
    nothing is read twice, and no answer or timing is that of a program other than the one in use. An answer that
    was given keeps its own citation, since a lower threshold may add statements but the measures are of what was said.
    """
    reader = _ReadOnce(answerer.reader)
    asked, unbound = answerer.altered(reader=reader), answerer.altered(reader=reader, threshold=0.0)
    for number, labelled in enumerate(questions, start=1):
        question = Question(labelled.question, max_citations, as_of=labelled.asked_on if as_of_asked else None)
        question = checked_question(question)
        answer = asked.answer(question, include_passages=True)
        withheld = answer if answer.citations else unbound.answer(question)
        yield _row(labelled, answer, withheld.citations[:1], catalogue)
        progress(number)


class _ReadOnce:
    """A reader that gives a reading again when asked the same of the same passages, until the question is another.

    One question may be read over several selections of passages: those of its dates, and all.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._question = ""
        self._readings: list[tuple[Retrieval, Reading]] = []

    @property
    def name(self) -> str:
        return self._reader.name

    def read(self, question: str, retrieval: Retrieval) -> Reading:
        if question != self._question:
            self._question, self._readings = question, []
        for known, reading in self._readings:
            if (known.passages, known.index_generation) == (retrieval.passages, retrieval.index_generation):
                return reading
        reading = self._reader.read(question, retrieval)
        self._readings.append((retrieval, reading))
        return reading


def _row(labelled: LabelledQuestion, answer: Answer, would_cite: tuple[Citation, ...], catalogue: Catalogue) -> Row:
    citations = tuple(_cited(labelled, citation, catalogue) for citation in answer.citations)
    article_rank = _first(id in labelled.article_ids for id in _articles_in_order(answer))
    passage_rank = _first(contains_answer(labelled, passage.text) for passage in answer.passages)
    row = Row(
        id=labelled.id,
        question=labelled.question,
        type=labelled.type,
        answerable=labelled.answerable,
        answers=labelled.answers,
        as_of=answer.question.as_of,
        expected=tuple(Expected(id, _title(catalogue, id)) for id in sorted(labelled.article_ids)),
        article_rank=article_rank,
        passage_rank=passage_rank,
        status=answer.status,
        reason=answer.reason,
        confidence=answer.confidence,
        statements=tuple(Said(statement.text, statement.citations) for statement in answer.statements),
        citations=citations,
        would_cite=next((_cited(labelled, citation, catalogue) for citation in would_cite), None),
        measures={},
        timings_ms=answer.timings_ms,
    )
    return replace(row, measures=dict(_measures(labelled, row))) if labelled.answerable else row


def _measures(labelled: LabelledQuestion, row: Row) -> Iterator[tuple[str, float]]:
    """Yield the numbers of an answerable question that apply to it; what it abstained from counts as missed."""
    yield "answered", float(row.is_answered)
    if labelled.article_ids:
        for rank in _RANKS:
            yield f"article_recall_at_{rank}", float((row.article_rank or rank + 1) <= rank)
        within = row.article_rank is not None and row.article_rank <= _RANKS_READ
        yield f"article_mrr_at_{_RANKS_READ}", 1 / row.article_rank if within and row.article_rank else 0.0
    if not labelled.answers:
        return
    for rank in _RANKS:
        yield f"passage_recall_at_{rank}", float((row.passage_rank or rank + 1) <= rank)
    holds = [citation.contains_answer for citation in row.citations]
    yield "first_citation_contains_answer", float(any(holds[:1]))
    yield "any_citation_contains_answer", float(any(holds))
    if holds:
        yield "first_citation_contains_answer_when_answered", float(holds[0])
    if is_yes_no(labelled):
        return
    said = row.statements[0].text if row.statements else ""
    yield "answer_exact_match", best_exact_match(said, labelled.answers)
    yield "answer_f1", best_f1(said, labelled.answers)
    if labelled.type == "list":
        match = match_list([statement.text for statement in row.statements], labelled)
        if match.precision is not None:
            yield "list_precision", match.precision
        yield "list_recall", match.recall
        yield "list_f1", match.f1


def _cited(labelled: LabelledQuestion, citation: Citation, catalogue: Catalogue) -> Cited:
    article = citation.article
    return Cited(
        citation.number,
        article.id,
        article.version,
        article.title,
        citation.span.start,
        citation.span.end,
        citation.quote,
        citation.confidence,
        is_verbatim=_is_verbatim(citation, catalogue),
        contains_answer=contains_answer(labelled, citation.quote),
    )


def _is_verbatim(citation: Citation, catalogue: Catalogue) -> bool:
    try:
        stored = catalogue.article(citation.article.id, citation.article.version)
    except ArticleNotFound:
        return False
    return citation.span.of(stored.article.text) == citation.quote != ""


def _title(catalogue: Catalogue, article_id: str) -> str | None:
    try:
        return catalogue.article(article_id).article.title
    except ArticleNotFound:
        return None


def _articles_in_order(answer: Answer) -> list[str]:
    return list(dict.fromkeys(passage.article.id for passage in answer.passages))


def _first(are: Iterable[bool]) -> int | None:
    """Return the rank, from 1, of the first that is."""
    return next((rank for rank, is_one in enumerate(are, start=1) if is_one), None)
