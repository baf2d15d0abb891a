"""A problem's shares, and masses."""

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.solvers.convex import Problem
from chainrule.solvers.convex.rows import Rows

SIGNED = np.where(np.arange(60) % 4, 1.0, -0.5)


@pytest.mark.parametrize("weights", [None, SIGNED], ids=["even", "signed"])
@pytest.mark.parametrize("kind", ["softmax", "rows", "logit"])
def test_shares_are_weights_over_the_sum_of_their_sizes(problem_of, plainly, kind, weights):
    problem = problem_of(kind, weights=weights)
    plain = plainly(problem)
    shares, curvatures = (Rows(problem).gather(getattr, name) for name in ("shares", "curvatures"))
    np.testing.assert_allclose(shares[:, 0], plain.shares, rtol=1e-15)
    sums = plain.rows.sum(axis=1) if kind == "rows" else 1.0
    np.testing.assert_allclose(curvatures[:, 0], plain.shares * sums, rtol=1e-15)
    np.testing.assert_allclose(problem.class_mass, abs(plain.shares) @ plain.rows, rtol=1e-13)
    assert problem.signed is (weights is not None)


def test_samples_without_any_weight_have_no_share(problem_of):
    problem = problem_of("softmax", weights=np.zeros(60))
    assert problem.mass == 0.0
    assert not Rows(problem).gather(getattr, "shares").any()


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
def test_tiny_features_in_float32_become_float64(problem_of, form):
    problem = problem_of("softmax")
    for size, dtype in ((1e-17, np.float64), (1e-30, np.float64), (1e-10, np.float32), (0.0, np.float32)):
        x = form((problem.x * size).astype(np.float32))
        found = problem.of(x).x
        assert found.dtype == dtype
        assert not (found != x).sum()
    x = (problem.x * 1e-20).astype(np.float32)
    x[31, 2] = 1.0
    assert problem.of(form(x)).x.dtype == np.float32


def test_parameters_have_a_row_for_intercepts(problem_of):
    assert problem_of("softmax").shape == (5, 3)
    assert problem_of("logit", intercept=False).shape == (4, 1)


def test_shares_of_classes_are_weighted_and_never_zero(problem_of):
    weights = np.random.default_rng(4).uniform(0.1, 3, 60)
    problem = problem_of("softmax", weights=weights)
    expected = np.bincount(problem.targets, weights, 3) / weights.sum()
    np.testing.assert_allclose(problem.class_shares, expected, rtol=1e-12)
    logit = problem_of("logit", weights=weights)
    np.testing.assert_allclose(logit.class_shares, weights @ logit.targets / weights.sum(), rtol=1e-12)
    empty = Problem(problem.x, problem.targets, 5, problem.loss)
    shares = empty.class_shares
    assert (shares > 0).all()
    np.testing.assert_allclose(shares[:3], np.bincount(problem.targets) / 60, rtol=0.1)
