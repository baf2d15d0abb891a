"""Embedding: rows of a table by codes, integers or whole floats, and the sums that go back."""

import numpy as np
import pytest

from chainrule.checking import assert_rule
from chainrule.rules import embedding, linear

TABLE = np.array([[1.0, -2.0], [0.5, 4.0], [3.0, 8.0], [-1.0, 7.0]])
CODES = np.array([[2, 0, 2], [3, 2, 0]])
V = np.arange(12.0).reshape(2, 3, 2)


def test_rows_are_looked_up_and_cotangents_of_equal_codes_are_added():
    assert embedding(CODES, TABLE).tolist() == TABLE[CODES].tolist()
    by_codes, by_table = embedding.vjp(CODES, TABLE, V)
    assert by_codes is None
    expected = np.zeros_like(TABLE)
    np.add.at(expected, CODES, V)
    assert by_table.tolist() == expected.tolist()
    assert by_table[1].tolist() == [0.0, 0.0]


def test_it_is_a_linear_layer_of_one_hot_rows():
    rows = np.eye(4)[CODES]
    assert embedding(CODES, TABLE).tolist() == linear(rows, TABLE).tolist()
    assert embedding.vjp(CODES, TABLE, V)[1].tolist() == linear.vjp(rows, TABLE, V)[1].tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32])
def test_codes_of_any_dtype_name_the_same_rows(dtype):
    codes = CODES.astype(dtype)
    assert embedding(codes, TABLE).tolist() == TABLE[CODES].tolist()
    assert embedding.vjp(codes, TABLE, V)[1].tolist() == embedding.vjp(CODES, TABLE, V)[1].tolist()
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    assert embedding(torch.tensor(codes), torch.tensor(TABLE)).tolist() == TABLE[CODES].tolist()


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("codes", [CODES, CODES[0], CODES[:0], np.stack([CODES, CODES])])
def test_derivatives_are_right_for_all_shapes(codes, flat, same_on_torch):
    assert not assert_rule(embedding, codes, TABLE, options={"flat": flat}).unchecked
    assert embedding(codes, TABLE, flat=True).ravel().tolist() == embedding(codes, TABLE).ravel().tolist()
    same_on_torch(embedding, codes, TABLE, flat=flat)


def test_one_code_is_one_row(autograd_agrees):
    assert embedding(2, TABLE).tolist() == [3.0, 8.0]
    assert embedding.vjp(2, TABLE, np.ones(2))[1].tolist() == [[0, 0], [0, 0], [1, 1], [0, 0]]
    autograd_agrees(embedding, CODES, TABLE)


@pytest.mark.parametrize(
    ("codes", "table", "message"),
    [
        (np.array([0, 4]), TABLE, r"codes: labels lie in 0..3 for 4 classes, got 0..4"),
        (np.array([-1, 2]), TABLE, r"codes: labels lie in 0..3 for 4 classes, got -1..2"),
        (np.array([0.5, 2]), TABLE, "codes: expected whole numbers"),
        (np.array([np.inf, 2]), TABLE, "codes: expected whole numbers"),
        (CODES, TABLE[0], r"table: expected shape \(codes, width\), got \(2,\)"),
    ],
)
def test_codes_that_are_no_rows_are_named(codes, table, message):
    with pytest.raises(ValueError, match=message):
        embedding(codes, table)
