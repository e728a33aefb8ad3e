"""How sure a measure is: bootstrap intervals, and paired comparison by randomisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Difference", "Estimate", "Interval", "each", "interval", "mean", "paired_difference", "ratio"]

_RESAMPLES = 1_000
_SEED = 20_250_227
# Rows resampled at a time, so that a set of many questions does not fill the memory.
_ROWS_AT_A_TIME = 1_000_000

Array = NDArray[np.float64]
# From samples of questions, (samples, questions, columns), to a number for each, (samples,): NaN where there is none.
Estimate = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Interval:
    """A measure over so many questions, and the 95 % of its bootstrap distribution around it."""

    value: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure of two runs over the same questions; `p` of no difference, two-sided."""

    first: float
    second: float
    low: float
    high: float
    p: float
    questions: int

    @property
    def value(self) -> float:
        """Second run less first run."""
        return self.second - self.first


def mean(samples: Array) -> Array:
    """Estimate the mean of the only column over the rows that are not NaN."""
    known = ~np.isnan(samples[..., 0])
    return _divided(np.where(known, samples[..., 0], 0.0).sum(axis=1), known.sum(axis=1))


def ratio(samples: Array) -> Array:
    """Estimate the first column's sum over the second's, rows with NaN left out."""
    sums = np.nansum(samples, axis=1)
    return _divided(sums[:, 0], sums[:, 1])


def each(estimate: Callable[[Array], float]) -> Estimate:
    """Make an estimate of one that takes a single sample, (questions, columns), without NaN in it."""

    def estimated(samples: Array) -> Array:
        known = (sample[~np.isnan(sample).any(axis=1)] for sample in samples)
        return np.array([estimate(sample) if len(sample) else np.nan for sample in known])

    return estimated


def interval(table: Array, estimate: Estimate) -> Interval | None:
    """Return the estimate over all rows of (questions, columns) with its interval, None where there is none.

    Percentile bootstrap over the questions (Efron & Tibshirani 1993); seeded, so that it can be repeated.
    """
    table = table[~np.isnan(table).any(axis=1)]
    if not len(table) or np.isnan(value := float(estimate(table[None])[0])):
        return None
    resampled = np.concatenate([estimate(table[rows]) for rows in _resamples(len(table))])
    low, high = np.nanpercentile(resampled, [2.5, 97.5])
    return Interval(value, float(low), float(high), len(table))


def paired_difference(first: Array, second: Array, estimate: Estimate) -> Difference | None:
    """Compare two runs, row by row the same questions; None where either has no value.

    The interval resamples questions for both runs alike. `p` is the share of random exchanges of the two runs'
    rows that differ as much (randomisation test, Noreen 1989; Smucker et al. 2007), itself counted as one.
    """
    known = ~(np.isnan(first).any(axis=1) & np.isnan(second).any(axis=1))
    first, second = first[known], second[known]
    if not len(first):
        return None
    values = float(estimate(first[None])[0]), float(estimate(second[None])[0])
    if np.isnan(values).any():
        return None
    resampled = [estimate(second[rows]) - estimate(first[rows]) for rows in _resamples(len(first))]
    low, high = np.nanpercentile(np.concatenate(resampled), [2.5, 97.5])
    exchanged = np.concatenate(
        [
            estimate(np.where(swap, first, second)) - estimate(np.where(swap, second, first))
            for swap in _exchanges(len(first))
        ]
    )
    as_far = np.abs(exchanged) >= abs(values[1] - values[0]) - 1e-12
    return Difference(*values, float(low), float(high), (1 + int(as_far.sum())) / (1 + _RESAMPLES), len(first))


def _resamples(rows: int) -> Iterator[NDArray[np.int64]]:
    """Yield row numbers drawn with replacement, (some of _RESAMPLES, rows)."""
    random = np.random.default_rng(_SEED)
    for count in _pieces(rows):
        yield random.integers(0, rows, (count, rows))


def _exchanges(rows: int) -> Iterator[NDArray[np.bool_]]:
    """Yield which rows the runs exchange, (some of _RESAMPLES, rows, 1)."""
    random = np.random.default_rng(_SEED)
    for count in _pieces(rows):
        yield random.integers(0, 2, (count, rows, 1)).astype(bool)


def _pieces(rows: int) -> Iterator[int]:
    most, left = max(1, _ROWS_AT_A_TIME // rows), _RESAMPLES
    while left:
        yield min(most, left)
        left -= min(most, left)


def _divided(dividend: Array, divisor: NDArray[np.generic]) -> Array:
    quotient: Array = np.full(dividend.shape, np.nan)
    np.divide(dividend, divisor, out=quotient, where=np.asarray(divisor) != 0)
    return quotient
