"""Derivatives worked out: of what a function is applied to, for which the chain rule asks, and of whole sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import reduce

from chainrule.documents.language import terms
from chainrule.documents.language.operators import OPERATORS
from chainrule.documents.language.terms import ONE, ZERO, Apply, Call, Entry, Name, Number, Slope, Term
from chainrule.documents.repairs.single_changes import TWO

MINUS_ONE = Number(Fraction(-1))
POWERS = ("^", ".^", "power")


def inner_derivatives(left: Term, right: Term) -> tuple[Term, ...]:
    """The derivatives of the arguments in both sides of a claim about a derivative of a number by a number.

    Those of the names in its right side come last.

    >>> from chainrule.documents.language.parsing import term_of
    >>> from chainrule.documents.language.printing import text_of
    >>> found = inner_derivatives(term_of("partial(sin(x^2), x)"), term_of("cos(x^2) * a"))
    >>> [text_of(each) for each in found]
    ['2 * x', 'partial(a, x)']
    """
    variables = dict.fromkeys(by for part in terms.every(left) for by in _variables(part))
    arguments = dict.fromkeys(argument for side in (left, right) for part in terms.every(side)
                              for argument in _arguments(part))  # fmt: skip
    moving = [_slope(argument, by) for by in variables for argument in arguments]
    right_parts = tuple(dict.fromkeys(terms.every(right)))
    within = {part for entry in right_parts if isinstance(entry, Entry) for part in (entry.base, *entry.indices)}
    names = [Slope("partial", part, by) for by in variables for part in right_parts
             if isinstance(part, Name | Entry) and part not in within | {by}]  # fmt: skip
    return tuple(
        dict.fromkeys(each for each in moving + names if not isinstance(each, Number) or each.value not in (0, 1))
    )


def derivative_of(side: Term) -> Term | None:
    """The derivative that one side of a claim is, worked out; None where this is not possible.

    >>> from chainrule.documents.language.parsing import term_of
    >>> from chainrule.documents.language.printing import text_of
    >>> text_of(derivative_of(term_of("partial(x^2 * sin(x), x)")))
    '2 * x * sin(x) + x^2 * cos(x)'
    """
    match side:
        case Slope(kind="partial", body=body, variable=Name() | Entry() as by):
            found = _slope(body, by)
            return None if any(isinstance(part, Slope) for part in terms.every(found)) else found
    return None


# What follows is private.


def _variables(part: Term) -> Iterator[Term]:
    match part:
        case Slope(kind="partial", variable=Name() | Entry() as by):
            yield by
        case Call(arguments=(Name() as by,), order=(1,)):
            yield by


def _arguments(part: Term) -> Iterator[Term]:
    match part:
        case Apply(operator=name, operands=(argument,)) if OPERATORS[name].place == "function":
            yield argument
        case Apply(operator=name, operands=(argument, _)) if name in POWERS:
            yield argument
        case Call(arguments=(argument,)):
            yield argument


def _slope(term: Term, by: Term) -> Term:
    """The derivative of a number, worked out where it is made of usual functions."""
    if term == by:
        return ONE
    if terms.base_of(by) not in terms.free_names(term):
        return ZERO
    match term:
        case Apply(operator="+" | "-" as sign, operands=(a, b)):
            return _sum(sign, _slope(a, by), _slope(b, by))
        case Apply(operator="negative", operands=(a,)):
            return _product(MINUS_ONE, _slope(a, by))
        case Apply(operator="*", operands=(a, b)):
            return _sum("+", _product(_slope(a, by), b), _product(a, _slope(b, by)))
        case Apply(operator="/", operands=(a, Number(value=value))) if value:
            return _product(Number(1 / value), _slope(a, by))
        case Apply(operator="/", operands=(a, b)):
            above = _sum("-", _product(_slope(a, by), b), _product(a, _slope(b, by)))
            return Apply("/", (above, Apply("^", (b, TWO))))
        case Apply(operator=name, operands=(a, Number(value=value))) if name in POWERS:
            base = a if value == 2 else Apply(name, (a, Number(value - 1)))
            return _product(_product(Number(value), base), _slope(a, by))
        case Apply(operator=name, operands=(a,)) if name in SLOPES:
            return _product(_slope(a, by), SLOPES[name](a))
    return Slope("partial", term, by)


def _apply(operator: str, *operands: Term) -> Term:
    return Apply(operator, operands)


SLOPES: dict[str, Callable[[Term], Term]] = {
    "exp": lambda a: _apply("exp", a),
    "log": lambda a: _apply("/", ONE, a),
    "sqrt": lambda a: _apply("/", ONE, _apply("*", TWO, _apply("sqrt", a))),
    "sin": lambda a: _apply("cos", a),
    "cos": lambda a: _apply("negative", _apply("sin", a)),
    "tan": lambda a: _apply("/", ONE, _apply("^", _apply("cos", a), TWO)),
    "sinh": lambda a: _apply("cosh", a),
    "cosh": lambda a: _apply("sinh", a),
    "tanh": lambda a: _apply("-", ONE, _apply("^", _apply("tanh", a), TWO)),
    "arctan": lambda a: _apply("/", ONE, _apply("+", ONE, _apply("^", a, TWO))),
}
"""The derivatives of functions by their argument."""


def _sum(sign: str, a: Term, b: Term) -> Term:
    match a, b:
        case _, Number(value=value) if not value:
            return a
        case Number(value=value), _ if not value:
            return b if sign == "+" else _product(MINUS_ONE, b)
        case Number(value=one), Number(value=other):
            return Number(one + other if sign == "+" else one - other)
    if _factors(b)[0] < 0:
        return Apply("-" if sign == "+" else "+", (a, _product(MINUS_ONE, b)))
    return Apply(sign, (a, b))


def _product(a: Term, b: Term) -> Term:
    """A product with its number in front, and squares for equal factors beside each other."""
    (one, first), (other, second) = _factors(a), _factors(b)
    number, factors = one * other, list[Term]()
    for factor in (*first, *second):
        if factor in factors:
            factors[factors.index(factor)] = Apply("^", (factor, TWO))
        else:
            factors.append(factor)
    if not number or not factors:
        return Number(number)
    shown = factors if abs(number) == 1 else [Number(abs(number)), *factors]
    found = reduce(lambda product, factor: Apply("*", (product, factor)), shown)
    return found if number > 0 else Apply("negative", (found,))


def _factors(term: Term) -> tuple[Fraction, list[Term]]:
    """The number in a product, and its other factors."""
    match term:
        case Number(value=value):
            return value, []
        case Apply(operator="negative", operands=(inner,)):
            number, factors = _factors(inner)
            return -number, factors
        case Apply(operator="*", operands=(a, b)):
            (one, first), (other, second) = _factors(a), _factors(b)
            return one * other, [*first, *second]
    return Fraction(1), [term]
