"""Activations mixed with the identity: shares, digits of the difference f(x) - x, other activations."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.checking import assert_rule, balls, precision, ulp_errors
from chainrule.checking.definitions import DEFINITIONS
from chainrule.rules import parametric_activation
from chainrule.rules.parametric_activation import GAPS

X = np.array([[-40.0, -1.19, 0.5], [2.0, 7.5, 60.0]])
SHARE = np.array([0.5, 1.0, 0.125])


@pytest.mark.parametrize("name", ["mish", "selu", "softplus", "relu", "tanh", "sigmoid"])
def test_shares_of_0_and_1_are_the_identity_and_the_activation(name):
    rule = rules.get(name)
    assert parametric_activation(X, 0.0, activation=name).tolist() == X.tolist()
    assert parametric_activation(X, 1.0, activation=name).tolist() == rule(X).tolist()
    v = np.ones_like(X)
    assert parametric_activation.vjp(X, 1.0, v, activation=name)[0].tolist() == rule.vjp(X, v).tolist()


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize(("dtype", "tail"), [(np.float64, 350), (np.float32, 43)])
@pytest.mark.parametrize("name", GAPS)
def test_the_cotangent_of_the_share_keeps_its_digits(name, dtype, tail, library):
    array = np.asarray
    if library == "torch":
        array = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'").from_numpy
    # selu(x) = x at -1.26, towards which the difference is only as exact as its terms. To -1/4 they are 2.8 times it.
    low = -0.25 if name == "selu" else -tail
    x = random_stream(4).uniform(low, tail, 300).astype(dtype)
    with precision(4000):
        gap = DEFINITIONS[name](balls(x)) - balls(x)
    share, ones = np.zeros_like(x), np.ones_like(x)
    _, got = parametric_activation.vjp(array(x), array(share), array(ones), activation=name)
    assert ulp_errors(np.asarray(got), gap).max() <= 8


@pytest.mark.parametrize("name", ["mish", "selu", "tanh"])
@pytest.mark.parametrize("share", [SHARE, np.array(0.25), np.array([[0.5], [1.0]])])
def test_derivatives_are_right_and_it_runs_on_pytorch(name, share, same_on_torch, autograd_agrees, gradcheck):
    assert not assert_rule(parametric_activation, X, share, options={"activation": name}).unchecked
    same_on_torch(parametric_activation, X, share, activation=name)
    autograd_agrees(parametric_activation, X, share, activation=name)
    gradcheck(parametric_activation, X[:, 1:], share[..., :2] if share.ndim else share, activation=name)


@pytest.mark.parametrize(
    ("arguments", "name", "message"),
    [
        ((X, np.ones(2)), "mish", r"share: shape \(2,\) does not broadcast to x, of shape \(2, 3\)"),
        ((X[0], np.ones((2, 3))), "mish", r"share: shape \(2, 3\) does not broadcast to x, of shape \(3,\)"),
        ((X, SHARE), "softmax", "activation: expected a rule that acts on every entry, got 'softmax'"),
        ((X, SHARE), "swish", "no rule is named 'swish'"),
    ],
)
def test_what_does_not_fit_is_named(arguments, name, message):
    with pytest.raises(ValueError, match=message):
        parametric_activation(*arguments, activation=name)
