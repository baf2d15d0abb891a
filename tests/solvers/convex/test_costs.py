"""When the covariance is taken apart, and when samples are taken to their row space."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.rules import binary_cross_entropy, softmax_cross_entropy
from chainrule.solvers.convex import Problem, minimise, spectrum_of
from chainrule.solvers.convex.costs import expected_steps, steps_of_taking_apart, worth_reducing
from chainrule.solvers.convex.features import Features


def problem_of(n, d, k, C=1.0, sizes=1.0, dtype=np.float64):
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
    problem = problem_of(300, 30, k, C)
    centre = problem.x.mean(axis=0)
    values = np.square((problem.x - centre) / (1 if scale is None else scale)).mean(axis=0)
    # The smallest eigenvalue is bounded from below, the largest one found from below.
    root = np.sqrt(condition(problem, centre, scale))
    assert 0.6 * root <= expected_steps(problem, Features(True, centre, scale), values)
    if C < 1:
        assert expected_steps(problem, Features(True, centre, scale), values) <= 3 * root


def test_without_a_penalty_no_number_of_steps_is_enough():
    problem = replace(problem_of(300, 30, 4), l2=0.0)
    assert expected_steps(problem, Features(), np.ones(30)) == np.inf
    assert spectrum_of(problem).features.basis is not None


def test_strong_penalties_need_no_covariance():
    weak, strong = problem_of(600, 500, 1, C=1e3), problem_of(600, 500, 1, C=1e-5)
    assert spectrum_of(weak).features.basis.shape == (500, 500)
    assert spectrum_of(strong).features.basis is None
    assert minimise(strong, tol=1e-9).iterations <= 5
    # Many fits share it.
    assert spectrum_of(strong, fits=100).features.basis.shape == (500, 500)


@pytest.mark.parametrize("C", [10.0, 1e4])
def test_the_covariance_must_save_far_more_steps_than_it_costs(C):
    """Features as many as samples: the bound on the steps is far above what they are."""
    problem = problem_of(500, 500, 1, C)
    cost = steps_of_taking_apart(problem, 1)
    expected = spectrum_of(problem).steps if C == 10 else np.inf
    assert (cost < expected < 5 * cost) is (C == 10)
    assert (spectrum_of(problem).features.basis is None) is (C == 10)


def test_costs_grow_with_features_and_fall_with_fits():
    costs = [steps_of_taking_apart(problem_of(50, d, 3), 1) for d in (10, 100, 1000)]
    assert costs == sorted(costs)
    assert steps_of_taking_apart(problem_of(50, 100, 3), 10) == pytest.approx(costs[1] / 10)


def test_only_fewer_samples_than_features_are_reduced():
    assert worth_reducing(problem_of(50, 200, 3), 1)
    assert not worth_reducing(problem_of(200, 200, 3), 1)
    assert not worth_reducing(problem_of(200, 50, 3), 1)
    # A Gram matrix of almost as many samples as features saves next to nothing.
    assert not worth_reducing(problem_of(990, 1000, 3), 1)
