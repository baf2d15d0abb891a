"""One minimisation, step by step: what ends it, and what it tells of every step."""

import numpy as np

from chainrule.solvers.convex import StepTaken, minimise
from chainrule.solvers.convex.minimisation import centre


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
