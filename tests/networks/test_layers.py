"""Layers: what they are made of, and what they refuse."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.networks import (
    Layer,
    Parameter,
    Plan,
    layers_of,
    network_of_layers,
)
from chainrule.networks.layers import described, uniform


@pytest.mark.parametrize(("shape", "size"), [((), 1), ((7,), 7), ((3, 5), 15), ((2, 3, 4), 24), ((4, 0), 0)])
def test_the_size_of_a_parameter_is_the_product_of_its_shape(shape, size):
    assert Parameter("weight", shape).size == size


def test_a_parameter_starts_at_zero_and_free_of_penalties_unless_told_otherwise():
    parameter = Parameter("slope", (2, 3))
    assert not parameter.penalised
    assert (parameter.initial(random_stream(0), (2, 3)) == np.zeros((2, 3))).all()


@pytest.mark.parametrize(
    "parameters",
    [(), (Parameter("weight", (2, 3)),), (Parameter("bias", (3,)), Parameter("weight", (2, 3)))],
)
def test_a_layer_needs_its_rules_parameters_in_order(parameters):
    Layer(rules.affine, (Parameter("weight", (2, 3)), Parameter("bias", (3,))), (2,), (3,))
    with pytest.raises(ValueError, match=r"a layer of affine needs the parameters \('weight', 'bias'\), got"):
        Layer(rules.affine, parameters, (2,), (3,))


def test_a_layer_without_shapes_takes_any_and_keeps_it():
    for shape in ((3,), (2, 4, 4)):
        (layer,) = layers_of([Layer(rules.tanh)], shape)
        assert (layer.in_shape, layer.out_shape) == (shape, shape)


def test_a_layer_without_words_is_called_by_its_rule():
    assert str(Layer(rules.tanh)) == "tanh"
    assert str(Layer(rules.tanh, words="squash")) == "squash"
    assert str(layers_of([Layer(rules.tanh, words="squash")], (3,))[0]) == "squash"


def test_first_values_lie_within_the_bound():
    values = uniform(0.25)(random_stream(1), (1000,))
    assert 0.24 < abs(values).max() <= 0.25


def test_shapes_are_described_by_what_they_hold():
    assert described((7,)) == "7 features"
    assert described((1, 2, 3)) == "images of 1 x 2 x 3 (channels x height x width)"


def test_an_option_that_the_rule_lacks_is_named_at_once():
    with pytest.raises(ValueError, match="layer max_pool2d: max_pool2d has no option 'kernal'; it has kernel"):
        Layer(rules.max_pool2d, options={"kernal": 2})


def test_a_parameter_of_a_wrong_size_names_its_layer():
    gain = rules.Rule(
        "gain", lambda x, gain: (x * gain, ()), dict.fromkeys(("x", "gain"), lambda r, v: v), inputs=("x", "gain")
    )
    layer = Layer(gain, (Parameter("gain", (32,)),))
    network = network_of_layers([layer, "linear 2"], (64,))
    with pytest.raises(ValueError, match=r"layer gain: it has gain of shape \(32,\), and 64 features arrive"):
        Plan(network, 5, network.initial_parameters(seed=0)).logits(np.ones((5, 64)))
