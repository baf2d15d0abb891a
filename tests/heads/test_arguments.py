"""Arguments of a head: conversion to one library and dtype; labels and rows of class weights."""

import numpy as np
import pytest
from scipy import sparse

from chainrule.checking import balls
from chainrule.heads.arguments import beside, floats, floats_like, positions, read_targets, total_of, weights_block

ROWS = np.array([[0.5, 0.0, 0.5], [0.0, 2.0, 0.0]])
LIKE = np.zeros(1)


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


def test_labels_are_flattened():
    targets = read_targets([[0, 2], [1, 0]], (2, 2), 3, LIKE)
    assert targets.tolist() == [0, 2, 1, 0]
    assert targets.dtype == np.intp


@pytest.mark.parametrize("given", [ROWS, sparse.csr_array(ROWS)])
def test_blocks_of_class_weights_are_dense(given):
    targets = read_targets(given, (2,), 3, LIKE.astype(np.float32))
    block = weights_block(targets, slice(0, 2), slice(1, 3), LIKE.astype(np.float32))
    assert block.dtype == np.float32
    assert block.tolist() == ROWS[:, 1:].tolist()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([0.0, 1.0], "expected integers, or rows of 3 class weights"),
        (ROWS[:1], r"expected shape \(2, 3\), got \(1, 3\)"),
        (np.where(ROWS == 2, np.nan, ROWS), "nan or infinity"),
        (sparse.csr_array(ROWS[:1]), "sparse rows of class weights"),
    ],
)
def test_other_targets_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        read_targets(given, (2,), 3, LIKE)
