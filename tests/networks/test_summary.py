"""Sizes, counts, receptive fields and what strides leave unread, by hand and by counting."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.networks import Plan, network_of_layers, summarise

STACK = "conv 32 8x8 stride 2 pad 3, relu, pool 2, conv 64 3x3 pad 1, relu, flatten, linear 10"


def test_the_stack_of_two_convolutions_and_a_pool():
    sizes = summarise(STACK, (3, 128, 128))
    assert [sizes.layers[k].size for k in (0, 2, 3)] == ["64x64x32", "32x32x32", "32x32x64"]
    assert [sizes.layers[k].outputs for k in (0, 2, 3)] == [131072, 32768, 65536]
    assert (sizes.layers[3].weights, sizes.layers[3].weights + sizes.layers[3].biases) == (18432, 18496)
    assert (sizes.layers[0].weights, sizes.layers[0].weights + sizes.layers[0].biases) == (6144, 6176)
    assert sizes.remarks() == []


@pytest.mark.parametrize(("kernel", "size", "unread"), [(8, 64, 0), (7, 64, 1), (2, 67, 0), (6, 65, 0)])
def test_kernels_of_other_sizes(kernel, size, unread):
    sizes = summarise(f"conv 32 {kernel}x{kernel} stride 2 pad 3", (3, 128, 128))
    assert sizes.layers[0].size == f"{size}x{size}x32"
    assert sizes.layers[0].dropped == (unread, unread)


def test_multiply_adds_are_those_of_the_products():
    sizes = summarise(STACK, (3, 128, 128))
    assert sizes.layers[0].multiply_adds == 64 * 64 * 32 * 8 * 8 * 3
    assert sizes.layers[3].multiply_adds == 32 * 32 * 18432
    assert sizes.layers[6].multiply_adds == 65536 * 10
    assert sum(layer.multiply_adds for layer in sizes.layers) == sizes.multiply_adds
    assert summarise("conv 8 3x3 groups 4", (4, 5, 5)).multiply_adds == 9 * 8 * 9


def test_memory_counts_inputs_outputs_and_parameters_in_float32():
    sizes = summarise("pool 2, flatten, linear 3", (1, 4, 4))
    assert sizes.activation_bytes == 4 * (16 + 4 + 4 + 3)
    assert sizes.parameter_bytes == 4 * (12 + 3)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("conv 2 3x3", (3, 3)),
        ("conv 2 3x3, conv 2 3x3", (5, 5)),
        ("conv 2 3x3 dilation 2", (5, 5)),
        ("pool 2, conv 2 3x3", (6, 6)),
        ("conv 2 8x8 stride 2 pad 3, relu, pool 2, conv 2 3x3 pad 1", (18, 18)),
        ("conv 2 1x5, pool 3x2 stride 1x3, conv 2 2x2", (4, 9)),
    ],
)
def test_a_receptive_field_is_where_the_pixels_are_that_change_an_output(text, field):
    shape = (1, 24, 24)
    sizes = summarise(text, shape)
    assert sizes.layers[-1].receptive_field == field
    # An output in the middle, picked by the weights of a linear layer, has a gradient exactly there.
    _, height, width = sizes.layers[-1].out_shape
    network = network_of_layers(f"{text}, flatten, linear 1", shape, loss="binary_cross_entropy")
    theta = np.abs(network.initial_parameters(2)) + 0.1
    picked = np.zeros(network.unpack(theta)[-2].shape)
    picked[(height // 2) * width + width // 2] = 1
    network.unpack(theta)[-2][...] = picked
    x = np.abs(random_stream(4).standard_normal((40, 576)))
    plan = Plan(network, 40, theta, input_gradient=True)
    plan.loss_and_gradient(x, np.zeros((40, 1)))
    # Over forty images every pixel of a window is the largest of its pool at some time.
    seen = (plan.input_gradient != 0).any(axis=0).reshape(24, 24)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    assert (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1) == field


def test_what_no_window_reaches_is_said_and_whether_it_is_image_or_zeros():
    sizes = summarise("conv 2 7x7 stride 2 pad 3, pool 3", (3, 128, 128))
    first = "layer 1 (conv 2 7x7 stride 2 pad 3)"
    assert sizes.remarks() == [
        f"{first}: no window reaches 1 row at the bottom (zeros of the padding, not the image)",
        f"{first}: no window reaches 1 column on the right (zeros of the padding, not the image)",
        "layer 2 (pool 3): no window reaches 1 row at the bottom (1 of the image)",
        "layer 2 (pool 3): no window reaches 1 column on the right (1 of the image)",
    ]
    both = summarise("conv 2 2x2 stride 4 pad 1", (1, 7, 7)).remarks()
    assert both[0].endswith("3 rows at the bottom (2 of the image and 1 of zeros)")


def test_rows_of_features_have_sizes_too():
    sizes = summarise("linear 100, relu, linear 10", (784,))
    assert (sizes.weights, sizes.biases) == (79400, 110)
    assert sizes.layers[0].receptive_field is None


def test_the_summary_of_a_network_is_that_of_its_words():
    network = network_of_layers(STACK, (3, 128, 128))
    assert summarise(network.layers, network.in_shape) == summarise(STACK, (3, 128, 128))


def test_the_head_is_counted_where_the_number_of_logits_is_known():
    alone, whole = summarise("conv 8 3x3, relu", (1, 8, 8)), summarise("conv 8 3x3, relu", (1, 8, 8), outputs=10)
    assert [layer.text for layer in whole.layers] == ["conv 8 3x3", "relu", "flatten", "linear 10"]
    assert whole.weights - alone.weights == 8 * 36 * 10
    assert summarise(STACK, (3, 128, 128), outputs=10) == summarise(STACK, (3, 128, 128))
