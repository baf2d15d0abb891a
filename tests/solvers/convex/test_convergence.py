"""Bounds on what F can fall by: they hold, and are not far away."""

import numpy as np
import pytest

from chainrule.solvers.convex import spectrum_of
from chainrule.solvers.convex.convergence import scale_of, smallest_eigenvalue, strong_convexity_bound
from chainrule.solvers.convex.preconditioner import preconditioner_of


@pytest.mark.parametrize("kind", ["softmax", "logit"])
@pytest.mark.parametrize("size", [1e-3, 0.3])
def test_without_intercepts_the_bound_holds_everywhere(problem_of, plainly, kind, size):
    problem = problem_of(kind, l2=0.1, intercept=False)
    plain = plainly(problem)
    first = preconditioner_of(problem, spectrum_of(problem))
    theta = size * np.random.default_rng(0).normal(size=problem.shape)
    gradient = plain.gradient(theta)
    assert plain.value(theta) - plain.minimum() <= strong_convexity_bound(problem, first, gradient)
    assert strong_convexity_bound(problem, first, gradient) == pytest.approx(np.sum(gradient**2) / 0.2, rel=1e-12)


def test_there_is_no_bound_without_convexity(problem_of):
    for options in ({"l2": 0.0}, {"l2": 0.1, "weights": np.where(np.arange(60) % 9, 1.0, -0.1)}):
        problem = problem_of("softmax", **options)
        first = preconditioner_of(problem, spectrum_of(problem))
        assert strong_convexity_bound(problem, first, np.ones(problem.shape)) == np.inf


def test_the_smallest_eigenvalue_is_that_of_the_matrix_after_all_steps():
    """Conjugate gradients in as many steps as the matrix has rows."""
    matrix = np.diag([1.0, 3.0, 10.0, 20.0])
    residual, steps, ratios = np.ones(4), [], []
    search, size = residual.copy(), 4.0
    for _ in range(4):
        step = size / (search @ matrix @ search)
        residual = residual - step * matrix @ search
        size, before = residual @ residual, size
        steps.append(step)
        ratios.append(size / before)
        search = residual + size / before * search
    assert smallest_eigenvalue(steps, ratios) == pytest.approx(1.0, rel=1e-9)


def test_what_is_small_is_small_beside_f(problem_of):
    assert scale_of(problem_of("softmax", l2=0.1), 0.5, 1e-3) == 0.5
    assert scale_of(problem_of("softmax"), 1e-9, 1e-3) == 1e-3
    signed = problem_of("softmax", weights=np.where(np.arange(60) % 9, 1.0, -0.1))
    assert scale_of(signed, 0.0, 1e-3) == pytest.approx(np.log(3))
