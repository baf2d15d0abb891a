"""The matrices of linear maps of images, and what is refused."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.rules.image_maps import matrix_per_image


def test_the_matrix_of_a_map_has_its_values_at_the_unit_images():
    x = np.zeros((2, 1, 2, 3))
    matrix = matrix_per_image(lambda images: 2 * images[..., ::-1], x)
    assert matrix.shape == (2, 1, 2, 3, 1, 2, 3)
    image = np.arange(6.0).reshape(1, 2, 3)
    np.testing.assert_array_equal(np.tensordot(matrix[1], image, 3), 2 * image[..., ::-1])


@pytest.mark.parametrize("shape", [(4, 4), (2, 0, 4), (1, 3, 0)])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(ValueError, match="expected images of shape"):
        rules.flatten(np.zeros(shape))


def test_flatten_and_the_mean_of_channels_keep_leading_axes():
    images = random_stream(97).standard_normal((3, 2, 2, 4, 5))
    assert rules.flatten(images).tolist() == images.reshape(3, 2, 40).tolist()
    np.testing.assert_allclose(rules.global_avg_pool2d(images), images.mean(axis=(-2, -1)), rtol=1e-14)
    v = np.arange(12.0).reshape(3, 2, 2)
    by_x = rules.global_avg_pool2d.vjp(images, v)
    np.testing.assert_allclose(by_x, np.broadcast_to(v[..., None, None] / 20, images.shape))
