"""Convolution along the last axis: worked examples, numpy.convolve, and who contributes to what."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule
from chainrule.rules import convolve1d

MODES = ("full", "same", "valid")
SIGNALS = hnp.arrays(np.float64, st.integers(5, 9), elements=st.integers(-8, 8))
ODD_KERNELS = hnp.arrays(np.float64, st.sampled_from([1, 3, 5]), elements=st.integers(-8, 8))
HILL, MEAN = np.array([1.0, 1, 4, 4, 4, 1, 1]), np.full(3, 0.25)


def normal(*shape):
    return random_stream(81, *shape).standard_normal(shape)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(4,), (3, 5), (2, 3, 4), (0, 4)])
def test_derivatives_are_right(mode, k, shape):
    assert not assert_rule(convolve1d, normal(*shape), normal(k), options={"mode": mode}).unchecked


@pytest.mark.parametrize("mode", ["full", "same"])
def test_kernels_longer_than_the_signal_are_right_where_zeros_surround_it(mode):
    assert not assert_rule(convolve1d, normal(2, 2), normal(5), options={"mode": mode}).unchecked


def test_a_row_of_one_sample_is_right():
    assert not assert_rule(convolve1d, normal(3, 1), normal(1), options={"mode": "valid"}).unchecked


def test_sums_of_one_sign_are_within_the_claimed_bound():
    x, w = np.abs(normal(2, 8)), np.abs(normal(3))
    for mode in MODES:
        got = assert_rule(convolve1d, x, w, options={"mode": mode}).worst_ulp
        assert max(got["value float64"], got["value float32"]) <= convolve1d.error_bound


@pytest.mark.parametrize(
    ("mode", "quarters"),
    [
        ("same", [2, 6, 9, 12, 9, 6, 2]),
        ("full", [1, 2, 6, 9, 12, 9, 6, 2, 1]),
        ("valid", [6, 9, 12, 9, 6]),
    ],
)
def test_a_hill_smoothed_by_quarters(mode, quarters):
    got = convolve1d(HILL, MEAN, mode=mode)
    assert got.tolist() == [quarter / 4 for quarter in quarters]
    assert got.sum() == {"same": 11.5, "full": 12.0, "valid": 10.5}[mode]


@pytest.mark.parametrize(
    ("mode", "counts"),
    [("full", [3, 3, 3, 3, 3, 3, 3]), ("same", [2, 3, 3, 3, 3, 3, 2]), ("valid", [1, 2, 3, 3, 3, 2, 1])],
)
def test_how_many_outputs_each_sample_contributes_to(mode, counts):
    by_signal, _ = convolve1d.jacobian(np.ones(7), np.ones(3), mode=mode)
    assert (by_signal != 0).sum(axis=0).tolist() == counts
    ones = np.ones(len(by_signal))
    assert convolve1d.vjp(np.ones(7), np.ones(3), ones, mode=mode)[0].tolist() == counts


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("k", [1, 2, 3, 4, 7])
def test_it_is_numpys_convolve_for_kernels_no_longer_than_the_signal(mode, k):
    x, w = normal(7), normal(k)
    # Both add at most seven products, in another order.
    expected = np.convolve(x, w, mode)
    assert convolve1d(x, w, mode=mode) == pytest.approx(expected, rel=0, abs=7 * 2**-53 * np.abs(x).max() * 7)


def test_same_returns_as_many_samples_as_the_signal_has_where_numpy_returns_the_kernels():
    x, w = np.array([1.0, 2.0]), np.array([1.0, 10.0, 100.0, 1000.0, 10000.0])
    assert convolve1d(x, w, mode="full").tolist() == [1, 12, 120, 1200, 12000, 20000]
    assert convolve1d(x, w, mode="same").tolist() == [120, 1200]
    assert len(np.convolve(x, w, "same")) == 5


def test_an_even_kernel_is_aligned_as_numpy_has_it():
    x, w = np.arange(1.0, 6.0), np.array([1.0, 10.0])
    assert convolve1d(x, w, mode="same").tolist() == np.convolve(x, w, "same").tolist() == [1, 12, 23, 34, 45]


def test_the_kernel_is_flipped():
    impulse = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    assert convolve1d(impulse, np.array([1.0, 2.0, 3.0]), mode="same").tolist() == [0, 1, 2, 3, 0]


@given(SIGNALS, ODD_KERNELS)
def test_valid_is_the_interior_of_same_and_same_that_of_full(x, w):
    n, k = len(x), len(w)
    full, same, valid = (convolve1d(x, w, mode=mode).tolist() for mode in MODES)
    assert (len(full), len(same), len(valid)) == (n + k - 1, n, n - k + 1)
    half = (k - 1) // 2
    assert same == full[half : half + n]
    assert valid == same[half : n - half]
    assert sum(full) == x.sum() * w.sum()


@given(SIGNALS, ODD_KERNELS, st.sampled_from(MODES))
def test_palindromes_stay_palindromes(x, w, mode):
    y = convolve1d(x + x[::-1], w + w[::-1], mode=mode)
    assert y.tolist() == y[::-1].tolist()


@given(SIGNALS, ODD_KERNELS, st.sampled_from(MODES))
def test_the_pullbacks_are_correlations(x, w, mode):
    v = np.cos(np.arange(len(convolve1d(x, w, mode=mode))))
    by_signal, by_kernel = convolve1d.vjp(x, w, v, mode=mode)
    opposite = {"full": "valid", "same": "same", "valid": "full"}[mode]
    assert by_signal == pytest.approx(np.correlate(v, w, opposite), rel=1e-13, abs=1e-12)
    assert by_kernel[0] == pytest.approx(np.sum(v * _shifted(x, 0, mode, len(w))), rel=1e-13, abs=1e-12)
    assert by_kernel[-1] == pytest.approx(np.sum(v * _shifted(x, len(w) - 1, mode, len(w))), rel=1e-13, abs=1e-12)


def _shifted(x, a, mode, k):
    """x[i - a] at the mode's outputs, by convolving with an impulse."""
    return np.convolve(x, np.eye(k)[a], mode)


def test_the_jacobian_by_the_signal_is_a_toeplitz_matrix():
    x, w = normal(5), normal(3)
    for mode in MODES:
        by_signal, by_kernel = convolve1d.jacobian(x, w, mode=mode)
        assert (by_signal[1:, 1:] == by_signal[:-1, :-1]).all()
        assert by_signal @ x == pytest.approx(convolve1d(x, w, mode=mode), rel=1e-13, abs=1e-15)
        assert by_kernel @ w == pytest.approx(convolve1d(x, w, mode=mode), rel=1e-13, abs=1e-15)


def test_leading_axes_share_the_kernel_and_their_gradients_add_up():
    x, w, v = normal(2, 3, 6), normal(3), normal(2, 3, 4)
    assert convolve1d(x, w, mode="valid")[1, 2].tolist() == convolve1d(x[1, 2], w, mode="valid").tolist()
    rows = [convolve1d.vjp(x[i, j], w, v[i, j], mode="valid")[1] for i in range(2) for j in range(3)]
    assert convolve1d.vjp(x, w, v, mode="valid")[1] == pytest.approx(np.sum(rows, axis=0), rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("mode", MODES)
def test_it_runs_on_pytorch_and_through_autograd(mode, same_on_torch, autograd_agrees, gradcheck):
    x, w = np.abs(normal(2, 5)), np.abs(normal(3))
    same_on_torch(convolve1d, x, w, mode=mode)
    autograd_agrees(convolve1d, normal(2, 5), normal(3), mode=mode)
    gradcheck(convolve1d, normal(2, 5), normal(2), mode=mode)


@pytest.mark.parametrize(
    ("x", "w", "mode", "message"),
    [
        (np.ones(2), np.ones(3), "valid", r"a kernel of 3 samples has no valid position on a signal of 2"),
        (np.ones(3), np.ones((1, 3)), "full", r"kernel: expected shape \(k,\) with k of at least 1, got \(1, 3\)"),
        (np.ones(3), np.ones(0), "full", r"kernel: .* got \(0,\)"),
        (np.ones((2, 0)), np.ones(1), "full", r"signal: expected at least one sample .* got shape \(2, 0\)"),
        (np.ones(3), np.ones(3), "reflect", r"mode: expected 'full', 'same' or 'valid', got 'reflect'"),
    ],
)
def test_wrong_input_is_named(x, w, mode, message):
    with pytest.raises(ValueError, match=message):
        convolve1d(x, w, mode=mode)
