"""Names of letters under one reading."""

from chainrule.documents.reader.letters.inventory import Inventory
from chainrule.documents.reader.translation.elaboration import Elaborator


def test_a_letter_without_an_index_may_have_another_name():
    meanings = Elaborator(Inventory.of([]), singles={"x"}, aliases={"y": "y_two"})
    assert meanings.named("x") == "x"
    assert meanings.named("x", alone=True) == "x__one"
    assert meanings.named("y") == "y_two"


def test_functions_of_other_numbers_of_arguments_are_other_functions():
    meanings = Elaborator(Inventory.of([]), arities={"f": {1, 2}, "g": {2}})
    assert [meanings.with_arity("f", "f", count) for count in (1, 2)] == ["f", "f__of_2"]
    assert meanings.with_arity("g", "g", 2) == "g"


def test_sizes_that_nobody_states_are_each_another():
    meanings = Elaborator(Inventory.of([]))
    assert meanings.open_size("i") != meanings.open_size("i")
