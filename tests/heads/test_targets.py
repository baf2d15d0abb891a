"""Targets of a head: labels and rows of class weights, whole, in part and in blocks."""

import numpy as np
import pytest
from scipy import sparse

from chainrule.heads.targets import read_targets

ROWS = np.array([[0.5, 0.0, 0.5], [0.0, 2.0, 0.0]])
LIKE = np.zeros(1)


def test_labels_are_flattened_and_taken_by_position():
    targets = read_targets([[0, 2], [1, 0]], (2, 2), 3, LIKE)
    assert targets.labels.tolist() == [0, 2, 1, 0]
    assert targets.take(np.array([2, 0])).labels.tolist() == [1, 0]
    assert targets.rows is None


@pytest.mark.parametrize("given", [ROWS, sparse.csr_array(ROWS)])
def test_blocks_of_class_weights_are_dense(given):
    targets = read_targets(given, (2,), 3, LIKE.astype(np.float32))
    block = targets.block(slice(0, 2), slice(1, 3), LIKE.astype(np.float32))
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
