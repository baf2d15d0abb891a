"""The bridging functions: streams, entries per row, sums without cancellation, reused buffers."""

import numpy as np
import pytest

from chainrule.arrays import largest, put_class, random_stream, rest_of_sum, sum_to, take_class
from chainrule.workspace import ClassEntries, Workspace

X = np.array([[0.5, -2.0, 3.0], [7.0, 0.25, -1.5]])
LABELS = np.array([2, 0])


def test_streams_depend_on_every_part_of_their_key_and_on_nothing_else():
    keys = [(1,), (2,), (1, 1), (1, 0, 1), (1, 0, 0, 1), (1, 0, 0, 0, 1), (1, 2, 3), (1, 3, 2)]
    keys += [(1, 1, batch, 0, 2**31) for batch in range(3)] + [(1, 1, 2**32 - 1, k, 2**32 - 1) for k in (0, 1)]
    draws = [tuple(random_stream(*key).integers(0, 2**62, 4)) for key in keys]
    assert len(set(draws)) == len(keys)
    assert draws == [tuple(random_stream(*key).integers(0, 2**62, 4)) for key in keys]


@pytest.mark.parametrize("key", [(-1,), (2**64,), (0, -1), (0, 2**32), (0, 1, 2, 3, 4, 5)])
def test_a_key_out_of_range_is_refused(key):
    with pytest.raises(ValueError, match="a stream's key"):
        random_stream(*key)


@pytest.mark.parametrize("order", ["C", "F"])
def test_entries_per_row_are_read_and_written_in_place(order):
    buffer = np.array(X, order=order)
    entries = ClassEntries(buffer)
    np.testing.assert_array_equal(entries.at(LABELS, out=np.empty((2, 1))), [[3.0], [7.0]])
    entries.put(np.array([[10.0], [20.0]]))
    np.testing.assert_array_equal(buffer, [[0.5, -2.0, 10.0], [20.0, 0.25, -1.5]])
    entries.put(0.0)
    np.testing.assert_array_equal(buffer, [[0.5, -2.0, 0.0], [0.0, 0.25, -1.5]])


def test_entries_per_row_of_tensors():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    buffer = torch.tensor(X)
    entries = ClassEntries(buffer)
    read = entries.at(torch.tensor(LABELS), out=torch.empty(2, 1, dtype=torch.float64))
    np.testing.assert_array_equal(read.numpy(), [[3.0], [7.0]])
    entries.put(read * 2)
    np.testing.assert_array_equal(buffer.numpy(), [[0.5, -2.0, 6.0], [14.0, 0.25, -1.5]])


def test_a_buffer_with_gaps_is_refused():
    with pytest.raises(ValueError, match="contiguous"):
        ClassEntries(np.zeros((4, 6))[:, ::2])


def test_the_rest_of_a_sum_keeps_what_a_difference_loses():
    x = np.array([[1.0, 1e-20, 3e-20], [-5.0, 2.0, 1e-30]])
    rest, total = rest_of_sum(x)
    assert rest[0, 0] == 1e-20 + 3e-20
    assert rest[1, 0] == 2.0 + 1e-30
    np.testing.assert_allclose(rest[:, 1:], total - x[:, 1:], rtol=1e-15)
    assert (total - x)[0, 0] == 0  # what the function is for


def test_one_largest_entry_is_marked_also_among_equals():
    np.testing.assert_array_equal(largest(np.array([[2.0, 2.0], [1.0, 3.0]])), [[True, False], [False, True]])
    with pytest.raises(ValueError, match="no largest entry"):
        largest(np.zeros((2, 0)))


def test_sums_undo_broadcasting():
    x = np.arange(24.0).reshape(2, 3, 4)
    for shape in [(4,), (3, 1), (1, 3, 4), (2, 1, 1), ()]:
        assert sum_to(x, shape).shape == shape
        assert sum_to(x, shape).sum() == x.sum()


def test_buffers_are_handed_out_again_by_name_and_shape():
    work = Workspace()
    first = work("a", (2, 3), X)
    assert work("a", (2, 3), X) is first
    assert work("b", (2, 3), X) is not first
    assert work("a", (3, 2), X) is not first
    assert (work.zeros((2, 2), X) == 0).all()


def test_buffers_of_a_name_and_shape_are_apart_by_dtype():
    work = Workspace()
    wide, narrow = X.astype(np.float64), X.astype(np.float32)
    first = work("a", (2, 3), wide)
    assert work("a", (2, 3), narrow).dtype == np.float32
    assert work("a", (2, 3), wide, np.bool_).dtype == np.bool_
    assert work("a", (2, 3), wide) is first
    assert work("a", (2, 3), narrow) is work("a", (2, 3), wide, np.float32)
    for like in (wide, narrow, wide):
        zeros = work.zeros((2, 2), like)
        assert zeros.dtype == like.dtype
        assert (zeros == 0).all()
        assert work.zeros((2, 2), like) is zeros


def test_buffers_of_a_name_and_shape_are_apart_by_library_and_device():
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    work, tensor = Workspace(), torch.zeros(2, 3, dtype=torch.float64)
    first, second, third = (work("a", (2, 3), like) for like in (X, tensor, tensor.to("meta")))
    assert isinstance(first, np.ndarray)
    assert second.device.type == "cpu"
    assert third.device.type == "meta"
    for like, buffer in ((X, first), (tensor, second), (tensor.to("meta"), third)):
        assert work("a", (2, 3), like) is buffer


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("columns", [1, 3, 40])
def test_one_entry_per_row_is_read_and_written_in_either_order_in_memory(order, columns):
    x = np.asarray(np.arange(7.0 * columns).reshape(7, columns), order=order)
    labels = np.arange(7) * 5 % columns
    expected = x.copy()
    assert np.array_equal(take_class(x, labels), x[np.arange(7), labels][:, None])
    put_class(x, labels, -np.arange(7.0)[:, None])
    expected[np.arange(7), labels] = -np.arange(7.0)
    assert np.array_equal(x, expected)
    put_class(x, labels, 0.5)
    expected[np.arange(7), labels] = 0.5
    assert np.array_equal(x, expected)
