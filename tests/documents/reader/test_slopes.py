"""Derivatives as they are written."""

import pytest

from chainrule.documents.language.printing import text_of
from chainrule.documents.reader.chains import chains_of
from chainrule.documents.reader.elaboration import Elaborator
from chainrule.documents.reader.inventory import Inventory
from chainrule.documents.reader.known_words import NotMeant


def elaborated(formula, **options):
    chains = chains_of(formula)
    return text_of(Elaborator(Inventory.of(chains), **options).term(chains[0].members[0]))


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        (r"\frac{\partial^2 J}{\partial v \partial w}", "slope(slope(J, w), v)"),
        (r"\nabla_w J", "slope(J, w)"),
    ],
)
def test_derivatives_by_one_and_two_names(formula, term):
    assert elaborated(formula) == term


def test_two_derivatives_by_one_name_are_the_second():
    formula = chains_of(r"\frac{\partial^2 J}{\partial w^2}")
    assert Elaborator(Inventory.of(formula)).term(formula[0].members[0]).kind == "second"


def test_a_gradient_at_arguments_is_a_column_of_derivatives_there():
    found = elaborated(r"\nabla f(2, y)", functions={"f": ("x", "y")})
    assert found == "at(table(slope(f(x, y), x) | slope(f(x, y), y)), x = 2)"


def test_a_derivative_by_a_number_is_not_read():
    with pytest.raises(NotMeant):
        elaborated(r"\frac{\partial J}{\partial 2}")


def test_a_prime_on_a_bracket_is_the_derivative_by_its_letter():
    assert elaborated("(1 + e^{-u})'") == "slope(1 + exp(-u), u)"
    assert elaborated("(a u)' + h(u)") == "slope(beside(a, u), u) + h"
    with pytest.raises(NotMeant, match="by something that is not told"):
        elaborated("(a u)'")
