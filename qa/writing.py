"""An extractive answer → the same in a language model's words, as far as the excerpts show them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from threading import Event, Lock

from qa.answers import Answer, Citation, Evidence, Statement
from qa.llm import LanguageModel, LanguageModelError
from qa.prompting import excerpts_to_show, make_prompt
from qa.verifying import split_written, verified

__all__ = ["Step", "Writer", "steps_of"]

log = logging.getLogger(__name__)

# What is known of an answer so far: first its evidence, then each statement as it is found, at last the answer.
Step = tuple[Citation, ...] | Statement | Answer

_FAILURES_IN_A_ROW = 3
_SECONDS_LEFT_ALONE = 30.0


def steps_of(answer: Answer) -> Iterator[Step]:
    """Yield an answer that is known already as the steps that lead to it."""
    yield answer.citations
    yield from answer.statements
    yield answer


class Writer:
    """Has a language model tell an answer, and shows of it what can be proved; safe to share between threads.

    `clock` gives seconds. A model that failed three times in a row is left alone for half a minute, so that it costs
    its timeout once and not for every question.
    """

    def __init__(self, model: LanguageModel, clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._left_alone_until = 0.0

    def write(
        self,
        answer: Answer,
        further: Sequence[Evidence],
        surroundings: Callable[[Citation], str],
        stop: Event | None = None,
    ) -> Iterator[Step]:
        """Yield the steps to the answer: in the model's words, or as it is with a note that says why not.

        `further` is evidence beyond the answer's citations, the best first; the question's limit of citations
        bounds both together. `surroundings` gives the text around a citation in its article. Statements name the
        citations of the first step, which the answer numbers anew; an answer as it is replaces the statements that
        came before it. An abstention is not written about.
        """
        if answer.status == "not_found":
            yield from steps_of(answer)
            return
        citations = _cited(answer, further)
        yield citations
        began, statements = self._clock(), list[Statement]()
        try:
            for statement in self._written(answer, excerpts_to_show(citations, surroundings), stop):
                if statement not in statements:
                    statements.append(statement)
                    yield statement
            _check_the_whole(statements, answer)
        except LanguageModelError as error:
            yield from () if statements else answer.statements
            note = f"{error}; these are the articles' own sentences."
            made = replace(answer, notes=(*answer.notes, note))
        else:
            kept, told = _renumbered(statements, citations)
            made = replace(answer, statements=told, citations=kept, answered_by=self._model.name)
        took = round((self._clock() - began) * 1_000, 2)
        total = round(answer.timings_ms.get("total", 0.0) + took, 2)
        yield replace(made, timings_ms={**answer.timings_ms, "write": took, "total": total})

    def _written(self, answer: Answer, excerpts: Sequence[Citation], stop: Event | None) -> Iterator[Statement]:
        if not excerpts:
            raise LanguageModelError(_NOTHING_TO_SHOW)
        self._check_that_it_is_asked()
        prompt = make_prompt(answer.question.text, excerpts)
        numbered = {excerpt.number: excerpt for excerpt in excerpts}
        try:
            with closing(self._model.stream(prompt.instructions, prompt.request, stop)) as pieces:
                for sentence in split_written(pieces):
                    statement = verified(sentence, numbered)
                    if statement is not None:
                        yield _standing_as(statement, answer)
        except LanguageModelError as error:
            if error.is_outage:
                self._count_failure()
            raise
        with self._lock:
            self._failures = 0

    def _check_that_it_is_asked(self) -> None:
        """Raise LanguageModelError while the model is left alone; then one call is let through to try it."""
        with self._lock:
            now = self._clock()
            if self._failures >= _FAILURES_IN_A_ROW:
                if now < self._left_alone_until:
                    raise LanguageModelError(
                        f"The language model failed {self._failures} times in a row and is left alone for"
                        f" {_SECONDS_LEFT_ALONE:.0f} seconds"
                    )
                self._left_alone_until = now + _SECONDS_LEFT_ALONE

    def _count_failure(self) -> None:
        with self._lock:
            self._failures += 1
            self._left_alone_until = self._clock() + _SECONDS_LEFT_ALONE
            if self._failures == _FAILURES_IN_A_ROW:
                log.warning(
                    "The language model failed %d times in a row: it is left alone for a while.", self._failures
                )


def _cited(answer: Answer, further: Sequence[Evidence]) -> tuple[Citation, ...]:
    """Return the answer's citations, and further evidence numbered on from them, none of it twice."""
    cited = list(answer.citations)
    for evidence in further:
        is_new = not any(
            (evidence.article == other.article and evidence.span.overlaps(other.span)) or evidence.quote == other.quote
            for other in cited
        )
        if is_new and len(cited) < answer.question.max_citations:
            number = len(cited) + 1
            cited.append(
                Citation(
                    number, evidence.article, evidence.span, evidence.quote, evidence.confidence, (evidence.answer,)
                )
            )
    return tuple(cited)


def _standing_as(statement: Statement, answer: Answer) -> Statement:
    """Give a statement the standing and the speaker of the extractive ones whose citations it shares, if all agree."""
    about = [said for said in answer.statements if not set(statement.citations).isdisjoint(said.citations)]
    shared = {(said.standing, said.speaker) for said in about}
    if len(shared) != 1 or not set(statement.citations) <= {number for said in about for number in said.citations}:
        return statement
    [(standing, speaker)] = shared
    is_named = speaker is None or speaker.casefold() in statement.text.casefold()
    return replace(statement, standing=standing, speaker=None if is_named else speaker)


def _check_the_whole(statements: Sequence[Statement], answer: Answer) -> None:
    """Raise LanguageModelError when nothing was told, or but one side of a disagreement between the articles."""
    if not statements:
        raise LanguageModelError("The language model wrote nothing that the excerpts it cited show")
    cited = {number for statement in statements for number in statement.citations}
    if any(said.standing == "differs" and cited.isdisjoint(said.citations) for said in answer.statements):
        raise LanguageModelError("The language model left out that the articles differ")


def _renumbered(
    statements: Sequence[Statement], citations: tuple[Citation, ...]
) -> tuple[tuple[Citation, ...], tuple[Statement, ...]]:
    """Number the citations that the statements name from 1, in the order in which they are first named."""
    order = dict.fromkeys(number for statement in statements for number in statement.citations)
    new = {number: place for place, number in enumerate(order, start=1)}
    by_number = {citation.number: citation for citation in citations}
    kept = tuple(replace(by_number[number], number=place) for number, place in new.items())
    told = tuple(replace(said, citations=tuple(sorted(new[n] for n in said.citations))) for said in statements)
    return kept, told


_NOTHING_TO_SHOW = "The language model was not asked, as the excerpts are too long for it or read like orders to it"
