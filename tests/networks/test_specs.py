"""The layers that come with the package: rules, parameters, shapes, first values, and what they refuse."""

import math

import numpy as np
import pytest

from chainrule import networks, rules
from chainrule.arrays import random_stream
from chainrule.networks import Activation, Dropout, Linear, specs
from chainrule.workspace import Workspace


def test_a_linear_layer_has_a_weight_written_in_features_by_out_features_and_a_bias():
    layer = Linear(3).layer((4,))
    assert layer.rule is rules.affine
    assert [(p.name, p.shape, p.penalised) for p in layer.parameters] == [
        ("weight", (4, 3), True),
        ("bias", (3,), False),
    ]
    assert (layer.in_shape, layer.out_shape) == ((4,), (3,))


def test_a_linear_layer_without_bias_has_a_weight_alone():
    layer = Linear(1, bias=False).layer((5,))
    assert layer.rule is rules.linear
    assert [p.name for p in layer.parameters] == ["weight"]


@pytest.mark.parametrize(("widths", "named"), [((0, 3), "0 x 3"), ((3, 0), "3 x 0"), ((3, -2), "-2")])
def test_a_linear_layer_needs_widths_of_at_least_one(widths, named):
    with pytest.raises(ValueError, match=named):
        Linear(widths[1]).layer(widths[:1])


@pytest.mark.parametrize(("gain", "fans"), [(6.0, (30, 50)), (2.0, (200, 7))])
def test_weights_and_biases_start_uniform_within_glorots_bound(gain, fans):
    weight, bias = Linear(fans[1], gain=gain).layer(fans[:1]).parameters
    bound = math.sqrt(gain / sum(fans))
    values = weight.initial(random_stream(3), weight.shape)
    assert values.shape == fans
    assert abs(values).max() <= bound
    # The largest of n uniform draws falls short of 0.99 of the bound with probability 0.99^n, 3e-7 at n = 1400.
    assert abs(values).max() > 0.99 * bound
    # A uniform value's standard deviation is bound / sqrt(3), and its mean over n draws varies by 1 / sqrt(n) of that.
    deviation = bound / math.sqrt(3)
    assert values.std() == pytest.approx(deviation, rel=0.1, abs=0)
    assert abs(values.mean()) < 5 * deviation / math.sqrt(values.size)
    offsets = bias.initial(random_stream(4), bias.shape)
    assert offsets.shape == bias.shape
    assert abs(offsets).min() > 0
    assert abs(offsets).max() <= bound


def test_an_activation_is_found_by_name_or_given_as_a_rule():
    assert Activation("tanh").layer((3,)).rule is rules.tanh
    assert Activation(rules.softplus).layer((3,)).rule is rules.softplus
    assert Activation("relu").layer((3,)).parameters == ()


@pytest.mark.parametrize("name", ["swish", "affine", "scaled_sigmoid", "log_sum_exp", "softmax_cross_entropy", ""])
def test_an_unknown_activation_is_answered_with_those_that_exist(name):
    with pytest.raises(ValueError, match=f"no activation is named '{name}'") as raised:
        Activation(name).layer((3,))
    listed = str(raised.value).split("there are ")[1].split(", ")
    assert {"identity", "sigmoid", "tanh", "softplus", "relu"} <= set(listed)
    assert name not in listed
    for known in listed:
        assert Activation(known).layer((3,)).rule.name == known


def test_a_registered_rule_joins_the_activations_and_leaves_them_again():
    cube = rules.register(rules.Rule("cube_for_layers", lambda x: (x**3, x), lambda x, v: 3 * x * x * v))
    try:
        assert Activation("cube_for_layers").layer((3,)).rule is cube
    finally:
        rules.unregister("cube_for_layers")
    with pytest.raises(ValueError, match="no activation is named 'cube_for_layers'"):
        Activation("cube_for_layers").layer((3,))


@pytest.mark.parametrize("rate", [0.25, 1 - 2**-53])
def test_dropout_draws_zeros_at_its_rate_and_scales_what_is_left(rate):
    layer = Dropout(rate).layer((100, 100))
    assert layer.rule is rules.dropout
    mask = layer.noise(random_stream(5), np.empty((100, 100)), Workspace())
    assert set(np.unique(mask)) <= {0.0, 1 / (1 - rate)}
    # 10^4 draws: the share of zeros varies by sqrt(rate (1 - rate)) / 100.
    assert (mask == 0).mean() == pytest.approx(rate, abs=5 * math.sqrt(rate * (1 - rate)) / 100 + 1e-15)


def test_dropout_of_nothing_is_the_identity():
    layer = Dropout(0.0).layer((7,))
    assert (layer.rule, layer.noise) == (rules.identity, None)


@pytest.mark.parametrize("rate", [1.0, -1e-300, 1.5, math.nan, math.inf])
def test_a_dropout_rate_outside_zero_to_one_is_refused(rate):
    with pytest.raises(ValueError, match=r"dropout: expected a rate from 0 .* got"):
        Dropout(rate).layer((3,))


@pytest.mark.parametrize("name", specs.__all__)
def test_every_layer_of_the_file_is_public(name):
    assert name in networks.__all__
    assert getattr(networks, name) is getattr(specs, name)
