"""Free arrays of which facts hold by construction."""

from itertools import islice

import numpy as np
import pytest

from chainrule.algebra import Exact, Field, exact_numbers, variables
from chainrule.algebra.field import OutsideDomain
from chainrule.documents.evidence.inputs import Branches, FreeArray, points, samples


def floats(array):
    numbers = [float((Exact(0) + each).value.mid()) for each in exact_numbers(array).ravel().tolist()]
    return np.array(numbers).reshape(array.shape)


def all_filled(array, values):
    """The array for each alternative, as floats."""
    branches, found = Branches(), []
    with Field():
        numbers = {name: variables(name, float(x), positive=array.positive)[()] for name, x in values.items()}
        while True:
            branches.used = 0
            found.append(floats(array.filled(numbers, branches)))
            if not branches.advance():
                return found


HOLD = {
    "positive": lambda a: (a > 0).all(),
    "negative": lambda a: (a < 0).all(),
    "nonnegative": lambda a: (a >= 0).all(),
    "nonzero": lambda a: (a != 0).all(),
    "unit": lambda a: (a > 0).all() and (a < 1).all(),
    "probabilities": lambda a: (a > 0).all() and np.allclose(a.sum(), 1),
    "one-hot": lambda a: sorted(a.ravel()) == [0, 0, 1],
}


@pytest.mark.parametrize("fact", HOLD)
def test_a_fact_holds_at_all_samples_and_points(fact):
    array = FreeArray("p", (3, 1), frozenset({fact}))
    for values in (*islice(samples([array]), 6), *points([array], [], 45)):
        for found in all_filled(array, values):
            assert HOLD[fact](found), values


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (2, 1), (3, 3), (3, 2), (4, 4), (5, 3)])
def test_orthonormal_matrices_are_so_exactly(shape):
    array = FreeArray("Q", shape, frozenset({"orthonormal"}))
    with Field():
        numbers = {name: variables(name, float(x))[()] for name, x in next(samples([array])).items()}
        made = array.filled(numbers, Branches())
        assert all(entry.is_zero() for entry in (made.T @ made - np.eye(shape[1], dtype=int)).ravel().tolist())
    assert array.is_whole == (shape[0] <= 3)


def test_orthonormal_matrices_have_both_determinants():
    found = all_filled(FreeArray("Q", (2, 2), frozenset({"orthonormal"})), {"Q[t1]": 0.5})
    assert sorted(np.round([np.linalg.det(each) for each in found])) == [-1, -1, 1, 1]


def test_symmetric_matrices_have_half_of_the_variables():
    array = FreeArray("S", (3, 3), frozenset({"symmetric"}))
    assert len(array.variables) == 6
    [found] = all_filled(array, next(samples([array])))
    np.testing.assert_array_equal(found, found.T)


def test_one_hot_rows_of_a_matrix_are_taken_in_all_ways():
    found = all_filled(FreeArray("t", (2, 3), frozenset({"one-hot"})), {})
    assert len({each.tobytes() for each in found}) == 9
    assert all((each.sum(axis=1) == 1).all() for each in found)


def test_a_singular_matrix_is_not_invertible():
    array = FreeArray("A", (2, 2), frozenset({"invertible"}))
    with Field(), pytest.raises(OutsideDomain, match="not invertible"):
        array.divide(exact_numbers([[1, 2], [2, 4]]))


def test_values_that_deny_a_fact_lie_outside():
    array = FreeArray("p", (), frozenset({"unit"}))
    with Field():
        array.check(exact_numbers(0.5))
        with pytest.raises(OutsideDomain, match="p is not unit"):
            array.check(exact_numbers(1.5))


def test_all_combinations_of_alternatives_are_taken():
    branches, seen = Branches(), []
    while True:
        branches.used = 0
        seen.append((branches.pick(2), branches.pick(3)))
        if not branches.advance():
            break
    assert seen == [(i, j) for i in range(2) for j in range(3)]


def test_points_have_zeros_ties_and_the_numbers_of_the_claim():
    array = FreeArray("x", (2, 1))
    found = [tuple(values.values()) for values in points([array], [6], 40)]
    assert (0, 0) in found
    assert (6, 6) in found
    assert any(0 < abs(a) < 1e-20 for a, _ in found)
    assert any(abs(a) > 500 for a, _ in found)
    assert any(a * b < 0 for a, b in found)


def test_each_fourth_point_is_random_in_all_arrays():
    """So the first 12 points have three at which a false identity fails, whatever holds at zeros and ones."""
    arrays = [FreeArray("x", (3, 1)), FreeArray("A", (2, 2))]
    for values in islice(points(arrays, [], 12), 3, None, 4):
        assert len(set(map(abs, values.values()))) == 7


def test_numbers_that_are_0_or_1_are_taken_in_all_combinations():
    found = all_filled(FreeArray("y", (2, 1), frozenset({"binary"})), {})
    assert sorted(array.ravel().tolist() for array in found) == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_rows_of_a_matrix_with_one_column_have_the_sum_1_each():
    found = all_filled(FreeArray("t", (2, 1), frozenset({"sum-one"}), has_rows=True), {})
    assert [each.ravel().tolist() for each in found] == [[1.0, 1.0]]
