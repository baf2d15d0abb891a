"""Equations that are assumed, used as substitutions: one variable of each becomes a number of the others.

An equation of exact numbers is one of its factors, f = 0, and each factor is taken in turn. f is solved for a variable:
sum t = 1 makes the last t one minus the others; w^2 = v has two roots; |w| = 1 has stereographic coordinates, which
keep numbers rational; e^u = v makes u a logarithm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chainrule.algebra import Exact, ExactArray, Undecided, exact_numbers, substituted
from chainrule.algebra.exact import Infinite, made
from chainrule.algebra.field import OutsideDomain, current
from chainrule.algebra.formal_derivatives import variables_of
from chainrule.algebra.powers import number_of
from chainrule.documents.evidence.inputs import Branches
from chainrule.documents.language import terms

MOST_ROUNDS = 200


def equations(conditions: Any) -> Iterator[terms.Comparison]:
    """The equations among conditions that hold together."""
    for condition in conditions:
        if isinstance(condition, terms.Junction) and condition.kind == "and":
            yield from equations(condition.conditions)
        elif isinstance(condition, terms.Comparison) and condition.relation == "=":
            yield condition


def imposed(given: dict[str, Any], remainders: Any, branches: Branches) -> dict[str, Any]:
    """The values of names where equations hold.

    Parameters
    ----------
    given : dict
        Values by name: arrays of exact numbers, and numbers of indices.
    remainders : callable
        ``remainders(given)`` yields the numbers that should be 0.
    branches : Branches
        Which of several solutions is taken.

    Raises
    ------
    OutsideDomain
        If an equation between known numbers does not hold.
    Undecided
        If an equation cannot be solved for one of the variables.
    """
    for _ in range(MOST_ROUNDS):
        rest = next((each for each in remainders(given) if isinstance(each, Infinite) or not each.is_zero()), None)
        if rest is None:
            return given
        if isinstance(rest, Infinite):
            raise OutsideDomain("an infinity is not 0")
        numbers = solved(rest, branches)
        known: dict[int, Exact] = {}
        given = {name: replaced(value, numbers, known) for name, value in given.items()}
    raise Undecided("the assumptions are too many equations")


def solved(number: Exact, branches: Branches) -> dict[int, Exact]:
    """Variables, by position, as numbers of the others, such that a number is 0.

    Raises
    ------
    OutsideDomain
        If it is 0 nowhere near the sample.
    Undecided
    """
    entered = current()
    if number.num.is_constant():
        raise OutsideDomain(f"{number} = 0 does not hold")
    _, parts = entered.factors(number.num)
    factors = [entered.atoms[k] for k, _ in parts if not entered.sign_of_atom(k)]
    factors.sort(key=lambda atom: str(atom.polynomial), reverse=True)  # versions of flint list them in other orders
    if not factors:
        raise OutsideDomain(f"{number} = 0 does not hold")
    atom = factors[branches.pick(len(factors))] if len(factors) > 1 else factors[0]
    factor = made(atom.polynomial, (), atom.value)
    for way in (_linearly, _on_sphere, _linearly_with_divisor, _quadratically, _by_inverse):
        numbers = way(factor, branches)
        if numbers is not None:
            return numbers
    raise Undecided(f"{number} = 0 is assumed, and cannot be solved for one of the variables")


def replaced(value: Any, numbers: dict[int, Exact], known: dict[int, Exact]) -> Any:
    """An array in which variables, by position, are other numbers; anything else unchanged."""
    if not isinstance(value, ExactArray):
        return value
    result = exact_numbers(value).copy()
    for place, entry in enumerate(result.ravel().tolist()):
        result.reshape(-1)[place] = substituted(entry, numbers, known=known)
    return result


# What follows is private.


def _variables_of(p: Any, degree: int) -> Iterator[int]:
    """The positions of variables of this degree in a polynomial, and in no function in it; the last ones first."""
    entered, degrees = current(), p.degrees()
    functions = [k for k, e in enumerate(degrees) if e > 0 and entered.at(k).kind != "variable"]
    inside = {index for k in functions for index in _inputs(k)}
    for position in reversed(range(len(degrees))):
        if degrees[position] == degree and entered.at(position).kind == "variable" and position not in inside:
            yield position


def _exactly(p: Any) -> Exact:
    return made(p, (), current().value_of(p))


def _linearly(f: Exact, branches: Branches) -> dict[int, Exact] | None:
    """a x + b = 0 for a constant a."""
    for position in _variables_of(f.num, 1):
        slope = f.num.derivative(position)
        if slope.is_constant():
            return {position: _variable(position) - f / slope.leading_coefficient()}
    return None


def _linearly_with_divisor(f: Exact, branches: Branches) -> dict[int, Exact] | None:
    """a x + b = 0 where a is not 0."""
    for position in _variables_of(f.num, 1):
        slope = _exactly(f.num.derivative(position))
        if not slope.value.contains(0):
            return {position: _variable(position) - f / slope}
    return None


def _on_sphere(f: Exact, branches: Branches) -> dict[int, Exact] | None:
    """c |x|^2 = r for several variables x: r^(1/2) c^(-1/2) times a point of the unit sphere, by both charts."""
    positions = list(_variables_of(f.num, 2))
    squares = [(k, f.num.derivative(k).derivative(k)) for k in positions]
    if len(positions) < 2 or not all(second.is_constant() for _, second in squares):
        return None
    scales = [Exact(0) + second.leading_coefficient() / 2 for _, second in squares]
    rest = f
    for k, scale in zip(positions, scales, strict=True):
        rest = rest - scale * _variable(k) ** 2
    if not rest.num.is_constant() and any(rest.num.degrees()[k] > 0 for k in positions):
        return None
    if len({bool(scale > 0) for scale in scales}) > 1:
        return None
    side = 1 if branches.pick(2) == 0 else -1
    last, others = positions[0], positions[1:]
    radii = {k: _root(-rest / scale) for k, scale in zip(positions, scales, strict=True)}
    length = sum((_variable(k) ** 2 for k in others), Exact(0))
    numbers = {k: radii[k] * 2 * _variable(k) / (1 + length) for k in others}
    numbers[last] = radii[last] * side * (1 - length) / (1 + length)
    return numbers


def _quadratically(f: Exact, branches: Branches) -> dict[int, Exact] | None:
    """a x^2 + b x + c = 0, both roots; c is a x^2 + b x + c at x = 0."""
    for position in _variables_of(f.num, 2):
        x, slope = _variable(position), f.num.derivative(position)
        a = _exactly(slope.derivative(position)) / 2
        b = _exactly(slope) - 2 * a * x
        c = f - a * x * x - b * x
        if a.is_zero() or a.value.contains(0):
            continue
        sign = 1 if branches.pick(2) == 0 else -1
        return {position: (sign * _root(b * b - 4 * a * c) - b) / (2 * a)}
    return None


def _by_inverse(f: Exact, branches: Branches) -> dict[int, Exact] | None:
    """a F(u) + b = 0 for a function F: then u = G(-b / a), which is solved."""
    entered = current()
    for position, degree in enumerate(f.num.degrees()):
        generator = entered.at(position) if degree == 1 else None
        if generator is None or generator.kind not in ("root", "exp", "log"):
            continue
        slope = _exactly(f.num.derivative(position))
        if slope.is_zero() or slope.value.contains(0):
            continue
        value = number_of(generator) - f / slope
        if generator.kind != "log" and not value > 0:
            raise OutsideDomain(f"{generator.text} is positive")
        inside = generator.slopes[0][0]
        number = value**generator.power if generator.kind == "root" else value.mapped(_INVERSES[generator.kind])
        return solved(inside - number, branches)
    return None


_INVERSES = {"exp": "log", "log": "exp"}


def _root(number: Exact) -> Exact:
    """A square root of what is not negative wherever the assumption holds: this is no condition of the cell."""
    entered = current()
    before = len(entered.conditions)
    root: Exact = number.mapped("sqrt")
    _, parts = entered.factors(number.num)
    if sum(e % 2 for _, e in parts) + len(number.den) <= 1:
        del entered.conditions[before:]
    return root


def _variable(position: int) -> Exact:
    return number_of(current().at(position))


def _inputs(position: int) -> set[int]:
    return variables_of(current(), _variable(position))
