"""The signs that a span answers, and the probability that they make together."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

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


def confidence_of(signs: SpanSigns, *, is_for_several_names: bool) -> float:
    """Return the probability, in [0, 1], that a span with these signs answers; lists of names are weighed otherwise."""
    weights, constant = _OF_SEVERAL_NAMES if is_for_several_names else _OF_ONE
    return probability(sum(w * s for w, s in zip(astuple(weights), astuple(signs), strict=True)) + constant)


def probability(log_odds: float) -> float:
    """Return the probability of these log odds."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


# Fitted by `python -m training.calibrate`, see docs/evaluation.md.
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
        figures_covered=-0.25,
    ),
    -6.4,
)
# The same for a question that asks for several things.
_OF_SEVERAL_NAMES = (
    SpanSigns(
        odds=0.14,
        below_best=0.0,
        answers=0.0,
        relevant=0.47,
        similarity=0.0,
        passage_relevance=2.8,
        article_relevance=3.8,
        words_covered=0.2,
        words_covered_nearby=0.0,
        kind_fits=0.0,
        is_early=0.0,
        only_here_negated=0.0,
        name_kind_fits=1.6,
        enumerates=1.15,
        names_asked_noun=1.3,
        agrees=1.45,
        names_covered=0.1,
        names_in_sentence=0.0,
        figures_covered=0.0,
    ),
    -7.9,
)
