"""Layers in words and in objects, and the networks that they make."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.networks import (
    Activation,
    Conv,
    Dropout,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    Pad,
    Parameter,
    Plan,
    Pool,
    layers_of,
    network_of_layers,
    summarise,
)
from chainrule.networks.stack import specs_of, with_head

STACK = "conv 32 8x8 stride 2 pad 3, relu, pool 2, conv 64 3x3 pad 1, relu, flatten, linear 10"
PIECES = {
    "conv 32 8x8 stride 2 pad 3": Conv(32, (8, 8), stride=2, padding=3),
    "conv 4 3x5 pad 1x2 dilation 2 groups 2 no bias": Conv(4, (3, 5), padding=(1, 2), dilation=2, groups=2, bias=False),
    "conv 4 1x1 pad same": Conv(4, (1, 1), padding="same"),
    "pool 2": Pool(2),
    "pool 3x2 stride 1x2 pad 1": Pool((3, 2), stride=(1, 2), padding=1),
    "average pool 4": Pool(4, average=True),
    "global pool": GlobalPool(),
    "pad 2x1": Pad((2, 1)),
    "flatten": Flatten(),
    "linear 10 no bias": Linear(10, bias=False),
    "dropout 0.25": Dropout(0.25),
    "softplus": Activation("softplus"),
}


@pytest.mark.parametrize(("text", "spec"), PIECES.items(), ids=PIECES)
def test_words_are_read_as_objects_and_objects_written_as_words(text, spec):
    assert specs_of(text) == (spec,)
    assert str(spec) == text
    assert specs_of(f"  {text.upper().replace(' ', '   ')} ,") == (spec,)


@pytest.mark.parametrize("text", ["max pool 2", "avg pool 2", "mean pool 2", "conv 2 3", "pool 2x2"])
def test_other_words_for_the_same_are_read_too(text):
    expected = {
        "max pool 2": Pool(2),
        "avg pool 2": Pool(2, average=True),
        "mean pool 2": Pool(2, average=True),
        "conv 2 3": Conv(2, 3),
        "pool 2x2": Pool((2, 2)),
    }
    assert specs_of(text) == (expected[text],)


@pytest.mark.parametrize(
    ("text", "spec"),
    [("conv 4 3x2 stride 1x2", Conv(4, [3, 2], stride=[1, 2])), ("pool 2x3 pad 1x0", Pool([2, 3], padding=[1, 0]))],
)
def test_sizes_given_as_lists_are_written_as_pairs(text, spec):
    assert str(spec) == text
    assert specs_of(text)[0].layer((2, 8, 8)).windows == spec.layer((2, 8, 8)).windows


def test_words_rules_and_objects_mix_and_make_one_network():
    mixed = [Conv(6, 5, padding=2), rules.relu, "pool 2, flatten", Linear(10)]
    words = network_of_layers("conv 6 5x5 pad 2, relu, pool 2, flatten, linear 10", (1, 28, 28))
    objects = network_of_layers(mixed, (1, 28, 28))
    assert words.shapes == objects.shapes
    assert np.array_equal(words.initial_parameters(3), objects.initial_parameters(3))


def test_the_network_of_the_stack_has_the_parameters_that_its_summary_counts():
    network, sizes = network_of_layers(STACK, (3, 128, 128)), summarise(STACK, (3, 128, 128))
    assert network.n_parameters == sizes.weights + sizes.biases == 680042
    assert network.n_weights == sizes.weights
    assert network.shapes[1:] == tuple(layer.out_shape for layer in sizes.layers)
    assert list(map(str, network.layers)) == STACK.split(", ")


def test_parameters_do_not_depend_on_the_size_of_the_images():
    text = "conv 8 3x3 pad 1, relu, conv 4 5x5, global pool, linear 3"
    small, large = (network_of_layers(text, (2, n, n)) for n in (8, 31))
    assert small.n_parameters == large.n_parameters
    assert np.array_equal(small.initial_parameters(0), large.initial_parameters(0))


@pytest.mark.parametrize("groups", [1, 4])
def test_first_weights_are_uniform_within_the_bound_for_the_terms_of_a_sum(groups):
    network = network_of_layers(f"conv 64 5x5 groups {groups}, flatten, linear 2", (8, 6, 6))
    weight, bias, *_ = network.unpack(network.initial_parameters(0))
    bound = 1 / np.sqrt(8 // groups * 25)
    # Of thousands of draws the largest is within a percent of the bound.
    assert 0.99 * bound < np.abs(weight).max() <= bound
    assert np.abs(weight.mean()) < 5 * bound / np.sqrt(3 * weight.size)
    assert (bias == 0).all()


def test_the_network_runs_and_its_logits_are_the_rules_one_after_another():
    network = network_of_layers("conv 3 3x3 stride 2 pad 1, tanh, pad 1, average pool 2, flatten, linear 4", (2, 6, 5))
    theta, x = network.initial_parameters(1), random_stream(9).standard_normal((3, 60))
    w1, b1, w2, b2 = network.unpack(theta)
    images = rules.tanh(rules.conv2d(x.reshape(3, 2, 6, 5), w1, b1, stride=2, padding=1))
    features = rules.flatten(rules.avg_pool2d(rules.zero_pad2d(images, padding=1)))
    # The same sums by the same products, but for the layout of what is added: 20 and 27 terms below 8.
    np.testing.assert_allclose(Plan(network, 3, theta).logits(x), features @ w2 + b2, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conf 3 3x3", "'conf 3 3x3': no layer is called 'conf'; did you mean 'conv'? layers are conv, "),
        ("conv 3", "'conv 3': expected the size of the kernel, and the words end"),
        ("conv x 3x3", "expected the number of filters, a whole number, got 'x'"),
        ("conv 3 3x3x3", "expected the size of the kernel, such as 3 or 3x5, got '3x3x3'"),
        ("conv 3 3x3 stride", "expected a stride, and the words end"),
        (
            "conv 3 3x3 strid 2",
            "'strid 2' is not understood here; did you mean 'stride'? there are stride, pad, dilation, groups, no bias",
        ),
        ("pool 2 dilation 2", "'dilation 2' is not understood here; there are stride, pad"),
        ("flatten 3", "'3' is not understood here"),
        ("dropout half", "expected a rate, a number from 0 to below 1, got 'half'"),
        ("max 3", "no layer is called 'max'"),
        ("maxpool 2", "did you mean 'max pool'? layers are"),
        ("rleu", "did you mean 'relu'? layers are"),
        ("conf 3", "; activations are identity, "),
    ],
)
def test_words_that_are_not_understood_are_quoted(text, message):
    with pytest.raises(ValueError) as caught:
        specs_of(text)
    assert message in str(caught.value)


def test_what_is_no_layer_is_refused():
    with pytest.raises(ValueError, match="expected words, rules or layers such as Conv"):
        specs_of([3])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pool 2, conv 4 9x9", "layer 2 (conv 4 9x9): height: a kernel of 9 does not fit on 4 samples"),
        ("pool 2, conv 4 3x9", "layer 2 (conv 4 3x9): width: a kernel of 9 does not fit on 4 samples"),
        (
            "linear 3",
            "layer 1 (linear 3): a linear layer takes rows of features: put flatten, or global pool, before it",
        ),
        ("flatten, pool 2", "layer 2 (pool 2): expected images, channels x height x width, but 192 features arrive"),
        ("conv 4 3x3 groups 2", "layer 1 (conv 4 3x3 groups 2): groups: expected a divisor of 3 and 4 channels, got 2"),
        ("conv 0 3x3", "layer 1 (conv 0 3x3): filters: expected at least 1, got 0"),
        ("conv 4 3x3 stride 0", "layer 1 (conv 4 3x3 stride 0): height: stride: expected at least 1, got 0"),
        (
            "pool 2 pad 2",
            "layer 1 (pool 2 pad 2): max_pool2d: the padding ((2, 2), (2, 2)) is more than half of the kernel (2, 2)",
        ),
        ("dropout 1.5", "layer 1 (dropout 1.5): dropout: expected a rate"),
    ],
)
def test_a_layer_that_cannot_be_is_named_with_the_sizes_that_arrive(text, message):
    with pytest.raises(ValueError) as caught:
        network_of_layers(f"{text}, flatten, linear 2", (3, 8, 8))
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith("arrive")


def test_a_network_that_ends_in_images_is_refused():
    with pytest.raises(ValueError, match=r"the last layer puts out images, of shape \(4, 6, 6\)"):
        network_of_layers("conv 4 3x3", (1, 8, 8))


def test_layers_made_for_other_images_are_refused_by_the_network():
    from chainrule.networks import Network

    layers = layers_of("conv 4 3x3, flatten, linear 2", (1, 8, 8))
    with pytest.raises(
        ValueError, match=r"layer 1 \(conv 4 3x3\): it takes images of 1 x 8 x 8 .*; images of 1 x 4 x 16 "
    ):
        Network(64, layers, image_shape=(1, 4, 16))


@pytest.mark.parametrize(
    ("text", "shape", "added"),
    [
        ("", (1, 8, 8), "flatten, linear 5"),
        ("relu", (1, 8, 8), "flatten, linear 5"),
        ("conv 4 3x3, relu", (1, 8, 8), "flatten, linear 5"),
        ("conv 4 3x3, flatten", (1, 8, 8), "linear 5"),
        ("conv 4 3x3, global pool", (1, 8, 8), "linear 5"),
        ("flatten, linear 5, relu", (1, 8, 8), "linear 5"),
        ("flatten, linear 5, dropout 0.1", (1, 8, 8), "linear 5"),
        ("linear 9, tanh", (7,), "linear 5"),
        ("flatten, linear 5", (1, 8, 8), ""),
        ("flatten, linear 5 no bias", (1, 8, 8), ""),
        ("linear 9, tanh, linear 5", (7,), ""),
    ],
)
def test_a_head_is_added_where_no_linear_layer_is_last(text, shape, added):
    whole = with_head(text, shape, 5)
    assert whole == specs_of(f"{text}, {added}")
    assert layers_of(whole, shape)[-1].out_shape == (5,)
    kept = with_head(text, shape, 5, dropout=0.5)
    assert kept == (*whole[:-1], Dropout(0.5), whole[-1])


def test_a_head_of_another_width_is_refused_with_both_numbers():
    for outputs, needed in ((3, "3 logits, one for each class"), (1, "1 logit for two classes")):
        with pytest.raises(ValueError, match=rf"layer 2 \(linear 7\): .* puts out 7, and the labels need {needed}"):
            with_head("flatten, linear 7", (1, 2, 2), outputs)
    with pytest.raises(ValueError, match=r"layer 1 \(linear 7\): .*flatten"):
        with_head("linear 7", (1, 2, 2), 7)


@pytest.mark.parametrize("last", ["softmax", "log_softmax"])
def test_a_softmax_at_the_end_is_refused(last):
    with pytest.raises(ValueError, match=rf"layer 3 \({last}\): the loss takes the softmax itself"):
        with_head(f"flatten, linear 7, {last}", (1, 2, 2), 7)


@pytest.mark.parametrize(("penalised", "added"), [(False, ["linear 3"]), (True, [])])
def test_a_last_layer_is_the_head_if_it_has_weights(penalised, added):
    gain = rules.Rule(
        "gain", lambda x, g: (x * g, (x, g)), {"g": lambda kept, v: v * kept[0]}, inputs=("x", "g"), kind="layer"
    )
    layer = Layer(gain, (Parameter("g", (3,), penalised=penalised),), (3,), (3,))
    assert [str(spec) for spec in with_head(["linear 3", layer], (4,), 3)] == ["linear 3", "gain", *added]
