"""Cells are found one after another, until they cover the domain."""

from dataclasses import replace
from fractions import Fraction

import pytest

from chainrule.algebra import Attempt, Constraint
from chainrule.checking.proofs.exploration import Visit, explored


def sign_of(name, value):
    relation = ">" if value > 0 else "<" if value < 0 else "=="
    return Constraint(name, relation, {name: Fraction(1)})


def signs(values, ties, **options):
    """A computation that compares x and y with 0, unless an equation says that they are 0."""
    found = [sign_of(name, values[name]) for name in "xy" if name not in ties]
    return Visit(Attempt(1, comparisons=tuple(found)), **options)


START = {"x": Fraction(3), "y": Fraction(5)}


def test_all_nine_cells_of_two_signs_are_found():
    found = explored(signs, [], iter([START]), most=20)
    assert found.complete
    assert len({visit.outcome.cell for visit in found.visits}) == len(found.visits) == 9


def test_four_insides_are_enough_for_derivatives_and_no_border_is_visited():
    def inside(values, ties):
        assert not ties
        return signs(values, ties, inside_only=True)

    found = explored(inside, [], iter([START]), most=20)
    assert found.complete
    assert len(found.visits) == 4


def test_samples_of_derivatives_leave_ties_that_other_cells_are_bordered_by():
    def ordered(values, ties):
        assert not ties
        order = sorted(values, key=values.get)
        one = Fraction(1)
        pairs = [(a, b) for i, b in enumerate(order) for a in order[:i]]
        return Visit(Attempt(1, comparisons=tuple(Constraint(b + a, ">", {b: one, a: -one}) for a, b in pairs)), True)

    found = explored(ordered, [], iter([{name: Fraction(i) for i, name in enumerate("wxyz")}]), most=50)
    assert found.complete
    assert len(found.visits) == 24


def test_what_the_domain_says_is_no_part_of_a_cell():
    found = explored(signs, [sign_of("x", 1)], iter([START]), most=20)
    assert found.complete
    assert [visit.outcome.cell for visit in found.visits] == [
        "all inputs with y > 0",
        "all inputs with y < 0",
        "all inputs with y == 0",
    ]


def test_with_fewer_visits_than_cells_the_domain_is_not_covered():
    found = explored(signs, [], iter([START]), most=8)
    assert len(found.visits) == 8
    assert not found.complete


def test_points_outside_of_the_domain_are_skipped_and_leave_the_cover_open():
    def logarithm(values, ties):
        return Visit(Attempt(outside=True)) if values["x"] < 0 else signs(values, ties)

    found = explored(logarithm, [], iter([START]), most=20)
    assert not found.complete
    assert all("x < 0" not in visit.outcome.cell for visit in found.visits)
    assert len(found.visits) == 6


def test_other_samples_are_taken_where_the_first_lies_outside_of_the_domain():
    def logarithm(values, ties):
        return Visit(Attempt(outside=True)) if values["x"] > 0 else signs(values, ties)

    samples = iter([START, {"x": Fraction(-1), "y": Fraction(-2)}])
    assert explored(logarithm, [], samples, most=20).visits
    assert not explored(logarithm, [], iter([START]), most=20).visits


@pytest.mark.parametrize("outcome", [Attempt(undecided=("too large",)), Attempt(1, undecided=("too large",))])
def test_a_visit_that_proves_nothing_ends_the_search_except_on_a_border(outcome):
    def at(values, ties):
        return signs(values, ties) if values["x"] > 0 else Visit(outcome)

    found = explored(at, [], iter([START]), most=20)
    assert not found.complete
    assert found.visits[-1].outcome.undecided == ("too large",)

    def on_border(values, ties):
        return Visit(outcome) if values["x"] == 0 else signs(values, ties)

    found = explored(on_border, [], iter([START]), most=20)
    assert not found.complete
    assert all(visit.outcome.proved for visit in found.visits)
    assert len(found.visits) == 6


def test_products_end_the_search_of_points_and_the_samples_follow():
    def product(values, ties):
        return Visit(Attempt(1, comparisons=(Constraint("x y", ">" if values["x"] * values["y"] > 0 else "<"),)))

    samples = [{"x": Fraction(x), "y": Fraction(y)} for x, y in ((1, 1), (2, 2), (-1, 2))]
    for inside_only in (False, True):
        found = explored(
            lambda v, t, inside=inside_only: replace(product(v, t), inside_only=inside), [], iter(samples), most=20
        )
        assert len(found.visits) == 2
        assert not found.complete
