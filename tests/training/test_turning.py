"""Images that are turned, zoomed and toned, against a computation for each."""

import numpy as np
from scipy.ndimage import affine_transform

from chainrule.arrays import random_stream
from chainrule.training.turning import toned, turned

TURNS = np.array([0.0, 0.3, -1.2, np.pi / 2, 0.7])
ZOOMS = np.array([1.0, 1.0, 1.2, 1.0, 0.6])


def one_turned(channel, angle, factor):
    """One channel of one image, turned by SciPy."""
    inverse = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / factor
    middle = (np.array(channel.shape) - 1) / 2
    return affine_transform(channel, inverse, middle - inverse @ middle, order=1, mode="grid-constant")


def test_turned_images_are_those_of_a_computation_for_each():
    images = random_stream(4).normal(size=(5, 2, 7, 6))
    expected = [
        [one_turned(channel, angle, factor) for channel in image]
        for image, angle, factor in zip(images, TURNS, ZOOMS, strict=True)
    ]
    found = turned(images, TURNS, ZOOMS)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.array_equal(found[0], images[0])
    assert turned(images.astype(np.float32), TURNS, ZOOMS).dtype == np.float32


def test_contrast_and_brightness_are_those_of_each_channel():
    images = random_stream(5).normal(3.0, 2.0, size=(2, 3, 4, 5))
    before, factors, additions = images.copy(), np.array([0.5, 1.7]), np.array([-1.0, 0.25])
    toned(images, factors, additions)
    for image, own, factor, addition in zip(images, before, factors, additions, strict=True):
        for channel, old in zip(image, own, strict=True):
            np.testing.assert_allclose(channel, (old - old.mean()) * factor + old.mean() + addition, rtol=1e-12)
