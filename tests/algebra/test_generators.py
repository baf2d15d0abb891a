"""Generators and atoms: what a field keeps of each."""

import flint
import pytest
from tests.algebra.expressions import IN_BALLS

from chainrule.algebra import Exact, Field, variables
from chainrule.algebra.powers import single
from chainrule.algebra.special_functions import FUNCTIONS


@pytest.mark.parametrize("name", ["exp", "log", "sin", "arctan", "erf"])
def test_a_generator_of_a_function_has_its_value_its_slope_and_the_function(name):
    with Field():
        x, y = variables("x", [2.0, 3.0])
        generator = single(FUNCTIONS[name](x))
        [(argument, slope)] = generator.slopes
        assert generator.kind == name
        assert generator.value.overlaps(IN_BALLS[name](flint.arb(2)))
        assert (argument - x).is_zero()
        step = flint.arb("1e-20")
        quotient = (IN_BALLS[name](flint.arb(2) + step) - IN_BALLS[name](flint.arb(2) - step)) / (2 * step)
        assert abs(quotient - slope().value) < flint.arb("1e-30")
        assert (generator.rebuild(y) - FUNCTIONS[name](y)).is_zero()


def test_a_root_has_a_relation_and_a_variable_has_none():
    with Field() as field:
        (x,) = variables("x", [2.0], positive=True)
        variable, root = single(x), single(x**0.5)
        assert (variable.kind, variable.power, variable.relation, variable.rebuild) == ("variable", 0, None, None)
        assert (root.kind, root.power, root.positive) == ("root", 2, True)
        assert root.relation == x.num == field.context.gen(variable.index)


def test_an_atom_has_the_value_of_its_polynomial_at_the_sample():
    with Field() as field:
        x, y = variables("x", [2.0, 3.0])
        [(number, exponent)] = (1 / (x - y) ** 3).den
        atom = field.atoms[number]
        assert (exponent, atom.polynomial) == (3, (y - x).num)
        assert atom.value == Exact(1).value
