"""Smooth clipping: values, slopes out to the largest floats, the limit."""

import numpy as np
import pytest

from chainrule.checking import assert_rule
from chainrule.rules import smooth_clip

X = np.array([[-40.0, -3.0, -0.5], [0.0, 4.0, 1e4]])


def test_known_values_and_slopes():
    # 3 and 4 beside a hypotenuse of 5: x = 4, c = 3 gives sqrt(1 + 16 / 9) = 5 / 3.
    assert smooth_clip(np.array([4.0]))[0] == pytest.approx(4 * 3 / 5, rel=4e-16)
    assert smooth_clip.vjp(np.array([4.0]), np.ones(1))[0] == pytest.approx(27 / 125, rel=1e-15)
    assert smooth_clip(np.array([0.0])).tolist() == [0.0]
    assert smooth_clip.vjp(np.zeros(1), np.ones(1)).tolist() == [1.0]


def test_nothing_overflows_and_slopes_keep_their_digits():
    x = np.array([1e300, -1e300, 1e100, 1.7e308])
    assert smooth_clip(x).tolist() == [3.0, -3.0, 3.0, 3.0]
    # (c / x)^3, whose square is below the smallest float.
    assert smooth_clip.vjp(x, np.ones(4)) == pytest.approx([0.0, 0.0, 27e-300, 0.0], rel=1e-15, abs=0)
    assert smooth_clip.vjp(np.array([2.0**340]), np.ones(1))[0] == pytest.approx(27 * 2.0**-1020, rel=1e-15, abs=0)
    assert np.isfinite(smooth_clip(np.array([3e38, -1e30], np.float32))).all()


@pytest.mark.parametrize("limit", [0.25, 2, 3.0, 10.0])
def test_derivatives_are_right_for_every_limit(limit, same_on_torch, autograd_agrees, gradcheck):
    assert not assert_rule(smooth_clip, X, options={"limit": limit}).unchecked
    same_on_torch(smooth_clip, X, limit=limit)
    autograd_agrees(smooth_clip, X, limit=limit)
    gradcheck(smooth_clip, X[1:, 1:2], limit=limit)
    assert (np.abs(smooth_clip(X, limit=limit)) <= limit).all()


@pytest.mark.parametrize("limit", [0, -1.0, float("nan")])
def test_a_limit_that_is_not_positive_is_refused(limit):
    with pytest.raises(ValueError, match=f"limit: expected a positive number, got {limit}"):
        smooth_clip(X, limit=limit)
