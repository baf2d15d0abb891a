"""Vectors, rows and matrices, and the products that their shapes select."""

import flint
import pytest

from chainrule.checking.documents.tensors import (
    OutOfRange,
    ShapeMismatch,
    Tensor,
    diagonal,
    paired,
    product,
    trace,
    transposed,
)


def tensor(shape, *entries):
    return Tensor(shape, [flint.arb(entry) for entry in entries])


V, W = tensor((2,), 1, 2), tensor((2,), 3, 4)
M = tensor((2, 3), 1, 2, 3, 4, 5, 6)


def flat(x):
    return (x.shape, [int(float(entry)) for entry in x.entries]) if isinstance(x, Tensor) else int(float(x))


def test_a_product_is_inner_outer_or_of_matrices_as_the_shapes_say():
    assert flat(product(transposed(V), W)) == 11
    assert flat(product(V, W, "·")) == 11
    assert flat(product(V, transposed(W))) == ((2, 2), [3, 4, 6, 8])
    assert flat(product(transposed(V), M)) == ((1, 3), [9, 12, 15])
    assert flat(product(V, M)) == ((1, 3), [9, 12, 15])
    assert flat(product(transposed(M), V)) == ((3,), [9, 12, 15])
    assert flat(product(flint.arb(2), V)) == ((2,), [2, 4])


@pytest.mark.parametrize(("a", "b"), [(V, W), (M, V), (M, M)])
def test_shapes_that_fit_nothing_are_refused(a, b):
    with pytest.raises(ShapeMismatch, match="the product of"):
        product(a, b)


def test_a_row_may_stand_beside_a_column_and_a_number_beside_every_entry():
    assert paired(V, transposed(W)) == list(zip(V.entries, W.entries, strict=True))
    assert paired(V, flint.arb(5)) == [(entry, 5) for entry in V.entries]
    assert paired(V, M) is None


def test_entries_count_from_one():
    assert M.at(2, 3) == 6
    assert transposed(V).at(2) == 2
    with pytest.raises(OutOfRange):
        M.at(0, 1)


def test_unknown_entries_stay_unknown():
    assert product(Tensor((1, 2), [None, flint.arb(1)]), V) is None
    assert flat(diagonal(diagonal(V))) == ((2,), [1, 2])
    assert trace(diagonal(V)) == 3
