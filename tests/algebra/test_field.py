"""The field: room for generators, normal forms, factors, signs, recorded divisors."""

import flint
import numpy as np
import pytest
from tests.algebra.expressions import IN_BALLS

from chainrule.algebra import Exact, Field, Memory, Undecided, unknown, variables
from chainrule.algebra.field import current
from chainrule.algebra.memory import Restart, TooLarge
from chainrule.algebra.special_functions import FUNCTIONS


def test_outside_of_a_field_there_are_no_exact_numbers():
    with pytest.raises(RuntimeError, match="inside `with Field"):
        Exact(1)


def test_entering_sets_the_precision_and_leaving_restores_it():
    before = flint.ctx.prec
    with Field(Memory(bits=333)) as outer:
        with Field(Memory(bits=77)) as inner:
            assert (flint.ctx.prec, current()) == (77, inner)
        assert (flint.ctx.prec, current()) == (333, outer)
    assert flint.ctx.prec == before


def test_more_generators_than_there_is_room_for_ask_for_another_run():
    memory = Memory(generators=2)
    with Field(memory), pytest.raises(Restart):
        variables("x", [1.0, 2.0, 3.0])
    assert memory.generators == 4
    with Field(memory):
        assert len(variables("x", [1.0, 2.0, 3.0])) == 3


def test_a_field_forgets_what_it_learns_inside_of_a_block():
    with Field(Memory(generators=4)) as field:
        x, y = variables("x", [2.0, 3.0])
        known = x.exp() / (x + y)
        before, divisors = str(known), list(field.divisors)
        with field.forgetting():
            assert 1 / (x - y) > -2
            assert (len(field.conditions), len(field.divisors)) == (1, 2)
            y.exp()
            with pytest.raises(Restart):
                (x * y).exp()
        assert (len(field.generators), field.conditions, field.memory.generators) == (3, [], 4)
        assert field.divisors == divisors
        assert (known * (x + y) - x.exp()).is_zero()
        assert str(known) == before
        assert not (y.exp() - x.exp()).is_zero()


@pytest.mark.parametrize("name", ["exp", "sin", "log", "sqrt", "arctan", "erf"])
def test_a_forgotten_generator_is_not_mistaken_for_a_later_one(name):
    function = FUNCTIONS[name]
    with Field() as field:
        x, y, z = variables("x", [2.0, 3.0, 4.0])
        function(z)
        with field.forgetting():
            function(x)
        later = [np.log(y + 1), unknown("f", y)]
        for other in later:
            assert not (function(x) - other).is_zero()
        assert function(x).value.overlaps(function(1 * x).value)
        assert function(x).value.overlaps(IN_BALLS[name](flint.arb(2)))


def test_signs_and_conditions_are_forgotten():
    with Field() as field:
        x, y = variables("x", [2.0, 3.0])
        assert x > 0
        before = {name: str(known) for name, known in vars(field).items()}
        with field.forgetting():
            assert y >= 0
            assert x * y + y * y > -1
            assert 1 / (x + y) > 0
            field.open_cell()
        assert {name: str(known) for name, known in vars(field).items()} == before


def test_powers_of_a_root_are_replaced():
    with Field() as field:
        (x,) = variables("x", [2.0], positive=True)
        r = x**0.5
        assert (r**2 - x).is_zero()
        assert (r**5 - x * x * r).is_zero()
        [(generator, _)] = field.related
        assert all(p.num.degrees()[generator.index] < 2 for p in (r, r**3, (1 + r) ** 7))


@pytest.mark.parametrize(
    ("polynomial", "sign"),
    [
        (lambda x, p: p, 1),
        (lambda x, p: -p, -1),
        (lambda x, p: x * x + 1, 1),
        (lambda x, p: -x * x - p, -1),
        (lambda x, p: x * x, 0),
        (lambda x, p: x * x - 1, 0),
        (lambda x, p: x + p, 0),
        (lambda x, p: x * x * p + x**4, 0),
        (lambda x, p: x.exp() + x * x, 1),
        (lambda x, p: (1 + x * x) ** 0.5 + p, 1),
    ],
)
def test_the_sign_of_a_polynomial_is_known_only_if_it_is_the_same_for_all_inputs(polynomial, sign):
    with Field() as field:
        (x,) = variables("x", [2.0])
        (p,) = variables("p", [3.0], positive=True)
        assert field.sign_of(polynomial(x, p).num) == sign


def test_factors_multiply_to_the_polynomial():
    with Field() as field:
        x, y = variables("x", [2.0, 3.0])
        p = (6 * (x + y) ** 2 * (x - y) * x).num
        constant, parts = field.factors(p)
        product = field.context.constant(constant)
        for number, exponent in parts:
            product *= field.atoms[number].polynomial ** exponent
        assert product == p
        assert sorted(exponent for _, exponent in parts) == [1, 1, 2]


def test_a_divisor_that_may_be_zero_is_undecided_and_another_one_is_recorded():
    with Field() as field:
        x, y = variables("x", [2.0, 2.0])
        with pytest.raises(Undecided, match="may be 0 at the sample"):
            1 / (x - y)
        assert field.divisors == []
        assert (1 / (x + y) + 1 / (x * x + 1)).den
        assert [str(atom.polynomial) for atom in field.divisors] == [str((x + y).num)]


def test_large_products_are_refused():
    with Field(most_terms=50):
        x, y, z = variables("x", [2.0, 3.0, 5.0])
        with pytest.raises(TooLarge):
            (1 + x + y + z) ** 20


def test_a_number_of_an_earlier_field_is_refused():
    with Field():
        (kept,) = variables("x", [2.0])
    with Field():
        (x,) = variables("x", [2.0])
        for use in (lambda: kept + x, lambda: 2 * kept, lambda: kept > 0):
            with pytest.raises(flint.utils.flint_exceptions.IncompatibleContextError):
                use()


def test_opening_a_cell_makes_earlier_comparisons_strict_and_later_ones_not():
    with Field() as field:
        x, y = variables("x", [2.0, 3.0])
        assert x >= 0
        assert not y <= x
        field.open_cell()
        assert y >= 1
        assert [condition.relation for condition in field.conditions] == [">", ">", ">="]
