"""The signs that a span answers, and the probability that they make together."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

from qa.asking import Weighing

__all__ = ["SpanSigns", "confidence_of", "probability"]


@dataclass(frozen=True, slots=True)
class SpanSigns:
    """What speaks for a span: the model's logits, the retriever's view, and what can be seen in its sentence.

    The last seven hold it against the question: whether its names are of the kind asked for (1, 0 or -1), it is one of
    several, the sentence says what is asked for, it is put as asked (1, 0 or -1), and the shares of the question's
    names that passage and sentence have, and of its figures.
    """

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
    name_kind_fits: float
    enumerates: float
    names_asked_noun: float
    agrees: float
    names_covered: float
    names_in_sentence: float
    figures_covered: float


def confidence_of(signs: SpanSigns, weighed_as: Weighing) -> float:
    """Return the probability, in [0, 1], that a span with these signs answers."""
    weights, constant = _WEIGHTS[weighed_as]
    return probability(sum(w * s for w, s in zip(astuple(weights), astuple(signs), strict=True)) + constant)


def probability(log_odds: float) -> float:
    """Return the probability of these log odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


# Fitted by `python -m training.calibrate`, see docs/evaluation.md; but for figures, too rare in its questions to be
# weighed: what lacks the year or number that is asked about hardly ever answers.
_OF_ONE = (
    SpanSigns(
        odds=0.3,
        below_best=0.01,
        answers=-0.47,
        relevant=0.61,
        similarity=-0.09,
        passage_relevance=0.18,
        article_relevance=4.9,
        words_covered=0.02,
        words_covered_nearby=0.13,
        kind_fits=0.35,
        is_early=0.74,
        only_here_negated=-0.1,
        name_kind_fits=0.01,
        enumerates=0.49,
        names_asked_noun=0.37,
        agrees=-0.06,
        names_covered=0.48,
        names_in_sentence=-0.08,
        figures_covered=1.5,
    ),
    -8.15,
)
# Fitted on the demo's list questions, and its articles with and without those that answer them.
_OF_SEVERAL_NAMES = (
    SpanSigns(
        odds=0.09,
        below_best=0.0,
        answers=0.0,
        relevant=0.36,
        similarity=0.04,
        passage_relevance=2.77,
        article_relevance=3.47,
        words_covered=1.16,
        words_covered_nearby=0.55,
        kind_fits=0.0,
        is_early=0.0,
        only_here_negated=0.0,
        name_kind_fits=1.55,
        enumerates=0.87,
        names_asked_noun=1.4,
        agrees=1.57,
        names_covered=0.18,
        names_in_sentence=-0.82,
        figures_covered=0.0,
    ),
    -8.4,
)
_OF_SEVERAL_THINGS = (
    SpanSigns(
        odds=0.22,
        below_best=0.0,
        answers=0.0,
        relevant=0.13,
        similarity=0.34,
        passage_relevance=2.43,
        article_relevance=2.35,
        words_covered=3.51,
        words_covered_nearby=-0.38,
        kind_fits=0.58,
        is_early=-2.19,
        only_here_negated=0.0,
        name_kind_fits=0.0,
        enumerates=1.52,
        names_asked_noun=0.69,
        agrees=-0.29,
        names_covered=-0.64,
        names_in_sentence=-0.75,
        figures_covered=0.0,
    ),
    -3.9,
)
_WEIGHTS: dict[Weighing, tuple[SpanSigns, float]] = {
    "one": _OF_ONE,
    "names": _OF_SEVERAL_NAMES,
    "things": _OF_SEVERAL_THINGS,
}
