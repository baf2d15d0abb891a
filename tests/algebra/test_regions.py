"""Regions: samples of difference comparisons, and cells that cover everything."""

from fractions import Fraction
from itertools import pairwise, permutations, product

import pytest

from chainrule.algebra import Constraint
from chainrule.algebra.regions import is_difference, rest, sample

ONE = Fraction(1)
NEAR = {"x": Fraction(5, 7), "y": Fraction(-3, 11), "z": Fraction(13, 9)}


def difference(a, relation, b, constant=0):
    terms = {name: c for name, c in ((a, ONE), (b, -ONE)) if name}
    return Constraint(f"{a} - {b}", relation, terms, Fraction(constant))


@pytest.mark.parametrize("order", list(permutations("xyz")))
def test_an_order_has_a_sample_in_that_order(order):
    region = [difference(a, "<", b) for a, b in pairwise(order)]
    values = sample(region, NEAR)
    assert values[order[0]] < values[order[1]] < values[order[2]]


@pytest.mark.parametrize("relations", list(product((">", ">=", "<", "<=", "==", "!="), repeat=3)))
def test_samples_lie_in_their_region_and_empty_ones_have_none(relations):
    region = [
        difference("x", relations[0], "y"),
        difference("y", relations[1], "z", 1),
        difference("x", relations[2], "z"),
    ]
    values = sample(region, NEAR)
    # Only differences matter, so that z may stay 0.
    grid = [{"x": Fraction(a, 3), "y": Fraction(b, 3), "z": Fraction(0)} for a, b in product(range(-9, 10), repeat=2)]
    found = any(all(c.holds(point) for c in region) for point in grid)
    if found:
        assert all(c.holds(values) for c in region)
    else:
        assert values is None


def test_weak_comparisons_are_taken_strictly_where_that_is_possible():
    values = sample([difference("x", ">=", "y"), difference("y", ">=", "z")], NEAR)
    assert values["x"] > values["y"] > values["z"]
    tied = sample([difference("x", ">=", "y"), difference("y", ">=", "x"), difference("z", ">=", "x")], NEAR)
    assert tied["x"] == tied["y"] < tied["z"]


def test_a_sample_of_no_comparison_is_the_point_itself():
    assert sample([], NEAR) == NEAR


def test_bounds_by_constants():
    between = [Constraint("x", ">", {"x": ONE}, Fraction(-1, 3)), Constraint("x", "<", {"x": ONE}, Fraction(-1, 2))]
    assert Fraction(1, 3) < sample(between, NEAR)["x"] < Fraction(1, 2)
    assert sample([*between, Constraint("x", ">", {"x": ONE}, Fraction(-1, 2))], NEAR) is None


def test_the_rest_of_a_region_is_all_of_it_outside_the_cell():
    region = (difference("x", ">", "y"),)
    cell = (difference("x", ">", "y"), difference("x", ">=", "z"), difference("y", "!=", "z"))
    parts = list(rest(region, cell))
    for point in product(range(4), repeat=3):
        values = dict(zip("xyz", map(Fraction, point), strict=True))
        inside_region = all(c.holds(values) for c in region)
        inside_cell = all(c.holds(values) for c in cell)
        inside_parts = sum(all(c.holds(values) for c in part) for part in parts)
        assert inside_parts == (inside_region and not inside_cell)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"x": 1}, True),
        ({"x": -1}, True),
        ({"x": 1, "y": -1}, True),
        ({"x": 1, "y": 1}, False),
        ({"x": 2}, False),
        (None, False),
    ],
)
def test_differences_are_recognised(terms, expected):
    known = None if terms is None else {name: Fraction(c) for name, c in terms.items()}
    assert is_difference(Constraint("", ">", known)) is expected
