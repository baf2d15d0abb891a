"""Linear layers against products that are written out, and shapes that do not fit."""

import numpy as np
import pytest

from chainrule import rules

X = np.array([[[1.0, 2.0], [3.0, -1.0], [0.5, 4.0]]])
WEIGHT, BIAS = np.array([[1.0, 0.0, 2.0], [-1.0, 3.0, 0.5]]), np.array([10.0, 20.0, 30.0])
V = np.arange(9.0).reshape(1, 3, 3)


def test_values_and_cotangents_are_products():
    assert rules.linear(X, WEIGHT).tolist() == (X @ WEIGHT).tolist()
    assert rules.affine(X, WEIGHT, BIAS).tolist() == (X @ WEIGHT + BIAS).tolist()
    by_x, by_weight, by_bias = rules.affine.vjp(X, WEIGHT, BIAS, V)
    assert by_x.tolist() == (V @ WEIGHT.T).tolist()
    assert by_weight.tolist() == (X[0].T @ V[0]).tolist()
    assert by_bias.tolist() == V[0].sum(axis=0).tolist()


def test_the_pushforward_is_linear_in_each_input():
    parts = [
        rules.affine.jvp(X, WEIGHT, BIAS, *(t if k == i else None for k in range(3)))
        for i, t in enumerate((X, WEIGHT, BIAS))
    ]
    assert parts[0].tolist() == parts[1].tolist() == (X @ WEIGHT).tolist()
    assert parts[2].tolist() == np.broadcast_to(BIAS, (1, 3, 3)).tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, WEIGHT[0]), r"weight: expected shape \(in_features, out_features\), got \(3,\)"),
        ((X[..., :1], WEIGHT), "its last axis must hold the weight's 2 in_features"),
        ((X, WEIGHT, BIAS[:2]), r"bias: expected shape \(3,\), got \(2,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(arguments, message):
    rule = rules.linear if len(arguments) == 2 else rules.affine
    with pytest.raises(ValueError, match=message):
        rule(*arguments)


def test_the_jacobian_by_the_bias_is_the_identity_whatever_the_weight():
    weight = WEIGHT.astype(float)
    weight[0, 0] = np.inf
    by_bias = rules.affine.jacobian(X, weight, BIAS)[2]
    np.testing.assert_array_equal(by_bias, np.broadcast_to(np.eye(3), by_bias.shape))
