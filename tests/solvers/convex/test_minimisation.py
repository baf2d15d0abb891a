"""One minimisation, step by step: what ends it, and what it tells of every step."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex import StepTaken, minimise, spectrum_of
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.minimisation import centre
from chainrule.solvers.convex.preconditioner import Preconditioner
from chainrule.solvers.convex.spectrum import Spectrum


def test_a_true_callback_ends_it(problem):
    result = minimise(problem, tol=1e-22, callback=lambda progress, theta: progress.iteration == 2)
    assert result.iterations == 2
    assert not result.converged
    assert "callback" in result.message


def test_max_iter_is_the_last_step(problem):
    result = minimise(problem, tol=1e-14, max_iter=2)
    assert result.iterations == 2
    assert not result.converged
    assert result.gradient_norm > 1e-14
    assert minimise(problem, tol=1e-14, max_iter=0).iterations == 0


def test_a_callback_is_given_the_step_and_its_theta(problem, plain):
    told = []
    minimise(problem, tol=1e-9, max_iter=3, callback=lambda step, theta: told.append((step, theta())))
    assert [step.iteration for step, _ in told] == list(range(1, len(told) + 1))
    for step, theta in told:
        assert isinstance(step, StepTaken)
        np.testing.assert_allclose(step.value, plain.value(theta), rtol=1e-12)


def test_the_centre_is_what_classes_share():
    theta = np.array([[1.0, 3.0], [0.0, 4.0]])
    centre(theta)
    assert theta.tolist() == [[-1, 1], [-2, 2]]
    logit = np.array([[2.0]])
    centre(logit)
    assert logit.tolist() == [[2]]


@pytest.fixture(autouse=True, params=[True, False], ids=["rotated", "as they are"])
def rotating(request, monkeypatch):
    """Whether samples are rotated into their covariance's eigenvectors, however many there are."""
    monkeypatch.setattr(
        Spectrum,
        "worth_rotating",
        lambda self, problem, fits=1: request.param and self.features.basis is not None and not self.features.applied,
    )
    return request.param


def zeroth(problem, gradient):
    """Gradients by what all classes have in common are 0, up to rounding."""
    return gradient - gradient.mean(axis=1, keepdims=True) if problem.n_outputs > 1 else gradient


@pytest.mark.parametrize("method", ["auto", "newton-cg"])
@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_an_objective_of_nearly_0_has_little_left_to_fall(problem_of, kind, method):
    """Weights of separable classes grow until the losses are 0 or rounding errors. F cannot fall below 0."""
    problem = problem_of(kind, n=300, d=8)
    labels = (problem.x @ np.arange(-4.0, 4)).reshape(-1) > 0
    problem = replace(
        problem, targets=labels[:, None] * 1.0 if kind == "logit" else labels * 1, engine=None, totals=None
    )
    result = minimise(problem, max_iter=300, method=method)
    assert result.value < 1e-8
    assert result.converged
    assert result.remaining <= result.value


@pytest.mark.parametrize("size", [1e-19, 1e-25, 1e-34])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "csr"])
@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_tiny_features_in_float32_are_fitted_without_a_penalty(problem_of, kind, form, size):
    """A factor 2^m of the features changes no step. Weights are so large that float32 overflows."""
    problem = problem_of(kind)
    problem = problem.of(problem.x.astype(np.float32).astype(np.float64))
    factor = 2.0 ** np.floor(np.log2(size))
    tiny = problem.of(form((problem.x * factor).astype(np.float32)))
    expected, found = minimise(problem.of(form(problem.x))), minimise(tiny)
    assert found.converged
    assert found.iterations == expected.iterations
    assert found.value == pytest.approx(expected.value, rel=1e-12)
    np.testing.assert_allclose(found.theta[:-1] * factor, expected.theta[:-1], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_a_feature_that_does_not_vary_gets_no_weight_without_a_penalty(problem_of, kind, dtype):
    """The rounding errors of its gradient once became weights of 1e3, and the fit did not end."""
    problem = problem_of(kind, n=300)
    problem = problem.of(problem.x.astype(dtype))
    constant = problem.of(np.hstack([problem.x, np.full((300, 1), 1.7, dtype)]))
    expected, found = minimise(problem), minimise(constant)
    assert found.converged
    assert found.value == pytest.approx(expected.value, rel=1e-7)
    assert abs(found.theta[-2]).max() < 1e-5
    alone = minimise(problem.of(constant.x[:, -1:]))
    assert alone.converged
    assert abs(alone.theta[0]).max() < 1e-5


@pytest.mark.parametrize("tol", [1e-2, 1e-4, 1e-9])
@pytest.mark.parametrize("threads", [1, 2])
def test_no_more_is_left_to_gain_than_was_asked(problem, plain, tol, threads):
    result = minimise(problem, tol=tol, max_iter=300, threads=threads)
    assert result.converged
    best = plain.minimum()
    assert best * (1 - 1e-14) <= plain.value(result.theta) <= best * (1 + tol) + 1e-15
    assert result.remaining <= tol * result.value
    assert result.value == pytest.approx(plain.value(result.theta), rel=1e-13, abs=0)
    assert result.gradient_norm >= 0
    assert result.theta.shape == problem.shape
    assert 0 <= result.iterations <= 300
    assert result.products >= result.iterations
    assert result.message


@pytest.mark.parametrize("l2", [1e-1, 1e-4, 1e-7])
@pytest.mark.parametrize("size", [1e-9, 1e-5, 1e-2])
def test_a_start_is_an_end_only_where_little_is_left_to_gain(problem_of, plainly, l2, size):
    """A point near the optimum has a small gradient, which by itself says nothing where the penalty is small."""
    problem = problem_of("softmax", l2=l2)
    plain, best = plainly(problem), minimise(problem, tol=1e-13, max_iter=300)
    start = best.theta * (1 + size * np.random.default_rng(1).normal(size=best.theta.shape))
    result = minimise(problem, start, tol=1e-6)
    assert result.converged
    assert plain.value(result.theta) <= plain.minimum() * (1 + 1e-6)


def test_the_objective_never_rises_and_every_step_is_told(problem, plain):
    told, points = [], []

    def callback(progress, theta):
        told.append(progress)
        points.append(theta())

    result = minimise(problem, tol=1e-14, max_iter=300, callback=callback)
    values = [progress.value for progress in told]
    assert [progress.iteration for progress in told] == list(range(1, result.iterations + 1))
    # At the end, values differ by less than their rounding.
    assert all(after <= before + 64 * 2**-52 * abs(before) for before, after in pairwise(values))
    assert values[0] < plain.value(points[0]) + 1e-12
    for progress, theta in zip(told, points, strict=True):
        assert progress.value == pytest.approx(plain.value(theta), rel=1e-12, abs=0)
    np.testing.assert_allclose(points[-1], result.theta, rtol=0, atol=1e-13)
    assert not np.shares_memory(points[0], points[1])


def test_threads_agree_to_the_last_bit(problem):
    one, two = (minimise(problem, tol=1e-22, max_iter=300, threads=threads) for threads in (1, 2))
    assert (one.value, one.theta.tobytes()) == (two.value, two.theta.tobytes())


@pytest.mark.parametrize("size", [1.0, 100.0])
def test_every_start_leads_to_the_same_optimum(problem, size):
    best = minimise(problem, tol=1e-20, max_iter=300)
    start = size * np.random.default_rng(6).normal(size=problem.shape)
    kept = start.copy()
    result = minimise(problem, start, tol=1e-20, max_iter=500)
    np.testing.assert_array_equal(start, kept)
    assert result.converged, result.message
    assert result.value == pytest.approx(best.value, rel=1e-12, abs=0)
    # Gradients of 1e-11 over curvatures of 1e-3.
    np.testing.assert_allclose(zeroth(problem, result.theta), zeroth(problem, best.theta), rtol=0, atol=1e-7)


@pytest.mark.parametrize("kind", ["rows", "logit"])
def test_a_start_far_away_is_no_end_of_precision(problem_of, kind):
    """Probabilities of 0 and 1 all over, so that the Hessian is nearly singular there."""
    problem = problem_of(kind, weights=np.random.default_rng(9).uniform(0.1, 3, 60) if kind == "rows" else None)
    start = 1e4 * np.random.default_rng(6).normal(size=problem.shape)
    assert minimise(problem, start, tol=1e-17, max_iter=500).converged


def test_at_the_optimum_no_step_is_taken(problem):
    best = minimise(problem, tol=1e-19, max_iter=300)
    again = minimise(problem, best.theta, tol=1e-15)
    assert again.converged
    # Without a penalty only a step of Newton's shows that there is nothing left to gain.
    assert again.iterations <= (not problem.l2)
    far = 1e-14 if problem.l2 else 1e-8
    np.testing.assert_allclose(again.theta, best.theta, rtol=0, atol=far * (1 + abs(best.theta).max()))


@pytest.mark.parametrize("memory", [1, 3, 30])
def test_any_memory_will_do(problem, memory):
    assert minimise(problem, tol=1e-17, memory=memory, max_iter=300).converged


@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_weights_of_both_signs_are_minimised_where_there_is_a_minimum(problem_of, plainly, kind):
    weights = np.ones(60)
    weights[::10] = -0.3
    problem = problem_of(kind, weights=weights, l2=0.2)
    result = minimise(problem, tol=1e-19, max_iter=300)
    assert result.converged, result.message
    assert abs(plainly(problem).gradient(result.theta)).max() < 1e-9


def test_a_spectrum_of_all_samples_serves_some_of_them(problem_of, plainly):
    whole = problem_of("softmax", l2=0.1)
    part = replace(whole, x=whole.x[::2], targets=whole.targets[::2], engine=None, totals=None)
    shared, own = (minimise(part, tol=1e-20, spectrum=spectrum) for spectrum in (spectrum_of(whole), None))
    assert shared.converged
    assert shared.value == pytest.approx(own.value, rel=1e-13, abs=0)
    np.testing.assert_allclose(zeroth(part, shared.theta), zeroth(part, own.theta), rtol=0, atol=1e-8)


def test_a_scale_is_a_penalty_on_weights_times_it(problem_of, plainly):
    problem = problem_of("softmax", l2=0.1)
    scale = np.array([0.5, 1.0, 2.0, 10.0])
    result = minimise(problem, tol=1e-20, spectrum=spectrum_of(problem, scale))
    by_hand = minimise(problem.of(problem.x / scale), tol=1e-20)
    np.testing.assert_allclose(
        zeroth(problem, result.theta[:-1]), zeroth(problem, by_hand.theta[:-1]) / scale[:, None], rtol=0, atol=1e-8
    )
    assert result.value == pytest.approx(by_hand.value, rel=1e-13, abs=0)
    again = minimise(problem, result.theta, tol=1e-19, spectrum=spectrum_of(problem, scale))
    assert again.iterations <= 1


def test_few_steps_are_enough_without_newtons_method(problem):
    if not problem.l2 and problem.n_outputs > 1:
        pytest.skip(
            "without a penalty, 60 samples leave weights of size 10, and this takes 30 steps and one of Newton's"
        )
    # Measured: 4 to 16. Newton's method would begin after 30.
    assert minimise(problem, tol=1e-4).iterations < 25


@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_what_is_reported_is_measured_at_the_parameters_returned(problem_of, kind, rotating):
    """And not at the stored logits, which take each step too."""
    if rotating:
        pytest.skip("then it is measured in other coordinates, with other rounding errors")
    problem = problem_of(kind, l2=0.1, intercept=False)
    result = minimise(problem, tol=1e-16, threads=1)
    assert result.converged
    with single_threaded_products():
        there = Evaluator(problem).at(result.theta)
    assert result.value == there.value
    assert result.gradient_norm == abs(there.gradient).max()


def test_a_spectrum_of_other_samples_is_only_slower(problem):
    """A preconditioner of no use: the steps are still downhill, and end at the optimum."""
    rng = np.random.default_rng(8)
    stranger = problem.of(rng.normal(size=problem.x.shape) * np.array([1e3, 1e-3, 1.0, 30.0]))
    best = minimise(problem, tol=1e-17, max_iter=300)
    result = minimise(problem, tol=1e-17, max_iter=1000, spectrum=spectrum_of(stranger))
    assert result.converged, result.message
    assert result.value == pytest.approx(best.value, rel=1e-12, abs=0)


@pytest.mark.parametrize("factor", [-1.0, 0.0, np.nan, 1e-300, 1e300])
def test_bad_directions_do_not_lead_uphill(problem, plain, monkeypatch, factor):
    solve = Preconditioner.solve
    monkeypatch.setattr(Preconditioner, "solve", lambda self, gradient: factor * solve(self, gradient))
    values = []
    with np.errstate(all="ignore"):
        result = minimise(
            problem, tol=1e-19, max_iter=60, callback=lambda progress, theta: values.append(progress.value)
        )
    start = np.zeros(problem.shape)
    best = plain.value(start)
    assert np.isfinite(result.theta).all()
    assert result.value <= best + 1e-12
    assert all(after <= before + 1e-12 for before, after in pairwise(values))
    assert result.message
    assert plain.value(result.theta) <= plain.minimum() * (1 + 1e-13) or not result.converged


@pytest.mark.parametrize("kind", ["softmax", "logit"])
@pytest.mark.parametrize("method", ["lbfgs", "newton-cg"])
def test_float32_samples_are_fitted_as_well_as_the_same_in_float64(problem_of, plainly, kind, method, rotating):
    problem = problem_of(kind, l2=0.01)
    narrow = problem.of(problem.x.astype(np.float32))
    if kind == "logit":
        narrow = replace(narrow, targets=narrow.targets.astype(np.float32), engine=None)
    result = minimise(narrow, tol=1e-14, max_iter=400, method=method)
    assert result.converged, result.message
    exact = plainly(problem.of(narrow.x.astype(np.float64)))
    # Rotated samples are rounded to float32 once more.
    slack = 1e-7 if rotating else 2e-14
    assert exact.value(result.theta) <= exact.minimum() * (1 + slack)
    assert result.value == pytest.approx(exact.value(result.theta), rel=slack, abs=0)


@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_sparse_features_reach_the_same_optimum(problem_of, plainly, kind):
    problem = problem_of(kind, l2=0.1)
    dense = minimise(problem, tol=1e-20, max_iter=300)
    sparse = minimise(problem.of(sp.csr_matrix(problem.x)), tol=1e-20, max_iter=1000)
    assert sparse.converged
    assert sparse.value == pytest.approx(dense.value, rel=1e-13, abs=0)
    np.testing.assert_allclose(zeroth(problem, sparse.theta), zeroth(problem, dense.theta), rtol=0, atol=1e-7)


@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_features_without_any_variance_leave_the_frequencies(problem_of, kind):
    problem = problem_of(kind, l2=0.1)
    flat = problem.of(np.full((60, 4), 5.0))
    result = minimise(flat, tol=1e-22)
    assert result.converged
    np.testing.assert_allclose(result.theta[:-1], 0, atol=1e-10)


def test_more_parameters_than_a_hessian_holds_are_minimised_too(problem_of, plainly):
    problem = problem_of("softmax", n=300, d=60, k=40, l2=0.01)
    result = minimise(problem, tol=1e-17, max_iter=300)
    assert result.converged
    assert abs(plainly(problem).gradient(result.theta)).max() < 1e-7


def test_classes_without_samples_have_shares_near_zero(problem_of):
    problem = replace(problem_of("softmax", l2=0.1), n_outputs=5, totals=None)
    result = minimise(problem, tol=1e-4, max_iter=200)
    logits = problem.x @ result.theta[:-1] + result.theta[-1]
    assert np.isfinite(result.theta).all()
    assert (logits[:, 3:].max(axis=1) < logits[:, :3].max(axis=1) - 2).all()
