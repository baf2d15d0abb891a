"""Points at which a document sets a derivative to zero, and the claims that follow from it.

"Setting the gradient to zero gives X^T X w = X^T y" claims this where the gradient is zero, and nowhere else. So does
what follows on "dL/dm = 0" in a chain. Such a claim is tried with the equation as a condition.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace

from chainrule.documents.evidence.findings import Setting
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Derivation, Relation, first_of_chain
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import ZERO, Apply, Comparison, Family, Term
from chainrule.documents.reader.interpretation.document_state import DocumentState
from chainrule.documents.reader.interpretation.readings import ReadRelation
from chainrule.documents.reader.interpretation.sides import name_of
from chainrule.documents.reader.interpretation.supposed_equations import VALUES, doubt_of, last_reached, words_of
from chainrule.documents.reader.letters.suffixed_names import letter_of
from chainrule.documents.reader.prose.equation_words import ALTERNATIVES
from chainrule.documents.reader.prose.stationary_words import Zeroing
from chainrule.documents.reader.structure.statements import Statement
from chainrule.documents.reader.structure.targets import Target
from chainrule.documents.reader.syntax.known_words import NotMeant

MOST_DISPLAYS = 3
"""The displays after words such as "set to zero" that these reach."""

MOST_EQUATIONS = 2
"""Derivatives that are zero at once: those by the mean and by the variance."""

STATIONARY = "it may hold only where a derivative is zero"
"""The doubt about a claim that stands behind words or an equation that set a derivative to zero."""


_DECORATION = re.compile(r"(?:_star|_ast|__\*|_opt|_hat(?:_[A-Za-z]+)?|_(?:ML|MLE|MAP|OLS|LS|ridge))\Z")
"""The ends of names of the values at which a derivative is zero: w_hat, w__*, w_MLE."""


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
    last : float
        The last piece that it reaches, in its part.
    both : bool
        True if what follows from it has to be equivalent to it.
    doubt : str
        The doubt about other claims that it raises, if it is an equation that the text supposes.
    """

    slope: Relation
    part: int
    place: int
    words: str
    assumed: str = ""
    said: bool = False
    last: float = math.inf
    both: bool = False
    doubt: str = ""


def stationary_points(state: DocumentState, derivation: Derivation, shapes: Shapes) -> dict[int, tuple[Setting, ...]]:
    """By number of a claim: the claim under the equations that it may rest on.

    Parameters
    ----------
    state : DocumentState
        All of a document, as it was read.
    derivation : Derivation
        The same in the strict language.
    shapes : Shapes
    """
    claims, losses = derivation.claims, _losses(state, derivation, shapes)
    known = {each.name: not each.is_unknown_loss for each in derivation.definitions}
    made = dict[int, tuple[Setting, ...]]()
    slopes, equations, bound = list[Equation](), list[Equation](), list[Equation]()
    displays = sorted({state.number_of(each) for each in state.statements if each.piece.kind == "display"})
    waiting, shown = sorted(state.besides.stated.zeroings, key=lambda each: each.place), list[int]()
    for entry in state.entries:
        if entry.claim is None:
            continue
        claim, part, place = claims[entry.claim], state.part_of(entry.statement.piece), state.places[entry.claim]
        head = claims[first_of_chain(claims, entry.claim)]
        while waiting and waiting[0].place < place:
            equations = _after(waiting.pop(0), equations, slopes, losses, part)
        if entry.statement.piece.kind == "display" and place not in shown[-1:]:
            shown.append(place)
        if (equation := _holding(state, entry, claim, displays)) is not None:
            bound.append(equation)
        elif (
            claim.relation == "="
            and not _is_slope(head.left if _is_zero(claim) else claim.left)
            and not ALTERNATIVES.search(entry.statement.piece.text)  # x = 2 or x = -2: neither follows
        ):
            near = [
                each
                for each in equations
                if each.part == part
                and sum(each.place < other <= place for other in shown) <= MOST_DISPLAYS
                and not (each.said and _is_zero(claim))
            ]
            holding = [each for each in bound if each.part == part and place <= each.last]
            made[entry.claim] = tuple(_under(claim, near, holding, known.keys()))
        told = Equation(head, part, place, f"the derivative in line {head.line} is 0")
        if claim.follows is None and _is_slope(claim.left) and not _is_second(claim.left):
            slopes.append(told)
        if _is_zero(claim) and _is_slope(head.left):
            body = terms.base_of(head.left.body) if isinstance(head.left, terms.Slope) else ""
            words = f"the formula that line {claim.line} sets to zero"
            formula = Equation(claim, part, place, f"{words} is 0", f"{words} is right")
            equations.append(formula if body and not known.get(body) and claim.left != head.left else told)
    return {number: under for number, under in made.items() if under}


def solved_for(state: DocumentState, target: Target, statement: Statement) -> str:
    """The name by which a derivative is zero at what a statement gives, after words or an equation that set it so.

    "Setting the gradient by w to zero, w = (X^T X)^{-1} X^T y" defines no w. With w^* or \\hat w it defines these, and
    claims the same of w. Nothing if there is no such derivative.
    """
    part, place = state.part_of(statement.piece), state.number_of(statement)
    zeroed = [each.place for each in state.besides.stated.zeroings if each.place < place and not each.denied]
    if target.parameters or target.indices or statement.relation != "=" or not (zeroed or state.zeros):
        return ""
    name = None
    with suppress(NotMeant):
        name = name_of(state.elaborator, target)
    if name is None:
        return ""
    for loss, letters in state.elaborator.depends.items():
        if letters == (name,) and any(state.defined_at.get(loss, place) <= at for at in zeroed):
            return name
    heads = {first_of_chain(state.claims, number) for number in state.zeros}
    for entry in reversed(state.entries):
        number = entry.claim
        if number is None or state.part_of(entry.statement.piece) != part:
            continue
        by = _variables(state.claims[number].left) & {name, _undecorated(name)}
        if by and (number in heads or any(state.places[number] <= at for at in zeroed)):
            return min(by)
    return ""


# What follows is private.


def _holding(state: DocumentState, entry: ReadRelation, claim: Relation, displays: Sequence[int]) -> Equation | None:
    """The equation that a claim is where the text only supposes it, or calls it a constraint; else None."""
    statement, difference = entry.statement, replace(claim, left=Apply("-", (claim.left, claim.right)))
    part, place = state.part_of(statement.piece), state.number_of(statement)
    if entry.claim in state.supposed_equations:
        both = id(statement.piece) in state.equivalences
        last = place if both else last_reached(state, statement, displays)
        return Equation(difference, part, place, words_of(claim), last=last, both=both, doubt=doubt_of(claim))
    if place in state.besides.stated.constraints and claim.relation == "=":
        return Equation(difference, part, place, f"the constraint in line {claim.line} holds")
    return None


def _after(
    words: Zeroing, equations: list[Equation], slopes: Sequence[Equation], losses: Sequence[Equation], part: int
) -> list[Equation]:
    """The equations after words that speak of a derivative that is zero.

    They mean the derivatives of the last display that has one, in this part; else that of the last loss.
    """
    if words.denied:
        return []
    if any(each.place == words.place for each in equations):  # "we set dJ/dU = 0" is one already
        return equations
    before = [each for each in slopes if each.place <= words.place]
    if before and before[-1].part == part:
        last = [each for each in before if each.place == before[-1].place]
    else:
        last = [each for each in losses if each.place <= words.place][-1:]
    meant = last if len(last) == 1 or words.several else [replace(each, assumed=_one_of(each)) for each in last]
    return [*equations, *(replace(each, place=words.place, said=words.said) for each in meant)]


def _one_of(equation: Equation) -> str:
    """The assumption that words such as "the second one" mean this derivative."""
    by = ", ".join(sorted(map(letter_of, _variables(equation.slope.left))))
    return f"it is the derivative by {by} that is set to zero" if by else equation.assumed


def _losses(state: DocumentState, derivation: Derivation, shapes: Shapes) -> list[Equation]:
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


def _with_plain_names(term: Term, variables: Set[str], defined: Set[str]) -> Term:
    """A term in which w^* is w, if it has no definition."""

    def plain(part: Term) -> Term | None:
        name = _undecorated(part.text) if isinstance(part, terms.Name) and part.text not in defined else ""
        return terms.Name(name) if name in variables else None

    return terms.substituted(term, plain)


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
        equations = tuple(_equation(each.slope) for each in few)
        there = replace(claim, left=left, right=right, conditions=(*claim.conditions, *equations))
        words = " and ".join(dict.fromkeys(each.words for each in reversed(few)))
        assumed = " and ".join(each.assumed for each in reversed(few) if each.assumed)
        doubts = frozenset({VALUES, *(each.doubt for each in few)})
        settles = doubts if all(each.doubt for each in few) else frozenset[str]()
        yield Setting(there, equations, words, assumed, any(each.both for each in few), settles)


def _equation(slope: Relation) -> Comparison:
    """The condition that a derivative is zero, for all its indices."""
    body: Term = slope.left
    if slope.over:
        body = Family(slope.over, body)
    return Comparison("=", body, Apply("*", (ZERO, body)))


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
