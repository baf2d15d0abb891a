"""The fused losses of single logits, beside their rules."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import balls, midpoints, precision
from chainrule.kernels import registered
from chainrule.workspace import Workspace

LOGITS = np.array([[1.0, -2.0, 30.0], [0.0, 0.25, -30.0]])
TARGETS = np.array([[1.0, 0.0, 0.75], [0.0, 0.5, 1.0]])
WEIGHTS = np.array([[0.5], [2.0]])
RULES = pytest.mark.parametrize("rule", [rules.binary_cross_entropy, rules.half_squared_error], ids=lambda r: r.name)


def fused(rule, x, targets, weights, losses, slopes):
    work = Workspace()
    for _ in range(2):
        slopes[...] = x
        registered(rule).value_and_pullback(slopes, targets, weights, out=(losses, slopes), work=work)


@RULES
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("order", "CF")
def test_it_agrees_with_its_rule(rule, dtype, order):
    x, targets, weights = (a.astype(dtype) for a in (LOGITS, TARGETS, WEIGHTS))
    losses, slopes = np.empty((2, 1), dtype), np.empty(x.shape, dtype, order)
    fused(rule, x, targets, weights, losses, slopes)
    unit = float(np.finfo(dtype).eps)
    # A few roundings; p - y cancels.
    np.testing.assert_allclose(losses[:, 0], rule(x, targets).sum(axis=1), rtol=8 * unit, atol=0)
    gradient, _ = rule.vjp(x, targets, weights)
    np.testing.assert_allclose(slopes, gradient, rtol=8 * unit, atol=4 * unit)


@RULES
def test_in_exact_arithmetic_it_is_its_rule(rule):
    with precision(300):
        x, targets, weights = balls(LOGITS), balls(TARGETS), balls(WEIGHTS)
        losses, slopes = balls(np.zeros((2, 1))), balls(np.zeros(x.shape))
        fused(rule, x, targets, weights, losses, slopes)
        expected, (gradient, _) = rule(x, targets).sum(axis=1), rule.vjp(x, targets, weights)
    # Balls have many digits; their midpoints are rounded to floats.
    np.testing.assert_allclose(midpoints(losses)[:, 0], midpoints(expected), rtol=1e-15, atol=0)
    np.testing.assert_allclose(midpoints(slopes), midpoints(gradient), rtol=1e-15, atol=0)
