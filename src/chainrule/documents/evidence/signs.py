"""The sign of an exact number on its whole cell: by its factors, by sums of squares, or by intervals.

A comparison of a product is one of its factors, so that cells are linear where the factors are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import flint

from chainrule.algebra import Constraint, Exact
from chainrule.algebra.comparisons import known_sign, sign_at_sample
from chainrule.algebra.exact import made
from chainrule.algebra.field import Field, current
from chainrule.algebra.generators import Polynomial
from chainrule.algebra.point_numbers import PointNumber
from chainrule.algebra.powers import single
from chainrule.documents.evidence.array_values import COMPARE

MOST_SQUARES = 40
"""Longer sums are not split into squares."""

Monomial = tuple[int, ...]


@dataclass(frozen=True)
class Squares:
    """A polynomial as a sum of positive multiples of squares, times positive numbers.

    Attributes
    ----------
    positive : bool
        True if it is never 0.
    zeros : tuple of mapping or None
        Linear numbers by position, the constant at -1, that are all 0 where the polynomial is; None if these are not
        linear.
    """

    positive: bool
    zeros: tuple[Mapping[int, Fraction], ...] | None


def compared(relation: str, rest: Exact) -> bool | None:
    """Whether a number stands in a relation to 0: True on the whole cell, None at the sample at least, else False.

    Signs of factors are compared, and thereby recorded.
    """
    compare = COMPARE[relation]
    if rest.is_zero():
        return bool(compare(0, 0))
    if isinstance(rest, PointNumber):
        return bool(compare(rest.sign(), 0))
    known = known_sign(rest)
    if known:
        return bool(compare(known, 0))
    strict = not compare(0, 0)
    entered, sign, certain = current(), 1, True
    constant, parts = entered.factors(rest.num)
    sign = 1 if constant > 0 else -1
    for number, exponent in (*parts, *((k, -e) for k, e in rest.den)):
        atom = entered.atoms[number]
        factor = made(atom.polynomial, (), atom.value)
        one = entered.sign_of_atom(number)
        if not one and exponent % 2 == 0:
            one = 1
            if strict and exponent > 0 and atom not in entered.divisors:
                one = int(factor != 0)
        elif not one:
            one, squares = _definite(entered, atom.polynomial)
            if squares is not None:
                if strict and not squares.positive and atom not in entered.divisors:
                    one *= int(factor != 0)
            elif relation == "!=" and atom in entered.divisors:
                one = 1
            else:
                linear = comparable(factor)
                one, unknown = sign_at_sample(linear)
                if unknown is not None and _is_linear(entered, linear.num):
                    _ = linear > 0 if one > 0 else linear < 0
                elif unknown is not None:
                    certain = False
        sign *= one
    if compare(sign, 0):
        return True if certain else None
    here, _ = sign_at_sample(rest)
    return None if compare(here, 0) else False


def comparable(factor: Exact) -> Exact:
    """A number of the same sign that is simpler to compare: u - v for e^u - e^v, and a - 1 for log(a)."""
    generator = single(factor)
    if generator is not None and generator.kind == "log":
        return generator.slopes[0][0] - 1
    if len(factor.num) != 2 or factor.den:
        return factor
    entered = current()
    used = [index for index, degree in enumerate(factor.num.degrees()) if degree > 0]
    coefficients = factor.num.coeffs()
    if all(entered.at(index).kind == "exp" for index in used) and (coefficients[0] > 0) != (coefficients[1] > 0):
        terms = [(c > 0, entered.context.from_dict({m: abs(c)})) for m, c in factor.num.to_dict().items()]
        logarithms = {is_positive: made(p, (), entered.value_of(p)).mapped("log") for is_positive, p in terms}
        difference: Exact = logarithms[True] - logarithms[False]
        return difference
    return factor


def sum_of_squares(entered: Field, p: Polynomial) -> Squares | None:
    """The polynomial as a sum of squares, if that is found."""
    if len(p) > MOST_SQUARES or p.is_constant():
        return None
    terms = {tuple(map(int, m)): Fraction(int(c.p), int(c.q)) for m, c in p.to_dict().items()}
    whole = _squares(entered, terms)
    if whole is not None:
        return whole
    known = [
        degree > 0 and (entered.at(i).positive or entered.signs.get(i, 0) > 0) for i, degree in enumerate(p.degrees())
    ]
    groups: dict[Monomial, dict[Monomial, Fraction]] = {}
    for monomial, c in terms.items():
        key = tuple(e % 2 if positive else 0 for e, positive in zip(monomial, known, strict=True))
        groups.setdefault(key, {})[tuple(e - k for e, k in zip(monomial, key, strict=True))] = c
    found = [_squares(entered, group) for group in groups.values()]
    return None if None in found else Squares(False, None)


# What follows is private.


def _definite(entered: Field, p: Polynomial) -> tuple[int, Squares | None]:
    """A sign that the polynomial has wherever it is not 0, and why; 0 if none is found."""
    for sign in (1, -1):
        found = sum_of_squares(entered, p * sign) or _bounded(entered, p * sign)
        if found is not None:
            return sign, found
    return 0, None


def _bounded(entered: Field, p: Polynomial) -> Squares | None:
    """Not negative, because products of sines, cosines and error functions lie between -1 and 1."""
    least = flint.fmpq(0)
    for monomial, c in p.to_dict().items():
        if not any(monomial):
            least += c
        elif any(e and entered.at(i).kind not in ("sin", "cos", "erf") for i, e in enumerate(monomial)):
            return None
        elif c < 0 or any(e % 2 for e in monomial):
            least -= abs(c)
    return Squares(bool(least > 0), None) if least >= 0 else None


def _is_linear(entered: Field, p: Polynomial) -> bool:
    return p.total_degree() <= 1 and all(
        entered.at(i).kind == "variable" for i, degree in enumerate(p.degrees()) if degree > 0
    )


def _squares(entered: Field, terms: Mapping[Monomial, Fraction]) -> Squares | None:
    """A quadratic form in monomials, if it has no negative direction."""
    halves = [tuple(e // 2 for e in m) for m, c in terms.items() if c > 0 and not any(e % 2 for e in m)]
    if not halves:
        return None
    rows = {h: i for i, h in enumerate(halves)}
    size = len(halves)
    matrix = [[Fraction(0)] * size for _ in range(size)]
    for monomial, c in terms.items():
        half = tuple(e // 2 for e in monomial)
        if half in rows and not any(e % 2 for e in monomial):
            matrix[rows[half]][rows[half]] += c
            continue
        pairs = [(i, rows[other]) for h, i in rows.items() if (other := _less(monomial, h)) in rows and i < rows[other]]
        if not pairs:
            return None
        for i, j in pairs:
            matrix[i][j] += c / 2 / len(pairs)
            matrix[j][i] += c / 2 / len(pairs)
    pivots = _pivots(matrix)
    if pivots is None:
        return None
    positive = len(pivots) == size and not all(any(h) for h in halves)
    positions = {i: at for h, i in rows.items() if (at := _linear(h)) is not None}
    if len(positions) < size or any(at >= 0 and entered.at(at).kind != "variable" for at in positions.values()):
        return Squares(positive, None)
    return Squares(positive, tuple({positions[i]: c for i, c in enumerate(row) if c} for row in pivots))


def _less(monomial: Monomial, half: Monomial) -> Monomial:
    return tuple(e - h for e, h in zip(monomial, half, strict=True))


def _linear(half: Monomial) -> int | None:
    """The position of the variable that a monomial is; -1 for the constant 1; None for others."""
    total = sum(half)
    return -1 if total == 0 else half.index(1) if total == 1 else None


def _pivots(matrix: list[list[Fraction]]) -> list[list[Fraction]] | None:
    """The linear forms whose squares, with positive factors, add up to a quadratic form; None if it may be negative."""
    rest, found = [row[:] for row in matrix], []
    for k in range(len(rest)):
        pivot = rest[k][k]
        if pivot < 0 or (pivot == 0 and any(rest[k])):
            return None
        if pivot == 0:
            continue
        form = [c / pivot for c in rest[k]]
        found.append(form)
        for i in range(len(rest)):
            for j in range(len(rest)):
                rest[i][j] -= pivot * form[i] * form[j]
    return found


def settled(entered: Field) -> tuple[list[str], list[list[Constraint]]]:
    """Drop recorded comparisons that hold everywhere, or wherever a sum of squares is not 0.

    Returns the numbers that must not be 0, and the linear equations of the points at which one is 0.
    """
    texts, borders, kept = list[str](), list[list[Constraint]](), []
    for condition in entered.conditions:
        sign = 1 if condition.relation[0] == ">" else -1
        number = condition.number
        if condition.relation[0] not in "<>" or _is_linear(entered, number.num):
            kept.append(condition)
            continue
        for k, e in number.den:
            sign *= entered.sign_of(entered.atoms[k].polynomial, on_cell=False) if e % 2 else 1
        squares = sum_of_squares(entered, number.num * sign) if sign else None
        if squares is None:
            kept.append(condition)
        elif not squares.positive and condition.relation in "<>":
            texts.append(str(number))
            if squares.zeros is not None:
                borders.append([_equation(entered, zero) for zero in squares.zeros])
    entered.conditions[:] = kept
    return texts, borders


def _equation(entered: Field, zero: Mapping[int, Fraction]) -> Constraint:
    terms = {entered.at(index).text: c for index, c in zero.items() if index >= 0}
    return Constraint(" + ".join(f"{c} {name}" for name, c in terms.items()), "==", terms, zero.get(-1, Fraction(0)))
