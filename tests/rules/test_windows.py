"""Windows on images: their number, modes of padding, and the messages about sizes."""

import pytest

from chainrule.rules.windows import max_pool_windows, pool_windows, windows_on


@pytest.mark.parametrize(
    ("options", "count", "padding"),
    [
        ({"kernel": 3}, (3, 5), ((0, 0), (0, 0))),
        ({"kernel": (3, 4), "padding": "same"}, (5, 7), ((1, 1), (2, 1))),
        ({"kernel": 3, "padding": "full", "dilation": 2}, (9, 11), ((4, 4), (4, 4))),
        ({"kernel": 2, "stride": (2, 3), "padding": (0, 1)}, (2, 3), ((0, 0), (1, 1))),
        ({"kernel": 2, "padding": [(1, 0), (0, 2)]}, (5, 8), ((1, 0), (0, 2))),
    ],
)
def test_how_many_windows_there_are(options, count, padding):
    windows = windows_on((5, 7), **options)
    assert (windows.count, windows.padding) == (count, padding)
    assert windows.padded == (5 + sum(padding[0]), 7 + sum(padding[1]))


def test_pools_lie_side_by_side_unless_they_have_a_stride():
    assert pool_windows((2, 5, 7)).are_blocks
    assert pool_windows((2, 5, 7)).entries == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert pool_windows((2, 5, 7)).dropped == (1, 1)
    assert not pool_windows((2, 5, 7), 3, 2).are_blocks
    assert not pool_windows((2, 5, 7), 2, 2, 1).are_blocks


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: windows_on((5, 7), (2, 9)), "width: a kernel of 9 does not fit on 7 samples"),
        (lambda: windows_on((5, 7), 2, stride=0), "height: stride: expected at least 1, got 0"),
        (lambda: windows_on((5, 7), 2.5), "kernel: expected a whole number or a pair of them, got 2.5"),
        (
            lambda: windows_on((5, 7), 2, padding=(1, 2, 3)),
            "padding: expected a number, a mode, or one for each of two",
        ),
        (lambda: windows_on((5, 7), 2, padding="some"), "mode: expected 'full', 'same' or 'valid', got 'some'"),
        (lambda: max_pool_windows((5, 7), padding=2), "is more than half of the kernel"),
    ],
)
def test_sizes_that_are_impossible_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
