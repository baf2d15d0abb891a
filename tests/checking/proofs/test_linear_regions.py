"""Points outside of linear regions, against points drawn at random."""

import random
from fractions import Fraction

import pytest

from chainrule.algebra import Constraint
from chainrule.checking.proofs import linear_regions
from chainrule.checking.proofs.linear_regions import TooManyRegions, follows, linear_of, point_outside, solved_for


def drawn(chosen, names):
    terms = {name: Fraction(chosen.randint(-2, 2)) for name in names}
    terms = {name: c for name, c in terms.items() if c} or {"a": Fraction(1)}
    relation = chosen.choice([">", ">=", "<", "<=", "==", "!="])
    return Constraint("", relation, terms, Fraction(chosen.randint(-3, 3)))


def is_outside(point, base, cells):
    return all(c.holds(point) for c in base) and not any(all(c.holds(point) for c in cell) for cell in cells)


@pytest.mark.parametrize("seed", range(40))
def test_a_point_lies_outside_and_without_one_no_drawn_point_does(seed):
    chosen = random.Random(seed)
    found = 0
    for _ in range(20):
        names = "abc"[: chosen.randint(1, 3)]
        base = [drawn(chosen, names) for _ in range(chosen.randint(0, 2))]
        cells = [[drawn(chosen, names) for _ in range(chosen.randint(1, 3))] for _ in range(chosen.randint(0, 5))]
        point = point_outside(base, cells)
        if point is not None:
            found += 1
            assert is_outside({"a": Fraction(1, 7), "b": Fraction(1, 9), "c": Fraction(2, 7), **point}, base, cells)
        else:
            for _ in range(200):
                values = {name: Fraction(chosen.randint(-12, 12), 4) for name in "abc"}
                assert not is_outside(values, base, cells)
    assert 0 < found < 20


def more(first, second):
    return Constraint(f"{first} - {second}", ">", {first: Fraction(1), second: Fraction(-1)})


def test_an_order_follows_from_two_others_and_not_from_one():
    assert follows(more("a", "c"), [more("a", "b"), more("b", "c")])
    assert not follows(more("a", "c"), [more("a", "b")])
    assert not follows(Constraint("a b", ">"), [more("a", "b")])
    assert not follows(more("a", "b"), [])


def test_products_are_refused():
    with pytest.raises(TooManyRegions):
        point_outside([], [[Constraint("a b", ">")]])


def test_too_many_regions_are_refused(monkeypatch):
    cells = [[more("a", "b"), more("b", "c")], [more("b", "a")], [more("c", "b")]]
    assert point_outside([], cells) is not None
    monkeypatch.setattr(linear_regions, "MOST_REGIONS", 2)
    with pytest.raises(TooManyRegions):
        point_outside([], cells)


def test_equations_give_some_variables_by_the_others():
    values = solved_for(linear_of(more(a, b))[0] for a, b in ("ab", "bc", "ac"))
    assert sorted(values) == ["b", "c"]
    assert all(value.terms == (("a", Fraction(1)),) and value.constant == 0 for value in values.values())
