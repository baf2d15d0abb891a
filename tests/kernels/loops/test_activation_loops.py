"""Activations in place, on arrays of any length, against their rules."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs numba: pip install -e '.[fast]'")

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.kernels.loops import activation_loops


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["identity", "log_sigmoid", "relu", "sigmoid", "softplus", "tanh"])
@pytest.mark.parametrize("count", [0, 1, 7, 33])
def test_values_and_pullbacks_are_those_of_the_rule(name, count, dtype):
    x, v = (3 * random_stream(key, count).standard_normal(count).astype(dtype) for key in (1, 2))
    rule, unit = rules.get(name), np.finfo(dtype).eps
    y, pulled = x.copy(), v.copy()
    getattr(activation_loops, f"{name}_value")(y)
    getattr(activation_loops, f"{name}_pullback")(y, pulled)
    np.testing.assert_allclose(y, rule(x), rtol=8 * unit, atol=0)
    # Slopes from the output lose digits in the tails: an eps for 1 - y^2 and y - y^2.
    np.testing.assert_allclose(pulled, rule.vjp(x, v), rtol=8 * unit, atol=24 * unit)
