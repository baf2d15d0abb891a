"""Rates by part: each part of theta is updated as it would be alone, with its own rate."""

import numpy as np
import pytest

from chainrule.solvers import SGD, Adam, GradientDescent, Rates

STARTS = np.array([0, 3, 4, 7])
RATES = [0.3, 0.01, 0.002]


@pytest.mark.parametrize(
    "solver",
    [Adam(), Adam(0.5, 0.9, epsilon=0.1), Adam(weight_decay=0.3), SGD(), SGD(0.5, nesterov=False), GradientDescent()],
    ids=repr,
)
def test_each_part_is_updated_with_its_own_rate(run, theta, gradients, solver):
    together = run(solver, theta, gradients, Rates(np.array(RATES), STARTS))
    alone = [
        run(solver, theta[start:stop], gradients[:, start:stop], rate)
        for start, stop, rate in zip(STARTS, STARTS[1:], RATES, strict=False)
    ]
    # The same arithmetic on parts, whose ends the compiler may round otherwise; measured, equal.
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-14, atol=0)
    assert np.abs(together / run(solver, theta, gradients, 0.3) - 1).max() > 1e-6


def test_the_decay_of_weights_ends_with_the_weights(run, theta, gradients):
    rates = Rates(np.array(RATES), STARTS)
    decayed, free = (run(Adam(weight_decay=decay, n_weights=4), theta, gradients, rates) for decay in (0.3, 0.0))
    assert (decayed[4:] == free[4:]).all()
    assert (decayed[[0, 1, 3]] != free[[0, 1, 3]]).all()
