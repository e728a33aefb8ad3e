"""Evidence → answer: what to say, in which order, with which citations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from index.articles import Span
from qa.answers import Citation, Evidence, Question, Reading, Statement
from qa.asking import Asked, asked_of
from qa.attribution import speaker_of
from qa.claims import Claim, claims_in
from qa.listing import is_name
from qa.marking import settled
from qa.sameness import names_the_same
from qa.standing import Told, grouped, with_disagreement, with_reversals
from qa.wordforms import plain, stems

__all__ = ["Composition", "compose"]

_STATEMENTS = 20
_SINGLE_ANSWER_STATEMENTS = 3
_CITATIONS_OF_ONE_STATEMENT = 3
_FOR_ONE_THING_MORE = 0.4
_OF_THE_BEST = 0.5
_OF_THE_BEST_NAME = 0.4
_OF_THE_BEST_LIST = 0.6
_IN_ONE_SENTENCE = 0.7
_NEVER = 2.0
_A_LIST = 3
_NUMBERS = {word: number for number, word in enumerate(("three", "four", "five", "six", "seven", "eight", "nine"), 3)}
_COUNTED = re.compile(rf"\b(?P<count>{'|'.join(_NUMBERS)}) (?:\w+ )?(?P<noun>\w+s|people|men|women)\b")
_CLOSE_TO_THE_BEST = 0.6


@dataclass(frozen=True, slots=True)
class Composition:
    """Statements and the citations that they name by number, from 1."""

    statements: tuple[Statement, ...]
    citations: tuple[Citation, ...]


def compose(question: Question, reading: Reading, *, threshold: float) -> Composition | None:
    """Return what the evidence tells of what is asked, one statement for each thing told, or None to abstain.

    The best comes first, and one statement at least is as sure as `threshold`. A question for several things gets all
    that are told, and there less confidence is enough for one thing more; other questions get one answer, with what
    contradicts it or is about as sure. No two citations overlap, and of wire copies one is cited.
    """
    if reading.confidence < threshold:
        return None
    asked = asked_of(question.text)
    is_for_several = asked.kind == "several"
    evidence = settled(reading.evidence, as_sure=_IN_ONE_SENTENCE if is_for_several else _NEVER)
    told = _told(asked, evidence, threshold)
    if not any(claim.evidence.confidence >= threshold for one in told for claim in one.claims):
        return None
    return _cited(asked, told, question.max_citations)


def _told(asked: Asked, evidence: Sequence[Evidence], threshold: float) -> list[Told]:
    claims = [claim for one in evidence if one.confidence >= threshold for claim in claims_in(one, asked)]
    if asked.kind == "several" or (claims and claims[0].is_of_a_list):
        best = max((one.confidence for one in evidence), default=0.0)
        needed = max(threshold * _FOR_ONE_THING_MORE, best * _share_of_best(evidence, asked))
        claims = [claim for one in evidence if one.confidence >= needed for claim in claims_in(one, asked)]
        claims = _of_one_list(claims, asked)
        kept = [claim for claim in claims if claim.stance not in asked.excludes]
        excluded = [claim for claim in claims if claim.stance in asked.excludes]
        return with_reversals(grouped(kept, asked), excluded, asked)[:_STATEMENTS]
    if asked.kind == "who_said":
        # Who is not named said nothing, if somebody is.
        claims = [claim for claim in claims if is_name(claim.said)] or claims
    told = grouped([claim for claim in claims if claim.stance != "denied"], asked)
    shown = with_disagreement(told, asked)
    others = [one for one in told if all(one.claims[0] is not other.claims[0] for other in shown)]
    shown += [one for one in others if _is_worth_adding(one, told[0], asked)]
    return shown[:_SINGLE_ANSWER_STATEMENTS]


def _share_of_best(evidence: Sequence[Evidence], asked: Asked) -> float:
    """Return how sure, as a share of the best, one thing more must be: surer where the best lists several already."""
    if asked.is_for_several_names:
        return _OF_THE_BEST_NAME
    listed = claims_in(evidence[0], asked) if evidence else ()
    return _OF_THE_BEST_LIST if len(listed) >= _A_LIST else _OF_THE_BEST


def _of_one_list(claims: Sequence[Claim], asked: Asked) -> list[Claim]:
    """Leave out what is marked beside an enumeration in its sentence, and inside another answer."""
    longest: dict[tuple[str, Span], Evidence] = {}
    listed = Counter((claim.evidence.article.id, claim.evidence.sentence, claim.evidence.answer) for claim in claims)
    for claim in claims:
        place = claim.evidence.article.id, claim.evidence.sentence
        if listed[*place, claim.evidence.answer] >= _A_LIST:
            longest.setdefault(place, claim.evidence)
    if complete := next((evidence for evidence in longest.values() if _is_complete(evidence, claims, asked)), None):
        whole = [claim for claim in claims if claim.evidence is complete]
        return whole + [claim for claim in claims if any(names_the_same(claim.said, one.said) for one in whole)]
    kept: list[Claim] = []
    for claim in claims:
        beside = longest.get((claim.evidence.article.id, claim.evidence.sentence))
        is_inside = any(
            other.evidence.article == claim.evidence.article
            and other.words.start <= claim.words.start
            and claim.words.end <= other.words.end
            for other in kept
        )
        if (beside is None or claim.evidence is beside) and not is_inside:
            kept.append(claim)
    return kept


def _is_complete(evidence: Evidence, claims: Sequence[Claim], asked: Asked) -> bool:
    """Say whether a sentence counts what is asked for and lists as many: "four operators: …"."""
    items = sum(claim.evidence is evidence for claim in claims)
    counted = _COUNTED.finditer(plain(evidence.sentence_text))
    return any(_NUMBERS[found["count"]] == items and stems([found["noun"]]) <= asked.nouns for found in counted)


def _is_worth_adding(one: Told, best: Told, asked: Asked) -> bool:
    """Say whether a less sure answer may stand beside the best: two numbers without a word of explanation may not."""
    is_value = asked.kind in ("number", "date") and not one.claims[0].is_sentence
    return not is_value and one.confidence >= _CLOSE_TO_THE_BEST * best.confidence


@dataclass(slots=True)
class _Excerpt:
    evidence: Evidence
    span: Span
    quote: str
    confidence: float
    answers: list[Span]

    def shows(self, claim: Claim) -> bool:
        """Say whether the claim, with its sentence, stands in this excerpt already."""
        sentence, start = claim.evidence.sentence, self.span.start
        return (
            self.evidence.article == claim.evidence.article
            and self.span.start <= min(sentence.start, claim.words.start)
            and max(sentence.end, claim.words.end) <= self.span.end
            and self.quote[sentence.start - start : sentence.end - start] == claim.evidence.sentence_text
        )


def _cited(asked: Asked, told: Sequence[Told], max_citations: int) -> Composition:
    """Give every statement an excerpt, then further witnesses as far as there is room, and number them by first use."""
    excerpts: list[_Excerpt] = []
    said: list[tuple[Told, Claim, list[_Excerpt]]] = []
    for one in told:
        shown = next(((c, e) for c in one.claims if (e := _placed(c, excerpts, max_citations)) is not None), None)
        if shown:
            said.append((one, shown[0], [shown[1]]))
    for one, spoken, cited in said:
        for claim in one.claims:
            if claim is not spoken and len(cited) < _CITATIONS_OF_ONE_STATEMENT:
                excerpt = _placed(claim, excerpts, max_citations)
                cited += [excerpt] if excerpt is not None and not any(excerpt is other for other in cited) else []
    order = list({id(excerpt): excerpt for _, _, cited in said for excerpt in cited}.values())
    numbers = {id(excerpt): number for number, excerpt in enumerate(order, start=1)}
    return Composition(
        tuple(
            Statement(claim.text, tuple(numbers[id(e)] for e in cited), one.standing, _speaker(asked, claim))
            for one, claim, cited in said
        ),
        tuple(
            Citation(number, e.evidence.article, e.span, e.quote, e.confidence, tuple(dict.fromkeys(e.answers)))
            for number, e in enumerate(order, start=1)
        ),
    )


def _placed(claim: Claim, excerpts: list[_Excerpt], max_citations: int) -> _Excerpt | None:
    """Return the excerpt that shows the claim, a new one if need be, or None where it would overlap or be too many."""
    evidence = claim.evidence
    known = next((excerpt for excerpt in excerpts if excerpt.shows(claim)), None)
    if known:
        known.confidence = max(known.confidence, evidence.confidence)
        known.answers += claim.spans
        return known
    if len(excerpts) == max_citations:
        return None
    for span in (evidence.span, evidence.sentence):
        is_free = not any(e.evidence.article == evidence.article and e.span.overlaps(span) for e in excerpts)
        if is_free and span.start <= claim.words.start and claim.words.end <= span.end:
            excerpts.append(_Excerpt(evidence, span, evidence.text_of(span), evidence.confidence, list(claim.spans)))
            return excerpts[-1]
    return None


def _speaker(asked: Asked, claim: Claim) -> str | None:
    if asked.kind == "who_said" or claim.is_sentence:
        return None
    return speaker_of(claim.evidence, claim.words)
