"""Sizes and parameter counts of convolutions and pools, by hand and by counting windows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.arrays import random_stream
from chainrule.rules import conv_output_size, conv_parameter_count, convolve1d, dropped_border, padding_for

SIZES = {
    "n": st.integers(1, 30),
    "kernel": st.integers(1, 7),
    "stride": st.integers(1, 4),
    "padding": st.integers(0, 3),
    "dilation": st.integers(1, 3),
}


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ({"n": 128, "kernel": 8, "stride": 2, "padding": 3}, 64),
        ({"n": 128, "kernel": 7, "stride": 2, "padding": 3}, 64),
        ({"n": 128, "kernel": 2, "stride": 2, "padding": 3}, 67),
        ({"n": 128, "kernel": 6, "stride": 2, "padding": 3}, 65),
        ({"n": 64, "kernel": 2, "stride": 2}, 32),
        ({"n": 32, "kernel": 3, "padding": 1}, 32),
        ({"n": 7, "kernel": 3, "dilation": 2}, 3),
        ({"n": 5, "kernel": 4, "padding": (2, 1)}, 5),
    ],
)
def test_output_sizes_by_hand(sizes, expected):
    assert conv_output_size(**sizes) == expected


def test_a_stack_of_two_convolutions_and_a_pool():
    first = conv_output_size(128, 8, stride=2, padding=3)
    pooled = conv_output_size(first, 2, stride=2)
    last = conv_output_size(pooled, 3, padding=1)
    assert (first, pooled, last) == (64, 32, 32)
    assert [32 * first**2, 32 * pooled**2, 64 * last**2] == [131072, 32768, 65536]


def test_parameter_counts_by_hand():
    assert conv_parameter_count((3, 3), 32, 64, bias=False) == 18432
    assert conv_parameter_count((3, 3), 32, 64) == 18496
    assert conv_parameter_count((8, 8), 3, 32, bias=False) == 6144
    assert conv_parameter_count((8, 8), 3, 32) == 6176
    assert conv_parameter_count((7, 7), 3, 32, bias=False) == 4704
    assert conv_parameter_count(5, 1, 2) == 12


@given(**SIZES)
def test_size_and_border_are_those_of_the_windows_that_fit(n, kernel, stride, padding, dilation):
    padded, span = n + 2 * padding, dilation * (kernel - 1) + 1
    starts = [start for start in range(0, padded, stride) if start + span <= padded]
    if not starts:
        with pytest.raises(ValueError, match=f"a kernel of {kernel}"):
            conv_output_size(n, kernel, stride, padding, dilation)
        return
    assert conv_output_size(n, kernel, stride, padding, dilation) == len(starts)
    assert dropped_border(n, kernel, stride, padding, dilation) == padded - (starts[-1] + span)


def test_a_stride_that_does_not_divide_drops_the_last_samples():
    assert dropped_border(128, 8, stride=2, padding=3) == 0
    assert dropped_border(128, 7, stride=2, padding=3) == 1
    assert dropped_border(10, 3, stride=4) == 3


@given(st.integers(1, 40), st.integers(1, 9), st.sampled_from(["full", "same", "valid"]))
def test_the_padding_of_a_mode_gives_its_length_and_that_of_the_convolution(n, kernel, mode):
    lengths = {"full": n + kernel - 1, "same": n, "valid": n - kernel + 1}
    if lengths[mode] < 1:
        return
    assert conv_output_size(n, kernel, padding=padding_for(mode, kernel)) == lengths[mode]
    signal, taps = random_stream(91).standard_normal(n), np.ones(kernel)
    assert convolve1d(signal, taps, mode=mode).shape == (lengths[mode],)


@given(st.integers(1, 6), st.integers(1, 30))
def test_odd_kernels_keep_the_size_and_pools_divide_it(half, n):
    assert padding_for("same", 2 * half + 1) == (half, half)
    assert conv_output_size(n, 2 * half + 1, padding=half) == n
    assert conv_output_size(half * n, half, stride=half) == n
    assert dropped_border(half * n, half, stride=half) == 0


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 9), st.integers(1, 9))
def test_parameters_are_the_entries_of_the_weight_and_the_bias(rows, columns, channels, filters):
    weight = np.empty((filters, channels, rows, columns))
    assert conv_parameter_count((rows, columns), channels, filters, bias=False) == weight.size
    assert conv_parameter_count((rows, columns), channels, filters) == weight.size + filters
    assert conv_parameter_count([rows, columns], 1, 1, bias=False) == math.prod((rows, columns))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: conv_output_size(4, 5), r"a kernel of 5 does not fit on 4 samples with padding 0, 4 in all"),
        (lambda: conv_output_size(4, 7, padding=1), r"a kernel of 7 does not fit on 4 samples with padding 1, 6 in"),
        (lambda: conv_output_size(4, 3, dilation=2), r"a kernel of 3 with dilation 2, 5 samples long, does not fit"),
        (lambda: dropped_border(1, 2), r"a kernel of 2 does not fit on 1 samples"),
        (lambda: conv_output_size(0, 1), r"n: expected at least 1, got 0"),
        (lambda: conv_output_size(4, 0), r"kernel: expected at least 1, got 0"),
        (lambda: conv_output_size(4, 2, stride=0), r"stride: expected at least 1, got 0"),
        (lambda: conv_output_size(4, 2, dilation=0), r"dilation: expected at least 1, got 0"),
        (lambda: conv_output_size(4, 2, padding=-1), r"padding: expected at least 0 on each side, got -1"),
        (lambda: conv_output_size(4, 2, padding=(1, -2)), r"padding: .* got \(1, -2\)"),
        (lambda: padding_for("reflect", 3), r"mode: expected 'full', 'same' or 'valid', got 'reflect'"),
        (lambda: padding_for("same", 0), r"kernel: expected at least 1, got 0"),
        (lambda: conv_parameter_count((3, 0), 1, 1), r"kernel: expected at least 1, got 0"),
        (lambda: conv_parameter_count(3, 0, 1), r"in_channels: expected at least 1, got 0"),
        (lambda: conv_parameter_count(3, 1, -2), r"out_channels: expected at least 1, got -2"),
    ],
)
def test_impossible_sizes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
