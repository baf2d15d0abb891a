"""The last evaluation of a fit: its bounds hold against 240 bits, and it ends at minimised intercepts."""

import math
from dataclasses import replace

import flint
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.solvers.convex.optima import BITS, Exact, exactly, norm, true_errors
from tests.solvers.convex.test_bounded_sums import CASES
from tests.solvers.convex.test_certificate import assert_holds, has_minimum, problems

from chainrule.kernels.blas import threads_allowed
from chainrule.solvers.convex import certificate, last_evaluation, minimise, spectrum_of
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features, Precision
from chainrule.solvers.convex.row_blocks import LogitPoint
from chainrule.solvers.convex.rows import Rows


@pytest.fixture(autouse=True)
def _digits():
    before, flint.ctx.prec = flint.ctx.prec, BITS
    yield
    flint.ctx.prec = before


def seen(problem, scale=None):
    """The features of a problem, centred if there is an intercept, and a bound on the sum of their squares."""
    x = problem.x.toarray() if sp.issparse(problem.x) else problem.x
    x, weights = np.asarray(x, np.float64), np.ones(len(x)) if problem.weights is None else problem.weights
    centre = weights @ x / weights.sum() if problem.intercept and not problem.sparse else None
    z = (x - (0.0 if centre is None else centre)) / (1.0 if scale is None else scale)
    features = Features(problem.intercept, centre, scale, precision=Precision.FLOAT64)
    return features, float((weights / weights.sum()) @ np.square(z).sum(axis=1)) * (1 + 1e-12)


def evaluated(problem, theta, monkeypatch, scale=None):
    """The last evaluation at theta (W and b); and the exact gradient at its point by V and by the intercepts."""
    features, squares = seen(problem, scale)
    points = []

    class Watched(Rows):
        def pull_back(self, function, state, **options):
            points.append(state)
            return super().pull_back(function, state, **options)

    monkeypatch.setattr(last_evaluation, "Rows", Watched)
    evaluator = Evaluator(problem, features, stored=False)
    with np.errstate(all="ignore"):
        found = last_evaluation.last_evaluation(evaluator, features.inside(theta), squares)
    ((weights, offset), moved), exact = (points[0].masses.folded, points[0].moved), Exact(problem, scale)
    d, k = problem.n_features, problem.n_outputs
    at = exactly(weights).tolist()
    if problem.intercept:
        at.append([flint.arb(float(b)) + flint.arb(float(v)) for b, v in zip(offset, moved, strict=True)])
    gradient, _ = exact.derivatives(flint.arb_mat(at))
    rows = [[gradient[f * k + j, 0] for j in range(k)] for f in range(len(at))]
    slopes, offsets = rows[:d], rows[d:]
    for f in range(d):
        for j in range(k):
            # By V = s W, at intercepts after the centre.
            if features.centre is not None:
                slopes[f][j] -= flint.arb(float(features.centre[f])) * offsets[0][j]
            slopes[f][j] /= flint.arb(1.0 if scale is None else float(scale[f]))
    return found, flint.arb_mat(slopes), flint.arb_mat(offsets) if offsets else None


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["softmax", "rows", "logit"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [None, np.array([0.5, 1.0, 3.0, 40.0])])
def test_rounding_errors_are_within_the_bounds_known_before(problem_of, kind, case, dtype, scale, monkeypatch):
    options, sizes, length = CASES[case]
    if kind == "logit":
        options = {name: value for name, value in options.items() if name != "label_smoothing"}
    problem = problem_of(kind, n=24, l2=0.1, **options)
    x = (problem.x * sizes + (50.0 if case == "plain" else 0.0)).astype(dtype)
    problem = replace(problem, x=x)
    theta = length * np.random.default_rng(1).normal(size=problem.shape)
    theta[: problem.n_features] /= np.asarray(sizes).reshape(-1, 1)
    if case == "cancelling":
        x[:, 1], theta[0] = x[:, 0], 1e7 * theta[0]
        theta[1] -= theta[0]
    near = certificate.certify(problem, theta, scale=scale)
    if near.certificate is not None and problem.intercept:
        theta[-1] = near.theta[-1] + 1e-3 * np.random.default_rng(2).normal(size=theta.shape[1])
    found, slopes, offsets = evaluated(problem, theta, monkeypatch, scale)
    d = problem.n_features
    off = norm(slopes - exactly(found.here.gradient[:d]))
    assert off <= found.bounds.error
    if problem.intercept:
        assert norm(offsets - exactly(found.here.gradient[d:])) <= found.bounds.offset_error
    if case == "plain":
        # Not so wide that it would hold for an evaluation in float32.
        features, _ = seen(problem, scale)
        single = replace(problem, x=problem.x.astype(np.float32))
        rough = Evaluator(single, replace(features, precision=Precision.SAMPLES)).at(features.inside(theta))
        assert norm(slopes - exactly(rough.gradient[:d])) > found.bounds.error or dtype == np.float64


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
@pytest.mark.parametrize("kind", ["softmax", "rows", "logit"])
@pytest.mark.parametrize("size", [0.0, 1e-4, 0.1])
def test_the_intercepts_are_the_best_and_the_value_is_that_of_f(problem_of, plainly, kind, form, size):
    for options in ({}, {"weights": np.repeat([0.0, 0.7, 2.0, 1.3], 6)}, {"label_smoothing": 0.1}):
        if kind == "logit" and "label_smoothing" in options:
            continue
        problem = problem_of(kind, n=24, l2=0.1, **options)
        problem = replace(problem, x=form(problem.x))
        theta = minimise(problem, tol=1e-6).theta
        theta[-1] += size * np.random.default_rng(0).normal(size=theta.shape[1])
        features, squares = seen(problem)
        evaluator = Evaluator(problem, features, stored=False)
        found = last_evaluation.last_evaluation(evaluator, features.inside(theta), squares)
        outside = features.outside(found.theta)
        assert found.here.value == pytest.approx(plainly(problem).value(outside), rel=1e-14)
        inside = plainly(problem).gradient(outside)
        inside[:-1] -= 0.0 if features.centre is None else np.outer(features.centre, inside[-1])
        np.testing.assert_allclose(found.here.gradient, inside, rtol=0, atol=1e-14)
        # A step or a few take away nearly all of it; the rest is bounded.
        before = np.linalg.norm(plainly(problem).gradient(theta)[-1])
        assert np.linalg.norm(found.here.gradient[-1]) < 1e-3 * before + 1e-9
        assert found.bounds.slack < 1e-3
        np.testing.assert_array_equal(outside[:-1], theta[:-1])


def test_far_from_the_best_intercepts_they_stay_and_nothing_is_known(problem_of):
    problem = problem_of("softmax", n=24, l2=0.1)
    theta = np.zeros(problem.shape)
    theta[-1] = [8.0, 0.0, -8.0][: problem.n_outputs]
    features, squares = seen(problem)
    found = last_evaluation.last_evaluation(Evaluator(problem, features), features.inside(theta), squares)
    np.testing.assert_array_equal(features.outside(found.theta), theta)
    assert found.bounds.slack == math.inf


@pytest.mark.parametrize("kind", ["softmax", "rows", "logit"])
def test_sums_by_intercepts_are_those_of_the_hessian_also_after_a_move(problem_of, plainly, kind):
    for weights in (None, np.linspace(0, 2, 24)):
        problem = problem_of(kind, n=24, l2=0.1, weights=weights)
        d, k = problem.n_features, problem.n_outputs
        theta, moved = np.random.default_rng(2).normal(size=problem.shape), np.linspace(-0.3, 0.4, k)
        folded = Features().folded(theta, np.float64)
        for move in (np.zeros(k), moved):
            point = LogitPoint.at(folded)
            losses = Evaluator(problem).losses
            state = last_evaluation.LastPoint(losses, point, point, move, 0.0, 1)
            _, offsets, between, _ = Rows(problem).map_reduce(last_evaluation.by_intercepts, state)
            there = theta + np.eye(d + 1)[:, -1:] * move
            np.testing.assert_allclose(offsets, plainly(problem).gradient(there)[-1], rtol=0, atol=4e-15)
            block = plainly(problem).hessian(there).reshape(d + 1, k, d + 1, k)[-1, :, -1]
            mine = between if k == 1 else np.diag(between.sum(axis=1)) - between
            np.testing.assert_allclose(mine, block, rtol=0, atol=4e-15)


@pytest.mark.parametrize("weights", [None, np.linspace(0, 2, 600)])
def test_the_hessian_of_some_rows_bounds_that_of_all_from_below(problem_of, monkeypatch, weights):
    problem = problem_of("softmax", n=600, d=2, k=6, l2=0.1, weights=weights)
    theta, (features, squares) = minimise(problem, tol=1e-4).theta, seen(problem)
    states, found = [], []

    class Watched(Rows):
        def map_reduce(self, function, state, leaves=None):
            states.append(state)
            return super().map_reduce(function, state, leaves)

    monkeypatch.setattr(last_evaluation, "Rows", Watched)
    for most, stride in ((2, 1), (1, 3)):
        monkeypatch.setattr(last_evaluation, "MOST_CLASSES_PER_FEATURE", most)
        last = last_evaluation.last_evaluation(Evaluator(problem, features), features.inside(theta), squares)
        assert states[-1].stride == stride
        assert np.linalg.norm(last.here.gradient[-1]) < 1e-6
        between = Rows(problem, np.float64).map_reduce(
            last_evaluation.by_intercepts, states[0]._replace(stride=stride)
        )[2]
        found.append(np.diag(between.sum(axis=1)) - between)
        offsets = last.here.gradient[-1]
        assert last.bounds.decrement >= 0.99 * math.sqrt(offsets @ np.linalg.pinv(found[-1]) @ offsets)
    some, whole = np.linalg.eigvalsh(found[1])[1], np.linalg.eigvalsh(found[0])[1]
    assert whole / 6 < some < whole
    assert np.linalg.eigvalsh(found[0] - found[1]).min() > -1e-15


def test_memory_and_threads_do_not_change_its_bits(problem_of, monkeypatch):
    for kind in ("softmax", "rows", "logit"):
        problem = replace(problem_of(kind, n=600, d=5, l2=0.01), rows_of_leaf=64, engine=None)
        spectrum, found = spectrum_of(problem), []
        for kept, threads in ((1 << 28, 1), (0, 3)):
            monkeypatch.setattr(last_evaluation, "STORED_BYTES", kept)
            with threads_allowed(threads):
                found.append(minimise(problem, spectrum=spectrum, certify=True, threads=threads))
        assert found[0].theta.tobytes() == found[1].theta.tobytes()
        assert found[0].last.bounds == found[1].last.bounds


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(problems(), st.sampled_from([1e-2, 1e-4, 1e-8]), st.sampled_from([None, np.float32]))
def test_certificates_by_the_last_evaluation_alone_hold(problem, tol, dtype):
    assume(has_minimum(problem))
    spectrum = spectrum_of(problem)
    found = minimise(problem, tol=tol, max_iter=500, spectrum=spectrum, certify=True)
    small = certificate.SMALL
    try:
        certificate.SMALL = math.inf  # whatever the bounds are, they hold
        end = certificate.certify(problem, found.theta, dtype=dtype, spectrum=spectrum, last=found.last)
    finally:
        certificate.SMALL = small
    if end.certificate is not None:
        assert_holds(end.certificate, true_errors(problem, end.theta, found.theta))


def test_a_fit_ends_with_one_evaluation_and_its_certificate_needs_no_other(problem_of, monkeypatch):
    passes = []

    def watched(method):
        plain = getattr(Rows, method)

        def of(self, function, *args, **options):
            passes.append(function.__name__)
            return plain(self, function, *args, **options)

        monkeypatch.setattr(Rows, method, of)

    watched("map_reduce")
    watched("pull_back")
    for dtype in (np.float32, np.float64):
        problem = problem_of("softmax", n=2000, d=5, k=4, l2=0.01)
        problem = replace(problem, x=problem.x.astype(dtype))
        spectrum = spectrum_of(problem)
        found = minimise(problem, spectrum=spectrum, certify=True)
        assert found.converged
        # A Newton step after which F has nothing left to fall ends the fit: it is evaluated once.
        assert passes[-2:] == ["by_intercepts", "at_last_point"]
        passes.clear()
        assert certificate.certify(problem, found.theta, spectrum=spectrum, last=found.last).certificate
        assert passes == []
