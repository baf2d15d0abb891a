"""L-BFGS's pairs of steps and changes of the gradient: the last one is met, whatever they rest on."""

from dataclasses import dataclass

import numpy as np
import pytest

from chainrule.solvers.convex import spectrum_of
from chainrule.solvers.convex.preconditioner import preconditioner_of
from chainrule.solvers.convex.step_pairs import StepPairs


def zeroth(problem, gradient):
    """Gradients by what all classes have in common are 0, up to rounding."""
    return gradient - gradient.mean(axis=1, keepdims=True) if problem.n_outputs > 1 else gradient


def test_the_latest_pair_is_met_and_the_product_is_symmetric(problem, theta):
    """The secant equation, H^-1 (change of the gradient) = move, which is what L-BFGS adds to the preconditioner."""
    rng = np.random.default_rng(4)
    preconditioner = preconditioner_of(problem, spectrum_of(problem))
    pairs = StepPairs(preconditioner, 3)
    np.testing.assert_array_equal(pairs.solve(theta), preconditioner.solve(theta))
    for _ in range(4):
        change = zeroth(problem, rng.normal(size=theta.shape))
        move = change + 0.3 * zeroth(problem, rng.normal(size=theta.shape))
        pairs.keep(move, change)
    pairs.keep(move, -change)  # downhill all the way: nothing to learn
    assert len(pairs._pairs) == 3
    np.testing.assert_allclose(pairs.solve(change), move, rtol=0, atol=1e-11)
    a, b = (zeroth(problem, rng.normal(size=theta.shape)) for _ in range(2))
    forth, back = (pairs.solve(x) for x in (a, b))
    assert np.sum(b * forth) == pytest.approx(np.sum(a * back), rel=1e-9)
    assert np.sum(a * forth) > 0


@dataclass(frozen=True)
class Multiple:
    """The inverse of a multiple of the identity."""

    factor: float

    def solve(self, gradient):
        return gradient / self.factor


def test_on_another_preconditioner_the_pairs_are_kept_and_its_size_is_measured_again():
    """The factor of a multiple of the identity does not matter, because the last pair sets the scale."""
    rng = np.random.default_rng(5)
    learnt = [(move, move * np.array([[1.0, 2.0], [3.0, 4.0]])) for move in rng.normal(size=(3, 2, 2))]
    gradient = rng.normal(size=(2, 2))
    results = []
    for first, second in ((1.0, 1.0), (1.0, 1e6), (1e-3, 7.0)):
        pairs = StepPairs(Multiple(first), 5)
        for move, change in learnt:
            pairs.keep(move, change)
        pairs.rest_on(Multiple(second))
        assert len(pairs._pairs) == 3
        results.append(pairs.solve(gradient))
        np.testing.assert_allclose(pairs.solve(learnt[-1][1]), learnt[-1][0], rtol=1e-12)
    np.testing.assert_allclose(results[1], results[0], rtol=1e-9)
    np.testing.assert_allclose(results[2], results[0], rtol=1e-9)
