"""Claims against Taylor remainders."""

import numpy as np
import pytest

from chainrule.checking.gradients.claims import claim_of
from chainrule.checking.gradients.on_floats import MOST_ENTRIES, check_on_floats

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


def test_a_kink_is_unchecked():
    (finding,) = checked(lambda x: np.sum(abs(x)), np.zeros(1), gradient=np.sign).unchecked
    assert finding.reason == "x[0]: a kink"
