"""Which convolutions act on an array."""

import numpy as np
import pytest

from chainrule.kernels import convolution_numpy
from chainrule.kernels.convolution_library import library_of


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_of_numpy_have_tiles(dtype):
    assert library_of(np.zeros((1, 1, 2, 2), dtype)) is convolution_numpy


@pytest.mark.parametrize("dtype", [object, np.float16, np.int64])
def test_all_other_arrays_of_numpy_have_the_rule_alone(dtype):
    assert library_of(np.zeros((1, 1, 2, 2), dtype)) is None


def test_tensors_have_pytorchs_own_unless_they_are_traced():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    from chainrule.kernels import convolution_torch

    images = torch.zeros(1, 1, 2, 2)
    assert library_of(images) is convolution_torch
    seen = []
    torch.func.vmap(lambda one: (seen.append(library_of(one)), one)[1])(images)
    assert seen == [None]
