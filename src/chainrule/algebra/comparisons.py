"""Comparisons of exact numbers with 0: the outcome at the sample, and its record as a condition of the cell."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainrule.algebra.ball import Undecided
from chainrule.algebra.field import Condition, Field, current
from chainrule.algebra.memory import Restart

if TYPE_CHECKING:
    from chainrule.algebra.exact import Exact

MOST_SUMMANDS = 6
"""Longer sums with logarithms are not compared with 0 through their exponentials."""

MOST_BITS = 4000
"""Precision beyond which a comparison is left undecided."""

_HOLDS: dict[Callable[[Any, Any], Any], str] = {
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
    operator.eq: "==",
    operator.ne: "!=",
}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def compared_with_zero(number: Exact, compare: Callable[[Any, Any], Any]) -> bool:
    """The outcome of a comparison, a function of `operator`, with 0. It is recorded, unless it is that for all inputs.

    Raises
    ------
    Undecided
        If the sign at the sample is not known.
    """
    sign, recorded = sign_at_sample(number)
    outcome = bool(compare(sign, 0))
    if recorded is not None:
        record(recorded, _HOLDS[compare] if outcome else _OPPOSITE[_HOLDS[compare]])
    return outcome


def sign_at_sample(number: Exact) -> tuple[int, Exact | None]:
    """The sign of a number at the sample, and the number, or None in its place if the sign is that for all inputs.

    Raises
    ------
    Undecided
        If a ball of the highest precision contains 0, and the number is not proved to be 0.
    """
    if number.is_zero():
        return 0, None
    field = current()
    if field.number is not None:
        return field.number.sign(number), None
    known = known_sign(number)
    if known:
        return known, None
    if number.value.contains(0) or not number.value.is_finite():
        if number.value.is_exact() or number.value.is_nan() or field.memory.bits >= MOST_BITS:
            raise Undecided(f"the sign of {number} cannot be decided at the sample")
        field.memory.bits *= 4
        raise Restart
    return (1 if number.value > 0 else -1), number


def known_sign(number: Exact) -> int:
    """1 or -1 if the number has this sign on the whole cell, else 0.

    A number with logarithms, such as x + log(1 + e^-x), is compared with 0 through its exponential.
    """
    field = current()
    sign = _sign_of_terms(field, number)
    if sign or number.den or len(number.num) > MOST_SUMMANDS or "log" not in field.tables:
        return sign
    used = [index for index, degree in enumerate(number.num.degrees()) if degree > 0]
    if not any(field.at(index).kind == "log" for index in used):
        return 0
    return _sign_of_terms(field, number.exp() - 1)


def _sign_of_terms(field: Field, number: Exact) -> int:
    sign = field.sign_of(number.num)
    for k, e in number.den:
        sign *= field.sign_of_atom(k) if e % 2 else 1
    return sign


def record(number: Exact, relation: str) -> None:
    """Record that the relation of the number with 0 holds on the cell."""
    field = current()
    for known in field.conditions:
        if known.relation == relation and known.number.den == number.den and known.number.num == number.num:
            return
    field.conditions.append(Condition(number, relation))
    if relation[0] in "<>" and not number.den and len(number.num) == 1:
        [(monomial, coefficient)] = number.num.to_dict().items()
        if sum(monomial) == 1:
            index = monomial.index(1)
            field.signs[index] = 1 if (coefficient > 0) == (relation[0] == ">") else -1
            if relation in ("<", ">"):
                field.may_vanish.discard(index)
            else:
                field.may_vanish.add(index)
