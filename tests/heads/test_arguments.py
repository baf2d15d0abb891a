"""Arguments of a head: conversion to one library and dtype."""

import numpy as np
import pytest
from scipy import sparse

from chainrule.checking import balls
from chainrule.heads.arguments import beside, floats, floats_like, positions, total_of


def test_integers_and_lists_become_floats():
    assert floats("X", [[1, 2]]).dtype == np.float64
    assert floats("X", np.ones(2, np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (sparse.csr_array(np.eye(2)), "W: expected a dense array, got a sparse one"),
        (np.ones(2, np.float16), "W: expected float64 or float32, got float16"),
        (np.array(["a"]), "W: expected numbers, got dtype <U1"),
    ],
)
def test_other_arguments_are_refused_by_name(given, message):
    with pytest.raises(ValueError, match=message):
        floats("W", given)


def test_numbers_beside_balls_are_balls():
    third = balls([1.0]) / 3
    assert (floats_like("bias", [0.5], third) == balls([0.5])).all()
    assert type(beside(2.0, third)[()]) is type(third[0])
    assert total_of(third) == third[0]


def test_sums_of_float32_are_float64():
    weights = np.full(3, 1 / 3, np.float32)
    assert total_of(weights) == float(weights.astype(np.float64).sum())


def test_positions_are_none_where_all_count():
    assert positions(np.array([True, True])) is None
    assert positions(np.array([False, True])).tolist() == [1]
