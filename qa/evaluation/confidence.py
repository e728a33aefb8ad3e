"""What a confidence is worth: risk and coverage, abstaining at a threshold, and calibration.

Every function takes confidences and, beside each, whether the first citation holds an answer; for a question that
was not answered that is the citation which would have been given. A question without an answer is never held.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa.evaluation.statistics import Array

__all__ = [
    "Bin",
    "RiskCoverage",
    "abstained_when_answering",
    "area_under_risk_coverage",
    "coverage_at_risk",
    "expected_calibration_error",
    "reliability",
    "risk_coverage",
]

_BINS = 10


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The share of wrong answers among the most confident, for each share that is answered; (questions,) each.

    Questions of one confidence come in together: `is_threshold` tells which points a threshold can choose. Between
    them, the risk is what random order would give.
    """

    coverage: Array
    risk: Array
    is_threshold: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions of about the same confidence: its mean, and the share of them that are right."""

    confidence: float
    right: float
    questions: int


def risk_coverage(confidence: Array, is_right: Array) -> RiskCoverage:
    """Return the curve from the most confident question to all of them (El-Yaniv & Wiener 2010)."""
    levels, level, counts = np.unique(-confidence, return_inverse=True, return_counts=True)
    wrong_at_level = np.bincount(level, weights=1 - is_right, minlength=len(levels)) / counts
    answered = np.arange(1, len(confidence) + 1)
    is_last = np.zeros(len(confidence), dtype=np.bool_)
    is_last[np.cumsum(counts) - 1] = True
    return RiskCoverage(answered / len(answered), np.cumsum(np.repeat(wrong_at_level, counts)) / answered, is_last)


def area_under_risk_coverage(confidence: Array, is_right: Array) -> float:
    """Return the mean risk over all coverages: AURC (Geifman, Uziel & El-Yaniv 2019); 0 is best."""
    return float(risk_coverage(confidence, is_right).risk.mean())


def coverage_at_risk(confidence: Array, is_right: Array, risk: float) -> float:
    """Return the largest share of questions that some threshold answers with at most that risk."""
    curve = risk_coverage(confidence, is_right)
    allowed = curve.is_threshold & (curve.risk <= risk + 1e-12)
    return float(curve.coverage[allowed].max(initial=0.0))


def abstained_when_answering(confidence: Array, is_answerable: Array, share: float) -> float:
    """Return the share of the unanswerable that is below the highest threshold which answers `share` of the others."""
    answerable = np.sort(confidence[is_answerable == 1])[::-1]
    unanswerable = confidence[is_answerable == 0]
    if not len(answerable) or not len(unanswerable):
        return math.nan
    threshold = answerable[math.ceil(share * len(answerable) - 1e-9) - 1]
    return float((unanswerable < threshold).mean())


def reliability(confidence: Array, is_right: Array) -> list[Bin]:
    """Return the bins of equal width that hold a question, least confident first."""
    numbers = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    inside = [numbers == number for number in range(_BINS)]
    return [
        Bin(float(confidence[members].mean()), float(is_right[members].mean()), int(members.sum()))
        for members in inside
        if members.any()
    ]


def expected_calibration_error(confidence: Array, is_right: Array) -> float:
    """Return how far confidence and share of right answers are apart, over the bins (Naeini et al. 2015)."""
    bins = reliability(confidence, is_right)
    return sum(abs(bin.confidence - bin.right) * bin.questions for bin in bins) / len(confidence)
