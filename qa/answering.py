"""The table of contents of answering: question → retrieve → read → compose → prove → answer."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import asdict, dataclass, replace
from threading import Event

from index.articles import normalise_line, normalise_time
from index.catalogue import Catalogue
from index.errors import ArticleNotFound, InputError
from index.recent import Recent
from qa.answers import (
    MAX_CITATIONS_LIMIT,
    QUESTION_CHARS_LIMIT,
    Answer,
    ArticleReference,
    Citation,
    Evidence,
    Question,
    Reading,
    Reason,
)
from qa.asking import asked_of
from qa.composing import Composition, compose
from qa.outlets import Copies, with_outlets
from qa.periods import AskedTime
from qa.reading import Reader
from qa.retrieval import Retrieval, Retriever
from qa.wordforms import plain_words
from qa.writing import Step, Writer, steps_of

__all__ = ["Answerer", "checked_question"]

# Below it, the passages are rather about something else than about what was asked.
_ABOUT_IT = 0.5
# A language model may see evidence that is less sure, as more of it may go together.
_FOR_ONE_THING_MORE = 0.4
_CHARACTERS_AROUND = 400
# About 5 MB.
_ANSWERS_KEPT = 256
_FOR_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class _Extracted:
    """An answer in the articles' own words, the reading that it comes from, and the copies of the articles read."""

    answer: Answer
    reading: Reading
    copies: Copies


class Answerer:
    """Answers questions from the collection as it is when asked; safe to share between threads."""

    def __init__(
        self,
        catalogue: Catalogue,
        retriever: Retriever,
        reader: Reader,
        writer: Writer | None = None,
        *,
        passages: int,
        threshold: float,
    ) -> None:
        self._catalogue = catalogue
        self._retriever = retriever
        self._reader = reader
        self._writer = writer
        self._passages = passages
        self._threshold = threshold
        self._recent: Recent[object, _Extracted] = Recent(_ANSWERS_KEPT)

    @property
    def reader(self) -> Reader:
        """What reads the passages."""
        return self._reader

    def altered(self, *, reader: Reader | None = None, threshold: float | None = None) -> Answerer:
        """Return one that reads or abstains otherwise and shares everything else, as evaluation needs it."""
        other = copy(self)
        other._reader = self._reader if reader is None else reader
        other._threshold = self._threshold if threshold is None else threshold
        other._recent = Recent(_ANSWERS_KEPT)
        return other

    def answer(self, question: Question, *, include_passages: bool = False) -> Answer:
        """Return statements that cite verbatim excerpts, or `not_found` with the nearest passages."""
        return next(step for step in self.steps(question, include_passages) if isinstance(step, Answer))

    def steps(self, question: Question, include_passages: bool = False, stop: Event | None = None) -> Iterator[Step]:
        """Yield the citations, each statement as soon as it is proved, and at last the whole answer.

        `stop`, set from any thread, ends what a language model still writes.
        """
        found = self._extracted(question, include_passages)
        if self._writer is None:
            yield from steps_of(found.answer)
        else:
            further = (e for e in found.reading.evidence if e.confidence >= self._threshold * _FOR_ONE_THING_MORE)
            proved = tuple(filter(self._is_verbatim, further))
            for step in self._writer.write(found.answer, proved, self._surroundings, stop):
                if isinstance(step, Answer):
                    if all(map(self._is_verbatim, step.citations)):
                        step = replace(step, citations=self._with_outlets(step.citations, found.copies))
                    else:
                        # An article was removed while the model wrote.
                        step = self._extracted(question, include_passages).answer
                elif isinstance(step, tuple):
                    step = self._with_outlets(step, found.copies)
                yield step

    def _extracted(self, question: Question, include_passages: bool) -> _Extracted:
        """Return the answer in the articles' own words, and what it comes from.

        An answer of this generation of the index is given again: nothing that it could say otherwise has changed.
        """
        timings = dict.fromkeys(("embed", "retrieve", "read"), 0.0)
        with _timed(timings, "total"):
            asked = question, include_passages, self._retriever.asked_time(question)
            kept = self._recent.get(asked)
            is_current = kept is not None and kept.answer.index_generation == self._catalogue.generation
        if kept is not None and is_current:
            return replace(kept, answer=replace(kept.answer, timings_ms=timings))
        found = self._extracted_anew(question, include_passages)
        self._recent.keep(asked, found)
        return found

    def _extracted_anew(self, question: Question, include_passages: bool) -> _Extracted:
        timings: dict[str, float] = {}
        with _timed(timings, "total"):
            with _timed(timings, "embed"):
                embedding = self._retriever.embed(question)
            with _timed(timings, "retrieve"):
                retrieval = self._retriever.retrieve(question, embedding, self._reading_limit(question))
            with _timed(timings, "read"):
                reading = self._reader.read(question.text, retrieval)
            composition = self._composed(question, reading)
            if composition is not None and not all(map(self._is_verbatim, composition.citations)):
                # An article was removed meanwhile; what others say may answer too.
                reading = replace(reading, evidence=tuple(filter(self._is_verbatim, reading.evidence)))
                composition = self._composed(question, reading)
            reason = None if composition else self._reason(question, retrieval, reading)
            is_found = composition is not None
            composition = composition or Composition((), ())
            citations = self._with_outlets(composition.citations, retrieval.copies)
        answer = Answer(
            id=_answer_id(question, self._retriever.asked_time(question), retrieval.index_generation),
            question=question,
            status="answered" if is_found else "not_found",
            statements=composition.statements,
            citations=citations,
            passages=(reading.passages or retrieval.passages) if include_passages or not is_found else (),
            confidence=reading.confidence,
            answered_by=self._reader.name,
            index_generation=retrieval.index_generation,
            timings_ms=timings,
            reason=reason,
        )
        return _Extracted(answer, reading, retrieval.copies)

    def search(self, question: Question, limit: int) -> Retrieval:
        """Return the passages for a query, without an answer."""
        return self._retriever.retrieve(question, self._retriever.embed(question), limit)

    def _reading_limit(self, question: Question) -> int:
        """Return how many passages to read: what several articles tell a part of each stands further down too."""
        return self._passages * (_FOR_SEVERAL if asked_of(question.text).kind == "several" else 1)

    def _composed(self, question: Question, reading: Reading) -> Composition | None:
        return compose(question, reading, threshold=self._threshold)

    def _reason(self, question: Question, retrieval: Retrieval, reading: Reading) -> Reason:
        """Return why nothing answers; of what lies outside the question's dates, only that something there does."""
        undated = _without_dates(question)
        if undated != question:
            everything = self._retriever.retrieve(undated, retrieval.embedding, self._passages)
            composition = self._composed(undated, self._reader.read(undated.text, everything))
            if composition and any(_is_outside(question, citation) for citation in composition.citations):
                return "outside_dates"
        told = {word for one in retrieval.passages for word in plain_words(f"{one.article.title} {one.text}")}
        names = asked_of(question.text).names
        is_named = not names or not names.isdisjoint(told)
        is_about_it = bool(retrieval.passages) and is_named and reading.relevance >= _ABOUT_IT
        return "not_told" if is_about_it else "off_topic"

    def _surroundings(self, citation: Citation) -> str:
        """Return the text around a citation in its article, itself included."""
        text = self._text(citation.article)
        return text[max(0, citation.span.start - _CHARACTERS_AROUND) : citation.span.end + _CHARACTERS_AROUND]

    def _with_outlets(self, citations: tuple[Citation, ...], copies: Copies) -> tuple[Citation, ...]:
        return with_outlets(citations, copies, self._text)

    def _text(self, article: ArticleReference) -> str:
        """Return the text of an article version, nothing where it is there no more."""
        try:
            return self._catalogue.article(article.id, article.version).article.text
        except ArticleNotFound:
            return ""

    def _is_verbatim(self, quoted: Citation | Evidence) -> bool:
        """Hold a quote against the stored text: what cannot be shown there is not said."""
        return self._catalogue.excerpt(quoted.article.id, quoted.article.version, quoted.span) == quoted.quote


def checked_question(question: Question) -> Question:
    """Return the question on one line, its times normalised; raises InputError on what is not allowed."""
    if len(question.text) > QUESTION_CHARS_LIMIT:
        raise InputError(
            f"The question has {len(question.text):,} characters; at most {QUESTION_CHARS_LIMIT:,} are allowed."
            " Ask a shorter one."
        )
    text = normalise_line(question.text)
    if not any(character.isalnum() for character in text):
        raise InputError("The question has no words. Ask one, such as: Which countries would send troops?")
    if not 1 <= question.max_citations <= MAX_CITATIONS_LIMIT:
        raise InputError(f"max_citations is {question.max_citations}; it may be 1 to {MAX_CITATIONS_LIMIT}.")
    filters = question.filters
    return Question(
        text,
        question.max_citations,
        type(filters)(
            _normalised(filters.sources),
            normalise_time(filters.published_from) if filters.published_from else None,
            normalise_time(filters.published_to) if filters.published_to else None,
            _normalised(filters.article_ids),
        ),
        normalise_time(question.as_of) if question.as_of else None,
    )


def _normalised(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return names spelled as they are stored."""
    return None if names is None else tuple(map(normalise_line, names))


def _without_dates(question: Question) -> Question:
    return replace(question, as_of=None, filters=replace(question.filters, published_from=None, published_to=None))


def _is_outside(question: Question, citation: Citation) -> bool:
    """Say whether an article is kept from a question by its date; one without a date is by any bound."""
    at, first = citation.article.published_at, question.filters.published_from or ""
    ends = (end for end in (question.filters.published_to, question.as_of) if end)
    return at is None or at < first or any(at > end + "~" for end in ends)


def _answer_id(question: Question, asked: AskedTime, index_generation: int) -> str:
    """Name an answer after what was asked of which index: the same question, unchanged, has the same id.

    What is asked of last week is another thing the week after.
    """
    basis = json.dumps([asdict(question), asdict(asked), index_generation], ensure_ascii=False)
    return hashlib.sha256(basis.encode()).hexdigest()[:20]


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = round((time.perf_counter() - began) * 1_000, 2)
