"""Points at which a document sets a derivative to zero, and the claims that follow from it.

"Setting the gradient to zero gives X^T X w = X^T y" claims this where the gradient is zero, and nowhere else. So does
what follows on "dL/dm = 0" in a chain. Such a claim is tried with the equation as a condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

from chainrule.documents.evidence.findings import Setting
from chainrule.documents.language import terms
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Apply, Comparison, Derivation, Family, Number, Relation, Term
from chainrule.documents.reader.document_state import DocumentState
from chainrule.documents.reader.known_words import NotMeant
from chainrule.documents.reader.readings import ReadRelation
from chainrule.documents.reader.sides import name_of
from chainrule.documents.reader.statements import Statement, Target

MOST_DISPLAYS = 3
"""The displays after words such as "set to zero" that these reach."""

MOST_EQUATIONS = 2
"""Derivatives that are zero at once: those by the mean and by the variance."""

STATIONARY = "it may hold only where a derivative is zero"
"""The doubt about a claim that stands behind words or an equation that set a derivative to zero."""

ZERO = Number(Fraction(0))

_DECORATION = re.compile(r"(?:_star|_ast|__\*|_opt|_hat|(?:_hat)?_(?:ML|MLE|MAP|OLS|LS|ridge))\Z")
"""What names of the values have at which a derivative is zero: w_hat, w__*, w_MLE."""


@dataclass(frozen=True, eq=False)
class Equation:
    """A derivative that is zero.

    Attributes
    ----------
    slope : Relation
        A claim whose left side is the derivative.
    part : int
        The part of the document in which it is zero.
    place : int
        The piece that says so, or for a loss the piece that defines it.
    words : str
    assumed : str
        What has to be right, if it is not the derivative itself that is zero but a formula for it.
    said : bool
        True if the text only says that it is zero. That is no reason for another formula to be zero.
    """

    slope: Relation
    part: int
    place: int
    words: str
    assumed: str = ""
    said: bool = False


def stationary_points(
    entries: Sequence[ReadRelation],
    claims: Sequence[Relation],
    places: Mapping[int, tuple[int, int]],
    zeroed: Mapping[int, str],
    constraints: Set[int],
    losses: Sequence[Equation],
    defined: Mapping[str, bool],
) -> dict[int, tuple[Setting, ...]]:
    """By number of a claim: the claim under the equations that it may rest on.

    Parameters
    ----------
    entries : sequence of ReadRelation
    claims : sequence of Relation
        In the strict language.
    places : mapping
        By number of a claim: the number of its part and of its piece.
    zeroed : mapping
        The pieces behind which words set a derivative to zero, say that it is, or deny it (`set_to_zero`).
    constraints : set of int
        The pieces that state a constraint: subject to u^T u = 1.
    losses : sequence of Equation
        The derivatives of definitions such as J(w) = ..., by w, for words behind which no derivative is written.
    defined : mapping
        The names that have a definition, with False for unknown functions. Others such as w^* are w there.
    """
    made = dict[int, tuple[Setting, ...]]()
    slopes, equations, bound = list[Equation](), list[Equation](), list[Equation]()
    waiting, shown = sorted(zeroed), list[int]()
    for entry in entries:
        if entry.claim is None:
            continue
        number, claim = entry.claim, claims[entry.claim]
        part, place = places[number]
        head = _head(claims, number)
        while waiting and waiting[0] < place:
            at = waiting.pop(0)
            if not zeroed[at]:
                equations = []
            elif not any(each.place == at for each in equations):  # not "we set dJ/dU = 0", which is one
                last, said = _last(slopes, losses, part, at), zeroed[at].startswith("said")
                if len(last) == 1 or zeroed[at].endswith("all"):
                    equations += [replace(each, place=at, said=said) for each in last]
        if entry.statement.piece.kind == "display" and place not in shown[-1:]:
            shown.append(place)
        near = [
            each
            for each in equations
            if each.part == part and sum(each.place < other <= place for other in shown) <= MOST_DISPLAYS
        ]
        if place in constraints and claim.relation == "=":
            difference = replace(claim, left=Apply("-", (claim.left, claim.right)))
            bound.append(Equation(difference, part, place, f"the constraint in line {claim.line} holds"))
        elif claim.relation == "=" and not _is_slope(claims[head].left if _is_zero(claim) else claim.left):
            near = [each for each in near if not (each.said and _is_zero(claim))]
            made[number] = tuple(_under(claim, near, [each for each in bound if each.part == part], defined.keys()))
        slope = claims[head]
        told = Equation(slope, part, place, f"the derivative in line {slope.line} is 0")
        if claim.follows is None and _is_slope(claim.left) and not _is_second(claim.left):
            slopes.append(told)
        if _is_zero(claim) and _is_slope(slope.left):
            body = terms.base_of(slope.left.body) if isinstance(slope.left, terms.Slope) else ""
            words = f"the formula that line {claim.line} sets to zero"
            formula = Equation(claim, part, place, f"{words} is 0", f"{words} is right")
            equations.append(formula if body and not defined.get(body) and claim.left != slope.left else told)
    return {number: under for number, under in made.items() if under}


def losses_of(state: DocumentState, derivation: Derivation, shapes: Shapes) -> list[Equation]:
    """The derivatives of what a document defines with one argument, J(w) = ..., in their order."""
    found = list[Equation]()
    pieces = {state.besides.numbers[id(each.piece)]: state.part_of(each.piece) for each in state.statements}
    for each in derivation.definitions:
        letters = state.elaborator.depends.get(each.name, ())
        known = shapes.names[letters[0]].known if len(letters) == 1 and letters[0] in shapes.names else None
        place = state.defined_at.get(each.name)
        if known is not None and place is not None and not each.parameters:
            slope = terms.Slope("gradient" if known else "partial", terms.Name(each.name), terms.Name(letters[0]))
            words = f"the derivative of {each.name} by {letters[0]} is 0"
            found.append(Equation(Relation(slope, "=", ZERO, line=each.line), pieces[place], place, words))
    return sorted(found, key=lambda each: each.place)


def solved_for(state: DocumentState, target: Target, statement: Statement) -> str:
    """The name by which a derivative is zero at what a statement gives, after words or an equation that set it so.

    "Setting the gradient by w to zero, w = (X^T X)^{-1} X^T y" defines no w. With w^* or \\hat w it defines these, and
    claims the same of w. Nothing if there is no such derivative.
    """
    name = None
    with suppress(NotMeant):
        name = name_of(state.elaborator, target)
    if name is None or target.parameters or target.indices or statement.relation != "=":
        return ""
    part, place = state.part_of(statement.piece), state.number_of(statement)
    every = (each for each in state.entries if each.claim is not None and state.part_of(each.statement.piece) == part)
    numbers = [each.claim for each in every if each.claim is not None]
    zeroed = [at for at, does in state.besides.stated.zeroed.items() if does]
    heads = {_head(state.claims, number) for number in numbers if state.claims[number].right == ZERO}
    for loss, letters in state.elaborator.depends.items():
        if letters == (name,) and any(state.defined_at.get(loss, place) <= at < place for at in zeroed):
            return name
    for number in reversed(numbers):
        if number in heads or any(state.places[number] <= at < place for at in zeroed):
            for variable in sorted(_variables(state.claims[number].left)):
                if name == variable != "" or _undecorated(name) == variable:
                    return variable
    return ""


# What follows is private.


def _last(slopes: Sequence[Equation], losses: Sequence[Equation], part: int, at: int) -> list[Equation]:
    """The derivatives of the last display that has one before a piece, in its part; else that of the last loss."""
    before = [each for each in slopes if each.place <= at]
    if before and before[-1].part == part:
        return [each for each in before if each.place == before[-1].place]
    return [each for each in losses if each.place <= at][-1:]


def _with_plain_names(term: Term, variables: Set[str], defined: Set[str]) -> Term:
    """A term in which w^* is w, if it has no definition."""
    if isinstance(term, terms.Name):
        plain = _undecorated(term.text)
        return terms.Name(plain) if plain in variables and term.text not in defined else term
    return terms.mapped(term, lambda part: _with_plain_names(part, variables, defined))


def _undecorated(name: str) -> str:
    """The letter of an estimate: w of w_hat, w__* and w_MLE; nothing for other names."""
    plain, square = name.removesuffix("_squared"), "_squared" if name.endswith("_squared") else ""
    return _DECORATION.sub("", plain) + square if _DECORATION.search(plain) else ""


def _variables(term: Term) -> Set[str]:
    """The names by which a side that is a derivative is one."""
    match term:
        case terms.Slope(variable=variable):
            return {terms.base_of(variable)}
        case terms.Call(arguments=arguments, order=order) if order:
            return set(map(terms.base_of, arguments))
    return frozenset()


def _under(
    claim: Relation, near: Sequence[Equation], bound: Sequence[Equation], defined: Set[str]
) -> Iterator[Setting]:
    """A claim under one of the last equations, then under them together, each also with all constraints."""
    last = list({id(each.slope): each for each in reversed(near)}.values())[:MOST_EQUATIONS]
    choices = [*([each] for each in last), *([last] if len(last) > 1 else [])]
    for few in [*choices, *([*each, *reversed(bound)] for each in ([], *choices) if bound)]:
        variables = frozenset[str]().union(*(_variables(each.slope.left) for each in few))
        left, right = (_with_plain_names(side, variables - defined, defined) for side in (claim.left, claim.right))
        conditions = (*claim.conditions, *(_equation(each.slope) for each in few))
        words = " and ".join(dict.fromkeys(each.words for each in reversed(few)))
        assumed = " and ".join(each.assumed for each in reversed(few) if each.assumed)
        yield Setting(replace(claim, left=left, right=right, conditions=conditions), words, assumed)


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


def _is_zero(claim: Relation) -> bool:
    """Whether the right side is 0, or an array of zeros in the shape of the left one."""
    return claim.right in (ZERO, Apply("*", (ZERO, claim.left)))


def _is_second(term: Term) -> bool:
    """Whether a side is a second derivative."""
    match term:
        case terms.Slope(kind=kind, body=body):
            return kind in ("hessian", "second") or isinstance(body, terms.Slope)
        case terms.Call(order=order):
            return sum(order) > 1
    return False


def _is_slope(term: Term) -> bool:
    """Whether a side is a derivative, perhaps one of a function that is called."""
    return isinstance(term, terms.Slope) or (isinstance(term, terms.Call) and bool(term.order))
