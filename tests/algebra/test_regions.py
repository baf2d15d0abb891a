"""Regions: samples of difference comparisons, and cells that cover everything."""

import random
from fractions import Fraction
from itertools import pairwise, permutations, product

import pytest

from chainrule.algebra import Constraint, linear_systems
from chainrule.algebra.linear_systems import TooManyRows
from chainrule.algebra.regions import follows, is_difference, opened, rest, sample, samples_outside

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


@pytest.mark.parametrize("width", [Fraction(1, 10**k) for k in (3, 7, 40)])
def test_a_narrow_region_has_a_sample(width):
    region = [difference("x", ">", ""), difference("x", "<", "y"), difference("y", "<", "", -width)]
    values = sample(region, NEAR)
    assert 0 < values["x"] < values["y"] < width
    assert sample([*region, difference("x", ">", "", -width)], NEAR) is None


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


def test_variables_with_a_bound_in_common_are_not_equal_by_chance():
    values = sample([difference("x", "<", "z", 20), difference("y", "<", "z", 20)], NEAR)
    assert values["x"] != values["y"]


def drawn(chosen):
    """A linear comparison that is no difference."""
    terms = {name: Fraction(chosen.choice([-2, -1, 1, 2])) for name in chosen.sample("xyz", chosen.randint(1, 3))}
    relation = chosen.choice([">", ">=", "<", "<=", "==", "!="])
    return Constraint(str(terms), relation, terms, Fraction(chosen.randint(-3, 3)))


@pytest.mark.parametrize("seed", range(30))
def test_samples_of_any_linear_comparisons_lie_in_their_region_and_empty_ones_have_none(seed):
    chosen = random.Random(seed)
    found = 0
    for _ in range(20):
        region = [drawn(chosen) for _ in range(chosen.randint(1, 7))]
        values = sample(region, NEAR)
        if values is not None:
            found += 1
            assert all(c.holds(values) for c in region)
        for _ in range(0 if values else 200):
            point = {name: Fraction(chosen.randint(-12, 12), 4) for name in "xyz"}
            assert not all(c.holds(point) for c in region)
    assert found > 0


def signs_of(numbers, values):
    signs = (Constraint(str(terms), relation, terms) for terms in numbers for relation in ("<", ">", "=="))
    return [sign for sign in signs if sign.holds(values)]


@pytest.mark.parametrize(("inside", "count"), [(False, 13), (True, 6)])
def test_samples_outside_of_all_cells_before_end_when_the_cells_cover_everything(inside, count):
    numbers = [{"x": ONE}, {"y": ONE}, {"x": ONE, "y": ONE}]  # three lines through one point of the plane
    outside, cells = samples_outside((), {name: NEAR[name] for name in "xy"}), []
    region, values = next(outside)
    while len(cells) < 20:
        assert all(c.holds(values) for c in region)
        assert not any(all(c.holds(values) for c in cell) for cell in cells)
        cells.append(signs_of(numbers, values))
        try:
            region, values = outside.send((cells[-1], inside))
        except StopIteration:
            break
    assert len(cells) == count


def test_a_domain_is_left_nowhere():
    positive = [Constraint("x", ">", {"x": ONE})]
    outside = samples_outside(positive, {"x": NEAR["x"]})
    _, values = next(outside)
    with pytest.raises(StopIteration):
        outside.send((signs_of([{"x": ONE}], values), False))


def test_a_region_without_its_border():
    region = (difference("x", ">=", "y"), difference("y", "!=", "z"), difference("x", "<", "z"))
    assert [c.relation for c in opened(region)] == [">", "<"]
    assert opened((*region, difference("x", "==", "z"))) is None


def test_an_order_follows_from_two_others_and_not_from_one(monkeypatch):
    order = [difference("x", ">", "y"), difference("y", ">", "z")]
    assert follows(difference("x", ">", "z"), order, NEAR)
    assert not follows(difference("x", ">", "z"), order[:1], NEAR)
    assert not follows(Constraint("x y", ">"), order, NEAR)
    assert not follows(difference("x", ">", "y"), [], NEAR)
    total = Constraint("x + y", ">", {"x": ONE, "y": ONE})
    positive = [Constraint(name, ">", {name: ONE}) for name in "xy"]
    assert follows(total, positive, NEAR)
    monkeypatch.setattr(linear_systems, "MOST_ROWS", 1)
    assert not follows(total, positive, NEAR)
    with pytest.raises(TooManyRows):
        sample([*positive, total], NEAR)
