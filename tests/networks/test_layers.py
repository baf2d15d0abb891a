"""Layers: what they are made of, what they refuse, and the values their parameters start from."""

import math

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.networks import Layer, Parameter, activation, dropout, linear


def test_a_linear_layer_has_a_weight_written_in_features_by_out_features_and_a_bias():
    layer = linear(4, 3)
    assert layer.rule is rules.affine
    assert [(p.name, p.shape, p.penalised) for p in layer.parameters] == [
        ("weight", (4, 3), True),
        ("bias", (3,), False),
    ]
    assert (layer.in_features, layer.out_features) == (4, 3)


def test_a_linear_layer_without_bias_has_a_weight_alone():
    layer = linear(5, 1, bias=False)
    assert layer.rule is rules.linear
    assert [p.name for p in layer.parameters] == ["weight"]


@pytest.mark.parametrize(("widths", "named"), [((0, 3), "in_features"), ((3, 0), "out_features"), ((3, -2), "-2")])
def test_a_linear_layer_needs_widths_of_at_least_one(widths, named):
    with pytest.raises(ValueError, match=named):
        linear(*widths)


@pytest.mark.parametrize(("shape", "size"), [((), 1), ((7,), 7), ((3, 5), 15), ((2, 3, 4), 24), ((4, 0), 0)])
def test_the_size_of_a_parameter_is_the_product_of_its_shape(shape, size):
    assert Parameter("weight", shape).size == size


def test_a_parameter_starts_at_zero_and_free_of_penalties_unless_told_otherwise():
    parameter = Parameter("slope", (2, 3))
    assert not parameter.penalised
    assert (parameter.initial(random_stream(0), (2, 3)) == np.zeros((2, 3))).all()


@pytest.mark.parametrize(("gain", "fans"), [(6.0, (30, 50)), (2.0, (200, 7))])
def test_weights_and_biases_start_uniform_within_glorots_bound(gain, fans):
    weight, bias = linear(*fans, gain=gain).parameters
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
    assert activation("tanh").rule is rules.tanh
    assert activation(rules.softplus).rule is rules.softplus
    assert activation("relu").parameters == ()


@pytest.mark.parametrize("name", ["swish", "affine", "scaled_sigmoid", "log_sum_exp", "softmax_cross_entropy", ""])
def test_an_unknown_activation_is_answered_with_those_that_exist(name):
    with pytest.raises(ValueError, match=f"no activation is named '{name}'") as raised:
        activation(name)
    listed = str(raised.value).split("there are ")[1].split(", ")
    assert {"identity", "sigmoid", "tanh", "softplus", "relu"} <= set(listed)
    assert name not in listed
    for known in listed:
        assert activation(known).rule.name == known


def test_a_registered_rule_joins_the_activations_and_leaves_them_again():
    cube = rules.register(rules.Rule("cube_for_layers", lambda x: (x**3, x), lambda x, v: 3 * x * x * v))
    try:
        assert activation("cube_for_layers").rule is cube
    finally:
        rules.unregister("cube_for_layers")
    with pytest.raises(ValueError, match="no activation is named 'cube_for_layers'"):
        activation("cube_for_layers")


@pytest.mark.parametrize("rate", [0.0, 0.5, 1 - 2**-53])
def test_a_dropout_rate_below_one_is_kept(rate):
    layer = dropout(rate)
    assert layer.rule is rules.dropout
    assert layer.dropout_rate == rate


@pytest.mark.parametrize("rate", [1.0, -1e-300, 1.5, math.nan, math.inf])
def test_a_dropout_rate_outside_zero_to_one_is_refused(rate):
    with pytest.raises(ValueError, match=r"dropout: expected a rate from 0 .* got"):
        dropout(rate)


@pytest.mark.parametrize(
    "parameters",
    [(), (Parameter("weight", (2, 3)),), (Parameter("bias", (3,)), Parameter("weight", (2, 3)))],
)
def test_a_layer_needs_its_rules_parameters_in_order(parameters):
    Layer(rules.affine, (Parameter("weight", (2, 3)), Parameter("bias", (3,))), 2, 3)
    with pytest.raises(ValueError, match=r"a layer of affine needs the parameters \('weight', 'bias'\), got"):
        Layer(rules.affine, parameters, 2, 3)
