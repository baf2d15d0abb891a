"""Layers of images as ONNX operators, in float32 by convolutions and in float64 by slices."""

import numpy as np
import pytest

from chainrule import ConvClassifier

SHAPES = (2, 9, 7)
LAYERS = [
    "conv 4 3x3",
    "conv 4 3x2 stride 2 pad 1",
    "conv 4 3 stride 2x1 dilation 2 pad same",
    "conv 6 3 groups 2 no bias",
    "conv 3 2 pad full",
    "pool 2",
    "pool 3 stride 2 pad 1",
    "average pool 3 stride 2 pad 1",
    "average pool 2 pad 3",
    "global pool",
    "pad 2x1",
    "flatten",
]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).normal(size=(40, *SHAPES))


@pytest.mark.parametrize(("dtype", "bound"), [(np.float32, 1e-6), (np.float64, 1e-14)])
@pytest.mark.parametrize("words", LAYERS)
def test_every_layer_of_images(difference, images, words, dtype, bound):
    X, y = images.astype(dtype), np.arange(40) % 3
    model = ConvClassifier(words, max_iter=2, random_state=0).fit(X, y)
    assert difference(model, X) < bound


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_images_are_cropped_to_the_middle_and_may_stay_unscaled(difference, images, dtype):
    X = images.astype(dtype)
    model = ConvClassifier("conv 4 3, relu", augment="crop 5x4", standardize=False, max_iter=2, random_state=0)
    assert difference(model.fit(X, np.arange(40) % 2), X) < 1e-6
