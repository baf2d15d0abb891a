"""One-dimensional convolution in its three modes, and the sizes and parameter counts of convolutional layers."""

import inspect

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chainrule import rules
from chainrule.rules.geometry import conv_output_size, conv_parameter_count

from .strategies import numbers, row


@st.composite
def signals_and_kernels(draw, *, odd=True, least=0):
    """A signal at least as long as its kernel, whose length is odd (or even)."""
    k = 2 * draw(st.integers(1 - odd, 3)) + odd
    n = draw(st.integers(k + least, 9))
    return draw(row(16, least=n, most=n)), draw(row(4, least=k, most=k))


def by_sums(x, w):
    """y_i = sum_a w_a x[i - a], for all i at which some term exists."""
    n, k = len(x), len(w)
    return np.stack([sum(w[a] * x[i - a] for a in range(k) if 0 <= i - a < n) + 0 * x[0] for i in range(n + k - 1)])


def convolved(arithmetic, x, w):
    """The signal in modes full, same and valid, and the scale of full: k products of sizes |w_a x_(i - a)|."""
    x, w = arithmetic(x), arithmetic(w)
    modes = [rules.convolve1d(x, w, mode=mode) for mode in ("full", "same", "valid")]
    return *modes, 2 * (len(w) + 1) * by_sums(np.abs(x), np.abs(w))


@given(signals_and_kernels())
@example(([1.0, 1.0, 4.0, 4.0, 4.0, 1.0, 1.0], [0.25, 0.25, 0.25]))
@example(([1.0, -2.0, 3.0], [1.0, 0.0, -4.0]))
@example(([3.0], [2.0]))
def test_valid_is_the_interior_of_same_and_same_the_interior_of_full(arithmetic, drawn):
    """len(full) = n + k - 1, len(same) = n, len(valid) = n - k + 1 for k odd, n >= k; (k - 1)/2 go at each end."""
    signal, kernel = drawn
    n, k = len(signal), len(kernel)
    full, same, valid, scale = convolved(arithmetic, signal, kernel)
    assert (len(full), len(same), len(valid)) == (n + k - 1, n, n - k + 1)
    arithmetic.agree(full, by_sums(arithmetic(signal), arithmetic(kernel)), scale)
    half = (k - 1) // 2
    arithmetic.agree(same, full[half : half + n], scale[half : half + n])
    arithmetic.agree(valid, same[half : n - half], scale[k - 1 : n])


@given(signals_and_kernels(odd=False))
@example(([1.0, 2.0, 4.0], [1.0, 8.0]))
def test_an_even_kernel_has_no_middle_and_same_takes_one_sample_more_from_the_start(arithmetic, drawn):
    """For k even, full exceeds same by k - 1 samples, an odd number: k/2 - 1 are dropped before and k/2 after."""
    signal, kernel = drawn
    n, k = len(signal), len(kernel)
    full, same, valid, scale = convolved(arithmetic, signal, kernel)
    assert (len(full), len(same), len(valid)) == (n + k - 1, n, n - k + 1)
    first = k // 2 - 1
    arithmetic.agree(same, full[first : first + n], scale[first : first + n])


def test_a_kernel_longer_than_the_signal_has_no_valid_position(arithmetic):
    """n - k + 1 < 1 samples do not exist; full and same still do."""
    signal, kernel = arithmetic([1.0, 2.0]), arithmetic([1.0, 1.0, 1.0])
    with pytest.raises(ValueError, match=r"3 .* 2"):
        rules.convolve1d(signal, kernel, mode="valid")
    assert len(rules.convolve1d(signal, kernel, mode="full")) == 4
    assert len(rules.convolve1d(signal, kernel, mode="same")) == 2


@given(row(16, least=3, most=5), row(4, most=2), st.booleans())
@example([1.0, 1.0, 4.0, 4.0], [0.25], True)
@example([1.0, 2.0, 3.0], [1.0, 0.0], False)
def test_a_palindromic_signal_and_kernel_give_a_palindrome_and_full_sums_to_the_product_of_sums(
    arithmetic, left, wing, centred
):
    """Symmetric x and w (k odd): full, same and valid are symmetric; sum(full) = sum(x) sum(w) for any x and w."""
    signal = left + left[-2::-1] if centred else left + left[::-1]
    kernel = [*wing, 1.0, *wing[::-1]]
    full, same, valid, scale = convolved(arithmetic, signal, kernel)
    cut = (len(full) - len(same)) // 2
    for mode, drop in ((full, 0), (same, cut), (valid, 2 * cut)):
        arithmetic.agree(mode, mode[::-1], scale[drop : len(scale) - drop])
    for x, w in ((signal, kernel), (left, wing)):
        full, _, _, scale = convolved(arithmetic, x, w)
        product = np.sum(arithmetic(x)) * np.sum(arithmetic(w))
        arithmetic.agree(np.sum(full), product, (len(x) + len(w)) * np.sum(scale))


def test_an_uneven_kernel_or_an_even_length_breaks_the_symmetry(arithmetic):
    """(1, 2, 1) with the kernel (1, 0, 0) is shifted; with the palindrome (1, 1) full is symmetric and same is not."""
    full, same, _, _ = convolved(arithmetic, [1.0, 2.0, 1.0], [1.0, 0.0, 0.0])
    arithmetic.apart(full, full[::-1], 1)
    arithmetic.apart(same, same[::-1], 1)
    full, same, valid, _ = convolved(arithmetic, [1.0, 2.0, 1.0], [1.0, 1.0])
    arithmetic.agree(full, full[::-1], 0 * full)
    arithmetic.agree(valid, valid[::-1], 0 * valid)
    arithmetic.apart(same, same[::-1], 1)


def test_the_sum_of_same_or_valid_is_less_than_the_product_of_sums(arithmetic):
    """x = (1, 1, 4, 4, 4, 1, 1), w = (1, 1, 1)/4: full sums to 16 * 3/4 = 12, same to 11.5 and valid to 10.5."""
    full, same, valid, _ = convolved(arithmetic, [1.0, 1.0, 4.0, 4.0, 4.0, 1.0, 1.0], [0.25, 0.25, 0.25])
    arithmetic.agree(full, [0.25, 0.5, 1.5, 2.25, 3, 2.25, 1.5, 0.5, 0.25], 0 * full)
    arithmetic.agree(same, [0.5, 1.5, 2.25, 3, 2.25, 1.5, 0.5], 0 * same)
    arithmetic.agree(valid, [1.5, 2.25, 3, 2.25, 1.5], 0 * valid)
    assert [np.sum(mode) == total for mode, total in ((full, 12), (same, 11.5), (valid, 10.5))] == [True] * 3


@given(st.integers(1, 200), st.integers(0, 7), st.integers(1, 20), st.integers(1, 6))
@example(128, 1, 64, 2)
@example(1, 0, 1, 1)
def test_half_padding_keeps_the_size_and_a_pool_divides_it(n, half, blocks, r):
    """Stride 1, k odd, p = (k - 1)/2: out = n. A pool of r with stride r: out = n/r where r divides n."""
    assert conv_output_size(n, 2 * half + 1, 1, half) == n
    assert conv_output_size(r * blocks, r, r, 0) == blocks


@given(st.integers(1, 50), st.integers(2, 6), st.data())
def test_an_even_kernel_changes_the_size_and_a_pool_drops_what_it_does_not_divide(blocks, r, data):
    """k even: n - 1 for p = k/2 - 1, n + 1 for p = k/2. n = q r + rest: q, the rest is dropped."""
    rest, n, k = data.draw(st.integers(1, r - 1)), data.draw(st.integers(12, 50)), 2 * r
    assert conv_output_size(n, k, 1, r - 1) == n - 1
    assert conv_output_size(n, k, 1, r) == n + 1
    assert conv_output_size(r * blocks + rest, r, r, 0) == blocks


@pytest.mark.parametrize(
    ("n", "kernel", "stride", "padding", "size"),
    [
        (128, 8, 2, 3, 64),
        (128, 7, 2, 3, 64),
        (128, 2, 2, 3, 67),
        (128, 6, 2, 3, 65),
        (64, 2, 2, 0, 32),
        (32, 3, 1, 1, 32),
    ],
)
def test_sizes_of_layers_are_as_printed(n, kernel, stride, padding, size):
    """floor((n + 2 p - k)/s) + 1."""
    assert conv_output_size(n, kernel, stride, padding) == size


@given(row(8, least=4, most=9), row(8, least=4, most=9), numbers(4))
@example([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0], 1.0)
def test_the_parameters_of_a_convolution_do_not_depend_on_the_size_of_its_input(arithmetic, first, second, weight):
    """k_h k_w C_in C_out (+ C_out): no size enters; a kernel's gradient has the kernel's entries on every signal."""
    assume(len(first) != len(second))
    assert set(inspect.signature(conv_parameter_count).parameters).isdisjoint({"n", "size", "height", "width"})
    kernel = arithmetic([1.0, weight, -1.0])
    outputs = []
    for signal in map(arithmetic, (first, second)):
        value = rules.convolve1d(signal, kernel, mode="full")
        _, by_kernel = rules.convolve1d.vjp(signal, kernel, 0 * value + 1, mode="full")
        assert by_kernel.size == conv_parameter_count(3, 1, 1, bias=False) == 3
        outputs.append(value.size)
    assert outputs[0] - outputs[1] == len(first) - len(second)


@pytest.mark.parametrize(
    ("kernel", "in_channels", "out_channels", "weights", "with_biases"),
    [((3, 3), 32, 64, 18432, 18496), ((8, 8), 3, 32, 6144, 6176), ((7, 7), 3, 32, 4704, 4736)],
)
def test_counts_of_weights_are_as_printed(kernel, in_channels, out_channels, weights, with_biases):
    """k_h k_w C_in C_out, and C_out more with biases; a linear layer on the same image would depend on its size."""
    assert conv_parameter_count(kernel, in_channels, out_channels, bias=False) == weights
    assert conv_parameter_count(kernel, in_channels, out_channels, bias=True) == with_biases
