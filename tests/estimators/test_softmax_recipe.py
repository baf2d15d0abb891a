"""Recipes of softmax regressions: penalties, paths, observers, bounds, and the precision of coefficients."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning

from chainrule import rules
from chainrule.estimators.softmax_path import along
from chainrule.estimators.softmax_recipe import (
    SoftmaxRecipe,
    check_bounded,
    coefficients,
    dtype_to_show,
    observer,
    penalty_share,
)
from chainrule.solvers.convex import Problem, StepTaken

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 6))
Y = (X @ rng.normal(size=(6, 4))).argmax(axis=1)
RECIPE = SoftmaxRecipe("auto", 1e-14, 200, mixed_precision=False, standardize=False, threads=None)


@pytest.fixture
def problem():
    return Problem(X, Y, 4, rules.softmax_cross_entropy, rng.uniform(0.5, 2, 300))


def test_the_penalty_is_shared_by_weight(problem):
    # A sum in another order.
    assert problem.mass == pytest.approx(problem.weights.sum())
    assert penalty_share(problem, 2.0) == pytest.approx(1 / (2 * problem.weights.sum()))


def test_a_fit_that_does_not_converge_warns(problem):
    assert RECIPE.fit(problem, 1.0).converged
    with pytest.warns(ConvergenceWarning, match="auto failed to converge after 2 steps"):
        replace(RECIPE, max_iter=2).fit(problem, 1.0)
    with pytest.warns(ConvergenceWarning, match=r"after 1 step: .* standardize=True"):
        replace(RECIPE, max_iter=1).fit(problem, 1.0)


def test_the_optima_of_a_path_are_separate_minima(problem):
    Cs = [3.0, 0.1]
    x, spectrum = RECIPE.shared(problem, problem.x, max(Cs), len(Cs))
    for C, point in zip(Cs, along(RECIPE, problem.of(x), Cs, spectrum), strict=True):
        assert (point.C, point.converged) == (C, True)
        coef, intercept = coefficients(RECIPE.fit(problem, C).theta, problem.intercept)
        # tol = 1e-14; the last step of Newton's method ends far below it: 2e-15 measured.
        np.testing.assert_allclose(point.coef, coef, rtol=0, atol=1e-6)
        np.testing.assert_allclose(point.intercept, intercept, rtol=0, atol=1e-6)


def test_an_observer_hands_theta_to_watchers_and_asks_all_callbacks(capsys):
    told, step = [], StepTaken(3, 0.25, 1e-3)
    assert observer(None, 0) is None
    observe = observer([told.append, lambda step: step.iteration == 3, told.append], 1, [told.append])
    assert observe(step, lambda: "theta")
    assert told == ["theta", step, step]
    assert capsys.readouterr().out == "Iteration 3, objective = 0.25000000, gradient = 1.00e-03\n"
    assert not observer([told.append], 0)(step, lambda: "theta")


def test_negative_masses_are_refused_only_for_an_intercept():
    mass = np.array([1.0, -0.5])
    check_bounded(1.0, False, mass)
    check_bounded(1.0, True, abs(mass))
    with pytest.raises(ValueError, match=r"got the sums 1.0, .* and 14 more;"):
        check_bounded(1.0, True, np.repeat(mass, 12))
    with pytest.raises(ValueError, match=r"got the sums 1.0, -0.5;"):
        check_bounded(1.0, True, mass)
    with pytest.raises(ValueError, match="negative weights need a penalty"):
        check_bounded(np.inf, False, mass)


@pytest.mark.parametrize("intercept", [True, False])
def test_coefficients_of_several_classes_are_centred_and_of_two_not(intercept):
    theta = rng.normal(size=(5, 3)) + 2
    coef, offsets = coefficients(theta, intercept)
    assert coef.shape == (3, 4 if intercept else 5)
    assert abs(coef.sum(axis=0)).max() < 1e-14
    assert abs(offsets.sum()) < 1e-14
    kept, _ = coefficients(theta, intercept, np.float32, centred=False)
    assert kept.dtype == np.float32
    np.testing.assert_array_equal(kept.T, theta[: kept.shape[1]].astype(np.float32))
    alone, offset = coefficients(theta[:, :1], intercept)
    np.testing.assert_array_equal(alone[0], theta[: alone.shape[1], 0])
    assert offset.tolist() == ([theta[-1, 0]] if intercept else [0.0])


@pytest.mark.parametrize("sparse", [False, True])
def test_coefficients_that_cancel_keep_the_digits_that_predictions_need(sparse):
    small = np.hstack([X, X]).astype(np.float32)
    given = sp.csr_array(small) if sparse else small
    theta = np.vstack([np.full((6, 1), 1e9), np.full((6, 1), -1e9), [[1.0]]])
    problem = Problem(given, Y, 4, rules.softmax_cross_entropy, rows_of_leaf=70)
    assert dtype_to_show(theta, problem, problem.dtype) == np.float64
    assert dtype_to_show(theta / 1e9, problem, problem.dtype) == np.float32
