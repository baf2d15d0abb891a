"""Learning rates over a run, at their ends, in the middle, and beyond what was planned."""

import itertools
import math
from dataclasses import FrozenInstanceError

import pytest
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

from chainrule.solvers import Adaptive, Cosine, InverseScaling, constant


@pytest.mark.parametrize(("steps", "samples"), [(0, 0), (7, 3), (10**9, 10**12)])
def test_a_constant_rate_never_changes(steps, samples):
    assert constant(0.3, steps, samples) == 0.3


@pytest.mark.parametrize("power", [0.5, 1.0, 0.0, 2.5])
@pytest.mark.parametrize("samples", [0, 1, 1499, 10**9])
def test_inverse_scaling_divides_by_a_power_of_the_samples(power, samples):
    rate = InverseScaling(power)(0.3, steps=17, samples=samples)
    # Two roundings on each side.
    assert rate == pytest.approx(0.3 * math.exp(-power * math.log1p(samples)), rel=1e-13, abs=0)


def test_inverse_scaling_is_scikit_learns():
    optimiser = SGDOptimizer([], learning_rate_init=0.3, lr_schedule="invscaling", power_t=0.7)
    for samples in (150, 300, 450):
        optimiser.iteration_ends(samples)
        assert InverseScaling(0.7)(0.3, 0, samples) == pytest.approx(optimiser.learning_rate, rel=1e-15, abs=0)


def test_cosine_falls_from_the_whole_rate_to_zero_and_stays_there():
    schedule = Cosine(8)
    rates = [schedule(0.4, steps, 0) for steps in range(12)]
    assert rates[0] == 0.4
    assert rates[4] == pytest.approx(0.2, rel=1e-15, abs=0)
    assert rates[2] == pytest.approx(0.2 * (1 + math.sqrt(0.5)), rel=1e-15, abs=0)
    assert all(after < before for before, after in itertools.pairwise(rates[:9]))
    assert rates[8:] == [0.0] * 4


def test_cosine_takes_no_notice_of_samples():
    assert Cosine(8)(0.4, 3, 0) == Cosine(8)(0.4, 3, 10**6)


@pytest.mark.parametrize("total", [0, -1])
def test_cosine_needs_a_step(total):
    assert Cosine(1)(0.4, 0, 0) == 0.4
    with pytest.raises(ValueError, match=f"total_steps: expected at least 1, got {total}"):
        Cosine(total)


def test_adaptive_leaves_the_division_to_training():
    assert Adaptive()(0.5, 0, 0) == Adaptive()(0.5, 1000, 10**6) == 0.5
    with pytest.raises(FrozenInstanceError):
        Adaptive().factor = 2.0
