"""The search for a change of a wrong claim's right side that makes it true.

A change is tried at one point where the claim fails, at indices where it fails and where it holds. The first changes
that pass are put to the prover. One that it proves or verifies is the repair: it makes the step true, though the author
may have meant something else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, takewhile

from chainrule.algebra.limits import Exceeded, limited_each
from chainrule.checking.proofs.exploration import Values
from chainrule.documents.evidence.findings import Place
from chainrule.documents.evidence.inputs import Branches, samples
from chainrule.documents.evidence.proving import Prover
from chainrule.documents.evidence.questions import Question
from chainrule.documents.evidence.visits import Visitor
from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Derivation, Relation
from chainrule.documents.language.shapes import Shapes
from chainrule.documents.language.terms import Term
from chainrule.documents.repairs.derivatives import derivative_of, inner_derivatives
from chainrule.documents.repairs.single_changes import Material, TermChange, changes

SECONDS = 12.0
SEARCHING = 6.0
"""Seconds for the search itself; the rest is for proofs."""

MOST_TRIED, MOST_PROVED = 1500, 6
MOST_PLACES = 4
TRUE = ("proved", "verified")
WORKED_OUT = 9.0
"""The cost of a whole derivative: it is offered where no single change makes the step true."""


@dataclass(frozen=True)
class Repair:
    """A change that makes a claim true.

    Attributes
    ----------
    change : TermChange
        Its `term` is the new right side.
    status : str
        "proved" or "verified".
    next_holds : bool
        True if the next step goes on from the changed formula, and holds.
    """

    change: TermChange
    status: str
    next_holds: bool = False


def repairs(derivation: Derivation, shapes: Shapes, claims: Sequence[Relation]) -> Iterator[Repair | None]:
    """A repair for each of several claims that are wrong, if there is one, in one child process.

    >>> from chainrule.documents.language.parsing import derivation_of
    >>> found = derivation_of("x : number; claim: (x + 1)^2 = x^2 - 2 * x + 1")
    >>> [repair.change.kind for repair in repairs(found, Shapes(found), found.claims)]
    ['sign']
    """
    prover = Prover(derivation, shapes)
    work = [partial(_repair_or_none, prover, claim) for claim in claims]
    for found in limited_each(work, seconds=SECONDS):
        yield None if isinstance(found, Exceeded) else found


def repair_of(prover: Prover, claim: Relation) -> Repair | None:
    """The repair of a claim, searched here and now."""
    question = Question.of(prover.derivation, prover.shapes, prover.names, claim)
    tried = [
        change for change in changes(claim.right, _material(question)) if not _brings_in(claim.left, change, claim)
    ]
    tried = [*tried[:MOST_TRIED], *_worked_out(claim)]
    for change in islice(_passing(question, tried, time.thread_time() + SEARCHING), MOST_PROVED):
        changed = replace(claim, right=change.term)
        alone = replace(prover.derivation, claims=(changed,))
        if not Shapes(alone).faults:
            status = Prover(alone, prover.shapes).finding(changed).status
            if status in TRUE:
                return Repair(change, status, _next_holds(prover, claim, change.term))
    return None


# What follows is private.


def _repair_or_none(prover: Prover, claim: Relation) -> Repair | None:
    with suppress(Exception):  # any defect; a document is not to end for want of a repair
        return repair_of(prover, claim)
    return None


def _material(question: Question) -> Material:
    claim = question.claim
    bases = map(terms.base_of, claim.parts)
    axes = [base for base in dict.fromkeys(bases) if base in question.shapes.names]
    indices = [name for name, _ in question.labels]
    values = [name for name in axes if name not in indices and name not in question.sizes]
    left, right = _bare(claim.left), _bare(claim.right)
    return Material.of((claim.right, left), indices, question.sizes, values, inner_derivatives(left, right))


def _worked_out(claim: Relation) -> list[TermChange]:
    """The right side replaced by the derivative that the left side is, if it can be worked out."""
    found = derivative_of(_bare(claim.left))
    return [] if found is None else [TermChange("derivative", claim.right, found, found, WORKED_OUT)]


def _brings_in(term: Term, change: TermChange, claim: Relation) -> bool:
    """Whether a change brings a whole side in, as in 0 = 0 * (1 - s): it would say nothing about the other side."""
    wanted = _bare(term)
    return wanted in terms.every(_bare(change.term)) and wanted not in terms.every(_bare(claim.right))


def _bare(term: Term) -> Term:
    """A term without its place in the text: the left side may stand in another display."""
    return replace(terms.mapped(term, _bare), span=(0, 0))


def _passing(question: Question, tried: Sequence[TermChange], until: float) -> Iterator[TermChange]:
    """The changes with which the sides agree at a point where they differ, as far as they are tried in time."""
    sizes = dict.fromkeys(question.sizes, 3) if len(question.sizes) == 1 else question.choices_of_sizes()[0]
    arrays, places = question.arrays(sizes), question.places(sizes)
    values = next(samples(arrays))
    stand_in = 0 if question.functions else None
    visitor = Visitor(question, sizes, Branches(), arrays, places, stand_in=stand_in)
    fails = {number: _fails(visitor, place, values) for number, place in enumerate(places)}
    failing = [number for number, failed in fails.items() if failed]
    chosen = [*failing[: MOST_PLACES - 1], *[number for number, failed in fails.items() if failed is False][:1]]
    for change in takewhile(lambda _: time.thread_time() < until, tried if failing else ()):
        claim = replace(question.claim, right=change.term)
        visitor = Visitor(replace(question, claim=claim), sizes, Branches(), arrays, places, stand_in=stand_in)
        if all(_fails(visitor, places[number], values) is False for number in chosen):
            yield change


def _fails(visitor: Visitor, place: Place, values: Values) -> bool | None:
    """Whether the sides differ at one place, or cannot be compared there; None if the claim is not about it."""
    try:
        visit = replace(visitor, places=[place]).at_point(values)
    except (ArithmeticError, AttributeError, TypeError, RecursionError):
        return True  # it makes no sense: a derivative of infinity, say
    if visit.outcome.differences or visit.outcome.undecided:
        return True
    return False if visit.results.places else None


def _next_holds(prover: Prover, claim: Relation, right: Term) -> bool:
    following = [each for each in prover.derivation.claims if each.follows is not None
                 and prover.derivation.claims[each.follows] is claim]  # fmt: skip
    return any(prover.finding(replace(each, left=right)).status in TRUE for each in following)
