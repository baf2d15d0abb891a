"""Ranges and standard deviations of features, whose digits survive a distance from zero."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.utils.sparsefuncs import mean_variance_axis

from chainrule.rules import softmax_cross_entropy
from chainrule.solvers.convex import Problem, deviations, ranges

rng = np.random.default_rng(0)
SMALL = rng.normal(size=(140, 3))
LABELS = rng.integers(0, 3, 140)
WEIGHTS = rng.uniform(0.1, 3, 140)
SIGNED = np.where(np.arange(140) % 4, WEIGHTS, -WEIGHTS)
SPARSE = sp.random(140, 9, 0.2, random_state=1, format="csr", data_rvs=lambda size: rng.normal(size=size) + 4)
FORMS = {"dense": np.asarray, "csr": sp.csr_matrix, "array": sp.csr_array}


@pytest.fixture(params=[1, 30, 139, 1000])
def of(request):
    """A problem with these features, in leaves of several sizes."""

    def problem(x, weights=None):
        return Problem(x, LABELS, 3, softmax_cross_entropy, weights, rows_of_leaf=request.param).with_threads(2)

    return problem


def deviation_of(x, weights=None):
    """In two passes, in longer floats."""
    x = x.astype(np.longdouble)
    share = np.full(len(x), 1 / len(x)) if weights is None else abs(weights) / abs(weights).sum()
    mean = share @ x
    deviation = np.sqrt(share @ np.square(x - mean)).astype(np.float64)
    return np.where(x.max(axis=0) > x.min(axis=0), deviation, 1.0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ranges_are_the_extremes_of_each_feature_in_the_dtype_of_the_samples(of, form, dtype):
    x = np.hstack([SMALL, SPARSE.toarray(), -abs(SMALL) - 5, np.zeros((140, 1))]).astype(dtype)
    lowest, highest = ranges(of(FORMS[form](x)))
    assert lowest.dtype == highest.dtype == dtype
    np.testing.assert_array_equal(lowest, x.min(axis=0))
    np.testing.assert_array_equal(highest, x.max(axis=0))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("weights", [None, WEIGHTS, SIGNED], ids=["equal", "weighted", "signed"])
@pytest.mark.parametrize("mean", [0.0, 1e2, 1e5])
def test_deviations_of_features_far_from_zero_keep_their_digits(of, form, weights, mean):
    x = SMALL * [1e-2, 1.0, 30.0] + mean
    # The mean of features of size 1e5 is rounded at 1e-11, which a second pass about it squares away.
    np.testing.assert_allclose(deviations(of(FORMS[form](x), weights)), deviation_of(x, weights), rtol=1e-9)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_constant_features_and_such_without_entries_have_the_deviation_one(of, form, weights):
    x = np.hstack([SMALL, np.full((140, 1), 0.1), np.zeros((140, 1)), np.full((140, 1), 1e9), -np.ones((140, 1))])
    np.testing.assert_array_equal(deviations(of(FORMS[form](x), weights))[3:], 1)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_deviations_of_sparse_features_are_scikit_learns(of, weights):
    _, variances = mean_variance_axis(SPARSE, axis=0, weights=weights)
    np.testing.assert_allclose(deviations(of(SPARSE, weights)), np.sqrt(variances), rtol=1e-12)
    np.testing.assert_allclose(deviations(of(SPARSE.toarray(), weights)), np.sqrt(variances), rtol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_float32_features_far_from_zero_have_the_deviations_of_their_values(of, form, weights):
    x = (SMALL * [1.0, 10.0, 100.0] + 1e3).astype(np.float32)
    np.testing.assert_allclose(deviations(of(FORMS[form](x), weights)), deviation_of(x, weights), rtol=1e-11)


@pytest.mark.parametrize("form", FORMS)
def test_samples_without_weight_do_not_count(of, form):
    x, counts = SMALL + 1e5, np.arange(140) < 70
    x[~counts, 1] = 0
    got = deviations(of(FORMS[form](x), WEIGHTS * counts))
    np.testing.assert_allclose(got, deviation_of(x[:70], WEIGHTS[:70]), rtol=1e-9)
