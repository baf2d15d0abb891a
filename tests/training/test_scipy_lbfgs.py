"""L-BFGS by SciPy: it arrives where the gradient is zero, within its limits, and says why it ended."""

import math

import numpy as np
import pytest

from chainrule.networks import mlp
from chainrule.training import LBFGS, BatchGradients, Objective, Recipe, Run, Samples, train

OBJECTIVE = Objective(mlp(3, (), 2), 0.5)


@pytest.fixture
def samples():
    """30 samples of three features in two classes."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(30, 3))
    return Samples(x, (x[:, 0] > 0).astype(int))


def minimised(samples, *, evaluations=math.inf, **options):
    recipe = Recipe(OBJECTIVE, LBFGS(evaluations), tolerance=1e-8, **options)
    run = Run(OBJECTIVE.network.initial_parameters(1), samples_seen=7)
    return run, train(recipe, samples, run)


def test_it_arrives_where_the_gradient_is_zero(samples):
    run, history = minimised(samples)
    loss, gradient = BatchGradients(Recipe(OBJECTIVE, LBFGS()), samples, run.theta).on_all_samples()
    assert np.abs(gradient).max() < 1e-8
    assert history.stopped_by == "convergence"
    assert history.loss == history.best == pytest.approx(loss, rel=1e-15, abs=0)
    assert history.losses == []


def test_the_limits_hold_and_the_samples_are_counted(samples):
    run, history = minimised(samples, epochs=2)
    assert (history.epochs, history.stopped_by) == (2, "max_iter")
    assert "ITERATIONS" in history.message
    assert (run.samples_seen - 7) % 30 == 0
    assert run.samples_seen >= 7 + 3 * 30
    _, history = minimised(samples, evaluations=3)
    assert history.stopped_by == "max_iter"


def test_a_loss_that_is_not_finite_is_an_error(samples):
    wild = Samples(samples.x * 1e200, samples.targets)
    with pytest.raises(FloatingPointError, match="the inputs are too large"), np.errstate(all="ignore"):
        minimised(wild)
