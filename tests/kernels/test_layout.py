"""How images lie in memory: buffers in the order of others, and scratch that threads do not share."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from chainrule.kernels import layout
from chainrule.workspace import Workspace

SHAPE = (4, 3, 5, 6)


def test_samples_last_is_one_run_of_memory_behind_the_usual_shape():
    x = layout.empty_samples_last(SHAPE, np.zeros(1, np.float32))
    assert (x.shape, x.dtype, x.strides) == (SHAPE, np.float32, (4, 4 * 5 * 6 * 4, 4 * 6 * 4, 4 * 4))
    assert layout.samples_last(x).flags.c_contiguous
    assert not layout.samples_last(np.zeros(SHAPE)).flags.c_contiguous


def test_flattened_images_with_the_samples_last_are_a_transposed_matrix_and_no_copy():
    x = layout.empty_samples_last(SHAPE, np.zeros(1))
    x[...] = np.arange(360.0).reshape(SHAPE)
    rows = x.reshape(4, 90)
    assert np.shares_memory(rows, x)
    assert np.array_equal(rows, np.arange(360.0).reshape(4, 90))


@pytest.mark.parametrize("kind", ["as usual", "samples last", "slice of samples last", "PyTorch", "channels last"])
def test_arrays_have_the_shape_asked_for_and_the_order_of_what_they_stand_beside(kind):
    x = np.zeros(SHAPE)
    if "last" in kind and kind != "channels last":
        x = layout.empty_samples_last(SHAPE, x)
    if kind in ("PyTorch", "channels last"):
        torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
        x = torch.zeros(SHAPE)
        x = layout.channels_last(x) if kind == "channels last" else x
    beside = x[..., ::2] if "slice" in kind else x
    found = layout.empty_in_layout_of(beside, (4, 3, 5, 2))
    assert tuple(found.shape) == (4, 3, 5, 2)
    assert found.dtype == x.dtype
    work = Workspace()
    buffer = layout.work_in_layout_of(beside, "b", (4, 3, 5, 2), work, bool)
    assert tuple(buffer.shape) == (4, 3, 5, 2)
    assert "bool" in str(buffer.dtype)
    again = layout.work_in_layout_of(beside, "b", (4, 3, 5, 2), work, bool)
    if hasattr(x, "stride"):
        assert buffer.data_ptr() == again.data_ptr()
        assert layout.are_channels_last(buffer) == (kind == "channels last")
        assert layout.are_channels_last(found) == (kind == "channels last")
        assert found.is_contiguous() == (kind == "PyTorch")
    else:
        assert np.shares_memory(buffer, again)
        assert layout.samples_last(buffer).flags.c_contiguous == ("samples" in kind)
        assert layout.samples_last(found).flags.c_contiguous == ("samples" in kind)


def test_scratch_is_the_same_again_and_another_in_every_thread():
    first = layout.scratch("test", (3, 4), np.float32)
    assert np.shares_memory(first, layout.scratch("test", (2, 2), np.float32))
    assert not np.shares_memory(first, layout.scratch("test", (3, 4), np.float64))
    assert not np.shares_memory(first, layout.scratch("other", (3, 4), np.float32))
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(layout.scratch, "test", (3, 4), np.float32).result()
    assert not np.shares_memory(first, other)


def test_scratch_grows():
    small = layout.scratch("growing", (2,), np.float32)
    large = layout.scratch("growing", (1000,), np.float32)
    assert large.shape == (1000,)
    assert small.shape == (2,)
