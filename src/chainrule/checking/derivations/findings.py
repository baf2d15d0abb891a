"""What was decided about a step, in words: the counterexample, what it holds for, what would make it true."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainrule.checking.derivations import prose
from chainrule.checking.derivations.compare import Case
from chainrule.checking.derivations.deciding import Finding, is_restricted
from chainrule.checking.derivations.evaluate import Machine
from chainrule.checking.derivations.frames import Point
from chainrule.checking.derivations.guessing import agreeing
from chainrule.checking.derivations.numbers import primal
from chainrule.checking.derivations.repairs import repairs
from chainrule.checking.derivations.report import Counterexample, Repair
from chainrule.checking.derivations.tensors import Tensor, transposed
from chainrule.checking.derivations.tree import Comparison, Name, Node

if TYPE_CHECKING:
    from chainrule.checking.derivations.walk import Line, Walker


EXACT = ("=", ":=")
"""The relations that agreement at points bears out; the others are inequalities."""


def explained(walker: Walker, line: Line, at: int, finding: Finding, against: Finding | None) -> None:
    """Record the verdict that a finding comes to."""
    judgement, status = finding.judgement, finding.status
    compared = judgement.compared
    agreement = {"equal": "agrees", "different": "differs"}.get(against.status if against else "", "")
    display = line.members[at][1].display
    # No number of points shows that one side is never above the other.
    held = "" if line.links[at - 1].operator in EXACT else "held at the points tried"

    def add(verdict: str, message: str = "", **details: object) -> None:
        walker.add(line, at - 1, verdict, message, head=agreement, **details)

    if status == "equal" and judgement.assumption:
        what = " and ".join(map(str, judgement.assumption))
        add(held or "verified under an assumption", f"holds only if {what}", assumption=what)
    elif status == "equal":
        given = f"for {shown(finding.given)}" if finding.given is not None else ""
        if finding.given is not None:
            walker.restricted.append((judgement.task.left, judgement.task.right, finding.given))
        add(held or "verified", given or finding.note)
    elif not display:
        # Sentences state conditions, values and assumptions; only displays claim.
        add("hypothesis, not checked", "stated in a sentence")
    elif finding.equation:
        add("hypothesis, not checked", "an equation for something free, not an identity")
    elif status == "different" and (unknown := undefined_names(line, finding)):
        listed = ", ".join(unknown)
        add("name has no definition", f"{listed}: the sides differ as long as nothing is known about {listed}")
    elif status == "different" and prose.sums_silently(walker.source.text[: line.members[at][1].start]):
        add("ambiguous", "the text announces sums over repeated indices; the sides differ without them: write the sums")
    elif status == "different" and (doubted := doubtful_conventions(line, finding)):
        add("ambiguous", f"{doubted}, which nothing else in the text confirms; the sides differ if so")
    elif status == "different":
        undone = bool(line.faults) and agreement == "agrees"
        found = repairs(finding) if walker.repairs and not undone else ()
        line.faults += 1
        if undone:
            failing(add, finding, (), "the step before, but agrees with the head of the chain: an error is undone here")
            return
        if finding.only is not None and is_restricted(finding) and walker.repairs and not found:
            line.nearby.append(finding.only)
        failing(add, finding, found)
    elif against is not None and against.status == "different" and not line.faults:
        line.faults += 1
        failing(add, against, (), "the head of the chain")
    elif status == "shapes" and not certain(finding):
        add("not read", f"{compared.reason}; declare what is a vector and what a matrix")
    elif status == "shapes":
        line.faults += 1
        found = repairs(finding) if walker.repairs else ()
        message = f"the shapes do not fit: {compared.reason}" + suggested(found)
        add("shapes do not fit", message, repairs=found, kind=found[0].kind if found else "transposed")
    elif status == "no definition":
        add("name has no definition", f"{compared.name}: {compared.reason}")
    elif status == "undefined":
        add("undefined here", compared.reason)
    else:
        add("not read", compared.reason)


def undefined_names(line: Line, finding: Finding) -> list[str]:
    """Undeclared names on one side alone, about which the text may simply have said too little."""
    task = finding.judgement.task
    machine = Machine(task.scope, Point())
    left, right = machine.reach(task.left), machine.reach(task.right)

    def alone(one: frozenset[str], other: frozenset[str]) -> set[str]:
        kinds = task.scope.kinds
        return {n for n in one - other if n in kinds and not kinds[n].declared and kinds[n].role == "value"}

    only_left, only_right = alone(left, right), alone(right, left)
    if only_left and only_right:
        return sorted(only_left | only_right)
    return sorted((only_left | only_right) - line.question.established)


def doubtful_conventions(line: Line, finding: Finding) -> str:
    """What a relation supposes a name to be although no other relation bears it out."""
    task = finding.judgement.task
    machine = Machine(task.scope, Point())
    reached = machine.reach(task.left) | machine.reach(task.right)
    question = line.question
    for name, template in question.conventions:
        if name in reached:
            if name not in question.agreement:
                question.agreement[name] = agreeing(question, name)
            if not question.agreement[name]:
                return f"{name} is not defined and was taken as the {template}"
    return ""


def certain(finding: Finding) -> bool:
    """Whether the ranks of all names in a relation are known rather than guessed."""
    task = finding.judgement.task
    machine = Machine(task.scope, Point())
    reached = machine.reach(task.left) | machine.reach(task.right)
    kinds = [task.scope.kinds[name] for name in reached if name in task.scope.kinds]
    return all(kind.declared or kind.role != "value" for kind in kinds)


def failing(
    add: Callable[..., None], finding: Finding, found: tuple[Repair, ...], what: str = "the step before"
) -> None:
    """Record a step whose sides are certainly different."""
    case = finding.judgement.compared.differing[0]
    point = counterexample(finding, case)
    message = f"does not follow from {what}. {at_point(point)}: left {point.left}, right {point.right}."
    kind = found[0].kind if found else alike(finding.judgement.compared.differing)
    if finding.only is not None:
        other = "=" if finding.only.operator == "!=" else "≠"
        message += f" It holds when {shown(finding.only)} and fails whenever "
        message += shown(finding.only).replace("≠" if other == "=" else "=", other) + "."
    elif kind in _ALIKE and not found:
        message += f" {_ALIKE[kind]}"
    restricted = is_restricted(finding) and not found and "undone" not in what
    verdict = "true only for some indices" if restricted else "wrong"
    if verdict != "wrong":
        kind = "off-diagonal"
    add(
        verdict, message + suggested(found), counterexample=point, holds=shown(finding.only), repairs=found, kind=kind,
    )  # fmt: skip


_ALIKE = {
    "sign": "The right side is minus the left one throughout.",
    "factor": "The ratio of the two sides is the same at every point.",
    "transposed": "Each side is the transpose of the other.",
}


def alike(cases: list[Case]) -> str:
    """How the sides of failing cases are related: sign, factor, transposed, or other."""
    pairs = [(a, b) for case in cases for a, b in _entries(case.left, case.right)]
    if not pairs:
        return "other"
    if all((a + b).contains(0) for a, b in pairs):
        return "sign"
    turned = [transposed(c.right) for c in cases if isinstance(c.right, Tensor) and len(c.right.shape) <= 2]
    if len(turned) == len(cases) and all(
        t.shape == case.left.shape and all(a.overlaps(b) for a, b in _entries(case.left, t))
        for t, case in zip(turned, cases, strict=True)
    ):
        return "transposed"
    ratios = [a / b for a, b in pairs if not b.contains(0)]
    points = {id(case.point) for case in cases if case.point.values}
    if len(ratios) == len(pairs) and len(points) > 1 and all(r.overlaps(ratios[0]) for r in ratios):
        return "factor"
    return "other"


def _entries(left: object, right: object) -> list[tuple[Any, Any]]:
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        pairs = zip(left.entries, right.entries, strict=False)
        return [(primal(a), primal(b)) for a, b in pairs if a is not None and b is not None]
    if isinstance(left, Tensor) or isinstance(right, Tensor):
        return []
    return [(primal(left), primal(right))]


def suggested(found: tuple[Repair, ...]) -> str:
    """The changes in words."""
    if not found:
        return ""
    first = found[0].change[0].upper() + found[0].change[1:]
    return f" {first} makes it true."


def at_point(point: Counterexample) -> str:
    """Sizes, indices and values of a counterexample."""
    names = {name: str(value) for name, value in [*point.sizes.items(), *point.indices.items()] if name[0] != "·"}
    parts = [f"{name} = {value}" for name, value in [*names.items(), *point.values.items()]]
    return f"With {', '.join(parts)}" if parts else "As numbers"


def shown(condition: Node | None) -> str:
    """A condition on indices in print."""
    if not isinstance(condition, Comparison):
        return ""
    sides = [side.text if isinstance(side, Name) else "…" for side in (condition.left, condition.right)]
    return f"{sides[0]} {'≠' if condition.operator == '!=' else condition.operator} {sides[1]}"


def counterexample(finding: Finding, case: Case) -> Counterexample:
    """The point of a case in print."""
    at = case.point
    task = finding.judgement.task
    machine = Machine(task.scope, Point())
    reached = machine.reach(task.left) | machine.reach(task.right)
    values = {name: value for name, value in at.shown.items() if name in reached}
    return Counterexample(dict(at.sizes), dict(case.labels), values, quantity(case.left), quantity(case.right))


def quantity(value: object) -> str:
    """A value with a few digits."""
    if isinstance(value, Tensor):
        return "(" + ", ".join(quantity(entry) for entry in value.entries) + ")"
    if value is None:
        return "?"
    return str(primal(value).mid().str(6, radius=False))
