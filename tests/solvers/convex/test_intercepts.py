"""The bounds on what the best intercepts change are bounds; those on samples stand in test_certificate.py."""

import math

import numpy as np
import pytest
from scipy.special import softmax

from chainrule.solvers.convex.intercepts import Bounds, newton_step, norm, reach_of, with_intercepts


def sums(logits, goals):
    """The gradient and the sum of the products of probabilities, by intercepts; for one logit, of p (1 - p)."""
    if logits.shape[1] == 1:
        probs = 1 / (1 + np.exp(-logits))
        return (probs - goals).mean(axis=0), np.array([[(probs * (1 - probs)).mean()]])
    probs = softmax(logits, axis=1)
    return (probs - goals).mean(axis=0), probs.T @ probs / len(probs)


def hessian(between):
    k = len(between)
    if k == 1:
        return between
    result = -between + np.diag(np.diag(between))
    return result - np.diag(result.sum(axis=1))


def drawn(k, seed=0):
    rng = np.random.default_rng(seed)
    logits, labels = 2 * rng.normal(size=(200, k)), rng.integers(0, max(k, 2), 200)
    return logits, labels[:, None] * 1.0 if k == 1 else np.eye(k)[labels]


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_step_solves_newtons_equations(k):
    offsets, between = sums(*drawn(k))
    found = newton_step(offsets, between)
    np.testing.assert_allclose(hessian(between) @ found.step, -offsets, rtol=0, atol=1e-14)
    assert k == 1 or abs(found.step.sum()) < 1e-14
    np.testing.assert_allclose(found.axes @ found.along, offsets, rtol=0, atol=1e-14)
    other = found.again(2 * offsets + 1)  # the same in all directions that matter
    np.testing.assert_allclose(other.step, 2 * found.step if k > 1 else found.step * (2 + 1 / offsets), rtol=1e-12)
    own = np.linalg.eigvalsh(hessian(between))
    # The eigenvalue 0 of 1 is replaced by one that is not the smallest.
    np.testing.assert_allclose(found.values[0], own[1 if k > 1 else 0], rtol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_newtons_method_ends_where_the_gradient_is_0_and_the_first_decrement_bounds_the_way(k):
    logits, goals = drawn(k)
    moved = np.zeros(k)
    for _ in range(8):
        offsets, between = sums(logits + moved, goals)
        moved = moved + newton_step(offsets, between).step
    assert norm(sums(logits + moved, goals)[0]) < 1e-15
    away = 0.1 * np.random.default_rng(1).normal(size=k)
    away -= away.mean() if k > 1 else 0.0
    offsets, between = sums(logits + moved + away, goals)
    first = newton_step(offsets, between)
    found = with_intercepts(Bounds(0.0, 0.0), first.values, first.along, squares=2.0 if k > 1 else 4.0)
    # With these squares, slack bounds |v|_S times a growth above 1.
    size = math.sqrt(away @ hessian(between) @ away)
    assert size <= found.slack < 3 * size
    assert reach_of(first.values, found.decrement) < 1


@pytest.mark.parametrize("k", [1, 5])
def test_a_move_changes_the_hessian_by_at_most_the_exponential_of_its_range(k):
    logits, goals = drawn(k)
    before = hessian(sums(logits, goals)[1])
    for seed in range(20):
        move = np.random.default_rng(seed).normal(size=k)
        reach = np.ptp(move) if k > 1 else abs(move[0])
        after = hessian(sums(logits + move, goals)[1])
        # The eigenvalue 0 is computed with an error of at most about k eps times the norm.
        rounding = k * np.finfo(float).eps * math.exp(reach) * np.linalg.norm(before, 2)
        assert np.linalg.eigvalsh(after - math.exp(-reach) * before).min() >= -rounding
        assert np.linalg.eigvalsh(math.exp(reach) * before - after).min() >= -rounding


def test_without_curvature_or_too_far_away_nothing_is_known():
    values, along = np.array([0.0, 1.0]), np.zeros(2)
    nothing = with_intercepts(Bounds(1.0, 0.0), values, along, 1.0)
    assert nothing.slack == nothing.left == math.inf
    far = with_intercepts(Bounds(1.0, 0.0), np.ones(2), np.array([1.0, 0.0]), 1.0)
    assert math.isfinite(far.decrement)
    assert far.slack == math.inf
    assert reach_of(values, 1.0) == math.inf
    assert np.isinf(newton_step(np.array([np.nan]), np.array([[1.0]])).step).all()


def test_norms_neither_overflow_nor_underflow():
    assert norm(np.array([3e200, 4e200])) == pytest.approx(5e200)
    assert norm(np.array([3e-200, 4e-200])) == pytest.approx(5e-200)
    assert norm(np.zeros(0)) == 0
