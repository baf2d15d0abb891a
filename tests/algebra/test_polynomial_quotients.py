"""Quotients of polynomials: sums, products and inverses have the right values, and no common factors."""

import operator
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.algebra import Field, Undecided, variables
from chainrule.algebra.polynomial_quotients import inverse_of, product_of, sum_of, times_atoms

SAMPLE = Fraction(7, 2), Fraction(-5, 3)


def at_sample(field, quotient):
    """The value, as a rational, from the values of the polynomials."""
    num, den = quotient
    result = field.value_of(num)
    for number, exponent in den:
        result /= field.atoms[number].value ** exponent
    return result


def factors_in_common(field, quotient):
    num, den = quotient
    return [number for number, _ in den if not divmod(num, field.atoms[number].polynomial)[1]]


parts = st.lists(st.tuples(st.sampled_from([(1, 0), (0, 1), (1, 1), (1, -2)]), st.integers(-2, 2)), max_size=4)


def quotient_of(field, x, y, parts):
    """A product of powers of linear numbers."""
    result = (field.one, ())
    for (a, b), exponent in parts:
        factor = ((a * x + b * y).num, ())
        for _ in range(abs(exponent)):
            result = product_of(field, result, factor if exponent > 0 else inverse_of(field, factor))
    return result


@settings(derandomize=True, max_examples=50, deadline=None)
@given(first=parts, second=parts)
def test_results_have_the_right_values_and_no_common_factors(first, second):
    with Field() as field:
        x, y = variables("x", SAMPLE)
        a, b = (quotient_of(field, x, y, known) for known in (first, second))
        p, q = at_sample(field, a), at_sample(field, b)
        results = {
            "sum": (sum_of(field, a, b, operator.add), p + q),
            "difference": (sum_of(field, a, b, operator.sub), p - q),
            "product": (product_of(field, a, b), p * q),
            "inverse": (inverse_of(field, a), 1 / p),
        }
        for quotient, value in results.values():
            assert (at_sample(field, quotient) - value).contains(0)
            assert factors_in_common(field, quotient) == []
            assert list(quotient[1]) == sorted(quotient[1])


def test_a_difference_of_equal_quotients_and_a_product_with_zero_are_zero():
    with Field() as field:
        x, y = variables("x", SAMPLE)
        a = ((x * x).num, (x / (x + y)).den)
        assert sum_of(field, a, a, operator.sub) == (field.zero, ())
        assert product_of(field, a, (field.zero, ())) == (field.zero, ())
        with pytest.raises(Undecided, match="a division by 0"):
            inverse_of(field, (field.zero, ()))


def test_no_root_stands_below():
    with Field() as field:
        (x,) = variables("x", SAMPLE[:1], positive=True)
        for root in (x**0.5, (1 + x) ** 0.5, (x**3 * (1 + x)) ** 0.5):
            below = inverse_of(field, (root.num, root.den))
            assert product_of(field, below, (root.num, root.den)) == (field.one, ())
            assert all(field.root_of(number) is None for number, _ in below[1])


def test_powers_of_atoms_are_multiplied_on():
    with Field() as field:
        x, y = variables("x", SAMPLE)
        below = 1 / ((x + y) * x)
        powers = {number: i for i, (number, _) in enumerate(below.den, start=2)}
        expected = x.num
        for number, exponent in powers.items():
            expected *= field.atoms[number].polynomial ** exponent
        assert times_atoms(field, x.num, powers) == expected
