"""Features centred, scaled and rotated: the same logits, the same gradients, and back."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.kernels.blas import single_threaded_products
from chainrule.rules import softmax_cross_entropy
from chainrule.solvers.convex import Problem, features, minima, minimise
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.spectrum import Spectrum

CENTRE, SCALE = np.array([1.0, -2.0, 0.0, 3.0]), np.array([0.1, 1.0, 4.0, 2.0])
LABELS = np.zeros(20, dtype=int)
BASIS = np.linalg.qr(np.random.default_rng(5).normal(size=(4, 4)))[0]

each_kind = pytest.mark.parametrize(
    ("centre", "scale", "basis"),
    [(m, s, q) for m in (None, CENTRE) for s in (None, SCALE) for q in (None, BASIS)],
)


def seen(problem, centre, scale, basis):
    """z by hand."""
    z = problem.x - (0 if centre is None else centre)
    z = z / (1 if scale is None else scale)
    return z if basis is None else z @ basis


@each_kind
def test_parameters_inside_make_the_logits_of_those_outside(problem, theta, centre, scale, basis):
    centre = centre if problem.intercept else None
    here = Features(problem.intercept, centre, scale, basis=basis, applied=True)
    kept = theta.copy()
    inside = here.inside(theta)
    np.testing.assert_array_equal(theta, kept)
    z = seen(problem, centre, scale, basis)
    logits = problem.x @ theta[:4] + (theta[-1] if problem.intercept else 0)
    # Features up to 80 once scaled.
    np.testing.assert_allclose(
        z @ inside[:4] + (inside[-1] if problem.intercept else 0), logits, rtol=0, atol=1e-12 * abs(logits).max()
    )
    outside = here.outside(inside)
    np.testing.assert_allclose(outside, theta, rtol=0, atol=1e-13 * abs(theta).max())
    assert not np.shares_memory(outside, inside)


@each_kind
def test_the_largest_entry_is_that_of_the_gradient_for_features_as_given(problem, plainly, theta, centre, scale, basis):
    centre = centre if problem.intercept else None
    here = Features(problem.intercept, centre, scale, basis=basis, applied=True)
    s = np.ones(4) if scale is None else scale
    # The penalty is on W s.
    expected = plainly(replace(problem, l2=0.0)).gradient(theta)
    expected[:4] += problem.l2 * (s**2)[:, None] * theta[:4]
    with single_threaded_products():
        evaluator = Evaluator(problem.of(seen(problem, centre, scale, basis)))
        gradient = evaluator.at(here.inside(theta)).gradient
    assert here.largest(gradient) == pytest.approx(abs(expected).max(), rel=1e-11)


@pytest.mark.parametrize("here", [Features(), Features(True, np.zeros(11), np.ones(11))])
def test_the_largest_entry_is_found_wherever_it_is(here):
    for place in range(12 * 3):
        gradient = np.full(36, 0.5)
        gradient[place] = -3.0
        assert here.largest(gradient.reshape(12, 3)) == 3.0


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("spread", [10.0, 1e12])
def test_samples_are_rotated_to_their_last_digits(dtype, spread):
    x = (np.random.default_rng(0).normal(size=(20, 4)) * np.geomspace(1, 1 / np.sqrt(spread), 4) + 3).astype(dtype)
    centre = x.mean(axis=0, dtype=np.float64)
    exact = ((x.astype(np.float64) - centre) / SCALE) @ BASIS
    problem = Problem(x, LABELS, 3, softmax_cross_entropy, rows_of_leaf=7)
    z = Features(True, centre, SCALE, basis=BASIS).coordinates(problem, spread)
    assert z.dtype == dtype
    assert z.flags.c_contiguous
    # Of a sum of four products of numbers up to 10 / 0.1; in float64 first, where the spread is large.
    unit = np.finfo(dtype).eps
    bound = 8 * unit * 100 if spread < features.EVEN else unit * abs(exact) + 8 * np.finfo(np.float64).eps * 100
    assert (abs(z - exact) <= bound).all()


def test_float32_samples_far_from_zero_are_rotated_about_their_exact_centre():
    """At 1e6 a float32 number is 1/16 from the next: a rounded centre would shift the logits."""
    x = (np.random.default_rng(0).normal(size=(20, 4)) + 1e6).astype(np.float32)
    centre = x.mean(axis=0, dtype=np.float64)
    z = Features(True, centre, basis=BASIS).coordinates(Problem(x, LABELS, 3, softmax_cross_entropy), 1.0)
    np.testing.assert_allclose(z, (x.astype(np.float64) - centre) @ BASIS, rtol=0, atol=1e-5)


PENALTIES = (1.0, 0.1, 0.1, 0.01, 0.5)


@pytest.mark.parametrize("by_rotating", [True, False])
@pytest.mark.parametrize("method", ["auto", "newton-cg"])
@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_minima_of_a_path_are_those_of_separate_runs(problem_of, plainly, monkeypatch, kind, method, by_rotating):
    monkeypatch.setattr(
        Spectrum,
        "worth_rotating",
        lambda self, problem, fits=1: by_rotating and self.features.basis is not None and not self.features.applied,
    )
    problem: Problem = problem_of(kind, l2=7.0)
    found = list(minima(problem, PENALTIES, tol=1e-17, method=method))
    assert [point.converged for point in found] == [True] * len(PENALTIES)
    assert found[2].iterations <= 1  # the same penalty again
    for l2, point in zip(PENALTIES, found, strict=True):
        penalised = replace(problem, l2=l2)
        alone = minimise(penalised, tol=1e-17, method=method)
        assert point.value == pytest.approx(alone.value, rel=1e-13, abs=0)
        # A decrease of 1e-17 over curvatures of 0.01 and more.
        np.testing.assert_allclose(point.theta, alone.theta, rtol=0, atol=2e-6)
        # Decreases of 1e-17 by curvatures up to 16, that of features up to 8.
        assert abs(plainly(penalised).gradient(point.theta)).max() < 2e-8
        assert point.gradient_norm <= 2e-8


def test_a_path_is_told_of_and_ended_by_a_callback_fit_by_fit(problem_of):
    told = []
    penalties = (1.0, 0.001)
    found = list(minima(problem_of("softmax"), penalties, tol=1e-22, callback=lambda at, theta: told.append(at) or 1))
    assert [point.iterations for point in found] == [1, 1]
    assert [at.iteration for at in told] == [1, 1]
    assert "callback" in found[0].message


def test_an_interrupted_path_ends_there(problem_of):
    def interrupt(at, theta):
        raise KeyboardInterrupt

    (point,) = minima(problem_of("softmax"), (1.0, 0.1), tol=1e-22, callback=interrupt)
    assert point.message == "interrupted"
    assert np.isfinite(point.theta).all()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_path_of_few_steps_tells_figures_that_are_those_of_its_points(problem_of, plainly, dtype):
    """Stored logits gather rounding errors from step to step, and from fit to fit."""
    problem = problem_of("softmax", n=300, d=30, k=5)
    narrow = problem.of(problem.x.astype(dtype))
    exact = problem.of(narrow.x.astype(np.float64))
    for l2, point in zip(PENALTIES, minima(narrow, PENALTIES, tol=1e-22, max_iter=3), strict=True):
        value = plainly(replace(exact, l2=l2)).value(point.theta)
        assert point.value == pytest.approx(value, rel=16 * float(np.finfo(dtype).eps))
