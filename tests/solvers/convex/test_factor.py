"""The inverse Hessian at zero weights, from the covariance factored for one penalty."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
from chainrule.solvers.convex import Problem, Spectrum, minima, minimise, spectrum_of
from chainrule.solvers.convex.factor import factor_of
from chainrule.solvers.convex.moments import covariance_of, variances_of
from chainrule.solvers.convex.preconditioner import preconditioner_of


def problem_of(k, n=900, d=700, C=1.0, dtype=np.float64, intercept=True):
    rng = np.random.default_rng(0)
    factors = rng.normal(size=(n, 20)) * np.linspace(3, 0.3, 20)
    x = factors @ rng.normal(size=(20, d)) / 4 + 0.2 * rng.normal(size=(n, d)) + 1.0
    x, l2 = x.astype(dtype), 1 / (C * n)
    if k == 1:
        return Problem(
            x, (np.arange(n) % 2)[:, None].astype(dtype), 1, binary_cross_entropy, l2=l2, intercept=intercept
        )
    return Problem(x, np.arange(n) % k, k, softmax_cross_entropy, l2=l2, intercept=intercept)


def factored_spectrum(problem):
    centre = problem.weighted_mean() if problem.intercept else None
    covariance = covariance_of(problem, centre, None, np.float32)
    return Spectrum(centre, None, variances_of(problem, centre, None), None, covariance=covariance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 3])
def test_it_solves_with_the_hessian_at_zero_weights(k, dtype):
    rng = np.random.default_rng(1)
    x, l2 = rng.normal(size=(50, 8)) * np.geomspace(0.1, 10, 8), 0.01
    covariance = x.T @ x / len(x)
    probs = np.full(k, 1 / k) if k > 1 else np.array([0.3])
    classes = np.diag(probs) - np.outer(probs, probs) if k > 1 else probs[:, None] * (1 - probs)
    curvature = np.trace(classes) / max(k - 1, 1)
    hessian = np.kron(covariance, classes) + l2 * np.eye(8 * k)
    gradient = rng.normal(size=(8, k))
    solved = factor_of(covariance.astype(dtype), curvature, l2).solve(gradient)
    np.testing.assert_allclose(
        hessian @ solved.reshape(-1), gradient.reshape(-1), atol=1e-10 if dtype == np.float64 else 1e-3
    )


def test_what_is_not_positive_definite_has_no_factor():
    assert factor_of(np.array([[1.0, 2.0], [2.0, 1.0]]), 1.0, 1e-9) is None


def test_one_fit_factors_and_many_fits_take_apart():
    problem = problem_of(10, n=1500, d=1200)
    once, often = spectrum_of(problem), spectrum_of(problem, fits=50)
    assert once.basis is None
    assert once.covariance.shape == (1200, 1200)
    assert often.basis.shape == (1200, 1200)
    assert often.covariance is None


def test_without_a_penalty_nothing_is_factored():
    assert spectrum_of(replace(problem_of(10, n=1500, d=1200), l2=0.0)).covariance is None


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 3])
def test_a_fit_with_it_finds_the_same_optimum_in_fewer_products(k, dtype, intercept):
    problem = problem_of(k, dtype=dtype, intercept=intercept)
    factored = factored_spectrum(problem)
    known = minimise(problem, spectrum=factored, tol=1e-7, max_iter=1000)
    alone = minimise(problem, spectrum=replace(factored, covariance=None), tol=1e-7, max_iter=1000, method="lbfgs")
    assert known.converged
    assert alone.converged
    assert known.value == pytest.approx(alone.value, rel=2e-7)
    assert known.products < alone.products / 2


def test_every_penalty_has_a_factor_of_its_own():
    problem = problem_of(1)
    spectrum, penalties = factored_spectrum(problem), [problem.l2, 10 * problem.l2, 1000 * problem.l2]
    for l2, found in zip(penalties, minima(problem, penalties, spectrum=spectrum, tol=1e-8), strict=True):
        alone = minimise(replace(problem, l2=l2), tol=1e-10)
        assert found.converged
        assert found.value == pytest.approx(alone.value, rel=2e-8)


@pytest.mark.parametrize(("l2", "dtype"), [(1.0, np.float32), (1e-9, np.float64), (1e-18, None)])
def test_it_is_in_the_precision_that_it_takes_or_not_at_all(l2, dtype):
    problem, alike = replace(problem_of(1), l2=l2), np.ones((50, 50), np.float32)
    spectrum = Spectrum(None, None, np.ones(50), None, covariance=alike)
    made = preconditioner_of(problem, spectrum, np.array([0.5]))
    if dtype is None:
        assert made.factor is None
    else:
        assert made.factor.lower.dtype == dtype
    assert made.diagonal == (dtype is None)
