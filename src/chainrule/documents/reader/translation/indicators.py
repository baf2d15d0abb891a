"""Indicators: the truth of a condition as a number, 1_{i = j}."""

from __future__ import annotations

from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.terms import ONE, ZERO, Apply, Name, Number, Term, Truth
from chainrule.documents.reader.letters.meanings import Meanings
from chainrule.documents.reader.syntax import written as w
from chainrule.documents.reader.syntax.known_words import INDICATORS, NotMeant
from chainrule.documents.reader.syntax.parts_written import base_name, under
from chainrule.documents.reader.syntax.written import Written

ORDERS = frozenset({"<", "<=", ">", ">="})


def indicated(base: Written, lower: Written | None) -> w.Comparing | None:
    """The condition below the sign of an indicator: 1_{i = j}, 1_{[y = k]}."""
    is_sign = (isinstance(base, w.Symbol) and base_name(base) in INDICATORS) or base == w.Numeral(Fraction(1))
    inside = lower.items[0] if isinstance(lower, w.Bracketed) and len(lower.items) == 1 else lower
    return inside if is_sign and isinstance(inside, w.Comparing) else None


def indicating(meanings: Meanings, written: Written) -> Term:
    """The truth of a condition; of a name beside a number that of each entry: 1_{z > 0} is relu(sign(z))."""
    stated = stated_condition(meanings, written)
    is_index = any(map(meanings.inventory.is_index, under(written)[:1]))
    match stated:
        case terms.Comparison(relation=relation, left=Name(), right=Number() as number) if (
            relation in ORDERS and not is_index
        ):
            found: Term = stated.left if number == ZERO else Apply("-", (stated.left, number))
            found = Apply("negative", (found,)) if relation in ("<", ">=") else found
            above: Term = Apply("relu", (Apply("sign", (found,)),))
            return above if relation in ("<", ">") else Apply("-", (ONE, above))
    return Truth(stated)


def stated_condition(meanings: Meanings, written: Written) -> terms.Condition:
    """The condition that a formula states.

    Raises
    ------
    NotMeant
        If it states none.
    """
    found = meanings.condition(written)
    if found is None:
        raise NotMeant("a condition that is not read", written.place)
    return found
