"""Intervals hold what they say, a difference that is none is not found, and confidence is measured as published."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation import statistics
from qa.evaluation.confidence import (
    abstained_when_answering,
    area_under_risk_coverage,
    coverage_at_risk,
    expected_calibration_error,
    reliability,
    risk_coverage,
)
from qa.evaluation.statistics import Array, each, interval, mean, paired_difference, ratio

ANSWERS = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.sampled_from([0.0, 1.0])), min_size=1)


def column(*values: float) -> Array:
    return np.array(values, float)[:, None]


def arrays(answers: list[tuple[float, float]]) -> tuple[Array, Array]:
    table = np.array(answers)
    return table[:, 0], table[:, 1]


class TestInterval:
    def test_is_around_the_value_and_narrows_with_more_questions(self) -> None:
        few, many = (interval(column(*([0, 1, 1, 1] * times)), mean) for times in (5, 100))
        assert few is not None
        assert many is not None
        assert (few.value, few.questions, many.questions) == (0.75, 20, 400)
        assert few.low < many.low < 0.75 < many.high < few.high
        # As the normal approximation has it: 1.96 standard errors to either side.
        assert many.high - many.low == pytest.approx(2 * 1.96 * math.sqrt(0.75 * 0.25 / 400), rel=0.15)

    def test_is_the_same_each_time(self) -> None:
        assert interval(column(0, 1, 1), mean) == interval(column(0, 1, 1), mean)

    def test_leaves_out_what_does_not_apply(self) -> None:
        found = interval(column(1, math.nan, 1), mean)
        assert found == statistics.Interval(1.0, 1.0, 1.0, 2)
        assert interval(column(math.nan), mean) is None
        assert interval(column(), mean) is None

    def test_of_a_ratio_weighs_questions_by_their_whole(self) -> None:
        found = interval(np.array([[1, 1], [0, 3.0]]), ratio)
        assert found is not None
        assert (found.value, found.low, found.high) == (0.25, 0.0, 1.0)
        assert interval(np.array([[0.0, 0.0]]), ratio) is None

    def test_is_the_same_in_pieces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        calls: list[int] = []

        def watched(samples: Array) -> Array:
            calls.append(len(samples))
            return mean(samples)

        whole = interval(column(*range(50)), watched)
        monkeypatch.setattr(statistics, "_ROWS_AT_A_TIME", 12_345)
        assert interval(column(*range(50)), watched) == whole
        assert calls == [1, 1_000, 1, 246, 246, 246, 246, 16]

    def test_covers_the_truth_nineteen_times_in_twenty(self) -> None:
        random = np.random.default_rng(7)
        found = [interval(column(*(random.random(60) < 0.6)), mean) for _ in range(200)]
        assert 0.89 <= np.mean([one is not None and one.low <= 0.6 <= one.high for one in found]) <= 0.99


class TestPairedDifference:
    def test_of_a_run_and_itself_is_none(self) -> None:
        run = column(0, 1, 1, 0, 1)
        assert paired_difference(run, run, mean) == statistics.Difference(0.6, 0.6, 0.0, 0.0, 1.0, 5)

    def test_that_is_steady_is_found_though_questions_vary(self) -> None:
        random = np.random.default_rng(1)
        first = random.random((100, 1))
        found = paired_difference(first, first + 0.01 + 0.001 * random.random((100, 1)), mean)
        assert found is not None
        assert found.value == pytest.approx(0.0105, abs=0.0002)
        assert 0.01 < found.low < found.high < 0.011
        assert found.p == pytest.approx(1 / 1_001)

    def test_p_is_the_sign_test_s_where_all_changes_are_one(self) -> None:
        # Six questions changed, all for the better: 2 of 64 exchanges are as far from nothing.
        first = column(*[0] * 6, *[1] * 10)
        found = paired_difference(first, column(*[1] * 16), mean)
        assert found is not None
        assert found.p == pytest.approx(2 / 64, abs=0.02)

    def test_that_is_chance_is_seldom_found(self) -> None:
        random = np.random.default_rng(3)
        p = []
        for _ in range(100):
            found = paired_difference(column(*random.random(30)), column(*random.random(30)), mean)
            assert found is not None
            p.append(found.p)
        assert np.mean(np.array(p) <= 0.05) <= 0.12
        assert np.mean(np.array(p) <= 0.5) == pytest.approx(0.5, abs=0.15)

    def test_counts_a_question_that_only_one_run_has(self) -> None:
        first, second = column(1, math.nan, math.nan), column(0, 1, math.nan)
        found = paired_difference(first, second, mean)
        assert found is not None
        assert (found.first, found.second, found.questions) == (1, 0.5, 2)
        assert paired_difference(first, column(*[math.nan] * 3), mean) is None
        assert paired_difference(column(), column(), mean) is None


class TestRiskAndCoverage:
    def test_goes_from_the_most_confident_to_all(self) -> None:
        curve = risk_coverage(*arrays([(0.2, 0), (0.9, 1), (0.5, 1), (0.7, 0)]))
        assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1]
        assert curve.risk.tolist() == pytest.approx([0, 1 / 2, 1 / 3, 2 / 4])
        assert curve.is_threshold.all()

    def test_takes_equal_confidences_together(self) -> None:
        answers = [(0.9, 1.0), (0.5, 0.0), (0.5, 1.0)]
        curve = risk_coverage(*arrays(answers))
        assert curve.risk.tolist() == pytest.approx([0, 0.5 / 2, 1 / 3])
        assert curve.is_threshold.tolist() == [True, False, True]
        # No threshold answers two of the three.
        assert coverage_at_risk(*arrays(answers), risk=0.3) == pytest.approx(1 / 3)
        assert coverage_at_risk(*arrays(answers), risk=1 / 3) == 1
        assert coverage_at_risk(*arrays([(0.5, 0.0)]), risk=0.3) == 0

    @given(ANSWERS, st.randoms())
    def test_does_not_depend_on_the_order(self, answers: list[tuple[float, float]], random: object) -> None:
        shuffled = answers.copy()
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        curve, other = risk_coverage(*arrays(answers)), risk_coverage(*arrays(shuffled))
        assert curve.risk == pytest.approx(other.risk)
        assert curve.risk[-1] == pytest.approx(np.mean([1 - right for _, right in answers]))
        assert 0 <= area_under_risk_coverage(*arrays(answers)) <= 1

    def test_area_is_least_when_the_right_ones_are_the_surest(self) -> None:
        good, bad = ([(confidence, float(confidence > 0.5)) for confidence in (0.1, 0.2, 0.8, 0.9)] for _ in range(2))
        bad = [(1 - confidence, right) for confidence, right in bad]
        assert area_under_risk_coverage(*arrays(good)) == pytest.approx((0 + 0 + 1 / 3 + 2 / 4) / 4)
        assert area_under_risk_coverage(*arrays(bad)) == pytest.approx((1 + 1 + 2 / 3 + 2 / 4) / 4)


class TestAbstaining:
    def test_is_told_at_the_threshold_that_answers_enough(self) -> None:
        known = [(confidence, 1.0) for confidence in (0.9, 0.8, 0.7, 0.6, 0.1)]
        unknown = [(confidence, 0.0) for confidence in (0.95, 0.6, 0.5, 0.4)]
        # 0.6 answers four of five; what is as confident is answered too.
        assert abstained_when_answering(*arrays(known + unknown), share=0.8) == 0.5
        assert abstained_when_answering(*arrays(known + unknown), share=1.0) == 0
        assert abstained_when_answering(*arrays(known + unknown), share=0.2) == 0.75

    def test_is_not_told_without_both_kinds(self) -> None:
        assert math.isnan(abstained_when_answering(*arrays([(0.5, 1.0)]), share=0.8))
        assert math.isnan(abstained_when_answering(*arrays([(0.5, 0.0)]), share=0.8))

    @given(ANSWERS, st.sampled_from([0.2, 0.5, 0.8, 1.0]))
    def test_leaves_at_least_the_share_answered(self, answers: list[tuple[float, float]], share: float) -> None:
        abstained = abstained_when_answering(*arrays(answers), share=share)
        known = [confidence for confidence, is_known in answers if is_known]
        unknown = [confidence for confidence, is_known in answers if not is_known]
        if not math.isnan(abstained):
            enough = [t for t in {*known} if sum(c >= t for c in known) >= share * len(known) - 1e-9]
            assert abstained == pytest.approx(np.mean([confidence < max(enough) for confidence in unknown]))


class TestCalibration:
    def test_bins_hold_their_own(self) -> None:
        bins = reliability(*arrays([(0.0, 0), (0.05, 1), (0.95, 1), (1.0, 1)]))
        assert [(bin.confidence, bin.right, bin.questions) for bin in bins] == [(0.025, 0.5, 2), (0.975, 1.0, 2)]

    def test_error_is_the_gap_weighed_by_questions(self) -> None:
        answers = [(0.8, 1.0)] * 3 + [(0.8, 0.0)] + [(0.3, 0.0)] * 6
        assert expected_calibration_error(*arrays(answers)) == pytest.approx(0.4 * 0.05 + 0.6 * 0.3)

    @given(ANSWERS)
    def test_error_is_a_share(self, answers: list[tuple[float, float]]) -> None:
        assert 0 <= expected_calibration_error(*arrays(answers)) <= 1
        assert sum(bin.questions for bin in reliability(*arrays(answers))) == len(answers)


def test_an_estimate_of_single_samples_passes_over_what_does_not_apply() -> None:
    samples = np.array([[[1.0], [math.nan]], [[math.nan], [math.nan]]])
    found = each(lambda sample: float(sample.sum()))(samples)
    assert found[0] == 1
    assert math.isnan(found[1])
