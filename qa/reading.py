"""Passages → evidence: the Reader protocol, and a trained reader that marks the words that answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from index.articles import Span
from qa.answers import Evidence, Passage, Reading
from qa.asking import Asked, Weighing, asked_of
from qa.candidates import (
    agreement,
    figures_covered,
    is_for_how_long,
    kind_fit,
    names_asked_noun,
    names_covered,
    numbers_in,
    unmarked,
)
from qa.listing import enumerated, items_in
from qa.name_kinds import NameKinds
from qa.retrieval import Retrieval
from qa.sentences import SentenceSigns, excerpt, sentence_signs
from qa.span_models import SpanLogits, SpanModel
from qa.weighing import SpanSigns, confidence_of, probability

__all__ = ["Candidate", "Reader", "SpanReader", "best_spans"]

_SPANS_PER_PASSAGE = 3
_SPAN_TOKENS = 24
_SPANS_COMPARED = 60
_FAR_BELOW = 6.0
_NOT_READ = -20.0
_HARDLY = -4.0
_THE = 4


class Reader(Protocol):
    """Finds what answers a question in the passages retrieved for it."""

    @property
    def name(self) -> str:
        """What an answer names as `answered_by`."""

    def read(self, question: str, retrieval: Retrieval) -> Reading:
        """Return evidence, best first, each span inside its passage; none is a valid finding."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may answer: `answer` in a passage's `sentence`, quoted as `quoted`; offsets in the article."""

    passage: Passage
    answer: Span
    sentence: Span
    quoted: Span
    signs: SpanSigns
    weighed_as: Weighing

    @property
    def confidence(self) -> float:
        """The probability that the quote answers."""
        return confidence_of(self.signs, self.weighed_as)

    @property
    def evidence(self) -> Evidence:
        """The candidate as evidence."""
        begin, quoted = self.passage.span.start, self.quoted
        quote = Span(quoted.start - begin, quoted.end - begin).of(self.passage.text)
        return Evidence(self.passage.article, quoted, quote, self.sentence, self.answer, self.confidence)


class SpanReader:
    """Marks spans with a trained model and weighs them by a logistic model over its logits and a few signs more.

    Only the first `most` passages are read, all of them for a question that asks for several things: what stands
    further down is hardly ever the one answer, and reading is where the time goes.
    """

    name = "extractive"

    def __init__(self, model: SpanModel, most: int = 5) -> None:
        self._model = model
        self._most = most

    def read(self, question: str, retrieval: Retrieval) -> Reading:
        """Return evidence, best first, each span inside its passage."""
        candidates = sorted(self.candidates(question, retrieval), key=lambda found: -found.confidence)
        evidence = tuple(found.evidence for found in candidates)
        relevance = max((probability(found.signs.relevant) for found in candidates), default=0.0)
        confidence = evidence[0].confidence if evidence else 0.0
        return Reading(evidence, confidence, relevance, _reranked(retrieval.passages, candidates))

    def candidates(self, question: str, retrieval: Retrieval) -> list[Candidate]:
        """Return the likeliest spans of every passage that is read, each place in an article once."""
        asked = asked_of(question)
        passages = retrieval.passages if asked.kind == "several" else retrieval.passages[: self._most]
        # The best of an article's passages comes first, so that what is left out changes no sign.
        signs = sentence_signs(question, replace(retrieval, passages=passages))
        read = self._model.read(question, [passage.text for passage in passages])
        kinds = NameKinds(passage.text for passage in passages)
        found: dict[tuple[str, Span], Candidate] = {}
        for passage, beside, logits in zip(passages, signs, read, strict=True):
            for candidate in _candidates(passage, beside, logits, asked, kinds):
                place = candidate.passage.article.id, candidate.answer
                if place not in found or found[place].signs.odds < candidate.signs.odds:
                    found[place] = candidate
        return list(found.values())


def _reranked(passages: Sequence[Passage], candidates: Sequence[Candidate]) -> tuple[Passage, ...]:
    """Put the passages with the surest spans first; those that were not read keep their order behind."""
    order = list(dict.fromkeys([*(found.passage for found in candidates), *passages]))
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(order, start=1))


def _candidates(
    passage: Passage, beside: Sequence[SentenceSigns], logits: SpanLogits, asked: Asked, kinds: NameKinds
) -> Iterator[Candidate]:
    begin = passage.span.start
    inside = [_moved(_answering(sign, asked), -begin) for sign in beside]
    marked = list(best_spans(logits, inside))
    best = marked[0][1] if marked else 0.0
    for sign, piece in zip(beside, inside, strict=True):
        spans = [(span, odds) for span, odds in marked if span.overlaps(piece)]
        if asked.is_for_several_names:
            spans = _named(sign, piece, spans, logits, asked)
        elif asked.kind == "several":
            spans = [*spans, *_after_colon(sign, piece, spans, logits)]
        elif asked.kind == "number":
            spans = [*spans, *_counted(sign, piece, spans, logits)]
        elif asked.kind == "date":
            spans = [(span, odds) for span, odds in spans if not is_for_how_long(passage.text, span)]
        for answer, odds in spans:
            signs = _signs(passage, sign, beside, _moved(answer, begin), logits, asked, kinds, odds, best)
            if signs.name_kind_fits >= 0 or not asked.is_for_several_names:
                quoted = excerpt(sign.span, beside)
                yield Candidate(passage, _moved(answer, begin), sign.span, quoted, signs, asked.weighed_as)


def _named(
    sign: SentenceSigns, piece: Span, marked: Sequence[tuple[Span, float]], logits: SpanLogits, asked: Asked
) -> list[tuple[Span, float]]:
    """Return the names and enumerations of a sentence, each as likely as what the model marked there, if it did."""
    base = sign.span.start - sign.passage.span.start
    spans = [span for item in unmarked(sign.text, asked) if (span := _moved(item, base)).start >= piece.start]
    return [
        (span, max([_odds_of(logits, span), *(odds for other, odds in marked if _leads(span, other))]))
        for span in spans
    ]


def _counted(
    sign: SentenceSigns, piece: Span, marked: Sequence[tuple[Span, float]], logits: SpanLogits
) -> Iterator[tuple[Span, float]]:
    """Yield the numbers of a sentence that the model did not mark, as far as it finds them likely at all."""
    base = sign.span.start - sign.passage.span.start
    for number in numbers_in(sign.text):
        span = _moved(number, base)
        is_new = span.start >= piece.start and not any(span.overlaps(other) for other, _ in marked)
        if is_new and (odds := _odds_of(logits, span)) > _HARDLY:
            yield span, odds


def _after_colon(
    sign: SentenceSigns, piece: Span, marked: Sequence[tuple[Span, float]], logits: SpanLogits
) -> Iterator[tuple[Span, float]]:
    """Yield what the sentence enumerates, unless the model marked a part of it."""
    base = sign.span.start - sign.passage.span.start
    if found := enumerated(sign.text):
        span = _moved(found.whole, base)
        if span.start >= piece.start and not any(span.overlaps(other) for other, _ in marked):
            yield span, max(_odds_of(logits, _moved(item, base)) for item in found.items)


def _leads(name: Span, marked: Span) -> bool:
    """Say whether the marked words begin or end with the name, or are a part of it."""
    return name.overlaps(marked) and (name.start <= marked.start + _THE or name.end >= marked.end)


def _signs(
    passage: Passage,
    sign: SentenceSigns,
    beside: Sequence[SentenceSigns],
    answer: Span,
    logits: SpanLogits,
    asked: Asked,
    kinds: NameKinds,
    odds: float,
    best: float,
) -> SpanSigns:
    words = _moved(answer, -sign.span.start)
    items = items_in(sign.text, words, is_grown=asked.kind == "several").items
    if len(items) > 1:
        base = sign.span.start - passage.span.start
        odds = max(odds, *(_odds_of(logits, _moved(item, base)) for item in items))
    return SpanSigns(
        odds,
        best - odds,
        logits.answers,
        logits.relevant,
        passage.similarity,
        passage.relevance,
        sign.article_relevance,
        sign.words_covered,
        sign.words_covered_nearby,
        sign.kind_fits,
        1 / (1 + sign.span.start / 500),
        float(sign.only_here_negated),
        max(kind_fit(item.of(sign.text), asked, kinds) for item in items),
        float(len(items) > 1),
        names_asked_noun(sign.text, asked) if len(items) > 1 else 0.0,
        agreement(sign.text, words, asked),
        names_covered(f"{passage.article.title} {passage.text}", asked),
        names_covered(sign.text, asked),
        figures_covered(f"{passage.article.published_at or ''} {passage.article.title} {passage.text}", asked),
    )


def _answering(sign: SentenceSigns, asked: Asked) -> Span:
    """Return what of a sentence may answer: where it was written does so only when a place is asked for."""
    return sign.span if _PLACE.search(asked.text) else Span(sign.dateline.end, sign.span.end)


def _odds_of(logits: SpanLogits, span: Span) -> float:
    """Return the log odds of one span of the text against "no answer here"; far below zero where it was not read."""
    starts = np.flatnonzero(logits.offsets[:, 1] > span.start)
    ends = np.flatnonzero(logits.offsets[:, 0] < span.end)
    if not len(starts) or not len(ends) or ends[-1] < starts[0]:
        return _NOT_READ
    return float(logits.start[starts[0]] + logits.end[ends[-1]] - logits.none)


def best_spans(logits: SpanLogits, inside: Sequence[Span]) -> Iterator[tuple[Span, float]]:
    """Yield the likeliest spans, each within one of the given, with the log odds of each against "no answer here".

    No two overlap, and none is much less likely than the first.
    """
    piece = np.full(len(logits.start), -1)
    for number, span in enumerate(inside):
        piece[(logits.offsets[:, 0] >= span.start) & (logits.offsets[:, 1] <= span.end)] = number
    starts, ends = np.triu_indices(len(logits.start))
    fair = (ends - starts < _SPAN_TOKENS) & (piece[starts] == piece[ends]) & (piece[starts] >= 0)
    starts, ends = starts[fair], ends[fair]
    odds = logits.start[starts] + logits.end[ends] - logits.none
    chosen: list[Span] = []
    for place in np.argsort(-odds, kind="stable")[:_SPANS_COMPARED].tolist():
        span = Span(int(logits.offsets[starts[place]][0]), int(logits.offsets[ends[place]][1]))
        if any(span.overlaps(other) for other in chosen):
            continue
        if len(chosen) == _SPANS_PER_PASSAGE or (chosen and odds[place] < odds.max() - _FAR_BELOW):
            return
        chosen.append(span)
        yield span, float(odds[place])


def _moved(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


_PLACE = re.compile(r"\b(?:where|place|location|city|town|capital)\b", re.IGNORECASE)
