"""Forward mode agrees with the Jacobian, which is formed entry by entry."""

import numpy as np
import pytest
from scipy.special import expit, logsumexp

from chainrule.algebra import Field, Memory, attempt, exact_numbers, jacobian, variables
from chainrule.algebra.exact_arrays import ExactArray
from chainrule.algebra.forward_mode import along
from chainrule.checking.user_code import on_numbers

FUNCTIONS = {
    "product": lambda x, y: x * y[::-1],
    "softmax": lambda x, y: np.exp(x) / np.sum(np.exp(x + 0 * y)),
    "quotient": lambda x, y: x / (1 + y * y),
    "sigmoid": lambda x, y: expit(x * y),
    "log": lambda x, y: np.log(1 + x * x + y * y),
    "root": lambda x, y: np.sqrt(1 + x * x) * np.sin(y),
    "largest": lambda x, y: np.maximum(x, y) ** 3,
    "number": lambda x, y: logsumexp(x - y),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_derivative_along_tangents_is_the_jacobian_times_them(name):
    function = on_numbers(FUNCTIONS[name], ExactArray)

    def compute(field):
        x, y = variables("x", [0.5, -1.25, 2.0]), variables("y", [1.5, 0.25, -0.75])
        t, u = variables("t", [0.3, -2.0, 1.1]), variables("u", [-0.7, 0.9, 1.9])
        value, slope = along(function, [x, y], [t, u])
        expected = exact_numbers(function(x, y))
        yield "value", value, expected
        pushed = np.tensordot(jacobian(expected, x), t, 1) + np.tensordot(jacobian(expected, y), u, 1)
        yield "slope", slope, pushed

    assert attempt(compute, memory=Memory(96)).proved


def test_an_input_without_a_tangent_does_not_move():
    with Field():
        x, y = variables("x", [2.0]), variables("y", [3.0])
        _, slope = along(lambda x, y: x * y, [x, y], [None, np.array([1.0])])
        assert (slope[0] - x[0]).is_zero()
