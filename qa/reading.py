"""Passages → evidence: the Reader protocol, and a trained reader that marks the words that answer."""

from __future__ import annotations

import math
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
_WEIGHTS = SpanSigns(0.12, -0.10, 0.35, 0.0, 2.0, 3.0, 0.5, 0.5, 0.15, 1.0, -0.1)
_CONSTANT = -4.0


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
        odds = sum(w * s for w, s in zip(astuple(_WEIGHTS), astuple(self.signs), strict=True)) + _CONSTANT
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))

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
        passages = retrieval.passages[:most]
        read = self._model.read(question, [passage.text for passage in passages])
        found: dict[tuple[str, Span], Candidate] = {}
        for passage, beside, logits in zip(passages, sentence_signs(question, retrieval), read, strict=False):
            for candidate in _candidates(passage, beside, logits):
                place = candidate.passage.article.id, candidate.answer
                if place not in found or found[place].signs.odds < candidate.signs.odds:
                    found[place] = candidate
        return list(found.values())


def _reranked(passages: Sequence[Passage], candidates: Sequence[Candidate]) -> tuple[Passage, ...]:
    """Put the passages with the surest spans first; those that were not read keep their order behind."""
    order = list(dict.fromkeys([*(found.passage for found in candidates), *passages]))
    return tuple(replace(passage, rank=rank) for rank, passage in enumerate(order, start=1))


def _candidates(passage: Passage, beside: Sequence[SentenceSigns], logits: SpanLogits) -> Iterator[Candidate]:
    for inside, odds in best_spans(logits):
        answer = Span(inside.start + passage.span.start, inside.end + passage.span.start)
        touched = [sign for sign in beside if sign.span.overlaps(answer)]
        if not touched or not inside.of(passage.text).strip():
            continue
        sentence, first = Span(touched[0].span.start, touched[-1].span.end), touched[0]
        signs = SpanSigns(
            odds,
            logits.answers,
            logits.relevant,
            passage.similarity,
            passage.relevance,
            first.article_relevance,
            first.words_covered,
            first.words_covered_nearby,
            first.kind_fits,
            1 / (1 + first.span.start / 500),
            float(first.only_here_negated),
        )
        yield Candidate(passage, answer, sentence, excerpt(sentence, beside), signs)


def best_spans(logits: SpanLogits) -> Iterator[tuple[Span, float]]:
    """Yield the likeliest spans that do not overlap, with the log odds of each against "no answer here"."""
    together = logits.start[:, None] + logits.end[None, :]
    starts, ends = np.triu_indices(len(logits.start))
    short = ends - starts < _SPAN_TOKENS
    starts, ends = starts[short], ends[short]
    chosen: list[Span] = []
    for place in np.argsort(-together[starts, ends], kind="stable")[:_SPANS_COMPARED].tolist():
        span = Span(int(logits.offsets[starts[place]][0]), int(logits.offsets[ends[place]][1]))
        if any(span.overlaps(other) for other in chosen):
            continue
        chosen.append(span)
        yield span, float(together[starts[place], ends[place]]) - logits.none
        if len(chosen) == _SPANS_PER_PASSAGE:
            return


def _probability(logit: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
