"""Steps along a line: they go down, and are as long as pays."""

import numpy as np
import pytest

from chainrule.solvers.convex.evaluation import DECREASE, FLAT, Evaluator, line_search


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("size", [1e-3, 1.0, 30.0])
def test_a_step_meets_both_conditions(problem, plain, theta, stored, size):
    evaluator = Evaluator(problem, stored=stored)
    here = evaluator.at(theta)
    direction = -size * here.gradient
    slope = np.sum(here.gradient * direction)
    step, there = line_search(evaluator, theta, direction, here, slope)
    end = theta + step * direction
    assert there.value == pytest.approx(plain.value(end), rel=1e-12, abs=0)
    np.testing.assert_allclose(there.gradient, plain.gradient(end), rtol=0, atol=1e-11)
    assert there.value <= here.value + DECREASE * step * slope + 1e-13
    assert abs(np.sum(there.gradient * direction)) <= FLAT * abs(slope) * (1 + 1e-9)


def test_there_is_no_step_uphill(problem, theta):
    evaluator = Evaluator(problem)
    here = evaluator.at(theta)
    # The slope that is claimed is not the direction's.
    step, there = line_search(evaluator, theta, 1e3 * here.gradient, here, -1e3 * np.sum(here.gradient**2))
    assert (step, there) == (0.0, None)
