"""Rules made from a value and a slope."""

import numpy as np

from chainrule.checking import assert_rule
from chainrule.rules import elementwise

CUBE = elementwise("cube", lambda x: x**3, lambda x: 3 * x * x, formula="y = x^3")
X = np.array([[1.0, -2.0], [0.5, 3.0]])


def test_every_form_comes_from_the_two_functions():
    assert assert_rule(CUBE, X).ok
    assert CUBE.vjp(X, 2.0).tolist() == (6 * X * X).tolist()
    assert CUBE.jvp(X, X).tolist() == (3 * X**3).tolist()
    assert CUBE.jvp(X, None).tolist() == np.zeros((2, 2)).tolist()
    assert CUBE.jacobian(X)[0].tolist() == [[3.0, 0.0], [0.0, 12.0]]


def test_it_is_an_activation_that_acts_on_every_entry():
    assert (CUBE.kind, CUBE.elementwise, CUBE.needs, CUBE.formula) == ("activation", True, "input", "y = x^3")


def test_a_constant_slope_may_be_a_number():
    doubled = elementwise("doubled", lambda x: 2 * x, lambda x: 2)
    assert assert_rule(doubled, X).ok
    assert doubled.jacobian(X)[0].tolist() == [[2.0, 0.0], [0.0, 2.0]]
