"""Products of Jacobians against Jacobians written out for all entries."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.rules.jacobian_products import product


def normal(*shape):
    return random_stream(67, *shape).standard_normal(shape)


def by_all_entries(function, x, step=1e-6):
    """dy/dx of y's shape + x's shape, by central differences."""
    unit = step * np.eye(x.size).reshape(x.size, *x.shape)
    return np.stack([(function(x + u) - function(x - u)) / (2 * step) for u in unit], -1).reshape(
        *function(x).shape, *x.shape
    )


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(rules.softmax, rules.tanh), (rules.tanh, rules.log_sum_exp), (rules.log_sum_exp, rules.log_sum_exp)],
    ids=["the same rows", "rows that mix", "rows that mix, and are summed"],
)
def test_the_product_is_the_jacobian_of_the_composition(outer, inner):
    x = normal(2, 3, 4)
    value = inner(x)
    output = outer(value)
    found = product(outer.jacobian(value), inner.jacobian(x), output, value, x)
    expected = by_all_entries(lambda x: outer(inner(x)), x)
    # A Jacobian holds one row of x: the leading axes that y and x share are kept apart.
    leading = expected.ndim - found.ndim
    for at in np.ndindex(x.shape[:leading]):
        assert found[at] == pytest.approx(expected[at][(..., *at, *(slice(None),) * (x.ndim - leading))], abs=1e-8)


def test_an_input_without_derivative_has_no_jacobian():
    assert product(np.eye(2), None, np.ones(2), np.ones(2), np.ones(2)) is None
