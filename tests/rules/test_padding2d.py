"""Zeros around images, and images as rows."""

import numpy as np
import pytest

from chainrule.checking import assert_rule
from chainrule.rules import correlate2d, flatten, zero_pad2d

X = np.arange(1.0, 13.0).reshape(2, 2, 3)


@pytest.mark.parametrize("padding", [0, 1, (2, 0), ((1, 2), (0, 3)), "same"])
@pytest.mark.parametrize("shape", [(2, 2, 3), (2, 1, 3, 2), (0, 1, 2, 2)])
def test_derivatives_of_zero_padding_are_exact(padding, shape):
    x = np.arange(float(np.prod(shape))).reshape(shape) / 8
    assert not assert_rule(zero_pad2d, x, options={"padding": padding}, within=0).unchecked


@pytest.mark.parametrize("shape", [(2, 2, 3), (2, 1, 3, 2), (0, 1, 2, 2), (1, 1, 1)])
def test_derivatives_of_flatten_are_exact(shape):
    x = np.arange(float(np.prod(shape))).reshape(shape) / 8
    assert not assert_rule(flatten, x, within=0).unchecked


def test_zeros_stand_around_the_image_and_not_copies_of_its_edge():
    got = zero_pad2d(X[:1], padding=((1, 0), (2, 1)))
    assert got[0].tolist() == [[0, 0, 0, 0, 0, 0], [0, 0, 1, 2, 3, 0], [0, 0, 4, 5, 6, 0]]


def test_the_pullback_crops():
    v = np.arange(40.0).reshape(2, 4, 5)
    assert np.array_equal(zero_pad2d.vjp(X, v, padding=1), v[:, 1:-1, 1:-1])
    assert np.array_equal(zero_pad2d.vjp(X, v, padding=((0, 2), (2, 0))), v[:, :-2, 2:])


def test_padding_first_is_the_padding_of_the_convolution():
    weight = np.arange(36.0).reshape(2, 2, 3, 3)
    assert np.array_equal(correlate2d(zero_pad2d(X, padding=2), weight), correlate2d(X, weight, padding=2))


def test_images_are_flattened_channel_by_channel_and_row_by_row():
    assert flatten(X).tolist() == list(range(1, 13))
    assert flatten(X[None]).shape == (1, 12)
    assert np.array_equal(flatten.vjp(X, np.arange(12.0)), X - 1)


def test_negative_padding_is_refused():
    with pytest.raises(ValueError, match="padding: expected at least 0"):
        zero_pad2d(X, padding=(-1, 0))
