"""Deciding a relation: the judgement, and what is tried before a failure is believed.

A failing step is tried again under a condition that the sentence before it states, as one summand of a sum whose index
the condition names, with the variable of differentiation free of what it was set to earlier. What then remains is
described: for which indices it holds, whether it is an equation for something free rather than a claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chainrule.checking.derivations.judging import Judgement, judge
from chainrule.checking.derivations.model import Kind, Scope
from chainrule.checking.derivations.question import Question
from chainrule.checking.derivations.tree import (
    Big,
    Builtin,
    Comparison,
    Derivative,
    Differential,
    Gradient,
    Index,
    Jacobian,
    Name,
    Node,
    Number,
    Plus,
    Prime,
    Transpose,
    children,
    free_names,
    rebuilt,
    walk,
)


@dataclass(frozen=True)
class Relation:
    """A relation with all that bears on it."""

    question: Question
    left: Sequence[Node]
    right: Sequence[Node]
    operator: str
    conditions: tuple[Node, ...] = ()
    nearby: tuple[Node, ...] = ()
    prime: str | None = None
    closed: bool = False
    alone: bool = False
    announced: bool = False
    """Whether the sentence before it announces a condition."""
    moving: frozenset[str] = frozenset()
    """The free names whose differentials its chain writes; all of the text's where it writes none."""


@dataclass(frozen=True)
class Finding:
    """What was decided: the judgement, and what it needed or what describes its failure."""

    judgement: Judgement
    note: str = ""
    only: Comparison | None = None
    """The condition on indices under which alone the relation holds."""
    equation: bool = False
    """An equation for something free, not a claim."""
    given: Node | None = None
    """A condition from the text that made it true."""

    @property
    def status(self) -> str:
        """The judgement's status."""
        return self.judgement.status


def decide(relation: Relation) -> Finding:
    """Judge a relation and try what could make it true."""
    judgement = _judged(relation)
    if judgement.status == "equal" and not judgement.assumption:
        return Finding(judgement, _reading(judgement))
    if judgement.status == "undefined":
        freed = _freed(relation)
        if freed is not None and freed.status in ("equal", "different"):
            judgement = freed
            if freed.status == "equal":
                return Finding(freed)
    if judgement.status == "shapes" or judgement.compared.reason.startswith("a prime that"):
        numbers = _as_numbers(relation)
        if numbers is not None:
            return Finding(numbers, note="entry by entry")
    if judgement.status not in ("different", "equal", "shapes"):
        return Finding(judgement)
    if judgement.status != "shapes":
        found = _conditioned(relation) or _summand(relation)
        if found is not None:
            return found
    if judgement.status == "equal":
        return Finding(judgement)
    if relation.alone and _is_equation(relation, judgement):
        return Finding(judgement, equation=True)
    return Finding(judgement, only=holding(judgement) if judgement.status == "different" else None)


def is_restricted(finding: Finding) -> bool:
    """Whether a failing relation may be meant for some indices only: both stand free on both sides."""
    if finding.only is None:
        return False
    names = free_names(finding.only)
    task = finding.judgement.task
    return names <= free_names(task.left) and (names <= free_names(task.right) or not names & free_names(task.right))


def _judged(relation: Relation, scope: Scope | None = None, conditions: tuple[Node, ...] | None = None) -> Judgement:
    question = relation.question
    return judge(
        scope or question.scope, relation.left, relation.right, relation.operator,
        conditions=relation.conditions if conditions is None else conditions,
        moving=relation.moving or question.moving, prime=relation.prime,
    )  # fmt: skip


def _reading(judgement: Judgement) -> str:
    return "by another reading than the usual one" if judgement.reading else ""


def _freed(relation: Relation) -> Judgement | None:
    """The relation with the variables of differentiation free, whatever the text set them to before."""
    scope = relation.question.scope
    names = frozenset(
        base.text
        for side in (relation.left[0], relation.right[0])
        for node in walk(side)
        if isinstance(node, Derivative)
        for variable in node.variables
        if isinstance(base := variable.base if isinstance(variable, Index) else variable, Name)
        and base.text in scope.definitions and base.text in scope.freed
    )  # fmt: skip
    return _judged(relation, scope.without(names)) if names else None


def _as_numbers(relation: Relation) -> Judgement | None:
    """The relation with numbers for the vectors that it never indexes, as in d/dx tanh x = 1 - tanh² x."""
    scope = relation.question.scope
    sides = (relation.left[0], relation.right[0])
    indexed = {n.base.text for s in sides for n in walk(s) if isinstance(n, Index) and isinstance(n.base, Name)}
    names = [
        n for n in sorted(free_names(sides[0]) | free_names(sides[1]))
        if n in scope.kinds and scope.kinds[n].role == "value" and scope.kinds[n].rank == 1 and n not in indexed
    ]  # fmt: skip
    oriented = any(isinstance(n, Transpose) or (isinstance(n, Builtin) and n.name in ("tr", "diag"))
                   for side in sides for n in walk(side))  # fmt: skip
    choices = [[name] for name in names if not scope.kinds[name].certain][:4]
    for chosen in ([names] if names and not oriented else []) + choices:
        kinds = {**scope.kinds, **{n: replace(scope.kinds[n], dims=()) for n in chosen}}
        judged = _judged(relation, replace(scope, kinds=kinds, vector_parameters={}))
        if judged.status == "equal" and not judged.assumption:
            return judged
    return None


def _conditioned(relation: Relation) -> Finding | None:
    """The relation under a condition from the sentence before it."""
    free = indices(relation)
    for condition in relation.nearby:
        if isinstance(condition, Comparison) and condition.left == Name("·first"):
            if len(free) != 2:
                continue
            condition = Comparison(condition.operator, Name(free[0]), Name(free[1]))
        if not free_names(condition) & set(free):
            continue
        found = _judged(relation, conditions=(*relation.conditions, condition))
        if found.status == "equal" and not found.assumption:
            return Finding(found, given=condition)
    return None


def indices(relation: Relation) -> list[str]:
    """The free indices of both sides."""
    kinds = relation.question.scope.kinds
    names = free_names(relation.left[0]) | free_names(relation.right[0])
    return sorted(n for n in names if n in kinds and kinds[n].role == "label")


def _summand(relation: Relation) -> Finding | None:
    """dR/ds over k = l: what the summand k of R contributes."""
    question = relation.question
    left = relation.left[0]
    named = {n for c in relation.conditions for n in free_names(c)} - free_names(left)
    if not named or not isinstance(left, Derivative) or not isinstance(left.subject, Name):
        return None
    bodies = question.scope.bodies.get(left.subject.text)
    if not bodies:
        return None
    body = bodies[0]
    sums = [n for n in (body, *children(body)) if isinstance(n, Big) and n.kind == "sum" and n.index in named]
    if len(sums) != 1 or not isinstance(body, Big | Plus) or (isinstance(body, Plus) and len(body.terms) != 1):
        return None
    summand = rebuilt(body, {id(sums[0]): sums[0].body})
    scope = question.scope.without(frozenset())
    scope.kinds.setdefault(sums[0].index, Kind("label", declared=False))
    tried = replace(relation, left=[replace(left, subject=summand)])
    found = _judged(tried, scope)
    if found.status == "equal" and not found.assumption:
        return Finding(found, note=f"for what the summand {sums[0].index} contributes")
    return None


def _is_equation(relation: Relation, judgement: Judgement) -> bool:
    """Whether one side is a bare free name: v_i = ... then says something about v.

    A display that differentiates or uses what the text defined is a claim, unless its sentence announces a condition.
    """
    scope = relation.question.scope
    if judgement.compared.cases and not judgement.compared.cases[0].point.values:
        return False
    for side, other in ((relation.left[0], relation.right[0]), (relation.right[0], relation.left[0])):
        base = side.base if isinstance(side, Index) else side
        if isinstance(base, Name) and base.text in scope.kinds and base.text not in scope.definitions:
            return relation.announced or not _derived(other, scope)
        if isinstance(side, Number) and relation.operator == "=" and not _derived(other, scope):
            return True
    return False


def _derived(node: Node, scope: Scope) -> bool:
    """Whether a formula differentiates or uses something defined, so that a number beside it is a claim."""
    return any(
        isinstance(n, Derivative | Jacobian | Gradient | Prime | Differential | Big)
        or (isinstance(n, Name) and n.text in scope.definitions.keys() | scope.code.keys())
        for n in walk(node)
    )


def holding(judgement: Judgement) -> Comparison | None:
    """The condition i = j or i ≠ j under which exactly the relation holds; None if there is none."""
    differing, equal = judgement.compared.differing, judgement.compared.equal
    if not differing or not equal:
        return None
    trials = {id(case.point) for case in differing}
    held = [case.labels for case in equal if id(case.point) in trials]
    names = sorted(differing[0].labels)
    for at, one in enumerate(names):
        for other in names[at + 1 :]:
            for operator in ("=", "!="):
                if (
                    all(_holds(operator, c[one], c[other]) for c in held)
                    and held
                    and not any(_holds(operator, case.labels[one], case.labels[other]) for case in differing)
                ):
                    return Comparison(operator, Name(one), Name(other))
    return None


def _holds(operator: str, a: int, b: int) -> bool:
    return (a == b) == (operator == "=")
