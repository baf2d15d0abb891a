"""Verdicts and messages: the counterexample, the indices for which a step holds, a change that makes it true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainrule.checking.documents import prose
from chainrule.checking.documents.compare import EXACT, Case
from chainrule.checking.documents.conventions import agreeing
from chainrule.checking.documents.deciding import Finding, is_restricted
from chainrule.checking.documents.numbers import primal
from chainrule.checking.documents.points import shown
from chainrule.checking.documents.printing import unicode
from chainrule.checking.documents.repairs import repairs
from chainrule.checking.documents.tensors import Tensor, paired, transposed
from chainrule.checking.documents.verdicts import Counterexample, Repair

if TYPE_CHECKING:
    from chainrule.checking.documents.walk import Line, Walker


def explained(walker: Walker, line: Line, at: int, finding: Finding, against: Finding | None) -> None:
    """Record the verdict that follows from a finding."""
    status, reason = finding.status, finding.compared.reason
    agreement = {"equal": "agrees", "different": "differs"}.get(against.status if against else "", "")
    # Points cannot show that one side is never above the other.
    held = "" if line.links[at - 1].operator in EXACT else "held at the points tried"

    def add(verdict: str, message: str = "", **details: object) -> None:
        walker.add(line, at - 1, verdict, message, head=agreement, **details)

    def search() -> tuple[Repair, ...]:
        line.faults += 1
        return repairs(finding) if walker.repairs else ()

    match status:
        case "equal" if finding.assumption:
            what = " and ".join(map(str, finding.assumption))
            add(held or "verified under an assumption", f"holds only if {what}", assumption=what)
        case "equal" if finding.given is not None:
            walker.restricted.append((finding.task.left, finding.task.right, finding.given))
            add(held or "verified", f"for {unicode(finding.given)}")
        case "equal":
            add(held or "verified", finding.note)
        case _ if not line.members[at][1].display:
            # Sentences state conditions, values and assumptions; only displays claim.
            add("hypothesis, not checked", "stated in a sentence")
        case _ if finding.equation:
            add("hypothesis, not checked", "an equation for something free, not an identity")
        case "different" if unknown := undefined_names(line, finding):
            names = ", ".join(unknown)
            add("name has no definition", f"{names}: the sides differ as long as nothing is known about {names}")
        case "different" if prose.sums_silently(walker.source.text[: line.members[at][1].start]):
            announced = "the text announces sums over repeated indices; the sides differ without them: write the sums"
            add("ambiguous", announced)
        case "different" if doubted := doubtful_conventions(line, finding):
            add("ambiguous", f"{doubted}, which nothing else in the text confirms; the sides differ if so")
        case "different" if line.faults and agreement == "agrees":
            line.faults += 1
            undone = "the step before, but agrees with the head of the chain: an error is undone here"
            failing(add, finding, what=undone)
        case "different":
            found = search()
            if is_restricted(finding) and finding.only is not None and walker.repairs and not found:
                line.nearby.append(finding.only)
            failing(add, finding, found)
        case _ if against is not None and against.status == "different" and not line.faults:
            line.faults += 1
            failing(add, against, what="the head of the chain")
        case "shapes" if all(kind.declared or kind.role != "value" for kind in finding.task.kinds.values()):
            # The ranks of all names are known, not guessed.
            found = search()
            message = f"the shapes do not fit: {reason}" + suggested(found)
            add("shapes do not fit", message, repairs=found, kind=found[0].kind if found else "transposed")
        case "shapes":
            add("not read", f"{reason}; declare what is a vector and what a matrix")
        case "no definition":
            add("name has no definition", reason)
        case "undefined":
            add("undefined here", reason)
        case _:
            add("not read", reason)


def undefined_names(line: Line, finding: Finding) -> list[str]:
    """Undeclared names that occur on only one side: the text may not say enough about them."""
    left, right = finding.task.reached
    free = {n for n, kind in finding.task.kinds.items() if not kind.declared and kind.role == "value"}
    both_sides = bool(free & left - right and free & right - left)
    return sorted((free & (left ^ right)) - (frozenset() if both_sides else line.question.established))


def doubtful_conventions(line: Line, finding: Finding) -> str:
    """A convention that a relation relies on and that no relation confirms, in words; empty without one."""
    question = line.question
    for name, template in question.conventions:
        if name in finding.task.names:
            if name not in question.agreement:
                question.agreement[name] = agreeing(question, name)
            if not question.agreement[name]:
                return f"{name} is not defined and was taken as the {template}"
    return ""


def failing(
    add: Callable[..., None], finding: Finding, found: tuple[Repair, ...] = (), what: str = "the step before"
) -> None:
    """Record a step whose sides are certainly different."""
    differing = finding.compared.differing
    point = counterexample(finding, differing[0])
    message = f"does not follow from {what}. {at_point(point)}: left {point.left}, right {point.right}."
    kind = found[0].kind if found else alike(differing)
    if finding.only is not None:
        fails = replace(finding.only, operator="!=" if finding.only.operator == "=" else "=")
        message += f" It holds when {unicode(finding.only)} and fails whenever {unicode(fails)}."
    elif not found:
        message += _ALIKE.get(kind, "")
    verdict = "wrong"
    if is_restricted(finding) and not found and "undone" not in what:
        verdict, kind = "true only for some indices", "off-diagonal"
    holds = unicode(finding.only) if finding.only is not None else ""
    add(verdict, message + suggested(found), counterexample=point, holds=holds, repairs=found, kind=kind)


_ALIKE = {
    "sign": " The right side is minus the left one throughout.",
    "factor": " The ratio of the two sides is the same at every point.",
    "transposed": " Each side is the transpose of the other.",
}


def alike(cases: list[Case]) -> str:
    """How the sides of failing cases are related: sign, factor, transposed, or other."""
    pairs = [pair for case in cases for pair in _balls(case.left, case.right)]
    if not pairs:
        return "other"
    if all((a + b).contains(0) for a, b in pairs):
        return "sign"
    if all(isinstance(side, Tensor) and len(side.shape) <= 2 for c in cases for side in (c.left, c.right)):
        turned = [(case.left, transposed(case.right)) for case in cases]
        if all(a.shape == b.shape and all(x.overlaps(y) for x, y in _balls(a, b)) for a, b in turned):
            return "transposed"
    points = {id(case.point) for case in cases if case.point.values}
    if len(points) > 1 and not any(b.contains(0) for _, b in pairs):
        ratios = [a / b for a, b in pairs]
        return "factor" if all(ratio.overlaps(ratios[0]) for ratio in ratios) else "other"
    return "other"


def _balls(left: Any, right: Any) -> list[tuple[Any, Any]]:
    """The entries of two sides of one shape in pairs."""
    pairs = paired(left, right) if isinstance(left, Tensor) == isinstance(right, Tensor) else None
    return [(primal(a), primal(b)) for a, b in pairs or () if a is not None and b is not None]


def suggested(found: tuple[Repair, ...]) -> str:
    """The first change as a sentence; empty without one."""
    return f" {found[0].change[0].upper()}{found[0].change[1:]} makes it true." if found else ""


def at_point(point: Counterexample) -> str:
    """Sizes, indices and values of a counterexample."""
    chosen = {**point.sizes, **point.indices, **point.values}
    parts = [f"{name} = {value}" for name, value in chosen.items() if name[0] != "·"]
    return f"With {', '.join(parts)}" if parts else "As numbers"


def counterexample(finding: Finding, case: Case) -> Counterexample:
    """The point of a case as text, with the values of both sides."""
    point = case.point
    names = [name for name in point.values if name in finding.task.names and not callable(point.values[name])]
    values = {name: shown(point.values[name]) for name in names}
    return Counterexample(dict(point.sizes), dict(case.labels), values, quantity(case.left), quantity(case.right))


def quantity(value: object) -> str:
    """A value as text, with six digits."""
    if isinstance(value, Tensor):
        return "(" + ", ".join(quantity(entry) for entry in value.entries) + ")"
    return "?" if value is None else str(primal(value).mid().str(6, radius=False))
