"""Derivatives of exact numbers by the variables of their field: formal, term by term, through the generators.

They are the derivatives of the functions on open cells: near a point at which x > 0 the outcomes of comparisons stay,
near one at which only x >= 0 they may not. A derivative therefore makes the comparisons strict that were recorded
before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from chainrule.algebra import exact
from chainrule.algebra.exact import Exact
from chainrule.algebra.field import Field, current
from chainrule.algebra.generators import Generator, Polynomial
from chainrule.algebra.point_numbers import PointNumber
from chainrule.algebra.powers import single


def derivative(a: Exact, x: Exact) -> Exact:
    """da / dx for a variable x. The comparisons recorded so far become strict.

    Raises
    ------
    ValueError
        If x is not a variable.

    Examples
    --------
    >>> from chainrule.algebra.exact_arrays import variables
    >>> with Field():
    ...     (x,) = variables("x", [2.0])
    ...     derivative(x.log() / x, x)
    (1 - log(x0))/x0^2
    """
    return derivatives(a, positions([x]))[0]


def positions(variables: Iterable[Exact]) -> list[int]:
    """The positions of variables among those of the polynomials.

    Raises
    ------
    ValueError
        If one of them is not a variable.
    """
    result = list[int]()
    for x in variables:
        if isinstance(x, PointNumber) and len(x.inputs) == 1 and not x.parents:
            result += x.inputs
            continue
        generator = single(x)
        if generator is None or generator.kind != "variable":
            raise ValueError(f"{x} is not a variable")
        result.append(generator.index)
    return result


def derivatives(a: Exact, variables: Sequence[int]) -> list[Exact]:
    """The derivatives by the variables at some positions. The comparisons recorded so far become strict."""
    field = current()
    if isinstance(a, PointNumber):
        return [a.slope(variable) for variable in variables]
    field.open_cell()
    inside = variables_of(field, a)
    zero = exact.rational(0)
    return [_of_number(field, a, variable) if variable in inside else zero for variable in variables]


def variables_of(field: Field, a: Exact) -> set[int]:
    """The positions of all variables that occur in a number, also in arguments of functions."""
    found: set[int] = set()
    for p in (a.num, *(field.atoms[number].polynomial for number, _ in a.den)):
        for index, degree in enumerate(p.degrees()):
            if degree > 0:
                if index not in field.inputs:
                    arguments = [variables_of(field, argument) for argument, _ in field.at(index).slopes]
                    field.inputs[index] = {index}.union(*arguments)
                found |= field.inputs[index]
    return found


def _of_number(field: Field, a: Exact, variable: int) -> Exact:
    top = _of_polynomial(field, a.num, variable)
    if not a.den:
        return top
    result = _over(field, top, a.den)
    for number, exponent in a.den:
        slope = _of_polynomial(field, field.atoms[number].polynomial, variable)
        if not slope.is_zero():
            result = result - a * slope * exponent * exact.made(
                field.one, ((number, 1),), 1 / field.atoms[number].value
            )
    return result


def _over(field: Field, a: Exact, den: Any) -> Exact:
    value = exact.rational(1).value
    for number, exponent in den:
        value = value / field.atoms[number].value ** exponent
    return a * exact.made(field.one, den, value)


def _of_polynomial(field: Field, p: Polynomial, variable: int) -> Exact:
    result = exact.rational(0)
    for index, degree in enumerate(p.degrees()):
        if degree > 0:  # the polynomial 0 has degree -1
            slope = _of_generator(field, field.at(index), variable)
            if not slope.is_zero():
                partial = p.derivative(index)
                result = result + exact.made(partial, (), field.value_of(partial)) * slope
    return result


def _of_generator(field: Field, generator: Generator, variable: int) -> Exact:
    """The derivative of a generator by a variable, computed once."""
    known: dict[tuple[int, int], Exact] = field.slopes
    key = (generator.index, variable)
    if key not in known:
        total = exact.rational(1 if generator.index == variable else 0)
        for argument, slope in generator.slopes:
            inner = _of_number(field, argument, variable)
            if not inner.is_zero():
                total = total + slope() * inner
        known[key] = total
    return known[key]
