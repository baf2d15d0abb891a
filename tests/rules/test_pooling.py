"""Max, average and global pools: worked examples, ties, borders, and the library's pool."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule
from chainrule.rules import avg_pool2d, global_avg_pool2d, max_pool2d

OPTIONS = {
    "blocks of two": {},
    "uneven blocks": {"kernel": (3, 2)},
    "overlapping": {"kernel": 3, "stride": 1},
    "with gaps": {"kernel": (1, 2), "stride": 3},
    "padded": {"kernel": 3, "stride": 2, "padding": 1},
    "padded on one side": {"kernel": 2, "stride": 1, "padding": ((0, 1), (1, 0))},
}


def distinct(*shape):
    """Numbers no two of which are alike, in no order."""
    return random_stream(72, *shape[:4]).permutation(int(np.prod(shape))).reshape(shape) / 8 - 3.0


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@pytest.mark.parametrize("shape", [(2, 4, 5), (2, 1, 4, 3), (0, 1, 4, 4)])
def test_derivatives_of_both_pools_are_right(options, shape):
    report = assert_rule(max_pool2d, distinct(*shape), options=options)
    assert not report.unchecked
    sums = any("vjp" in form for form, error in report.worst_ulp.items() if error > 0)
    # Where windows overlap, up to nine cotangents are added in one entry; all else is a choice.
    assert not sums or options.get("stride", 9) < options["kernel"]
    assert not assert_rule(avg_pool2d, distinct(*shape), options=options).unchecked


@pytest.mark.parametrize("shape", [(2, 4, 5), (2, 1, 4, 3), (0, 1, 4, 4), (3, 1, 1)])
def test_derivatives_of_the_mean_of_every_channel_are_right(shape):
    assert not assert_rule(global_avg_pool2d, distinct(*shape)).unchecked


def test_the_largest_of_every_block_by_hand():
    x = np.array([[[1.0, 5.0, 2.0, 0.0], [3.0, -1.0, 2.5, 9.0], [-4.0, -2.0, 7.0, 6.0], [-3.0, -8.0, 6.5, 1.0]]])
    assert max_pool2d(x).tolist() == [[[5.0, 9.0], [-2.0, 7.0]]]
    got = max_pool2d.vjp(x, np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    assert got.tolist() == [[[0, 1, 0, 0], [0, 0, 0, 2], [0, 3, 4, 0], [0, 0, 0, 0]]]


@pytest.mark.parametrize(
    ("window", "first"),
    [
        ([[1, 1], [1, 1]], (0, 0)),
        ([[0, 1], [1, 1]], (0, 1)),
        ([[0, 0], [1, 1]], (1, 0)),
        ([[0, 1], [1, 0]], (0, 1)),
        ([[1, 0], [1, 0]], (0, 0)),
        ([[-0.0, 0.0], [0.0, 0.0]], (0, 0)),
    ],
)
def test_among_equals_the_first_of_a_window_row_by_row_takes_the_cotangent(window, first):
    x = np.zeros((3, 20, 2, 2))
    x[...] = window
    v = np.arange(1.0, 61.0).reshape(3, 20, 1, 1)
    expected = np.zeros(x.shape)
    expected[:, :, first[0], first[1]] = v[:, :, 0, 0]
    assert np.array_equal(max_pool2d.vjp(x, v), expected)


def test_where_windows_overlap_what_they_give_to_one_entry_is_added():
    x = np.array([[[0.0, 0.0, 0.0], [0.0, 9.0, 0.0], [0.0, 0.0, 0.0]]])
    v = np.array([[[1.0, 10.0], [100.0, 1000.0]]])
    assert max_pool2d.vjp(x, v, kernel=2, stride=1)[0, 1, 1] == 1111
    assert max_pool2d.vjp(x, v, kernel=2, stride=1).sum() == 1111


def test_rows_and_columns_that_the_kernel_does_not_divide_are_dropped():
    x = distinct(1, 5, 7)
    assert max_pool2d(x, kernel=3).shape == (1, 1, 2)
    pulled = max_pool2d.vjp(x, np.ones((1, 1, 2)), kernel=3)
    assert (pulled[0, 3:] == 0).all()
    assert (pulled[0, :, 6:] == 0).all()
    assert pulled.sum() == 2


def test_around_the_image_the_maximum_sees_nothing_and_the_mean_sees_zeros():
    x = np.full((1, 2, 2), -1.0)
    assert (max_pool2d(x, kernel=2, stride=1, padding=1) == -1).all()
    assert avg_pool2d(x, kernel=2, stride=1, padding=1)[0].tolist() == [
        [-0.25, -0.5, -0.25],
        [-0.5, -1.0, -0.5],
        [-0.25, -0.5, -0.25],
    ]


def test_nan_is_the_largest_of_its_window():
    x = np.zeros((1, 2, 4))
    x[0, 1, 1] = np.nan
    value = max_pool2d(x)
    assert np.isnan(value[0, 0, 0])
    assert value[0, 0, 1] == 0


def test_means_by_hand():
    x = np.arange(16.0).reshape(1, 4, 4)
    assert avg_pool2d(x).tolist() == [[[2.5, 4.5], [10.5, 12.5]]]
    assert avg_pool2d.vjp(x, np.array([[[4.0, 8.0], [12.0, 16.0]]]))[0, 0].tolist() == [1, 1, 2, 2]
    assert global_avg_pool2d(x).tolist() == [7.5]
    assert (global_avg_pool2d.vjp(x, np.array([32.0])) == 2).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: max_pool2d(np.ones((1, 2, 2)), kernel=3), "height: a kernel of 3 does not fit on 2 samples"),
        (lambda: max_pool2d(np.ones((1, 4, 4)), padding=2), "is more than half of the kernel"),
        (lambda: max_pool2d(np.ones((4, 4))), "x: expected images"),
        (lambda: avg_pool2d(np.ones((1, 0, 4))), "x: expected images"),
        (lambda: global_avg_pool2d(np.ones(4)), "x: expected images"),
        (lambda: avg_pool2d(np.ones((1, 4, 4)), kernel=2.5), "kernel: expected a whole number"),
    ],
)
def test_wrong_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
