"""From readings to a verdict: every reading and convention is tried before a step is called wrong.

A step is accepted if one reading makes it true. It is wrong only if every reading that evaluates at all gives different
balls, also when derivatives are replaced by difference quotients, and no standard assumption helps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from chainrule.checking.derivations.compare import Compared, Setting, Task, compare, confirmed
from chainrule.checking.derivations.evaluate import Machine
from chainrule.checking.derivations.frames import Point
from chainrule.checking.derivations.model import Scope
from chainrule.checking.derivations.points import Assumption
from chainrule.checking.derivations.tree import (
    Builtin,
    Derivative,
    Differential,
    Gradient,
    Jacobian,
    Name,
    Node,
    Prime,
    Transpose,
    walk,
)

MOST_ATTEMPTS = 20


@dataclass(frozen=True)
class Judgement:
    """The best answer among the readings, with what had to be supposed for it."""

    compared: Compared
    task: Task
    reading: int = 0
    assumption: tuple[Assumption, ...] = ()
    only: str = ""
    """A condition under which the relation holds: i = j, i ≠ j."""

    @property
    def status(self) -> str:
        """Equal, different, or why there is no answer."""
        return self.compared.status


def judge(
    scope: Scope, left: Sequence[Node], right: Sequence[Node], operator: str, *, conditions: tuple[Node, ...] = (),
    moving: frozenset[str] = frozenset(), prime: str | None = None, assume: bool = True,
) -> Judgement:  # fmt: skip
    """Compare two sides in all their readings."""
    first: Judgement | None = None
    tried: list[Judgement] = []
    for number, (a, b, setting) in enumerate(_attempts(scope, left, right)):
        task = Task(scope, a, b, operator, conditions, moving, prime)
        compared = compare(task, setting, quick=number > 0)
        attempt = Judgement(compared, task, number)
        first = first or attempt
        if compared.status == "equal" and (number == 0 or operator in ("=", ":=") or first.status != "different"):
            # An inequality that fails as it is usually read is not saved by another reading.
            return attempt
        tried.append(attempt)
    assert first is not None
    if first.status != "different":
        better = [t for t in tried if t.status == "different"]
        if first.status in ("shapes", "not read", "no definition", "undefined") and not better:
            return first
        if better and first.status == "shapes" and better[0].compared.setting == first.compared.setting:
            chosen = better[0]
            return replace(chosen, compared=compare(chosen.task, chosen.compared.setting))
        return first
    if assume and (assumed := _under_assumptions(first)) is not None:
        return assumed
    if _sizes_inferred(first.task):
        square = compare(first.task, replace(first.compared.setting, square=True), quick=True)
        if square.status == "equal":
            return replace(first, compared=square)
    if _differentiates(first.task) and not confirmed(first.task, first.compared):
        doubt = "derivatives in forward mode and difference quotients do not agree that the sides differ"
        return replace(first, compared=replace(first.compared, status="undecided", reason=doubt))
    return first


def _sizes_inferred(task: Task) -> bool:
    """Whether several sizes are in play that nobody declared, so that two of them may be one."""
    machine = Machine(task.scope, Point())
    reached = machine.reach(task.left) | machine.reach(task.right)
    kinds = [task.scope.kinds[name] for name in reached if name in task.scope.kinds]
    sizes = {dim for kind in kinds if not kind.declared for dim in kind.dims if isinstance(dim, str)}
    return len(sizes | {d for kind in kinds for d in kind.dims if isinstance(d, str)}) > 1 and bool(sizes)


def _differentiates(task: Task) -> bool:
    kinds = Derivative | Jacobian | Gradient | Prime | Differential
    machine = Machine(task.scope, Point())
    bodies = [
        task.scope.bodies[n][0]
        for n in machine.reach(task.left) | machine.reach(task.right)
        if task.scope.bodies.get(n)
    ]
    return any(isinstance(n, kinds) for tree in (task.left, task.right, *bodies) for n in walk(tree))


def _attempts(scope: Scope, left: Sequence[Node], right: Sequence[Node]) -> Iterator[tuple[Node, Node, Setting]]:
    """Pairs of readings with conventions, the usual ones first."""
    layout = scope.layout or "columns"
    count = 0
    sides = [(a, b) for total in range(len(left) + len(right) - 1) for a in range(len(left)) for b in range(len(right))
             if a + b == total]  # fmt: skip
    bodies = max((len(b) for b in scope.bodies.values()), default=1)
    for a, b in sides:
        if count < MOST_ATTEMPTS:
            count += 1
            yield left[a], right[b], Setting(layout)
    pair = (left[0], right[0])
    if _has_orientation(pair):
        other = "rows" if layout == "columns" else "columns"
        for setting in (Setting(other), Setting("rows", rows=True)):
            yield *pair, setting
    for body in range(1, min(bodies, 3)):
        yield *pair, Setting(layout, body=body)


def _has_orientation(pair: tuple[Node, Node]) -> bool:
    """Whether rows and columns could make a difference."""
    for side in pair:
        for node in walk(side):
            if isinstance(node, Transpose | Jacobian | Gradient):
                return True
            if isinstance(node, Derivative) and any(isinstance(v, Name) for v in node.variables):
                return True
    return False


def _under_assumptions(first: Judgement) -> Judgement | None:
    """The same relation where targets or probabilities add up to 1, or are one-hot."""
    task = first.task
    names = doubtful_names(task)
    singles = [Assumption(name, "rows sum 1" if task.scope.kinds[name].rank == 2 else "sum 1") for name in names]
    candidates: list[tuple[Assumption, ...]] = [(one,) for one in singles]
    candidates += list(combinations(singles, 2))[:3]
    candidates += [(Assumption(n, "one-hot"),) for n in names if task.scope.kinds[n].rank == 1 and n[0] in "ty"]
    for assumed in candidates[:8]:
        supposed = replace(task, assumptions=assumed)
        quick = compare(supposed, first.compared.setting, quick=True)
        if quick.status == "equal":
            return Judgement(quick, supposed, first.reading, assumed)
    return None


def doubtful_names(task: Task) -> list[str]:
    """Vectors and matrices that may be meant to hold probabilities: not exponents, not what is differentiated."""
    machine = Machine(task.scope, Point())
    reached = machine.reach(task.left) | machine.reach(task.right)
    nodes = [task.left, task.right, *(b[0] for n, b in task.scope.bodies.items() if n in reached and b)]
    excluded: set[str] = set(task.moving) | set(task.scope.arguments.values())
    for node in (part for tree in nodes for part in walk(tree)):
        if isinstance(node, Builtin) and node.name == "exp":
            excluded |= {n.text for n in walk(node) if isinstance(n, Name)}
        elif isinstance(node, Derivative):
            excluded |= {n.text for v in node.variables for n in walk(v) if isinstance(n, Name)}
        elif isinstance(node, Jacobian | Gradient) and isinstance(node.variable, Name):
            excluded.add(node.variable.text)
    return [
        name for name in sorted(reached) if (kind := task.scope.kinds.get(name)) is not None and kind.role == "value"
        and kind.rank in (1, 2) and name not in excluded
        and not kind.facts & {"sum 1", "rows sum 1", "one-hot", "nonzero"}
    ]  # fmt: skip
