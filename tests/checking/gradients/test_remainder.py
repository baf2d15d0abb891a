"""Orders of Taylor remainders."""

import numpy as np
import pytest

from chainrule.checking.gradients.remainder import remainder


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
