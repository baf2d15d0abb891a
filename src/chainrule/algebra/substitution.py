"""Substitution of numbers for variables in an exact number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.algebra import exact
from chainrule.algebra.ball import Undecided
from chainrule.algebra.exact import Exact
from chainrule.algebra.field import Field, current
from chainrule.algebra.formal_derivatives import variables_of
from chainrule.algebra.generators import Generator, Polynomial
from chainrule.algebra.point_numbers import PointNumber
from chainrule.algebra.powers import number_of, power


def substituted(a: Exact, numbers: Mapping[int, Exact], *, known: dict[int, Exact] | None = None) -> Exact:
    """The number in which some variables, given by their positions, are other numbers.

    Generators are built again from their new arguments. The conditions of the cell are not substituted: the result is
    the number's value only where they hold for the new numbers.

    Parameters
    ----------
    a : Exact
    numbers : mapping
        The new numbers by the position of the variable; see `formal_derivatives.positions`.
    known : dict, optional
        Generators that were built; kept from one call to the next.

    Returns
    -------
    Exact

    Raises
    ------
    Undecided
        If a divisor, or the argument of a logarithm or root, is then not what it must be at the sample.

    Examples
    --------
    >>> from chainrule.algebra import Field, variables
    >>> from chainrule.algebra.formal_derivatives import positions
    >>> with Field():
    ...     x = variables("x", [2.0, 3.0])
    ...     print(substituted(x[0] * x[1], {positions(x)[0]: exact.rational(5)}))
    5 x1
    """
    field, known = current(), {} if known is None else known
    if isinstance(a, PointNumber):
        return _at_its_point(field, a, numbers)
    if variables_of(field, a).isdisjoint(numbers):
        return a
    result = _polynomial(field, a.num, numbers, known)
    for number, exponent in a.den:
        divisor = _polynomial(field, field.atoms[number].polynomial, numbers, known)
        result = result * power(exact.inverse(divisor), exact.rational(exponent))
    return result


def _at_its_point(field: Field, a: PointNumber, numbers: Mapping[int, Any]) -> Exact:
    """The number where variables no longer vary, which is all that can be substituted in it."""
    if any(not number.is_zero() or field.at(index).value != 0 for index, number in numbers.items()):
        raise Undecided("a substitution in a number at a point")
    return a.without(numbers)


def _polynomial(field: Field, p: Polynomial, numbers: Mapping[int, Exact], known: dict[int, Exact]) -> Exact:
    """The terms are grouped by what becomes of their generators; the other generators stay."""
    changed = [k for k, degree in enumerate(p.degrees()) if degree > 0 and not field.inputs[k].isdisjoint(numbers)]
    groups: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
    for monomial, coefficient in p.to_dict().items():
        rest = list(monomial)
        for index in changed:
            rest[index] = 0
        groups.setdefault(tuple(int(monomial[index]) for index in changed), {})[tuple(rest)] = coefficient
    total = exact.rational(0)
    for exponents, terms in groups.items():
        kept = field.context.from_dict(terms)
        term = exact.made(kept, (), field.value_of(kept))
        for index, exponent in zip(changed, exponents, strict=True):
            if exponent and not term.is_zero():
                value = _generator(field.at(index), numbers, known)
                term = term * (value if exponent == 1 else value**exponent)
        total = total + term
    return total


def _generator(generator: Generator, numbers: Mapping[int, Exact], known: dict[int, Exact]) -> Exact:
    index = generator.index
    if index not in known:
        if generator.rebuild is None:
            known[index] = numbers[index] if index in numbers else number_of(generator)
        else:
            arguments = [substituted(argument, numbers, known=known) for argument, _ in generator.slopes]
            found: Any = generator.rebuild(*arguments)
            if not isinstance(found, Exact):
                raise Undecided("a substitution after which a number is infinite")
            known[index] = found
    return known[index]
