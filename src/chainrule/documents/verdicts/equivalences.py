"""Signs of equivalence, A <=> B, judged by what is known of the equations beside them, or by each from the other.

Equations are equivalent if both hold for all values, if both are equivalent to the first equation of their display, if
each follows from the other, or if their sides have the same difference. Inequalities are equivalent if the differences
of their sides have the same sign; as this is seldom proved, their equations have to be equivalent, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import TypeAlias

from chainrule.documents.language import terms
from chainrule.documents.language.derivation import Relation
from chainrule.documents.language.terms import ONE, Apply, Comparison, Number, Term
from chainrule.documents.reader.interpretation.readings import ReadRelation
from chainrule.documents.verdicts.step import Step
from chainrule.documents.verdicts.verdict import VERDICTS

Pair: TypeAlias = tuple[ReadRelation, Step]

Holding: TypeAlias = Callable[[Sequence[ReadRelation], Relation], list[Step]]
"""The steps of a claim that is made of some relations, as a step of each of them; none if it does not hold."""


def with_equivalences(pairs: Iterable[Pair], claims: Sequence[Relation], holding: Holding) -> Iterator[Pair]:
    """The steps of a document, of which those with the sign <=> have a verdict if the relations beside it show it."""
    for _, display in groupby(pairs, key=lambda pair: id(pair[0].statement.piece)):
        yield from _in_display(list(display), claims, holding)


# What follows is private.


def _in_display(pairs: Sequence[Pair], claims: Sequence[Relation], holding: Holding) -> Iterator[Pair]:
    signs = [number for number, (entry, _) in enumerate(pairs) if entry.statement.relation == "<=>"]
    ends = [-1, *signs, len(pairs)]
    between = [pairs[begin + 1 : end] for begin, end in pairwise(ends)]
    for number, (entry, step) in enumerate(pairs):
        if number in signs and entry.statement.piece.kind == "display":
            at = signs.index(number)
            left, right = between[at : at + 2]
            step = _judged(step, [each for _, each in left], [each for _, each in right], is_first=not at)
            if not step.verdict.decided and (shown := _shown(left, right, claims, holding)):
                step = _with_verdict(step, shown)
            if step.verdict.name == "hypothesis" and not step.reason:
                step = replace(step, reason="Nothing shows that the formulas beside the sign are equivalent")
        yield entry, step


def _judged(sign: Step, left: Sequence[Step], right: Sequence[Step], is_first: bool) -> Step:
    """The step of a sign between two equations, or chains of them; as it is if they do not show its verdict."""
    is_premise = is_first and [step.verdict.name for step in left] == ["hypothesis"]
    kind = _kind(right)
    if not kind or kind != ("equivalent" if is_premise else _kind(left)):
        return sign
    return _with_verdict(sign, [*right, *(() if is_premise else left)])


def _with_verdict(sign: Step, every: Sequence[Step]) -> Step:
    """The step of a sign with the weakest verdict of some steps."""
    weakest = max(every, key=lambda step: _HOLDS.index(step.verdict.name))
    assumed = dict.fromkeys(words for step in every if step.finding for words in step.finding.assumed)
    finding = weakest.finding and replace(weakest.finding, assumed=tuple(assumed))
    doubts = dict.fromkeys(doubt for step in every for doubt in step.doubts)
    verdict = VERDICTS[weakest.verdict.name]
    return replace(sign, verdict=verdict, reason="", finding=finding, doubts=tuple(doubts))


_HOLDS = ("proved", "verified", "proved if")


def _kind(steps: Sequence[Step]) -> str:
    """Whether equations always hold, or together are equivalent to the first one of their display; else nothing."""
    if not steps or not all(step.verdict.name in _HOLDS and step.finding for step in steps):
        return ""
    findings = [step.finding for step in steps if step.finding and step.finding.where]
    return "always" if not findings else "equivalent" if all(each.both for each in findings) else ""


_ORDERS = {"<": ">", "<=": ">="}
"""The signs of inequalities, and what they are with the sides exchanged."""


def _shown(left: Sequence[Pair], right: Sequence[Pair], claims: Sequence[Relation], holding: Holding) -> list[Step]:
    """The steps of claims that show that the relations on the left and on the right are equivalent; none if not."""
    entries = [entry for entry, _ in (*left, *right)]
    numbers = [entry.claim for entry in entries if entry.kind == "claim" and entry.claim is not None]
    if not left or not right or len(numbers) < len(entries):
        return []
    every = [claims[number] for number in numbers]
    before, after = every[: len(left)], every[len(left) :]
    if len({each.conditions for each in every}) > 1:
        return []
    signs = {each.relation for each in every}
    if signs == {"="}:
        return _held(entries, _equations(before, after), holding)
    turned = [_greater(each) for each in every]
    if len(every) > 2 or len(strict := {each.relation for each in turned}) > 1 or not strict <= {">", ">="}:
        return []
    one, other = (Apply("sign", (_difference(each),)) for each in turned)
    equal = [replace(each, relation="=") for each in turned]
    found = _held(entries, [[*_defined(turned), _made(turned, one, other)]], holding)
    return found and (zeros := _held(entries, _equations(equal[:1], equal[1:]), holding)) and [*found, *zeros]


def _held(entries: Sequence[ReadRelation], ways: Iterable[Sequence[Relation]], holding: Holding) -> list[Step]:
    """The steps of the first claims that all hold."""
    for way in ways:
        steps = list[Step]()
        for claim in way:
            if not (found := holding(entries, claim)):
                break
            steps += found
        else:
            return steps
    return []


def _equations(left: Sequence[Relation], right: Sequence[Relation]) -> Iterator[list[Relation]]:
    """The claims by which equations are equivalent: their sides differ by the same, or each follows from the others."""
    every = [*left, *right]
    if len(every) == 2:
        yield [*_defined(every), _made(every, _difference(left[0]), _difference(right[0]))]
    ways = [(claim, right) for claim in left] + [(claim, left) for claim in right]
    yield [
        replace(
            _made(every, claim.left, claim.right),
            conditions=(*claim.conditions, *(Comparison("=", each.left, each.right) for each in others)),
        )
        for claim, others in ways
    ]


def _defined(every: Sequence[Relation]) -> Iterator[Relation]:
    """The claims that divisors in relations are not 0, so that x^2 / x = 0 is not equivalent to x = 0."""
    one = ONE
    for part in (part for each in every for side in (each.left, each.right) for part in terms.every(side)):
        match part:
            case Apply(operator="/" | "./", operands=(_, divisor)) if not isinstance(divisor, Number):
                yield _made(every, Apply("abs", (Apply("sign", (divisor,)),)), one)
            case Apply(operator="^" | ".^" | "power", operands=(base, power)) if not _is_positive(power):
                yield _made(every, Apply("abs", (Apply("sign", (base,)),)), one)


def _is_positive(power: Term) -> bool:
    return isinstance(power, Number) and power.value > 0


def _made(every: Sequence[Relation], left: Term, right: Term) -> Relation:
    """An equation for the indices and under the conditions of some claims."""
    over = tuple(dict.fromkeys(index for each in every for index in each.over))
    return replace(every[-1], left=left, relation="=", right=right, over=over, follows=None)


def _difference(claim: Relation) -> Term:
    return Apply("-", (claim.left, claim.right))


def _greater(claim: Relation) -> Relation:
    """An inequality with the greater side on the left."""
    sign = _ORDERS.get(claim.relation)
    return replace(claim, left=claim.right, relation=sign, right=claim.left) if sign else claim
