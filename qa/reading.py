"""Passages → evidence: the Reader protocol, and a trained reader that marks the words that answer."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Protocol

import numpy as np

from index.articles import Span
from qa.answers import Evidence, Passage, Reading
from qa.asking import asked_of
from qa.retrieval import Retrieval
from qa.sentences import SentenceSigns, excerpt, sentence_signs
from qa.span_models import SpanLogits, SpanModel

__all__ = ["Candidate", "Reader", "SpanReader", "SpanSigns", "best_spans"]

_SPANS_PER_PASSAGE = 3
_SPAN_TOKENS = 24
_SPANS_COMPARED = 60
_FAR_BELOW = 6.0


class Reader(Protocol):
    """Finds what answers a question in the passages retrieved for it."""

    @property
    def name(self) -> str:
        """What an answer names as `answered_by`."""

    def read(self, question: str, retrieval: Retrieval) -> Reading:
        """Return evidence, best first, each span inside its passage; none is a valid finding."""


@dataclass(frozen=True, slots=True)
class SpanSigns:
    """What speaks for a span: the model's logits, the retriever's view, and what can be seen in its sentence."""

    odds: float
    below_best: float
    answers: float
    relevant: float
    similarity: float
    passage_relevance: float
    article_relevance: float
    words_covered: float
    words_covered_nearby: float
    kind_fits: float
    is_early: float
    only_here_negated: float


# Fitted by `python -m training.calibrate`, see docs/evaluation.md.
_WEIGHTS = SpanSigns(
    odds=0.32,
    below_best=0.03,
    answers=-0.54,
    relevant=0.47,
    similarity=0.44,
    passage_relevance=-0.76,
    article_relevance=5.4,
    words_covered=-0.17,
    words_covered_nearby=0.52,
    kind_fits=0.17,
    is_early=1.2,
    only_here_negated=-0.1,
)
_CONSTANT = -6.9


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may answer: `answer` in a passage's `sentence`, quoted as `quoted`; offsets in the article."""

    passage: Passage
    answer: Span
    sentence: Span
    quoted: Span
    signs: SpanSigns

    @property
    def confidence(self) -> float:
        """The probability that the quote answers."""
        return _probability(sum(w * s for w, s in zip(astuple(_WEIGHTS), astuple(self.signs), strict=True)) + _CONSTANT)

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
        relevance = max((_probability(found.signs.relevant) for found in candidates), default=0.0)
        confidence = evidence[0].confidence if evidence else 0.0
        return Reading(evidence, confidence, relevance, _reranked(retrieval.passages, candidates))

    def candidates(self, question: str, retrieval: Retrieval) -> list[Candidate]:
        """Return the likeliest spans of every passage that is read, each place in an article once."""
        most = len(retrieval.passages) if asked_of(question).kind == "several" else self._most
        is_place_asked = _PLACE.search(question) is not None
        passages = retrieval.passages[:most]
        # The best of an article's passages comes first, so that what is left out changes no sign.
        signs = sentence_signs(question, replace(retrieval, passages=passages))
        read = self._model.read(question, [passage.text for passage in passages])
        found: dict[tuple[str, Span], Candidate] = {}
        for passage, beside, logits in zip(passages, signs, read, strict=True):
            for candidate in _candidates(passage, beside, logits, is_place_asked=is_place_asked):
                place = candidate.passage.article.id, candidate.answer
                if place not in found or found[place].signs.odds < candidate.signs.odds:
                    found[place] = candidate
        return list(found.values())


def _reranked(passages: Sequence[Passage], candidates: Sequence[Candidate]) -> tuple[Passage, ...]:
    """Put the passages with the surest spans first; those that were not read keep their order behind."""
    order = list(dict.fromkeys([*(found.passage for found in candidates), *passages]))
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(order, start=1))


def _candidates(
    passage: Passage, beside: Sequence[SentenceSigns], logits: SpanLogits, *, is_place_asked: bool
) -> Iterator[Candidate]:
    begin = passage.span.start
    pieces = [_answering(sign, is_place_asked=is_place_asked) for sign in beside]
    inside = [Span(piece.start - begin, piece.end - begin) for piece in pieces]
    best = None
    for answer, odds in best_spans(logits, inside):
        best = odds if best is None else best
        place = Span(answer.start + begin, answer.end + begin)
        sign = next(sign for sign in beside if sign.span.overlaps(place))
        signs = SpanSigns(
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
        )
        yield Candidate(passage, place, sign.span, excerpt(sign.span, beside), signs)


def _answering(sign: SentenceSigns, *, is_place_asked: bool) -> Span:
    """Return what of a sentence may answer: where it was written does so only when a place is asked for."""
    return sign.span if is_place_asked else Span(sign.dateline.end, sign.span.end)


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


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


_PLACE = re.compile(r"\b(?:where|place|location|city|town|capital)\b", re.IGNORECASE)
