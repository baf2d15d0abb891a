"""Functions that round, on balls and on exact numbers."""

import math

import numpy as np
import pytest

from chainrule.algebra import Ball, ExactArray, Field, Undecided, variables
from chainrule.algebra.balls import BallArray, balls, midpoints
from chainrule.checking.user_code import on_numbers

X = np.array([0.25, -1.75, 2.5, 3.5, -0.5, 6.0, -6.0])

ROUNDING = {
    "remainder": lambda x: x % 1.5,
    "remainder of a number": lambda x: 7.0 % x,
    "quotient": lambda x: x // 1.5,
    "quotient of a number": lambda x: 7.0 // x,
    "mod": lambda x: np.mod(x, -1.5),
    "fmod": lambda x: np.fmod(x, 1.5),
    "rint": np.rint,
    "round": np.round,
    "one digit": lambda x: np.round(x, 1),
    "tens": lambda x: np.round(x, -1),
    "trunc": np.trunc,
    "fix": np.fix,
    "copysign": lambda x: np.copysign(2.0, x),
}


@pytest.mark.parametrize("function", ROUNDING.values(), ids=ROUNDING)
def test_balls_round_as_floats_do(function):
    exact = function(balls(X))
    assert isinstance(exact, BallArray)
    np.testing.assert_allclose(midpoints(exact), function(X), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("function", ROUNDING.values(), ids=ROUNDING)
def test_exact_numbers_round_as_floats_do_away_from_the_steps(function):
    x = X[:2] + 0.0625
    with Field():
        exact = function(variables("x", x))
        assert isinstance(exact, ExactArray)
        found = [float(number.value.mid()) for number in exact.ravel().tolist()]
    np.testing.assert_allclose(found, function(x), rtol=1e-14)


@pytest.mark.parametrize(
    "function", [lambda x: x % 1.0, lambda x: x // 1.0, np.trunc, lambda x: np.rint(x + 0.5), lambda x: np.fmod(x, 1.0)]
)
def test_a_ball_across_a_step_is_undecided(function):
    across = balls([1.0]) / 3 * 3
    with pytest.raises(Undecided):
        function(across)


def test_the_sign_of_zero_is_undecided():
    with pytest.raises(Undecided, match="copysign at 0"):
        np.copysign(balls([1.0]), 0.0)


def test_functions_of_math_round_single_balls():
    def rounded(x):
        return math.trunc(x) + math.fmod(x, 2.0) + math.copysign(x, -1.0)

    assert on_numbers(rounded, BallArray)(Ball(3.25)) == rounded(3.25)
