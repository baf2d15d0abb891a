"""Which names use which."""

from chainrule.documents.language.name_uses import Names, reached
from chainrule.documents.language.parsing import derivation_of, term_of

NAMES = Names.of(derivation_of("size n; x : column n; z := f(x); f(a) := exp(a) * w; h(c : column k) := k * c[1]"))


def test_uses_go_through_definitions_and_leave_out_parameters():
    assert NAMES.uses("z") == {"z", "f", "x", "w"}
    assert NAMES.used_by(term_of("z + y[i]")) == {"z", "f", "x", "w", "y", "i"}
    assert NAMES.uses("h") == {"h"}


def test_a_name_without_its_definition_uses_itself_alone():
    assert NAMES.without(frozenset({"z"})).uses("z") == {"z"}
    assert NAMES.without(frozenset()) is NAMES


def test_definitions_stand_behind_what_they_use():
    names = Names.of(derivation_of("size n; x : column n; z := y + w; w := 2 * y; y := x; a := b; b := a; c := z"))
    order = [each.name for each in names.in_order]
    assert sorted(order) == ["a", "b", "c", "w", "y", "z"]
    assert order.index("y") < order.index("w") < order.index("z") < order.index("c")


def test_a_start_is_reached_only_if_a_way_leads_back_to_it():
    ways = {1: [2], 2: [3, 2], 3: [], 4: [5], 5: [4]}
    assert reached(1, ways.__getitem__) == {2, 3}
    assert reached(4, ways.__getitem__) == {4, 5}
    assert reached(3, ways.__getitem__) == frozenset()
