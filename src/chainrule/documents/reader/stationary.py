"""Points at which a document sets a derivative to zero, and the claims that follow from it.

"Setting the gradient to zero gives X^T X w = X^T y" claims this where the gradient is zero, and nowhere else. So does
what follows on "dL/dm = 0" in a chain. Such a claim is tried with the equation as a condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

from chainrule.documents.language import terms
from chainrule.documents.language.terms import Apply, Comparison, Family, Number, Relation, Term
from chainrule.documents.reader.document_state import DocumentState
from chainrule.documents.reader.known_words import NotMeant
from chainrule.documents.reader.readings import ReadRelation
from chainrule.documents.reader.sides import name_of
from chainrule.documents.reader.statements import Statement, Target

MOST_DISPLAYS = 3
"""The displays after words such as "set to zero" that these reach."""

MOST_EQUATIONS = 2
"""Derivatives that are zero at once: those by the mean and by the variance."""

ZERO = Number(Fraction(0))


def stationary_points(
    entries: Sequence[ReadRelation],
    claims: Sequence[Relation],
    places: Mapping[int, tuple[int, int]],
    zeroed: Set[int],
) -> dict[int, dict[str, Relation]]:
    """By number of a claim: words for the equations it may rest on, with the claim under these.

    Parameters
    ----------
    entries : sequence of ReadRelation
    claims : sequence of Relation
        In the strict language.
    places : mapping
        By number of a claim: the number of its part and of its piece.
    zeroed : set of int
        The pieces behind which words set a derivative to zero.
    """
    made = dict[int, dict[str, Relation]]()
    slopes = list[int]()  # claims that begin with a derivative
    equations = list[tuple[int, int]]()  # claims whose left side is zero, with the pieces that say so
    waiting, shown = sorted(zeroed), list[int]()
    for entry in entries:
        if entry.claim is None:
            continue
        number, claim = entry.claim, claims[entry.claim]
        part, place = places[number]
        while waiting and waiting[0] < place:
            at = waiting.pop(0)
            equations += [(each, at) for each in slopes if places[each][1] <= at][-1:]
        if entry.statement.piece.kind == "display" and place not in shown[-1:]:
            shown.append(place)
        near = [
            each
            for each, at in equations
            if places[each][0] == part and sum(at < other <= place for other in shown) <= MOST_DISPLAYS
        ]
        if claim.relation == "=" and claim.right != ZERO and not _is_slope(claim.left):
            made[number] = dict(_under(claim, claims, near))
        head = _head(claims, number)
        if claim.follows is None and _is_slope(claim.left):
            slopes.append(number)
        if claim.right == ZERO and _is_slope(claims[head].left):
            equations.append((head, place))
    return {number: under for number, under in made.items() if under}


def is_solved(state: DocumentState, target: Target, statement: Statement) -> bool:
    """Whether a statement says where a derivative by its name is zero, after words or an equation that set it so.

    "Setting the gradient by w to zero, w = (X^T X)^{-1} X^T y" defines no w.
    """
    name = None
    with suppress(NotMeant):
        name = name_of(state.elaborator, target)
    if name is None or target.parameters or target.indices or name in state.definitions:
        return False
    part, place = state.part_of(statement.piece), state.number_of(statement)
    every = (each for each in state.entries if each.claim is not None and state.part_of(each.statement.piece) == part)
    numbers = [each.claim for each in every if each.claim is not None]
    by = [number for number in numbers if name in _variables(state.claims[number].left)]
    zeroed = state.besides.stated.zeroed
    heads = {_head(state.claims, number) for number in numbers if state.claims[number].right == ZERO}
    return any(number in heads or any(state.places[number] <= at < place for at in zeroed) for number in by)


# What follows is private.


def _variables(term: Term) -> Set[str]:
    """The names by which a side that is a derivative is one."""
    match term:
        case terms.Slope(variable=variable):
            return {terms.base_of(variable)}
        case terms.Call(arguments=arguments, order=order) if order:
            return set(map(terms.base_of, arguments))
    return frozenset()


def _under(claim: Relation, claims: Sequence[Relation], reached: Sequence[int]) -> Iterator[tuple[str, Relation]]:
    """A claim under the last equation, and under the last ones together."""
    last = list(dict.fromkeys(reversed(reached)))[:MOST_EQUATIONS]
    for count in range(1, len(last) + 1):
        few = [claims[each] for each in last[:count]]
        words = " and ".join(f"the derivative in line {each.line} is 0" for each in reversed(few))
        yield words, replace(claim, conditions=(*claim.conditions, *map(_equation, few)))


def _equation(slope: Relation) -> terms.Condition:
    """The condition that a derivative is zero, for all its indices."""
    body: Term = slope.left
    if slope.over:
        body = Family(slope.over, body)
    return Comparison("=", body, Apply("*", (ZERO, body)))


def _head(claims: Sequence[Relation], number: int) -> int:
    """The first claim of a chain."""
    while (before := claims[number].follows) is not None:
        number = before
    return number


def _is_slope(term: Term) -> bool:
    """Whether a side is a derivative, perhaps one of a function that is called."""
    return isinstance(term, terms.Slope) or (isinstance(term, terms.Call) and bool(term.order))
