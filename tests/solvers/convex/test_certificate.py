"""The bounds of certificates hold against optima to 50 digits, which are found here without the package."""

import math
from dataclasses import replace

import flint
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.solvers.convex.optima import BITS, Exact, exactly, true_errors

from chainrule.kernels.blas import threads_allowed
from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
from chainrule.solvers.convex import Problem, bounded_sums, certificate, last_evaluation, minimise, spectrum_of
from chainrule.solvers.convex.certificate import Certificate, certify
from chainrule.solvers.convex.intercepts import newton_step
from chainrule.solvers.convex.rows import Rows


@pytest.fixture(autouse=True)
def _digits():
    before, flint.ctx.prec = flint.ctx.prec, BITS
    yield
    flint.ctx.prec = before


def certified(problem, tol, dtype=None):
    """The certificate of a fit, its true errors, and F; the truth is sought from the fit's end."""
    found = minimise(problem, tol=tol, max_iter=500)
    end = certify(problem, found.theta, dtype=dtype)
    return end, None if end.certificate is None else true_errors(problem, end.theta, found.theta), found.value


def assert_holds(certificate, errors):
    # The optima have 72 digits beside the largest weight.
    assert errors[0] <= certificate.distance + 1e-60
    assert errors[1] <= certificate.gap + 1e-60
    assert certificate.rounding <= certificate.distance


@st.composite
def problems(draw):
    """Small problems of all kinds: features of all sizes and far from 0, repeated ones, separable labels, weights 0."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, d, k = draw(st.integers(3, 10)), draw(st.integers(1, 3)), draw(st.integers(2, 7))
    sizes = draw(st.lists(st.sampled_from([1e-4, 1e-2, 1.0, 3.0, 1e4]), min_size=d, max_size=d))
    x = rng.normal(size=(n, d)) * sizes + draw(st.sampled_from([0.0, 0.0, 2.0, 1e5]))
    if d > 1 and draw(st.booleans()):
        x[:, 1] = x[:, 0]
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    weights = rng.choice([0.0, 0.3, 1.0, 5.0], size=n) if draw(st.booleans()) else None
    assume(weights is None or weights.any())
    options = {
        "weights": weights,
        "l2": 10.0 ** draw(st.integers(-6, 6)) / n,
        "intercept": draw(st.sampled_from([True, True, True, False])),
    }
    x, kind = x.astype(dtype), draw(st.sampled_from(["random", "separable", "soft"]))
    if k == 2:
        rows = {"random": rng.random(n) < 0.5, "separable": x[:, 0] > np.median(x[:, 0]), "soft": rng.random(n)}
        return Problem(x, rows[kind].astype(dtype)[:, None], 1, binary_cross_entropy, **options)
    ranks = np.argsort(np.argsort(x[:, 0])) * k // n
    rows = {"random": rng.integers(0, k, n), "separable": ranks, "soft": rng.dirichlet(np.ones(k), n).astype(dtype)}
    smoothing = draw(st.sampled_from([0.0, 0.0, 0.1]))
    return Problem(x, rows[kind], k, softmax_cross_entropy, label_smoothing=smoothing, **options)


def has_minimum(problem):
    """False if a class without weight pushes its intercept to minus infinity."""
    mass = problem.class_mass if problem.n_outputs > 1 else [problem.class_mass[0], 1 - problem.class_mass[0]]
    return not problem.intercept or problem.label_smoothing > 0 or min(mass) > 1e-12


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(problems(), st.sampled_from([1e-2, 1e-4, 1e-8, 1e-14]), st.sampled_from([None, np.float32]))
def test_the_bounds_hold_and_there_is_one_wherever_there_is_an_optimum(problem, tol, dtype):
    end, errors, value = certified(problem, tol, dtype)
    if end.certificate is None or not has_minimum(problem):
        assert "no minimum" in end.reason
        # If all samples are nearly certain, the curvature by the intercepts may be less than its rounding errors.
        assert value < 1e-7 or not has_minimum(problem)
        return
    assert end.theta.dtype == (dtype or np.float64)
    assert_holds(end.certificate, errors)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(problems(), st.sampled_from([1e-2, 1e-6]), st.sampled_from([1e-6, 1e-14]))
def test_two_fits_differ_by_at_most_the_sum_of_their_certificates(problem, tol, finer):
    assume(has_minimum(problem))
    wide = replace(problem, x=problem.x.astype(np.float64))
    fits = [
        certify(problem, minimise(problem, tol=tol, method="lbfgs").theta, dtype=np.float32),
        certify(problem, minimise(problem, tol=finer, method="newton-cg", max_iter=500).theta),
        certify(wide, minimise(wide, tol=finer, max_iter=500).theta),
    ]
    d, fits = problem.n_features, [fit for fit in fits if fit.certificate]
    assert len(fits) == 3 or minimise(problem).value < 1e-7
    for first in fits:
        for second in fits:
            apart = np.linalg.norm(first.theta[:d].astype(np.float64) - second.theta[:d])
            assert apart <= (first.certificate.distance + second.certificate.distance) * (1 + 1e-12)


@pytest.mark.parametrize("kind", ["softmax", "rows", "logit"])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix, sp.csr_array])
@pytest.mark.parametrize("intercept", [True, False])
def test_the_bounds_are_near_the_truth_for_even_features(problem_of, plainly, kind, form, intercept):
    problem = problem_of(kind, n=24, l2=0.1, intercept=intercept, weights=np.linspace(0, 2, 24))
    problem = replace(problem, x=form(problem.x))
    squares = np.square(plainly(problem).ones[:, :4] - (problem.x.mean(axis=0) if intercept else 0.0))
    # The largest eigenvalue of the Hessian over the smallest one; one logit has 1/4 for 1/2.
    loss = (
        1
        + (plainly(problem).shares * (1.0 if kind == "logit" else plainly(problem).rows.sum(axis=1)))
        @ squares.sum(axis=1)
        / (4 if kind == "logit" else 2)
        / problem.l2
    )
    for tol in (1e-2, 1e-5):
        end, errors, _ = certified(problem, tol)
        assert_holds(end.certificate, errors)
        assert end.certificate.distance < 1.02 * loss * errors[0]
        assert end.certificate.rounding < 1e-10


@pytest.mark.parametrize("kind", ["softmax", "rows", "logit"])
@pytest.mark.parametrize("size", [1e-3, 1e-1, 1.0])
def test_what_the_intercepts_add_bounds_what_they_change(problem_of, kind, size):
    """Far from the best intercepts, where the bound is no linear one: |G(c*) - G(c)| and F(V, c) - Phi(V)."""
    problem = problem_of(kind, n=24, l2=0.1)
    theta = minimise(problem, tol=1e-6).theta
    best = certificate._Certifier(problem, theta, None)
    for _ in range(9):
        best._move(newton_step(*best._sums(bounded_sums.newton_sums)).step)
    at_best = best._sums(bounded_sums.with_bounds)
    bounded = 0
    for seed in range(20):
        away = size * np.random.default_rng(seed).normal(size=problem.n_outputs)
        there = certificate._Certifier(problem, theta, None)
        there.point = best.point._replace(moved=best.point.moved + away)
        sums = bounded_sums.Sums(*there._sums(bounded_sums.with_bounds))
        found, _ = there._bounds(sums)
        change = np.linalg.norm(sums.slopes - at_best[2])
        moved = np.vstack([theta[:-1], theta[-1] + best.point.moved])
        exact = Exact(problem)
        rise = exact.value(exactly(moved + np.eye(1, len(theta), len(theta) - 1).T * away)) - exact.value(
            exactly(moved)
        )
        assert change <= found.slack
        assert float(rise.mid()) <= found.left
        bounded += math.isfinite(found.slack)
        if size < 0.1:
            # Cauchy and Schwarz, and 1/2 for the Hessian's norm, lose a factor.
            assert found.slack < 30 * change
            assert found.left < 3 * float(rise.mid())
    assert bounded == 20 or size == 1.0


@pytest.mark.parametrize("k", [1, 2])
def test_what_the_intercepts_add_is_attained_where_all_samples_with_weight_are_equal(k):
    """Both labels at one point, with probabilities near 1/2: Cauchy and Schwarz, and 1/2 or 1/4, lose nothing."""
    x, labels = np.array([[0.0], [0.0], [0.0], [2.0], [2.0]]), np.array([0, 1, 0, 0, 1])
    targets, loss = (labels[:, None] * 1.0, binary_cross_entropy) if k == 1 else (labels, softmax_cross_entropy)
    problem = Problem(x, targets, k, loss, np.array([0.0, 0.0, 0.0, 1.0, 1.0]), l2=0.5)
    away = np.array([1e-6]) if k == 1 else np.array([1e-6, -1e-6])
    there = certificate._Certifier(problem, np.vstack([np.zeros((1, k)), away]), None)
    sums = bounded_sums.Sums(*there._sums(bounded_sums.with_bounds))
    found, _ = there._bounds(sums)
    # At the best intercepts, 0, the gradient is 0.
    assert found.slack == pytest.approx(np.linalg.norm(sums.slopes), rel=1e-5)
    assert found.slack >= np.linalg.norm(sums.slopes)


def test_a_strong_penalty_makes_the_distance_sharp():
    """Then the gradient is l2 times the distance. The scale of the one feature is 1/2."""
    x, labels = np.array([[1.0], [-2.0], [0.5], [3.0]]), np.array([0, 1, 2, 1])
    problem = Problem(x, labels, 3, softmax_cross_entropy, l2=1e6)
    for scale in (None, np.array([0.5])):
        end = certify(problem, np.zeros((2, 3)), scale=scale)
        errors = true_errors(problem, end.theta, scale=scale)
        assert_holds(end.certificate, errors)
        assert end.certificate.distance == pytest.approx(errors[0], rel=1e-3)
        assert end.certificate.gap == pytest.approx(errors[1], rel=0.05)


@pytest.mark.parametrize("kind", ["softmax", "logit"])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_coefficients_rounded_to_float32_are_as_far_away_as_their_rounding(problem_of, kind, offset):
    problem = problem_of(kind, n=24, l2=1e-2)
    problem = replace(problem, x=problem.x + offset)
    theta = minimise(problem, tol=1e-30).theta
    end = certify(problem, theta, dtype=np.float32)
    errors = true_errors(problem, end.theta)
    assert_holds(end.certificate, errors)
    assert end.certificate.distance == pytest.approx(errors[0], rel=1e-2)
    assert end.certificate.gap < 100 * errors[1]
    # Rounded coefficients would move all logits by 1e-4 at this offset, if the intercepts did not make up for it.
    assert errors[1] < 1e-9


def test_blocks_and_threads_do_not_change_what_holds(problem_of, monkeypatch):
    problem = problem_of("softmax", n=600, d=5, k=4, l2=0.01)
    theta = minimise(problem, tol=1e-3).theta
    first = certify(problem, theta)
    monkeypatch.setattr(certificate, "STORED_BYTES", 0)
    with threads_allowed(3):
        second = certify(replace(problem, rows_of_leaf=7, engine=None), theta)
    np.testing.assert_allclose(second.theta, first.theta, rtol=0, atol=1e-13)
    assert second.certificate.distance == pytest.approx(first.certificate.distance, rel=1e-6)


@pytest.mark.parametrize("small", [False, True], ids=["after the last evaluation", "after further passes"])
def test_far_from_the_optimum_the_gap_is_at_most_the_objective(problem_of, monkeypatch, small):
    """F is not negative. With features of very uneven size, the gradient's bound is 1e11 times as large."""
    if small:
        monkeypatch.setattr(certificate, "SMALL", 0.0)
        monkeypatch.setattr(certificate, "SMALL_CHANGE", 0.0)
    problem = problem_of("softmax", l2=1e-4)
    problem = replace(problem, x=problem.x * np.geomspace(1e-3, 1e4, problem.n_features), engine=None)
    optimum = minimise(problem, tol=1e-8, max_iter=500).theta
    end = certify(problem, np.zeros(problem.shape), spectrum=spectrum_of(problem))
    assert_holds(end.certificate, true_errors(problem, end.theta, optimum))
    most = 1.001 * math.log(3)  # F at equal probabilities
    assert end.certificate.gap <= most
    assert end.certificate.distance <= math.sqrt(2 * most / problem.l2)
    assert end.certificate.gradient_norm**2 / (2 * problem.l2) > 1e11 * most


def test_the_scale_of_the_penalty_divides_the_distance(problem_of):
    problem, scale = problem_of("softmax", n=24, l2=0.1), np.array([0.5, 1.0, 2.0, 30.0])
    scaled = replace(problem, x=problem.x / scale)
    theta = minimise(scaled, tol=1e-4).theta
    theta[:-1] /= scale[:, None]
    end = certify(problem, theta, scale=scale)
    errors = true_errors(problem, end.theta, scale=scale)
    assert_holds(end.certificate, errors)
    assert end.certificate.distance < 200 * errors[0]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"l2": 0.0}, "no penalty"),
        ({"l2": 0.1, "weights": np.where(np.arange(60) % 9, 1.0, -0.1)}, "both signs"),
    ],
)
def test_without_strong_convexity_there_is_no_certificate_and_a_reason(problem_of, options, reason):
    problem = problem_of("softmax", **options)
    theta = np.ones(problem.shape)
    end = certify(problem, theta, dtype=np.float32)
    assert end.certificate is None
    assert reason in end.reason
    assert end.theta.dtype == np.float32
    np.testing.assert_array_equal(end.theta, theta)


def test_too_many_classes_and_too_large_numbers_have_no_certificate(problem_of, monkeypatch):
    problem = problem_of("softmax", l2=0.1)
    huge = replace(problem, x=problem.x * 1e200)
    end = certify(huge, np.ones(problem.shape))
    assert end.certificate is None
    assert "too few digits" in end.reason
    monkeypatch.setattr(last_evaluation, "MOST_CLASSES", 2)
    assert "more than 2 classes" in certify(problem, np.ones(problem.shape)).reason


def test_a_class_without_weight_has_no_best_intercept_and_keeps_the_given_one():
    x, labels = np.array([[0.0], [1.0], [3.0], [4.0]]), np.array([0, 1, 0, 2])
    problem = Problem(x, labels, 3, softmax_cross_entropy, np.array([1.0, 1.0, 2.0, 0.0]), l2=0.5)
    end = certify(problem, np.zeros((2, 3)))
    assert end.certificate is None
    assert "no minimum" in end.reason
    np.testing.assert_array_equal(end.theta, 0.0)


def test_the_samples_are_seen_by_sums_over_rows_only(problem_of, monkeypatch):
    problem, seen = problem_of("softmax", l2=0.1), []

    class Watched(Rows):
        def map_reduce(self, function, state, leaves=None):
            seen.append(function.__name__)
            return super().map_reduce(function, state, leaves)

    monkeypatch.setattr(certificate, "Rows", Watched)
    assert certify(problem, minimise(problem).theta).certificate
    assert seen == ["few_samples", "newton_sums", "with_bounds"]


def test_a_certificate_is_one_line():
    line = str(Certificate(3.12e-7, 4.6e-12, 1e-12, 1e-17, 2e-13))
    assert line == (
        "within 3.1e-07 of the optimum's coefficients (Frobenius norm), objective within 4.6e-12; "
        "of which rounding 2e-13"
    )
