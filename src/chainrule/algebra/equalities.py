"""Proofs of equalities: both sides computed in exact numbers, and the inputs for which the outcome holds.

An equality is `proved` for all inputs of the cell: those at which the recorded comparisons have the same outcomes and
no recorded divisor is 0; `field` says why. It `differs` if the balls of both sides at the sample do not overlap: then
they differ at that point, whatever the relations. Everything else is undecided. Proofs are about real numbers; rounding
errors of floats are measured elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

import flint
import numpy as np

from chainrule.algebra.ball import Undecided
from chainrule.algebra.comparisons import MOST_BITS
from chainrule.algebra.constants import ideal_number, rounded_number
from chainrule.algebra.exact import Exact, Infinite
from chainrule.algebra.exact_arrays import exact_numbers
from chainrule.algebra.exact_text import text_of
from chainrule.algebra.field import STRICT, UNKNOWN, Field, OutsideDomain
from chainrule.algebra.generators import Polynomial
from chainrule.algebra.memory import Memory, Restart, TooLarge
from chainrule.algebra.polynomial_quotients import Denominator

Equality: TypeAlias = tuple[str, Any, Any]
"""A name, and two exact numbers or arrays that should be equal."""

_Key: TypeAlias = tuple[str, str]

MOST_RUNS = 24


@dataclass(frozen=True)
class Constraint:
    """A recorded condition, apart from its field.

    Attributes
    ----------
    number : str
        A formula.
    relation : str
        The number's relation with 0: one of > >= < <= != ==.
    terms : mapping or None
        Coefficients by variable, if the number is linear in the variables.
    constant : Fraction
        The number that is added to the terms.

    Examples
    --------
    >>> constraint = Constraint("x1 - x0", ">", {"x1": Fraction(1), "x0": Fraction(-1)})
    >>> print(constraint, constraint.holds({"x0": Fraction(2), "x1": Fraction(3)}))
    x1 > x0 True
    """

    number: str
    relation: str
    terms: Mapping[str, Fraction] | None = None
    constant: Fraction = Fraction(0)

    def __str__(self) -> str:
        terms = dict(self.terms or {})
        if set(terms.values()) == {1, -1} and len(terms) == 2 and not self.constant:
            first, second = sorted(terms, key=lambda name: -terms[name])
            if self.relation in (">", ">="):
                return f"{first} {self.relation} {second}"
            return f"{second} {_TURNED[self.relation]} {first}"
        if len(terms) == 1:
            [name] = terms
            return f"{name} {self.relation} {-self.constant / terms[name]}"
        return f"{self.number} {self.relation} 0"

    def holds(self, values: Mapping[str, Fraction]) -> bool:
        """True if a linear comparison holds at these values."""
        total = self.constant + sum(c * values[name] for name, c in (self.terms or {}).items())
        return {
            ">": total > 0,
            ">=": total >= 0,
            "<": total < 0,
            "<=": total <= 0,
            "!=": total != 0,
            "==": total == 0,
        }[self.relation]


@dataclass(frozen=True)
class Difference:
    """Two sides that are not equal at the sample; their values there.

    Attributes
    ----------
    entry : str
        The name of the equality, with the index of the entry.
    left, right : str
        The values of both sides: balls that do not overlap.
    at : tuple of (str, float)
        The variables at the sample.

    Examples
    --------
    >>> from chainrule.algebra import variables
    >>> outcome = attempt(lambda field: [("square", variables("x", 3.0) ** 2, 6)])
    >>> print(*outcome.differences)
    square: got 9.00000000000, expected 6.00000000000
    """

    entry: str
    left: str
    right: str
    at: tuple[tuple[str, float], ...] = ()

    def __str__(self) -> str:
        return f"{self.entry}: got {self.left}, expected {self.right}"


@dataclass(frozen=True)
class Attempt:
    """The outcome of an attempted proof.

    Attributes
    ----------
    equalities : int
        Number of equalities that were proved.
    differences : tuple of Difference
        Equalities that fail at the sample.
    undecided : tuple of str
        The parts that stayed undecided, with the reasons.
    comparisons : tuple of Constraint
        The cell.
    divisors : tuple of Constraint
        Expressions that are not 0 on the cell.
    idealised : mapping
        Floats that were read as simple numbers.
    floats : tuple
        Floats of the code that may have been rounded, as 0.1 was from 1/10.
    smooth : tuple of str
        Unknown functions; what is proved holds for every smooth one.
    outside : bool
        True if the sample lies outside the domain: a logarithm or a root of a number that is not positive, before the
        computation declared the field to be `inside`.
    kink : bool
        True if only the value was compared, because there is no derivative.
    margin : float
        The distance of the closest comparison from a tie at the sample: the size of the number relative to the sum of
        the sizes of its terms. If it is as small as a rounding error, floats may take another branch.

    Examples
    --------
    >>> from chainrule.algebra import variables
    >>> def root_of_square(field):
    ...     x = variables("x", -2.0)
    ...     yield "root", np.sqrt(x * x), -x
    >>> outcome = attempt(root_of_square)
    >>> outcome.proved, outcome.cell
    (True, 'all inputs with x < 0')
    """

    equalities: int = 0
    differences: tuple[Difference, ...] = ()
    undecided: tuple[str, ...] = ()
    comparisons: tuple[Constraint, ...] = ()
    divisors: tuple[Constraint, ...] = ()
    idealised: Mapping[float, str] = field(default_factory=dict)
    floats: tuple[float, ...] = ()
    smooth: tuple[str, ...] = ()
    outside: bool = False
    kink: bool = False
    margin: float = math.inf

    @property
    def proved(self) -> bool:
        """True if all equalities hold on the cell, and there is one."""
        return self.equalities > 0 and not self.differences and not self.undecided

    @property
    def accepted(self) -> bool:
        """True if nothing speaks against the equalities: proved, outside the domain, or at a kink."""
        return self.proved or self.outside or (self.kink and not self.differences)

    @property
    def cell(self) -> str:
        """The cell in words, such as "all inputs with x1 > x0 and x0 x1 != 0"."""
        parts = map(str, (*self.comparisons, *self.divisors))
        return " with ".join(filter(None, ("all inputs", " and ".join(parts))))


def attempt(
    compute: Callable[[Field], Iterable[Equality]],
    *,
    ideal: bool = False,
    rounded: bool = False,
    memory: Memory | None = None,
    number: Any = None,
) -> Attempt:
    """Try to prove equalities.

    Parameters
    ----------
    compute : callable
        ``compute(field)`` returns or yields equalities. It runs again where the field needs more generators or bits,
        or finer roots.
    ideal : bool
        True to read floats that are the nearest to a simple number as that number; see `constants`.
    rounded : bool
        True to read floats that may have been rounded as numbers of which only the first bits are known: what differs
        then does so whatever was rounded.
    memory : Memory, optional
        The memory of earlier runs of the same computation.
    number : type, optional
        The class of the numbers, if they are not exact: `PointNumber`, with which nothing is proved.

    Examples
    --------
    >>> from chainrule.algebra.exact_arrays import variables
    >>> def difference_of_squares(field):
    ...     x, y = variables("x", [3.0, 2.0])
    ...     yield "the quotient", (x**2 - y**2) / (x - y), x + y
    >>> outcome = attempt(difference_of_squares)
    >>> outcome.proved, outcome.cell
    (True, 'all inputs with x0 != x1')
    """
    memory, reading = memory or Memory(), ideal_number if ideal else rounded_number if rounded else None
    for _ in range(MOST_RUNS):
        try:
            with Field(memory, ideal=reading, number=number) as entered:
                try:
                    return _judged(entered, compute)
                except Undecided as reason:
                    outside = isinstance(reason, OutsideDomain) and not entered.inside
                    return Attempt(0, (), (str(reason),), *_cell(entered), outside=outside)
        except Restart:
            continue
    return Attempt(undecided=(f"no end after {MOST_RUNS} runs",))


def _judged(entered: Field, compute: Callable[[Field], Iterable[Equality]]) -> Attempt:
    count, differences, undecided = 0, list[Difference](), list[str]()
    for entry, left, right in compute(entered):
        for name, a, b in _pairs(entry, left, right):
            found = _difference(entered, name, a, b)
            count += found is None
            if isinstance(found, Difference):
                differences.append(found)
            elif found is not None:
                undecided.append(found)
    return Attempt(
        count,
        tuple(differences),
        tuple(undecided),
        *_cell(entered),
        dict(entered.idealised),
        tuple(sorted(entered.floats)),
        tuple(name.removeprefix(UNKNOWN) for name in entered.tables if name.startswith(UNKNOWN)),
        margin=min((_margin(entered, condition.number.num) for condition in entered.conditions), default=math.inf),
    )


def _margin(entered: Field, p: Polynomial) -> float:
    terms = []
    for monomial, coefficient in p.to_dict().items():
        used = (entered.at(index).value ** exponent for index, exponent in enumerate(monomial) if exponent)
        terms.append(math.prod(used, start=flint.arb(coefficient)))
    largest = sum(map(abs, terms), flint.arb(0))
    return float(abs(sum(terms, flint.arb(0))) / largest) if len(terms) > 1 else 1.0


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!=", "==": "=="}
_FACTORED = 50
"""Conditions with more terms are not factored."""


def _cell(entered: Field) -> tuple[tuple[Constraint, ...], tuple[Constraint, ...]]:
    """The recorded comparisons and divisors, each once, and without those that a stricter one implies."""
    comparisons, divisors = dict[_Key, Constraint](), dict[_Key, Constraint]()
    for condition in entered.conditions:
        number = condition.number
        comparisons.update(_canonical(entered, number.num, number.den, condition.relation))
    for atom in entered.divisors:
        divisors.update(_canonical(entered, atom.polynomial, (), "!=", is_divisor=True))

    def implied(number: str, relation: str) -> bool:
        strict = (">", "<") if relation == "!=" else (STRICT.get(relation, ""),)
        return any((number, other) in comparisons for other in strict)

    return (
        tuple(known for key, known in comparisons.items() if not implied(*key)),
        tuple(known for key, known in divisors.items() if not implied(*key) and key not in comparisons),
    )


def _canonical(
    entered: Field, num: Polynomial, den: Denominator, relation: str, *, is_divisor: bool = False
) -> Mapping[_Key, Constraint]:
    """An equivalent condition that is the same for positive multiples, with a key; none if the divisors imply it."""
    sign, below = 1, []
    for number, exponent in den:
        known = entered.sign_of(entered.atoms[number].polynomial, on_cell=False)
        if known:
            sign *= known**exponent
        elif exponent % 2:
            below.append((number, 1))
    if len(num) <= _FACTORED:
        constant, parts = entered.factors(num)
        num, sign = entered.one, sign * (1 if constant > 0 else -1)
        for number, exponent in parts:
            atom = entered.atoms[number]
            known = entered.sign_of(atom.polynomial, on_cell=False)
            if known:
                sign *= known**exponent
            elif atom not in entered.divisors or is_divisor:
                num *= atom.polynomial**exponent
            elif exponent % 2:
                num *= atom.polynomial
    lead = num.leading_coefficient()
    relation = relation if sign * lead > 0 else _TURNED[relation]
    num = num / lead
    if num.is_constant() and not below:
        return {}
    return {(f"{num} {below}", relation): _comparison(entered, num, tuple(below), relation)}


def _pairs(entry: str, left: Any, right: Any) -> Iterable[tuple[str, Any, Any]]:
    a, b = exact_numbers(left), exact_numbers(right)
    if a.shape != b.shape:
        raise ValueError(f"{entry or 'the sides'}: shapes {a.shape} and {b.shape} differ")
    for index in np.ndindex(a.shape):
        place = f"[{', '.join(map(str, index))}]" if index else ""
        yield entry + place, a[index], b[index]


def _difference(entered: Field, name: str, a: Any, b: Any) -> Difference | str | None:
    """None if both sides are equal; else how they differ, or why this is not known."""
    a, b = Exact(a), Exact(b)
    if isinstance(a, Infinite) or isinstance(b, Infinite):
        same = isinstance(a, Infinite) and isinstance(b, Infinite) and float(a) == float(b)
        return None if same else f"{name}: {a} and {b}"
    difference = a.value - b.value
    try:
        rest = a - b
        if rest.is_zero():
            return None
        reason = f"{name}: {rest} is not proved to be 0"
    except TooLarge as error:
        reason = f"{name}: {error}"
    if difference.is_finite() and not difference.contains(0):
        return Difference(name, *told_apart(a.value, b.value))
    if difference.is_exact() or not difference.is_finite() or entered.memory.bits >= MOST_BITS:
        return reason
    entered.memory.bits *= 4
    raise Restart


def told_apart(a: Any, b: Any) -> tuple[str, str]:
    """Two values as text, with as many digits as it takes to see the difference."""
    digits, left, right = 6, "", ""
    while left == right and digits < _MOST_DIGITS:
        digits *= 2
        left, right = (value.str(digits, radius=False) for value in (a, b))
    return left, right


_MOST_DIGITS = 1000


def _comparison(entered: Field, num: Polynomial, den: Denominator, relation: str) -> Constraint:
    """A condition in words and, if it is linear in the variables, in numbers."""
    terms = None if den else _linear_terms(entered, num)
    if terms is None:
        return Constraint(text_of(num, den), relation)
    scale = max(abs(c) for name, c in terms.items() if name)
    terms = {name: c / scale for name, c in terms.items()}
    return Constraint(_formula(terms), relation, terms, terms.pop("", Fraction(0)))


def _linear_terms(entered: Field, p: Polynomial) -> dict[str, Fraction] | None:
    """Coefficients by variable, and the constant by the empty name; None if the polynomial is not linear."""
    terms = dict[str, Fraction]()
    for monomial, coefficient in p.to_dict().items():
        used = [(entered.at(i), e) for i, e in enumerate(monomial) if e]
        if used and (len(used) > 1 or used[0][1] > 1 or used[0][0].kind != "variable"):
            return None
        terms[used[0][0].text if used else ""] = Fraction(int(coefficient.p), int(coefficient.q))
    return terms


def _formula(terms: Mapping[str, Fraction]) -> str:
    """A linear number."""
    parts = [f"{'-' if c < 0 else '+'} {'' if abs(c) == 1 and name else abs(c)} {name}" for name, c in terms.items()]
    return " ".join(" ".join(parts).split()).removeprefix("+ ")
