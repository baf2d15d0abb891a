"""Derivatives by arrays that change a little."""

import numpy as np

from chainrule.algebra import Exact, Field, exact_numbers, variables
from chainrule.documents.evidence.changes import Change, are_variables, derived_function, slopes_at, slopes_of


def test_derivatives_by_changes_are_those_by_variables():
    with Field():
        x = variables("x", np.array([2.0, 3.0, 0.5]))
        change = Change.of((3,))
        found = change.derivatives(lambda: np.exp(x + change.array) * (x + change.array)[0], None, 1)
        expected = slopes_of(np.exp(x) * x[0], x, 1)
        assert all(entry.is_zero() for entry in (found - expected).ravel().tolist())


def test_derivatives_where_an_array_is_made_of_variables():
    with Field():
        x = variables("x", np.array([2.0, 3.0]))
        by_all, by_one = (slopes_at(x * x, lambda y: y * y[0], place) for place in (None, (0,)))
        assert (by_all.shape, by_one.shape) == ((2, 2), (2,))
        assert (by_one[1] - x[1] ** 2).is_zero()
        assert all(entry.is_zero() for entry in (by_all[:, 0] - by_one).tolist())


def test_second_derivatives_of_a_function_of_numbers():
    with Field():
        a = variables("a", 2.0)
        found = derived_function(lambda x: np.exp(3 * x), (2,))(a)
        assert (Exact(0) + found[()] - 9 * np.exp(3 * a)[()]).is_zero()


def test_numbers_made_of_variables_are_none():
    with Field():
        x = variables("x", np.array([2.0, 3.0]))
        assert are_variables(x)
        assert not are_variables(2 * x)
        assert not are_variables(exact_numbers([1, 2]))
