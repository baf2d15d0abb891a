"""Convolutions by tiles of patches: blocks of output pixels, and both ways to the cotangent of the images."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.kernels import convolution_numpy
from chainrule.rules import correlate2d
from chainrule.rules.windows import windows_on


def normal(*shape):
    return random_stream(81, *shape[:4]).standard_normal(shape)


@pytest.mark.parametrize("patch_bytes", [1, 800, 1 << 20])
def test_the_blocks_cover_every_pixel_once(monkeypatch, patch_bytes):
    monkeypatch.setattr(convolution_numpy, "PATCH_BYTES", patch_bytes)
    seen = np.zeros((7, 5), int)
    for rows, columns in convolution_numpy._blocks(windows_on((7, 5), 1), 8):
        seen[rows, columns] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("padding", [0, 3])
def test_the_transpose_is_a_correlation_unless_the_padding_is_wider_than_the_kernel(padding):
    x, weight, v = normal(3, 2, 6, 5), normal(4, 2, 3, 3), normal(3, 4, 4 + 2 * padding, 3 + 2 * padding)
    windows = windows_on((6, 5), 3, padding=padding)
    assert (convolution_numpy._backwards(windows) is None) == (padding == 3)
    wanted = (True, False, False)
    by_x, *others = convolution_numpy.transposed(x, weight, v, windows, 1, wanted=wanted, out=(None, None, None))
    # Sums in another order.
    np.testing.assert_allclose(by_x, correlate2d.vjp(x, weight, v, padding=padding)[0], rtol=0, atol=1e-13)
    assert others == [None, None]
