"""Features centred, scaled and rotated: the same logits, the same gradients, and back."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.kernels.blas import single_threaded_products
from chainrule.rules import softmax_cross_entropy
from chainrule.solvers.convex import Problem, features
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import Features

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
