"""Inverses by LAPACK against those of NumPy in float64."""

import threading

import numpy as np
import pytest

from chainrule.kernels.positive import invert

EPS = float(np.finfo(np.float32).eps)


def definite(size, seed=0):
    """A positive definite matrix whose condition number is below 10."""
    x = np.random.default_rng(seed).normal(size=(size, 4 * size))
    return (x @ x.T / (4 * size) + np.eye(size)).astype(np.float32)


@pytest.mark.parametrize("size", [1, 2, 65, 200])
def test_it_is_the_inverse(size):
    matrix = definite(size)
    expected = np.linalg.inv(matrix.astype(np.float64))
    assert invert(matrix)
    # n u times the condition number, as entries are below 1.
    np.testing.assert_allclose(matrix, expected, rtol=0, atol=10 * size * EPS)
    np.testing.assert_array_equal(matrix, matrix.T)


def test_the_lower_triangle_does_not_count():
    whole, half = definite(5), definite(5)
    half[np.tri(5, k=-1, dtype=bool)] = np.nan
    assert invert(whole)
    assert invert(half)
    np.testing.assert_array_equal(half, whole)


@pytest.mark.parametrize("entry", [0.0, -1.0])
def test_a_matrix_without_an_inverse_is_told(entry):
    matrix = definite(3)
    matrix[1] = matrix[:, 1] = 0.0
    matrix[1, 1] = entry
    assert not invert(matrix)


@pytest.mark.parametrize(
    "matrix",
    [np.eye(3), np.eye(4, dtype=np.float32)[::2, ::2], np.ones((2, 3), np.float32)],
    ids=["float64", "not contiguous", "not square"],
)
def test_other_arrays_are_refused(matrix):
    with pytest.raises(ValueError, match="contiguous square matrix in float32"):
        invert(matrix)


def test_threads_invert_side_by_side():
    """Each thread has the bits of one alone."""
    matrices = [definite(60, seed) for seed in range(40)]
    alone = [matrix.copy() for matrix in matrices]
    assert all(map(invert, alone))
    halves = [
        threading.Thread(target=lambda part=part: [*map(invert, part)]) for part in (matrices[::2], matrices[1::2])
    ]
    for half in halves:
        half.start()
    for half in halves:
        half.join()
    for found, expected in zip(matrices, alone, strict=True):
        np.testing.assert_array_equal(found, expected)
