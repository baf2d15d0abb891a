"""Derivatives of exact numbers by the variables of their field: formal, term by term, through the generators.

They are the derivatives of the functions on open cells: near a point at which x > 0 the outcomes of comparisons stay,
near one at which only x >= 0 they may not. A derivative therefore makes the comparisons strict that were recorded
before.
"""

from __future__ import annotations

from typing import Any

from chainrule.algebra import exact
from chainrule.algebra.exact import Exact
from chainrule.algebra.field import Field, Generator, Polynomial, current
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
    field, variable = current(), single(x)
    if variable is None or variable.kind != "variable":
        raise ValueError(f"{x} is not a variable")
    field.open_cell()
    return _of_number(field, a, variable.index)


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
