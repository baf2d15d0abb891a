"""Fewer samples than features: their row space is an exact change of coordinates, or is not used."""

import tracemalloc

import numpy as np
import pytest

from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
from chainrule.solvers.convex import Problem, minimise, spectrum_of
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.row_space import row_space

N, D = 12, 40


def samples(kind="plain", dtype=np.float64):
    rng = np.random.default_rng(1)
    x = rng.normal(size=(N, D)) * np.linspace(0.5, 3, D) + np.linspace(-2, 5, D)
    if kind == "constant features":
        x[:, ::3] = 4.0
    if kind == "duplicate rows":
        x[8:] = x[:4]
    if kind == "low rank":
        x = rng.normal(size=(N, 4)) @ rng.normal(size=(4, D))
    if kind == "a feature twice":
        x[:, 1] = x[:, 0]
    return x.astype(dtype)


def space_of(x, centre=None, scale=None):
    return row_space(problem_of(x, 3), Features(True, centre, scale))


KINDS = ["plain", "constant features", "duplicate rows", "low rank", "a feature twice"]
RANKS = dict.fromkeys(KINDS, N) | {"duplicate rows": 8, "low rank": 4}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("centring", [True, False])
@pytest.mark.parametrize("scale", [None, np.linspace(0.1, 10, D)], ids=["as it is", "scaled"])
def test_its_coordinates_are_orthonormal_and_those_of_the_samples(kind, centring, scale):
    x = samples(kind)
    centre = x.mean(axis=0) if centring else None
    found, q = space_of(x, centre, scale)
    z = (x - (0 if centre is None else centre)) / (1 if scale is None else scale)
    rank = np.linalg.matrix_rank(z)
    assert rank <= RANKS[kind]
    assert found.shape == (N, rank)
    basis = q @ np.eye(rank)
    # The Gram matrix squares condition numbers, here up to 1e3.
    np.testing.assert_allclose(basis.T @ basis, np.eye(rank), rtol=0, atol=1e-10)
    np.testing.assert_allclose(z @ basis, found, rtol=0, atol=1e-10 * abs(z).max())
    np.testing.assert_allclose(found @ basis.T, z, rtol=0, atol=1e-10 * abs(z).max())
    weights = np.random.default_rng(2).normal(size=(D, 3))
    np.testing.assert_allclose(q.T @ weights, basis.T @ weights, rtol=0, atol=1e-10)
    others = problem_of(x[3:7], 3)
    got = Features(True, centre, scale, basis=q).coordinates(others, 1.0)
    np.testing.assert_allclose(got, found[3:7], rtol=0, atol=1e-10 * abs(z).max())


def test_features_too_uneven_for_their_gram_matrix_have_none():
    x = samples("low rank")
    even = x.copy()
    even[:, 0] += np.random.default_rng(0).normal(size=N)
    assert space_of(even)[0].shape == (N, 5)
    faint = x.copy()
    faint[:, 0] += 1e-6 * np.random.default_rng(0).normal(size=N)  # 1e-12 of a Gram matrix: four digits of it are left
    assert space_of(faint) is None
    fainter = x.copy()
    fainter[:, 0] += 1e-8 * np.random.default_rng(0).normal(size=N)  # nothing is left of it in a Gram matrix
    assert space_of(fainter) is None


def test_squares_that_overflow_are_refused():
    with np.errstate(over="ignore"), pytest.raises(FloatingPointError, match="squares of the features overflow"):
        space_of(samples() * 1e200)


WEIGHTS = np.array([1.0, 2.0, 0.5, 0.0, 1.0, 3.0, 1e-9, 1.0, 1.5, 0.2, 1.0, 1.0])
SIGNED = np.array([1.0, 2.0, 0.5, -0.2, 1.0, 3.0, 1.0, -0.1, 1.5, 0.2, 1.0, 1.0])


def problem_of(x, outputs, **options):
    rng, n = np.random.default_rng(5), len(x)
    if outputs == 1:
        return Problem(x, (np.arange(n) % 2)[:, None].astype(x.dtype), 1, binary_cross_entropy, **options)
    return Problem(x, rng.permutation(np.arange(n) % outputs), outputs, softmax_cross_entropy, **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("weights", [None, WEIGHTS, SIGNED], ids=["even", "weighted", "signed"])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("method", ["lbfgs", "newton-cg"])
def test_the_optimum_is_that_of_all_features(plainly, kind, outputs, weights, intercept, method):
    problem = problem_of(samples(kind), outputs, weights=weights, intercept=intercept, l2=0.05)
    assert spectrum_of(problem).coordinates is not None
    result = minimise(problem, tol=1e-23, max_iter=500, method=method)
    plain = plainly(problem)
    assert result.converged, result.message
    # The gradient by all features, measured without a change of coordinates.
    assert abs(plain.gradient(result.theta)).max() <= 1e-9
    assert result.value == pytest.approx(plain.value(result.theta), rel=1e-10)
    assert result.theta.shape == (D + intercept, outputs)


@pytest.mark.parametrize("intercept", [True, False])
def test_a_start_may_have_a_part_outside_the_space(plainly, intercept):
    problem = problem_of(samples(), 3, intercept=intercept, l2=0.05)
    start = np.random.default_rng(3).normal(size=problem.shape)
    cold, warm = minimise(problem, tol=1e-23), minimise(problem, start, tol=1e-23)
    np.testing.assert_allclose(warm.theta[:D], cold.theta[:D], rtol=0, atol=1e-8)
    again = minimise(problem, cold.theta, tol=1e-17)
    assert again.iterations == 0
    np.testing.assert_allclose(again.theta, cold.theta, rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", ["auto", "newton-cg"])
def test_scaled_features_are_penalised_as_if_divided(method):
    x, scale = samples(), np.linspace(0.1, 10, D)
    problem = problem_of(x, 3, l2=0.05)
    divided = problem_of(x / scale, 3, l2=0.05)
    got = minimise(problem, spectrum=spectrum_of(problem, scale), tol=1e-23, max_iter=300, method=method)
    expected = minimise(divided, tol=1e-23, max_iter=300)
    np.testing.assert_allclose(got.theta[:D] * scale[:, None], expected.theta[:D], rtol=0, atol=1e-8)


def test_without_a_penalty_weights_stay_in_the_space():
    """So that, of all weights with the same logits, the smallest are found."""
    rng = np.random.default_rng(0)
    x = samples("duplicate rows")
    rows = rng.dirichlet(np.ones(3), N)
    problem = Problem(x, rows, 3, softmax_cross_entropy)
    result = minimise(problem, tol=1e-21, max_iter=500)
    assert result.converged
    centred = x - x.mean(axis=0)
    inside = np.linalg.pinv(centred) @ centred
    np.testing.assert_allclose(inside @ result.theta[:D], result.theta[:D], rtol=0, atol=1e-9)


def test_float32_samples_reach_the_optimum_to_their_precision(plainly):
    problem = problem_of(samples(dtype=np.float32), 3, l2=0.05)
    result = minimise(problem, tol=1e-5, max_iter=300)
    exact = minimise(problem_of(samples(dtype=np.float32).astype(np.float64), 3, l2=0.05), tol=1e-23, max_iter=300)
    assert result.converged
    assert plainly(problem).value(result.theta) == pytest.approx(exact.value, rel=1e-8)


def test_no_array_of_features_by_features_is_made():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 4000))
    problem = Problem(x, np.arange(50) % 5, 5, softmax_cross_entropy, l2=0.01)
    minimise(problem, tol=1e-2)  # what libraries keep
    tracemalloc.start()
    try:
        assert minimise(problem, tol=1e-17, max_iter=300).converged
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Measured: 3.6 MB. A covariance would be 128 MB, a second copy of the samples 1.6 MB.
    assert peak < 8e6


def test_newtons_method_by_products_decomposes_nothing(monkeypatch):
    def refused(*_):
        raise AssertionError("eigh was called")

    wide = problem_of(samples(), 3, l2=0.05)
    rng = np.random.default_rng(0)
    tall = Problem(rng.normal(size=(60, 5)), np.arange(60) % 3, 3, softmax_cross_entropy, l2=0.05)
    for problem in (wide, tall):
        with monkeypatch.context() as patch:
            patch.setattr(np.linalg, "eigh", refused)
            result = minimise(problem, tol=1e-21, max_iter=300, method="newton-cg")
            if problem is tall:
                with pytest.raises(AssertionError, match="eigh was called"):
                    minimise(problem, tol=1e-21, max_iter=300, method="lbfgs")
        assert result.converged
        assert result.value == pytest.approx(minimise(problem, tol=1e-21, max_iter=300).value, rel=1e-12, abs=0)
