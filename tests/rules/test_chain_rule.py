"""Two rules in a row: values, derivatives and names."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.rules.chain_rule import after

X, WEIGHT, V = (random_stream(68, *shape).standard_normal(shape) for shape in ((3, 4), (4, 2), (3, 2)))


def test_derivatives_are_those_of_the_parts_in_a_row():
    both = after(rules.linear, rules.softmax)
    logits = X @ WEIGHT
    assert both(X, WEIGHT).tolist() == rules.softmax(logits).tolist()
    inner = rules.softmax.vjp(logits, V)
    for got, expected in zip(both.vjp(X, WEIGHT, V), (inner @ WEIGHT.T, X.T @ inner), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13)
    tangent = 2 * X @ WEIGHT - X @ WEIGHT
    np.testing.assert_allclose(both.jvp(X, WEIGHT, 2 * X, -WEIGHT), rules.softmax.jvp(logits, tangent), rtol=1e-13)
    by_x, _ = both.jacobian(X, WEIGHT)
    np.testing.assert_allclose(by_x, rules.softmax.jacobian(logits) @ WEIGHT.T, rtol=1e-13)


def test_a_name_that_is_taken_gets_a_number():
    twice = after(rules.affine, rules.affine)
    assert twice.inputs == ("x", "weight", "bias", "weight_2", "bias_2")
    assert set(twice.pullbacks) == set(twice.inputs)


def test_what_a_part_lacks_the_chain_lacks():
    square = rules.Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v)
    chain = after(square, rules.tanh)
    assert chain.vjp(np.array([0.5]), np.ones(1))[0] == pytest.approx(1 - np.tanh(0.25) ** 2, rel=1e-13)
    assert chain.pushforward is chain.jacobian_matrix is None
