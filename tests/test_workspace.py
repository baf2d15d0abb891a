"""Buffers that are reused, and one entry per row of a buffer."""

import numpy as np
import pytest

from chainrule.workspace import ClassEntries, Workspace

X = np.array([[0.5, -2.0, 3.0], [7.0, 0.25, -1.5]])
LABELS = np.array([2, 0])


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
