"""Results of code beside results of other code: the same, certainly different, or undecided."""

import numpy as np
import pytest

from chainrule.checking import balls, precision
from chainrule.checking.mutation.remembered import Remembered

THIRD = [1.0, 3.0]


def quotient(bits):
    x, y = balls(THIRD)
    with precision(bits):
        return {"value": (balls(np.array(x / y)),), "count": (3,)}


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (lambda x, y: x / y, ""),
        (lambda x, y: (x / y) * 3 / 3, ""),
        (lambda x, y: x / y + 2.0**-20, "value: got 0.3333342870, expected 0.3333333333 at one third"),
        (lambda x, y: x / y + 2.0**-200, f"value: got 0.{59 * '3'}40, expected 0.{61 * '3'} at one third"),
        (lambda x, y: np.float64(1.0), "value: got 1.000000000, expected 0.3333333333 at one third"),
        (lambda x, y: balls([1.0]), "shape of value: got (1,), expected () at one third"),
        (lambda x, y: None, "value: got None, expected an array at one third"),
        (lambda x, y: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_differences(other, difference):
    def compute(bits):
        with precision(bits):
            result = other(*balls(THIRD))
            return {"value": (balls(result) if hasattr(result, "value") else result,), "count": (3,)}

    assert Remembered(quotient, "one third").difference(compute) == difference


def test_results_that_are_no_balls_must_be_equal():
    remembered = Remembered(lambda bits: {"floats": (np.array([1.0, np.nan]),)}, "a point")
    assert remembered.difference(lambda bits: {"floats": (np.array([1.0, np.nan]),)}) == ""
    assert remembered.difference(lambda bits: {"floats": (np.array([1.5, np.nan]),)}).startswith("floats: got")
    assert remembered.difference(lambda bits: {"floats": ()}) == "results of floats: got 0, expected 1 at a point"
