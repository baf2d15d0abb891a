"""Quotients of polynomials in the generators of a field: sums, products and inverses without common factors.

A denominator is a product of powers of atoms, which are recorded divisors. A common factor is cancelled by exact
division, and relations of the field reduce the numerators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from chainrule.algebra.ball import Indefinite
from chainrule.algebra.field import Field
from chainrule.algebra.generators import Generator, Polynomial

Denominator: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs of the number of an atom and its exponent, in order of the numbers."""

Quotient: TypeAlias = tuple[Polynomial, Denominator]
"""A numerator and a denominator."""


def sum_of(field: Field, a: Quotient, b: Quotient, add: Callable[[Any, Any], Any]) -> Quotient:
    """a + b or a - b, over the least common denominator."""
    (a_num, a_den), (b_num, b_den) = a, b
    if a_den == b_den:
        num, den, shared = add(a_num, b_num), a_den, a_den
    else:
        mine, yours = dict(a_den), dict(b_den)
        common = {k: max(mine.get(k, 0), yours.get(k, 0)) for k in sorted({*mine, *yours})}
        num = add(
            times_atoms(field, a_num, {k: e - mine.get(k, 0) for k, e in common.items()}),
            times_atoms(field, b_num, {k: e - yours.get(k, 0) for k, e in common.items()}),
        )
        den = tuple(common.items())
        # An atom with different exponents divides one summand and not the other.
        shared = tuple((k, e) for k, e in den if mine.get(k) == yours.get(k))
    if not len(num):
        return num, ()
    return _cancelled(field, num, den, shared) if shared else (num, den)


def product_of(field: Field, a: Quotient, b: Quotient) -> Quotient:
    """a b."""
    (a_num, a_den), (b_num, b_den) = a, b
    if not (a_den or b_den):
        return field.product(a_num, b_num), ()
    a_num, b_den = _cancelled(field, a_num, b_den, b_den)
    b_num, a_den = _cancelled(field, b_num, a_den, a_den)
    num = field.product(a_num, b_num)
    if not len(num):
        return num, ()
    exponents = dict(a_den)
    for k, e in b_den:
        exponents[k] = exponents.get(k, 0) + e
    den = tuple(sorted(exponents.items()))
    return _cancelled(field, num, den, den) if field.related else (num, den)


def inverse_of(field: Field, a: Quotient) -> Quotient:
    """1 / a. Every divisor is recorded.

    Raises
    ------
    Undecided
        If a may be 0 at the sample.
    """
    num, den = a
    if not len(num):
        raise Indefinite("a division by 0")
    constant, parts = field.factors(num)
    below, roots = [], list[tuple[Generator, int]]()
    for number, exponent in parts:
        field.divide_by(number)
        root = field.root_of(number)
        if root is None:
            below.append((number, exponent))
        else:
            roots.append((root, exponent))
    result = times_atoms(field, field.context.constant(1 / constant), dict(den)), tuple(sorted(below))
    for root, exponent in roots:  # 1 / R = R^(q - 1) / a, so that no root of a product stands below
        times = -(-exponent // root.power)
        power = field.context.gen(root.index) ** (times * root.power - exponent)
        of_argument = inverse_of(field, (root.relation**times, ()))
        result = product_of(field, result, product_of(field, (field.reduced(power), ()), of_argument))
    return result


def times_atoms(field: Field, p: Polynomial, exponents: dict[int, int]) -> Polynomial:
    """p times powers of atoms, given by their numbers."""
    for number, exponent in exponents.items():
        for _ in range(exponent):
            p = field.product(p, field.atoms[number].polynomial)
    return p


def _cancelled(field: Field, num: Polynomial, den: Denominator, among: Denominator) -> tuple[Polynomial, Denominator]:
    """Numerator and denominator without the common factors among some atoms."""
    left = None
    for number, exponent in among:
        atom, count = field.atoms[number].polynomial, 0
        while count < exponent:
            quotient, remainder = divmod(num, atom)
            if len(remainder):
                break
            num, count = quotient, count + 1
        if count:
            left = dict(den) if left is None else left
            left[number] -= count
    return num, den if left is None else tuple((k, e) for k, e in left.items() if e)
