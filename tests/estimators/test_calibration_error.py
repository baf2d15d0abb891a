"""The calibration error, and the errors that chance gives to true probabilities."""

import numpy as np
import pytest

from chainrule.estimators.calibration_error import calibration_error, equal_bins, forecasts


def found_for(p, shown, seed=0):
    """The error of two classes with probabilities p of the second, where `shown` is what a model says."""
    y = (np.random.default_rng(seed).uniform(size=len(p)) < p).astype(int)
    predicted = (shown >= 0.5).astype(int)
    return calibration_error(2, y, predicted, np.where(predicted == 1, shown, 1 - shown))


def test_the_error_is_the_weighted_mean_over_bins_of_equal_size():
    p = np.repeat([0.1, 0.8], [50, 50])
    actual = np.concatenate([np.arange(50) < 10, np.arange(50) < 25]).astype(int)
    order = np.random.default_rng(3).permutation(100)  # rows may come in any order; equal ones keep theirs
    order = np.concatenate([np.flatnonzero(np.arange(100) < 50), np.flatnonzero(np.arange(100) >= 50)])[order]
    found = calibration_error(2, actual[order], (p > 0.5).astype(int)[order], np.maximum(p, 1 - p)[order])
    bins = [np.abs(p[order][rows].mean() - actual[order][rows].mean()) for rows in equal_bins(p[order])]
    np.testing.assert_allclose(found.error, np.mean(bins), rtol=1e-12)
    assert [len(rows) for rows in equal_bins(np.arange(23.0))] == [3, 3, 3, 2, 2, 2, 2, 2, 2, 2]


def test_two_classes_are_judged_by_the_second_and_more_by_the_one_predicted():
    actual, predicted, sure = np.array([0, 1, 1]), np.array([0, 0, 1]), np.array([0.9, 0.6, 0.7])
    p, true = forecasts(2, actual, predicted, sure)
    np.testing.assert_allclose(p, [0.1, 0.4, 0.7])
    assert true.tolist() == [False, True, True]
    p, true = forecasts(3, actual, predicted, sure)
    assert p.tolist() == sure.tolist()
    assert true.tolist() == [True, False, True]


@pytest.mark.parametrize("rows", [300, 6000])  # the second in groups
def test_true_probabilities_lie_in_the_range_19_times_in_20(rows):
    p = np.random.default_rng(1).beta(0.7, 0.7, rows)
    inside = [f.low <= f.error <= f.high for f in (found_for(p, p, seed) for seed in range(100))]
    assert 89 <= sum(inside) <= 99  # 95 of 100, with a standard deviation of 2.2


def test_probabilities_that_are_too_extreme_or_too_mild_are_named_so():
    p = np.random.default_rng(2).uniform(0.1, 0.9, 3000)
    odds = np.log(p / (1 - p))
    assert found_for(p, p).verdict == "within chance"
    assert "with as many rows" in found_for(p, p).sentence()
    for factor, verdict, words in (
        (3, "overconfident", "Overconfident: "),
        (0.3, "underconfident", "Underconfident: "),
    ):
        found = found_for(p, 1 / (1 + np.exp(-factor * odds)))
        assert found.verdict == verdict
        assert found.error > found.high
        assert found.sentence().startswith(words)
        assert f"has probability {found.mean:.3f} on average, and is right in {found.right:.3f}" in found.sentence()


def test_errors_that_cancel_are_beyond_chance_all_the_same():
    shown = np.repeat([0.2, 0.8], 1000)  # the second class is more frequent than the model says, in both halves
    found = found_for(shown + 0.15, shown)
    assert found.verdict == "uneven"
    assert found.sentence().startswith("Beyond chance")


def test_equal_calls_give_equal_numbers_and_one_row_is_enough():
    p = np.random.default_rng(2).uniform(size=50)
    assert found_for(p, p) == found_for(p, p)
    assert calibration_error(3, np.array([1]), np.array([1]), np.array([1.0 + 1e-7])).error < 1e-6


def test_few_rows_have_no_verdict():
    p = np.full(99, 0.5)
    assert found_for(p, np.full(99, 0.9)).verdict == "too few rows"
    assert found_for(p, p).sentence() == "There are too few rows for a verdict, which takes 100."
    assert found_for(np.full(100, 0.5), np.full(100, 0.9)).verdict == "overconfident"
