"""Functions along the last axis: one-hot rows, the entry at a label, the largest entry, sums without cancellation."""

import numpy as np
import pytest

from chainrule.arrays import broadcast_jacobian, largest, one_hot, take_class, with_class


@pytest.mark.parametrize("labels", [np.array(2), np.array([0, 2, 1]), np.array([[1, 1], [0, 2]]), np.zeros(0, int)])
def test_rows_are_those_of_the_identity(labels):
    rows = one_hot(labels, 3)
    assert rows.tolist() == np.eye(3)[labels].tolist()
    assert rows.shape == (*labels.shape, 3)
    assert rows.dtype == np.float64


def test_dtypes_and_lists():
    assert one_hot(np.array([1]), 2, dtype=np.float32).dtype == np.float32
    assert one_hot(np.array([1], np.uint8), 2, dtype=bool).tolist() == [[False, True]]
    assert one_hot([1, 0], 2).tolist() == [[0, 1], [1, 0]]


def test_tensors_give_tensors():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    rows = one_hot(torch.tensor([2, 0]), 3)
    assert rows.dtype == torch.float64
    assert rows.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot(torch.tensor([1]), 2, dtype=torch.float32).dtype == torch.float32
    with pytest.raises(ValueError, match=r"got 2\.\.2"):
        one_hot(torch.tensor([2]), 2)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 3], r"labels lie in 0..2 for 3 classes, got 0..3"),
        ([-1, 0], r"labels lie in 0..2 for 3 classes, got -1..0"),
        ([0.0, 1.0], r"labels: expected integer labels, got float64"),
        ([True, False], r"labels: expected integer labels, got bool"),
    ],
)
def test_labels_out_of_range_or_not_integers_are_refused(labels, message):
    assert one_hot([0, 2], 3).shape == (2, 3)
    with pytest.raises(ValueError, match=message):
        one_hot(labels, 3)


def test_one_largest_entry_is_marked_also_among_equals():
    np.testing.assert_array_equal(largest(np.array([[2.0, 2.0], [1.0, 3.0]])), [[True, False], [False, True]])
    with pytest.raises(ValueError, match="no largest entry"):
        largest(np.zeros((2, 0)))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("columns", [1, 3, 40])
def test_one_entry_per_row_is_read_and_replaced_in_either_order_in_memory(order, columns):
    x = np.asarray(np.arange(7.0 * columns).reshape(7, columns), order=order)
    labels = np.arange(7) * 5 % columns
    expected = x.copy()
    assert np.array_equal(take_class(x, labels), x[np.arange(7), labels][:, None])
    before = x.copy()
    expected[np.arange(7), labels] = -np.arange(7.0)
    assert np.array_equal(with_class(x, labels, -np.arange(7.0)[:, None]), expected)
    expected[np.arange(7), labels] = 0.5
    assert np.array_equal(with_class(x, labels, 0.5), expected)
    assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("slopes", "shape"),
    [((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), ()), ((2, 3), (2, 1)), ((2, 3), (4, 1, 3)), ((4, 2, 3), (4, 1, 3))],
)
def test_the_jacobian_of_a_broadcast_product_times_the_array_is_the_product(slopes, shape):
    factors, x = np.arange(1.0, 1 + np.prod(slopes)).reshape(slopes), np.arange(2.0, 2 + np.prod(shape)).reshape(shape)
    y, jacobian = factors * x, broadcast_jacobian(factors, shape)
    row = jacobian.shape[y.ndim :]
    each = x.reshape(*x.shape[: x.ndim - len(row)], *row)
    for at in np.ndindex(y.shape):
        assert np.sum(jacobian[at] * each[at[: each.ndim - len(row)]]) == y[at]
