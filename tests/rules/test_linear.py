"""Linear layers against products that are written out, and shapes that do not fit."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import assert_rule
from chainrule.kernels import kernel_of

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
        ((X, np.stack([WEIGHT, WEIGHT])), r"x has shape \(1, 3, 2\), but its first axes must be .* members, \(2,\)"),
        ((X[0, 0], WEIGHT[None]), r"x has shape \(2,\), but its first axes must be the weight's members, \(1,\)"),
        ((X, WEIGHT[None], BIAS), r"bias: expected shape \(1, 3\), got \(3,\)"),
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


MEMBERS = (
    np.stack([X[0], -2 * X[0], X[0] + 1, X[0] / 4]),
    np.stack([WEIGHT, 3 * WEIGHT, WEIGHT - 1, -WEIGHT]),
    np.stack([BIAS, -BIAS, BIAS / 8, BIAS + 1]),
)


@pytest.mark.parametrize("rows", [(4, 3), (4,), (4, 3, 1), (2, 2, 3)])
def test_members_have_layers_of_their_own(rows):
    """With several rows, with one and with two axes of rows each, and with two axes of members."""
    members = rows[:2] if rows[0] == 2 else rows[:1]
    x = (MEMBERS[0] if len(rows) > 1 else MEMBERS[0][:, 0]).reshape(*rows, 2)
    weight, bias = (one.reshape(*members, *one.shape[1:]) for one in MEMBERS[1:])
    y = rules.affine(x, weight, bias)
    v = np.arange(1.0, 1 + y.size).reshape(y.shape)
    pulled = rules.affine.vjp(x, weight, bias, v)
    assert rules.linear(x, weight).tolist() == rules.affine(x, weight, 0 * bias).tolist()
    assert all(a.tolist() == b.tolist() for a, b in zip(rules.linear.vjp(x, weight, v), pulled, strict=False))
    for at in np.ndindex(members):
        assert y[at].tolist() == rules.affine(x[at], weight[at], bias[at]).tolist()
        for got, expected in zip(pulled, rules.affine.vjp(x[at], weight[at], bias[at], v[at]), strict=True):
            assert got[at].tolist() == expected.tolist()
    for rule, inputs in ((rules.linear, (x, weight)), (rules.affine, (x, weight, bias))):
        assert not assert_rule(rule, *inputs).unchecked


def test_members_run_on_pytorch(same_on_torch, autograd_agrees):
    same_on_torch(rules.affine, *MEMBERS)
    autograd_agrees(rules.affine, *MEMBERS)
    same_on_torch(rules.linear, *MEMBERS[:2])


def test_the_kernel_takes_members():
    kernel = kernel_of(rules.affine)
    out = np.empty((4, 3, 3))
    got, residuals = kernel.forward(*MEMBERS, out=out)
    assert got is out
    assert out.tolist() == rules.affine(*MEMBERS).tolist()
    buffers = (None, np.empty((4, 2, 3)), np.empty((4, 3)))
    kernel.pullback(residuals, out, out=buffers)
    assert [one.tolist() for one in buffers[1:]] == [one.tolist() for one in rules.affine.vjp(*MEMBERS, out)[1:]]
