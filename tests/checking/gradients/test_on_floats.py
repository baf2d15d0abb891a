"""Claims against Taylor remainders."""

import numpy as np
import pytest

from chainrule.checking.gradients.claims import claim_of
from chainrule.checking.gradients.on_floats import MOST_ENTRIES, check_on_floats, remainder

X = np.array([0.5, -1.25, 2.0])


def checked(function, *inputs, **derivative):
    return check_on_floats(claim_of(function, inputs, **derivative), "Taylor remainder")


@pytest.mark.parametrize("factor", [1.0, 1.25])
def test_every_form_is_checked_entry_by_entry(factor):
    checks = [
        checked(lambda x: np.sum(np.sin(x)), X, gradient=lambda x: factor * np.cos(x)),
        checked(np.sin, X, slope=lambda x: factor * np.cos(x)),
        checked(np.sin, X, jacobian=lambda x: factor * np.diag(np.cos(x))),
        checked(np.sin, X, pullback=lambda x, v: factor * np.cos(x) * v),
        checked(np.sin, X.astype(np.float32), pullback=lambda x, v: np.float32(factor) * np.cos(x) * v),
    ]
    right = [3, 3, 3, 3, 3] if factor == 1 else [0, 0, 0, 0, 0]
    assert [check.checked for check in checks] == right
    assert [len(check.failures) for check in checks] == [3 - count for count in right]


def test_of_many_entries_some_are_checked_and_all_along_a_direction():
    x = np.linspace(0.5, 1.0, 2 * MOST_ENTRIES)
    check = checked(lambda x: np.sum(x * x), x, gradient=lambda x: 2 * x)
    assert (check.checked, len(check.derivatives)) == (MOST_ENTRIES + 1, MOST_ENTRIES)
    wrong = checked(lambda x: np.sum(x * x), x, gradient=lambda x: 3 * x)
    assert wrong.failures[0].entry == "x, along a direction"


def test_a_column_of_the_true_jacobian_is_extrapolated():
    check = checked(lambda x: x**3, X, slope=lambda x: 3 * x**2)
    # Richardson extrapolation loses about half of the digits to rounding.
    np.testing.assert_allclose(check.column(0, (2,)), [0, 0, 12], atol=1e-6)


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("x", [X, np.zeros(3)])
def test_an_infinite_derivative_of_a_smooth_function_is_wrong(wrong, x):
    check = checked(lambda x: np.sum(x**2), x, gradient=lambda x: np.where(np.arange(3) == 1, wrong, 2 * x))
    assert check.checked == 2
    (failure,) = check.failures
    assert (failure.entry, failure.got) == ("x[1]", str(wrong))
    # Richardson extrapolation loses about half of the digits to rounding.
    assert float(failure.expected) == pytest.approx(2 * x[1], rel=0, abs=1e-6)


def test_a_kink_is_unchecked():
    (finding,) = checked(lambda x: np.sum(abs(x)), np.zeros(1), gradient=np.sign).unchecked
    assert finding.reason == "x[0]: a kink"


@pytest.mark.parametrize(
    ("function", "claimed", "verdict"),
    [
        (np.exp, 1.0, "right"),
        (np.exp, 1.0 + 1e-4, "wrong"),
        (np.exp, -1.0, "wrong"),
        (lambda h: 3 * h, 3.0, "right"),
        (abs, 0.0, "kink"),
        (lambda h: np.nan, 0.0, "unknown"),
        (np.exp, np.nan, "unknown"),
        # The rounding of float32 hides a relative error of 1e-9.
        (lambda h: np.exp(np.float32(h)), 1.0 + 1e-9, "right"),
    ],
)
def test_verdicts(function, claimed, verdict):
    assert remainder(lambda h: float(function(h)), claimed, 1.0, 2**-53).verdict == verdict


def test_the_order_and_the_derivative_are_measured():
    right = remainder(lambda h: float(np.exp(h)), 1.0, 1.0, 2**-53)
    # The power is fitted to four remainders, of which the next term h^3 / 6 is a few percent.
    assert abs(right.order - 2) < 0.05
    assert abs(right.derivative - 1) < 1e-9


@pytest.mark.parametrize("claimed", [-7.0, 0.5, 2.0, 100.0])
def test_noise_never_makes_a_wrong_factor_right(claimed):
    stream = np.random.default_rng(0)
    assert remainder(lambda h: float(1 + h + 0.5 * stream.random()), claimed, 1.0, 2**-53).verdict != "right"
    assert remainder(lambda h: float((1 + h) * stream.normal()), claimed, 1.0, 2**-53).verdict != "right"
