"""Arrays of a kind of number that is no ball: fractions, which have no functions but arithmetic."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest
import scipy.special
from tests.algebra.rationals import Rational, RationalArray, floats, rationals

from chainrule.algebra.ball import Undecided
from chainrule.algebra.number_array import NumberArray, numbers, plain

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.25, -0.75]])


def _filled(x):
    out, square = np.empty_like(x), x @ x.T
    out.fill(0.25)
    np.fill_diagonal(square, 0.5)
    np.put_along_axis(out, np.array([[1], [0]]), 4, axis=1)
    np.copyto(out[0], [1.0, 2.0, 3.0])
    return square @ out


def _in_place(x):
    out = x.copy()
    out[out < 0] = 0
    out += 1.5
    out[0] *= 2
    np.multiply(out, x, out=out)
    return out


OPERATIONS = {
    "arithmetic": lambda x: (2 * x - x / 4) ** 2 - 1,
    "matmul": lambda x: x @ x.T,
    "dot": lambda x: np.dot(x, x.T),
    "einsum": lambda x: np.einsum("ij,ij->i", x, x),
    "outer": lambda x: np.outer(x[0], x[1]),
    "tensordot": lambda x: np.tensordot(x, x, axes=([1], [1])),
    "sums": lambda x: x.sum(axis=0) + np.mean(x, axis=0) + np.prod(x, axis=0),
    "cumulative": lambda x: np.cumsum(x, axis=1) - np.cumprod(x, axis=0),
    "clip": lambda x: np.clip(x, 0, None),
    "where": lambda x: np.where(x > 0, x, 0.5),
    "maximum": lambda x: np.maximum(x, 0.25) + np.minimum(x, 0),
    "max": lambda x: x.max(axis=1) - np.amin(x),
    "sign": lambda x: np.sign(x) * np.abs(x),
    "argmax": lambda x: x[0, np.argmax(x, axis=1)],
    "sort": lambda x: np.sort(x, axis=1),
    "argsort": lambda x: x[1][np.argsort(x[0])],
    "flip": lambda x: np.flip(x, axis=1)[::-1],
    "concatenate": lambda x: np.concatenate([x, [[1.0, 2.0, 3.0]]]),
    "stack": lambda x: np.stack([x, 2 * x]),
    "mask": lambda x: x[x > 0],
    "in place": _in_place,
    "filled": _filled,
    "floor": lambda x: np.floor(x) + np.ceil(x),
    "broadcast": lambda x: np.broadcast_to(x[0], (2, 3)) + x[:, :1],
    "trace": lambda x: np.trace(x),
    "single": lambda x: np.sum(x),
    "repeat": lambda x: np.repeat(np.tile(x, 2), 2, axis=0),
    "pad": lambda x: np.pad(x, 1),
    "diff": lambda x: np.diff(x),
    "roll": lambda x: np.roll(x, 1) @ np.ones((3, 1)),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_numpys_functions_act_as_on_floats(operation):
    result = operation(rationals(X))
    assert type(result) is RationalArray
    assert all(type(entry) is Rational for entry in result.flat)
    np.testing.assert_allclose(floats(result), operation(X), rtol=4e-16)


def test_results_are_exact():
    third = rationals([1.0]) / 3
    assert (third * 3 == 1).tolist() == [True]
    assert third[0].value == Fraction(1, 3)


def test_conversions_are_decided_by_the_kind():
    with pytest.raises(ValueError, match="NaN"):
        rationals([np.nan])
    with pytest.raises(OverflowError):
        rationals(X)[0] + np.inf
    with pytest.raises(TypeError, match="Rational"):
        rationals(["a"])
    with pytest.raises(Undecided):
        np.array(rationals(X), dtype=float)
    with pytest.raises(Undecided):
        float(rationals(0.5))


@pytest.mark.parametrize("function", [np.exp, np.log, np.isnan, np.isfinite, scipy.special.expit, np.logaddexp])
def test_functions_that_a_kind_lacks_are_named(function):
    arguments = (rationals(X),) * function.nin
    with pytest.raises(NotImplementedError, match=f"{function.__name__} of Rational"):
        function(*arguments)


def test_functions_of_a_kind_are_called_on_plain_arrays():
    class Tested(NumberArray):
        number = Rational
        entrywise = {np.isnan: lambda x: np.zeros(x.shape, bool)}  # noqa: RUF012 (a class of a test)

    out = np.ones(X.shape, bool)
    assert np.isnan(numbers(X, Tested), out=out) is out
    assert not out.any()


def test_arrays_of_a_kind_are_made_once_and_not_stored():
    x = rationals(X)
    assert rationals(x) is x
    assert rationals(Rational(2)).shape == ()
    assert x.astype(np.float32).dtype == object
    assert rationals([1.0, 2.0]).astype(int).tolist() == [1, 2]
    assert type(plain(x)) is np.ndarray
    assert plain(3) == 3
    assert copy.deepcopy(x).tolist() == x.tolist()
    with pytest.raises(TypeError, match="cannot be stored"):
        pickle.dumps(x)


def test_plain_numbers_that_are_written_become_exact():
    x = rationals(np.ones((2, 2)))
    x[0].fill(0.1)
    np.fill_diagonal(x, 3)
    assert [type(entry) for entry in x.flat] == [Rational] * 4


def test_a_sum_does_not_change_in_place():
    for x, back in ((rationals(X), floats), (X, np.asarray)):
        total = first = x.sum()
        for value in (2.0, x[0, 0], x.max()):
            first += value
            first *= value
            first -= value
            first /= value
        first **= 2
        assert back(total) == X.sum()
        row = x[0].copy()
        view = row[:]
        view += 1
        view **= 2
        assert back(row).tolist() == ((X[0] + 1) ** 2).tolist()
