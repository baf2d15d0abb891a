"""The decomposed covariance, and whether samples are rotated into its eigenvectors."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
from chainrule.solvers.convex import Problem, minimise, sample, spectrum, spectrum_of
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.spectrum import expected_steps, square_norms, steps_of_decomposing, worth_reducing


def test_the_spectrum_is_the_decomposed_weighted_covariance(problem):
    spectrum = spectrum_of(problem)
    weights = np.ones(60) if problem.weights is None else problem.weights
    if problem.intercept:
        np.testing.assert_allclose(spectrum.features.centre, np.average(problem.x, axis=0, weights=weights), rtol=1e-13)
        expected = np.cov(problem.x.T, aweights=weights, ddof=0)
    else:
        assert spectrum.features.centre is None
        expected = (problem.x.T * weights) @ problem.x / weights.sum()
    got = spectrum.features.basis @ np.diag(spectrum.values) @ spectrum.features.basis.T
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-13 * abs(expected).max())
    np.testing.assert_allclose(spectrum.features.basis.T @ spectrum.features.basis, np.eye(4), atol=1e-14)


def test_rotating_is_worth_it_where_samples_are_few_for_the_classes_or_fits_many(problem_of):
    problem = problem_of("softmax", n=600)
    spectrum = spectrum_of(problem)
    assert not spectrum.worth_rotating(problem)
    assert spectrum.worth_rotating(problem, fits=2)
    z, there = spectrum.suited(problem.x, problem, problem.l2, fits=2)
    assert not there.worth_rotating(problem, fits=2)
    assert not replace(spectrum, features=Features()).worth_rotating(problem, fits=1000)
    # Eigenvectors of the covariance: without correlation.
    np.testing.assert_allclose(np.cov(z.T, bias=True), np.diag(spectrum.values), rtol=0, atol=1e-13 * there.values[-1])


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(600, 4), (30, 90), (100, 40), (1 << 17, 8)])
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("decompose", [False, True])
def test_the_sum_of_squares_is_bounded_closely(form, dtype, shape, scaled, decompose, monkeypatch):
    """For decomposed covariances, variances alone, coordinates in the row space, and a sample of the rows."""
    monkeypatch.setattr(sample, "LEAST_PRODUCTS", 1 << 20)
    n, d = shape
    rng = np.random.default_rng(0)
    x, weights = (rng.normal(size=shape) * np.geomspace(1, 30, d) + 3).astype(dtype), rng.random(n)
    scale = np.geomspace(1, 5, d) if scaled else None
    problem = Problem(form(x), rng.integers(0, 3, n), 3, softmax_cross_entropy, weights, l2=1e-3)
    spectrum = spectrum_of(problem, scale, decompose=decompose)
    assert (spectrum.sample is not None) == (n > 1000 and form is np.asarray)
    assert (spectrum.coordinates is not None) == (n < d and form is np.asarray)
    z = x.astype(np.float64) - (0.0 if spectrum.features.centre is None else spectrum.features.centre)
    z /= 1.0 if scale is None else scale
    exact = (weights / weights.sum()) @ np.square(z).sum(axis=1)
    assert exact <= spectrum.squares(n) <= 1.02 * exact


def test_squares_that_overflow_are_refused(problem_of):
    problem = problem_of("softmax", rows_of_leaf=60)
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match="squares of the features overflow"):
        spectrum_of(problem.of(problem.x * 1e200))


@pytest.mark.parametrize("d", [4, 300], ids=["all features", "row space"])
def test_squares_that_underflow_are_refused_without_a_penalty(problem_of, d):
    problem = problem_of("softmax", d=d)
    for form in (np.asarray, sp.csr_matrix):
        tiny = problem.of(form(problem.x * 1e-158))
        with pytest.raises(FloatingPointError, match="squares of the features underflow"):
            minimise(tiny)
        assert minimise(replace(tiny, l2=0.1)).converged
    assert np.isfinite(minimise(problem.of(np.full((60, d), 1e-158))).value)  # no feature varies


def noise(n, d, k, C=1.0, sizes=1.0, dtype=np.float64):
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(n, d)) * sizes).astype(dtype)
    if k == 1:
        return Problem(x, (np.arange(n) % 2)[:, None].astype(dtype), 1, binary_cross_entropy, l2=1 / (C * n))
    return Problem(x, np.arange(n) % k, k, softmax_cross_entropy, l2=1 / (C * n))


def condition(problem, centre, scale):
    """The condition number of D^-1/2 H D^-1/2 at zero weights, for one class; all classes have equal curvature."""
    x = (problem.x - centre) / (1 if scale is None else scale)
    probs = problem.class_mass
    share = probs[0] * (1 - probs[0]) if problem.n_outputs == 1 else (1 - probs @ probs) / (problem.n_outputs - 1)
    hessian = share * x.T @ x / len(x) + problem.l2 * np.eye(x.shape[1])
    root = np.sqrt(np.diag(hessian))
    values = np.linalg.eigvalsh(hessian / np.outer(root, root))
    return values[-1] / values[0]


@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("C", [1e-4, 1.0])
@pytest.mark.parametrize("scale", [None, np.geomspace(0.5, 2, 30)], ids=["as it is", "scaled"])
def test_the_steps_expected_are_about_the_root_of_the_condition(k, C, scale):
    problem = noise(300, 30, k, C)
    centre = problem.x.mean(axis=0)
    values = np.square((problem.x - centre) / (1 if scale is None else scale)).mean(axis=0)
    # The smallest eigenvalue is bounded from below, the largest one found from below.
    root = np.sqrt(condition(problem, centre, scale))
    assert 0.6 * root <= expected_steps(problem, Features(True, centre, scale), values)
    if C < 1:
        assert expected_steps(problem, Features(True, centre, scale), values) <= 3 * root


def test_without_a_penalty_no_number_of_steps_is_enough():
    problem = replace(noise(300, 30, 4), l2=0.0)
    assert expected_steps(problem, Features(), np.ones(30)) == np.inf
    assert spectrum_of(problem).features.basis is not None


def test_samples_that_can_be_separated_take_fewer_products_without_the_covariance(monkeypatch):
    """Measured: 103 products without it and 652 with it."""
    rng, (n, d, k) = np.random.default_rng(0), (300, 200, 60)
    labels, turned = np.arange(n) % k, np.linalg.qr(rng.normal(size=(d, d)))[0]
    x = (rng.normal(size=(k, d))[labels] + rng.normal(size=(n, d))) @ (np.geomspace(1, 0.03, d)[:, None] * turned)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    problem = Problem(x, labels, k, softmax_cross_entropy, l2=1e-4 / n)
    found = minimise(problem, max_iter=300)
    assert found.converged
    monkeypatch.setattr(spectrum, "SEPARABLE", 0)
    assert found.products <= minimise(problem, max_iter=300).products / 2


@pytest.mark.parametrize(("n", "l2", "decomposed"), [(400, 1e-6, False), (401, 1e-6, True), (400, 0.0, True)])
def test_two_samples_per_feature_are_too_few_for_the_covariance_of_a_penalised_fit(n, l2, decomposed):
    found = spectrum_of(replace(noise(n, 200, 20), l2=l2))
    assert (found.features.basis is not None) is decomposed


def test_strong_penalties_need_no_covariance():
    weak, strong = noise(1100, 500, 1, C=1e3), noise(1100, 500, 1, C=1e-5)
    assert spectrum_of(weak).features.basis.shape == (500, 500)
    assert spectrum_of(strong).features.basis is None
    assert minimise(strong, tol=1e-9).iterations <= 5
    # Many fits share it.
    assert spectrum_of(strong, fits=100).features.basis.shape == (500, 500)


@pytest.mark.parametrize("C", [10.0, 1e4])
def test_the_covariance_must_save_far_more_steps_than_it_costs(C):
    """Hardly more than two samples per feature: the bound on the steps is far above what they are."""
    problem = noise(1010, 500, 1, C)
    cost = steps_of_decomposing(problem, 1)
    expected = spectrum_of(problem).steps if C == 10 else np.inf
    assert (cost < expected < 5 * cost) is (C == 10)
    assert (spectrum_of(problem).features.basis is None) is (C == 10)


def test_costs_grow_with_features_and_fall_with_fits():
    costs = [steps_of_decomposing(noise(50, d, 3), 1) for d in (10, 100, 1000)]
    assert costs == sorted(costs)
    assert steps_of_decomposing(noise(50, 100, 3), 10) == pytest.approx(costs[1] / 10)


def test_only_fewer_samples_than_features_are_reduced():
    assert worth_reducing(noise(50, 200, 3), 1)
    assert not worth_reducing(noise(200, 200, 3), 1)
    assert not worth_reducing(noise(200, 50, 3), 1)
    # A Gram matrix of almost as many samples as features saves next to nothing.
    assert not worth_reducing(noise(990, 1000, 3), 1)


def dependent(n, dtype):
    """Samples with a duplicate, a sum, indicators of all categories, and features of sizes 1e6 and 1e-3; classes."""
    rng = np.random.default_rng(3)
    free = np.column_stack([rng.normal(size=n) * 1e6, rng.normal(size=n) * 1e-3, rng.normal(size=(n, 2))])
    categories = np.eye(3)[rng.integers(0, 3, n)]
    x = np.hstack([free, free[:, 2:3], free[:, 2:3] + free[:, 3:4] + 5, categories]).astype(dtype)
    logits = free @ np.array([[2e-6, 0, 0], [0, 1e3, 0], [1, 0, -1], [0, 1, 0]]) + categories
    return x, (logits + rng.gumbel(size=(n, 3))).argmax(axis=1)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n", [250, 8000], ids=["few samples", "many samples"])
def test_without_a_penalty_dependent_features_change_neither_the_minimum_nor_the_steps(n, dtype):
    x, y = dependent(n, dtype)
    alone = minimise(Problem(x[:, [0, 1, 2, 3, 6, 7]].astype(np.float64), y, 3, softmax_cross_entropy), tol=1e-10)
    found = minimise(Problem(x, y, 3, softmax_cross_entropy), tol=1e-10)
    assert alone.converged
    assert found.converged
    # Rounding the samples to float32 changes each logit, of at most about 10, by 6e-8 of its terms; F by no more.
    assert abs(found.value - alone.value) <= (1e-9 if dtype is np.float64 else 1e-6) * alone.value
    assert found.iterations <= alone.iterations + 5
    np.testing.assert_allclose(found.theta[2], found.theta[4], rtol=1e-3)  # the least norm: equal weights of duplicates
    assert abs(found.theta[1:]).max() < 2e3  # the feature of size 1e-3 has a weight of about 1e3


def test_directions_that_vary_little_are_kept():
    x = np.random.default_rng(0).normal(size=(300, 5)) * [1e6, 1.0, 1e-3, 1e-3, 1.0]
    problem = Problem(x, np.arange(300) % 3, 3, softmax_cross_entropy)
    assert spectrum_of(problem).features.basis.shape == (5, 5)
    assert spectrum_of(problem.of(np.hstack([x, x[:, 2:3] - x[:, 3:4]]))).features.basis.shape == (6, 5)
    # With a penalty the Hessian is regular, and no direction is looked for.
    assert spectrum_of(replace(problem.of(np.hstack([x, x[:, 1:2]])), l2=0.1)).features.basis.shape == (6, 6)
    assert spectrum_of(problem.of(np.zeros((300, 2)))).features.basis.shape == (2, 2)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("d", [3, 40])
def test_entries_are_bounded_by_their_variance(d, intercept, scaled):
    rng = np.random.default_rng(d)
    x = rng.standard_t(2, size=(60, d)) * np.logspace(-3, 3, d) + rng.normal(size=d)
    problem = Problem(x, rng.integers(0, 3, 60), 3, softmax_cross_entropy, l2=0.1, intercept=intercept)
    scale = np.logspace(2, -2, d) if scaled else None
    for decompose in (True, False):
        bound = spectrum_of(problem, scale, decompose=decompose).largest_entries(problem)
        assert (abs(x).max(axis=0) <= bound * (1 + 1e-12)).all()
        assert (bound <= 10 * np.sqrt(60 * np.square(x).mean(axis=0)) + 1e-4).all()


def test_entries_of_weighted_samples_are_not_bounded():
    x, y = np.array([[1.0], [1e6], [2.0]]), np.array([0, 1, 0])
    problem = Problem(x, y, 2, softmax_cross_entropy, np.array([1.0, 1e-9, 1.0]), l2=0.1)
    assert spectrum_of(problem).largest_entries(problem) is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_trace_for_other_weights_bounds_their_covariance(dtype):
    random = np.random.default_rng(0)
    x, weights = (5 + random.standard_normal((400, 6))).astype(dtype), random.random(400)
    problem = Problem(x, np.zeros(400, dtype=int), 2, softmax_cross_entropy, l2=0.1)
    spectrum = spectrum_of(problem, np.arange(1.0, 7))
    norms = square_norms(problem, replace(spectrum.features, basis=None))
    z = (x.astype(np.float64) - x.mean(axis=0, dtype=np.float64)) / np.arange(1.0, 7)
    # A sum of 400 numbers of size 1 is off by 400 ulps of float64 at most.
    np.testing.assert_allclose(norms, (z * z).sum(axis=1), rtol=1e-12)
    other = replace(spectrum, trace=float(norms @ weights / weights.sum()))
    covariance = (z * weights[:, None]).T @ z / weights.sum()
    assert other.largest == other.squares(400) >= np.linalg.eigvalsh(covariance)[-1]
    # The covariance is that of equal weights, so that each entry is known to be small whatever the mass of others.
    weighted = replace(problem, weights=weights.astype(dtype), totals=None, engine=None)
    assert spectrum.largest_entries(weighted) is None
    assert (other.largest_entries(weighted) >= abs(x).max(axis=0)).all()
