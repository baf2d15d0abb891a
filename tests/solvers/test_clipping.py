"""Clipping by the norm of the whole flat gradient."""

import math

import numpy as np
import pytest

from chainrule.solvers import clip_norm


def test_a_longer_gradient_is_scaled_to_the_largest_norm():
    gradient = np.array([3.0, -4.0, 12.0])
    assert clip_norm(gradient, 6.5) == 13.0
    assert gradient.tolist() == [1.5, -2.0, 6.0]


@pytest.mark.parametrize("largest", [13.0, 13.5, math.inf])
def test_a_shorter_gradient_is_left_as_it_is(largest):
    gradient = np.array([3.0, -4.0, 12.0])
    assert clip_norm(gradient, largest) == 13.0
    assert gradient.tolist() == [3.0, -4.0, 12.0]


def test_a_zero_gradient_stays_zero():
    gradient = np.zeros(4)
    assert clip_norm(gradient, 1e-3) == 0.0
    assert (gradient == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_norm_afterwards_is_the_largest(dtype):
    gradient = (np.random.default_rng(0).normal(size=1001) * 100).astype(dtype)
    before = gradient.astype(np.float64)
    norm = np.linalg.norm(before)
    eps = float(np.finfo(dtype).eps)
    # The sum of 1001 positive squares may be summed in any order: measured, off by less than 1 eps.
    assert clip_norm(gradient, 0.1) == pytest.approx(norm, rel=8 * eps, abs=0)
    assert gradient.dtype == dtype
    np.testing.assert_allclose(gradient, 0.1 / norm * before, rtol=8 * eps)


def test_tensors_are_clipped_as_arrays_are():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    gradient = torch.tensor([3.0, -4.0, 12.0], dtype=torch.float64)
    assert clip_norm(gradient, 6.5) == 13.0
    assert gradient.tolist() == [1.5, -2.0, 6.0]


@pytest.mark.parametrize(("size", "dtype"), [(1e200, np.float64), (1e30, np.float32)])
def test_a_gradient_whose_squares_overflow_is_clipped_too(size, dtype):
    gradient = np.array([3 * size, 4 * size], dtype=dtype)
    clip_norm(gradient, 5.0)
    np.testing.assert_allclose(gradient, [3.0, 4.0], rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("largest", [0.0, -1.0, math.nan])
def test_the_largest_norm_must_be_above_zero(largest):
    with pytest.raises(ValueError, match=f"the largest norm must be above 0, got {largest}"):
        clip_norm(np.ones(2), largest)
