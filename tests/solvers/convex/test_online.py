"""One batch after another: each ends near the least of its own objective, and the curvature adds up.

theta_t = argmin sum_i w_i l_i(theta) + (theta - theta_{t-1})^T P_{t-1} (theta - theta_{t-1}) / 2
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.solvers.convex import evaluation, online
from chainrule.solvers.convex.online import absorb, curvatures


def mass_of(problem):
    return problem.n_samples if problem.weights is None else problem.weights.sum()


def total_gradient(plain, theta, start, precision):
    """The gradient of the batch's sum of losses and the penalty on the distance from the start, by formulas."""
    return mass_of(plain.problem) * plain.gradient(theta) + precision * (theta - start)


def total(plain, theta, start, precision):
    return mass_of(plain.problem) * plain.value(theta) + np.sum(precision * (theta - start) ** 2) / 2


@pytest.fixture
def batch(problem):
    return replace(problem, l2=0.0)


@pytest.mark.parametrize("tol", [1e-3, 1e-7])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_with_enough_steps_a_first_batch_leaves_as_little_to_gain_as_asked_for(batch, plainly, tol, form):
    """A direction that leaves half of the gradient promises at least three quarters of what there is to gain."""
    start, precision = np.zeros(batch.shape), np.full(batch.shape, 0.5)
    plain, samples = plainly(batch), batch.of(form(batch.x))
    theta, best = (absorb(samples, start, precision, tolerance)[0] for tolerance in (tol, 1e-20))
    gradient = total_gradient(plain, best, start, precision)
    assert abs(gradient).max() <= 1e-8 * mass_of(batch)
    reached, least = (total(plain, point, start, precision) for point in (theta, best))
    assert least * (1 - 1e-14) <= reached <= least * (1 + 1.5 * tol)
    assert total(plain, start, start, precision) > least * (1 + 3 * tol)
    np.testing.assert_array_equal(start, 0)
    np.testing.assert_array_equal(precision, 0.5)


@pytest.mark.parametrize("kind", ["softmax", "rows", "logit"])
def test_with_enough_steps_so_does_a_batch_after_others(problem_of, plainly, kind):
    """Where precisions differ from weight to weight."""
    batch = problem_of(kind, weights=np.random.default_rng(9).uniform(0.1, 3, 60))
    rng, plain = np.random.default_rng(0), plainly(batch)
    start, precision = rng.normal(size=batch.shape), rng.uniform(0.5, 20, size=batch.shape)
    theta, best = (absorb(batch, start, precision, tol)[0] for tol in (1e-6, 1e-20))
    reached, least = (total(plain, point, start, precision) for point in (theta, best))
    assert reached <= least * (1 + 1.5e-6)
    assert abs(total_gradient(plain, best, start, precision)).max() <= 1e-8 * mass_of(batch)


def test_the_objective_of_a_batch_never_rises(problem, plainly, monkeypatch):
    batch = replace(problem, l2=0.0)
    plain, rng = plainly(batch), np.random.default_rng(1)
    start, precision = 5 * rng.normal(size=batch.shape), rng.uniform(0.1, 3, size=batch.shape)
    values = [total(plain, start, start, precision)]
    for steps in range(1, 8):
        monkeypatch.setattr(online, "MOST_STEPS", steps)
        values.append(total(plain, absorb(batch, start, precision, 1e-12)[0], start, precision))
    assert all(after <= before * (1 + 1e-12) for before, after in pairwise(values))
    assert values[-1] < 0.9 * values[0]


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "sparse"])
def test_the_precision_grows_by_the_diagonal_of_the_batchs_hessian_where_it_ends(batch, plainly, form):
    rng = np.random.default_rng(2)
    start, precision = 0.1 * rng.normal(size=batch.shape), rng.uniform(0.5, 2, size=batch.shape)
    theta, after = absorb(batch.of(form(batch.x)), start, precision, 1e-4)
    diagonal = np.diag(plainly(batch).hessian(theta)).reshape(theta.shape)
    np.testing.assert_allclose(after - precision, mass_of(batch) * diagonal, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(curvatures(batch, theta), diagonal, rtol=1e-10, atol=1e-13)
    assert (after >= precision).all()


def test_a_batch_at_its_optimum_moves_nothing(batch, plainly):
    precision = np.full(batch.shape, 0.5)
    theta, _ = absorb(batch, np.zeros(batch.shape), precision, 1e-20)
    # The penalty is on the way from `theta` now. The gradient of the sum of losses that is left, -0.5 theta, over
    # curvatures of 0.5 and more, promises a decrease of at most 0.25 |theta|^2.
    tol = 0.26 * np.sum(theta**2) / (mass_of(batch) * plainly(batch).value(theta))
    again, _ = absorb(batch, theta, precision, tol)
    np.testing.assert_array_equal(again, theta)


def test_a_great_precision_holds_the_weights(batch):
    start = np.random.default_rng(0).normal(size=batch.shape)
    theta, _ = absorb(batch, start, np.full(batch.shape, 1e9), 1e-12)
    # Gradients of 60 samples with features up to 8, over 1e9.
    assert abs(theta - start).max() < 2e-6
    assert abs(theta - start).max() > 0


@pytest.mark.parametrize("kind", ["softmax", "logit"])
def test_a_batch_whose_logits_are_too_many_to_store_is_absorbed_alike(problem_of, monkeypatch, kind):
    batch = problem_of(kind, n=1000)
    start, precision = np.zeros(batch.shape), np.full(batch.shape, 1.0)
    theta, after = absorb(batch, start, precision, 1e-6)
    monkeypatch.setattr(evaluation, "STORED_BYTES", 0)
    other, too = absorb(batch, start, precision, 1e-6)
    # One way, but for the order of sums.
    np.testing.assert_allclose(other, theta, rtol=0, atol=1e-7)
    np.testing.assert_allclose(too, after, rtol=1e-6)
