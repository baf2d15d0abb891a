"""Two sides of a relation, compared at points: certainly equal to many digits, certainly different, or neither.

`different` rests on balls that do not meet, at a point that can be printed. Everything else that can happen (a name
without a definition, shapes that do not fit, a division by zero) has a name of its own and is never `different`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product as combinations
from typing import Any

import flint

from chainrule.checking.ball import Undecided, precision
from chainrule.checking.derivations.dots import TooFew
from chainrule.checking.derivations.evaluate import Env, Machine
from chainrule.checking.derivations.frames import Frame, NoDefinition, OverBudget, Point, places
from chainrule.checking.derivations.model import Scope
from chainrule.checking.derivations.numbers import Undefined, Value, primal
from chainrule.checking.derivations.points import REGIMES, Assumption, point
from chainrule.checking.derivations.stream import NotRead
from chainrule.checking.derivations.tensors import OutOfRange, Quantity, ShapeMismatch, Tensor, shown
from chainrule.checking.derivations.tree import Constant, Node, Number, OneHot, free_names, walk
from chainrule.checking.derivations.values import holds

BITS = 192
DIGITS = 50
TRIALS = 4
MOST_PLACES = 48
MORE_PLACES = 600
CLOSE = flint.arb(flint.fmpq(1, 10**8))
SMALL = flint.arb(flint.fmpq(1, 10**40))


@dataclass(frozen=True)
class Setting:
    """How to evaluate where conventions differ: gradients as rows or columns, plain vectors as rows, which body."""

    layout: str = "columns"
    rows: bool = False
    body: int = 0
    square: bool = False
    """All sizes the same, where they were only inferred."""
    quotient: bool = False
    """Derivatives by difference quotients instead of forward mode."""


@dataclass(frozen=True)
class Case:
    """One point and one choice of the free indices, with what the sides gave."""

    point: Point
    labels: dict[str, int]
    outcome: str
    left: Any = None
    right: Any = None


@dataclass
class Compared:
    """What comparing two sides gave: `status`, the cases, and the reason where there is no answer."""

    status: str
    cases: list[Case] = field(default_factory=list)
    reason: str = ""
    name: str = ""
    at: int = -1
    regime: str = "any"
    setting: Setting = Setting()

    @property
    def differing(self) -> list[Case]:
        """The cases in which the sides are certainly different."""
        return [case for case in self.cases if case.outcome == "different"]

    @property
    def equal(self) -> list[Case]:
        """The cases in which they agree."""
        return [case for case in self.cases if case.outcome == "equal"]


@dataclass(frozen=True)
class Task:
    """A relation to be compared in a scope."""

    scope: Scope
    left: Node
    right: Node
    operator: str = "="
    conditions: tuple[Node, ...] = ()
    moving: frozenset[str] = frozenset()
    prime: str | None = None
    assumptions: tuple[Assumption, ...] = ()


def compare(task: Task, setting: Setting | None = None, *, trials: int = TRIALS, quick: bool = False) -> Compared:
    """Compare the sides at several points.

    With `quick`, stop at the first difference; otherwise go through all choices of indices of the points where one was
    found, so that the failing set can be described.
    """
    setting = setting or Setting(task.scope.layout or "columns")
    result = Compared("undefined")
    with precision(BITS):
        for regime in REGIMES:
            result = _at_points(task, setting, regime, trials, quick)
            if result.status != "undefined":
                break
    result.setting = setting
    return result


def confirmed(task: Task, compared: Compared) -> bool:
    """Whether the sides also differ when difference quotients replace derivatives in forward mode.

    Quotients are good to 1e-12 here; a difference of 1e-8 of the larger side is none of their error.
    """
    setting = replace(compared.setting, quotient=True)
    case = compared.differing[0]
    trial = next((t for t in range(TRIALS) if _same_point(task, compared, case, t)), 0)
    with precision(BITS):
        try:
            for other in _cases(task, setting, trial, compared.regime, case.labels):
                if other.labels == case.labels:
                    return other.outcome == "different" and _apart(other)
        except (NotRead, NoDefinition, ShapeMismatch, OverBudget, TooFew, ArithmeticError, Undecided):
            return False
    return False


def _same_point(task: Task, compared: Compared, case: Case, trial: int) -> bool:
    again = point(task.scope, case.point.shown, trial, regime=compared.regime, assumptions=task.assumptions)
    return (again.sizes, again.shown) == (case.point.sizes, case.point.shown)


def _apart(case: Case) -> bool:
    """Whether some entry differs by more than a difference quotient's error."""
    sides = [side.entries if isinstance(side, Tensor) else [side] for side in (case.left, case.right)]
    length = max(len(side) for side in sides)
    pairs = zip(*(side * length if len(side) == 1 else side for side in sides), strict=False)
    known = [(primal(a), primal(b)) for a, b in pairs if a is not None and b is not None]
    return any(abs(a - b) > CLOSE * (abs(a) + abs(b)) for a, b in known)


def _at_points(task: Task, setting: Setting, regime: str, trials: int, quick: bool) -> Compared:
    result = Compared("undefined", regime=regime)
    undecided, hidden = "", False
    for trial in range(trials):
        try:
            for case in _cases(task, setting, trial, regime):
                result.cases.append(case)
                if case.outcome == "undecided":
                    undecided = case.left if isinstance(case.left, str) else "the balls are too wide to tell"
                elif case.outcome == "unknown":
                    hidden = True
                elif case.outcome == "undefined":
                    result.reason = result.reason or str(case.left)
                elif case.outcome == "different" and quick:
                    result.status = "different"
                    return result
        except TooFew:
            continue
        except NotRead as error:
            return Compared("not read", result.cases, error.reason, at=error.at, regime=regime)
        except NoDefinition as error:
            return Compared("no definition", result.cases, error.why, error.name, regime=regime)
        except OutOfRange as error:
            return Compared("not read", result.cases, str(error), regime=regime)
        except ShapeMismatch as error:
            return Compared("shapes", result.cases, str(error), regime=regime)
        except OverBudget:
            return Compared("not read", result.cases, "it takes too long to evaluate", regime=regime)
        except RecursionError:
            return Compared("not read", result.cases, "its definitions are nested too deeply", regime=regime)
        if result.differing and trial >= 1:
            break
    if result.differing:
        result.status = "different"
    elif result.equal:
        result.status = "undecided" if undecided else "equal"
        result.reason = undecided
    elif undecided or hidden:
        result.status = "undecided"
        result.reason = undecided or "an ellipsis does not show what it stands for"
    elif not result.cases:
        result.status, result.reason = "not read", "no choice of its indices satisfies the conditions"
    return result


def _cases(
    task: Task, setting: Setting, trial: int, regime: str, alone: dict[str, int] | None = None
) -> Iterator[Case]:
    """The cases of one trial, or one choice of the indices alone."""
    probe = Machine(task.scope, Point())
    names = probe.reach(task.left) | probe.reach(task.right)
    for condition in task.conditions:
        names |= {n for n in free_names(condition) if n in task.scope.kinds}
    names |= task.moving | ({task.prime} if task.prime else set())
    at = point(task.scope, names, trial, regime=regime, assumptions=task.assumptions, square=setting.square)
    machine = Machine(
        task.scope, at, layout=setting.layout, rows=setting.rows, body=setting.body, prime=task.prime,
        moving=task.moving, filler=_filler(task.scope, at), quotient=setting.quotient,
    )  # fmt: skip
    labels = sorted(
        n for n in probe.reach(task.left) | probe.reach(task.right)
        if n in task.scope.kinds and task.scope.kinds[n].role == "label" and n not in task.scope.definitions
    )  # fmt: skip
    extents = [_extent(machine, task, label) for label in labels]
    every = places(extents)
    chosen = _spread(every) if alone is None else [tuple(alone[label] for label in labels)]
    fillers = _fillings(task, at)
    telling = False
    for number, place in enumerate([*chosen, *_others(every, chosen)]):
        if number >= len(chosen) and (telling or alone is not None):
            break
        frame = Frame(dict(zip(labels, place, strict=True)), machine.root)
        bound: Env = {}
        if not all(_satisfied(machine, c, frame, bound) for c in task.conditions):
            continue
        case = _case(machine, task, at, dict(zip(labels, place, strict=True)), frame, fillers)
        if case is not None:
            telling = telling or not _vanishes(case)
            if number < len(chosen) or not _vanishes(case):
                yield case


def _others(every: list[tuple[int, ...]], chosen: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """More choices, for formulas that are 0 on both sides at all the chosen ones."""
    if len(chosen) == len(every):
        return []
    taken = set(chosen)
    left = [place for place in every if place not in taken]
    return left[:: max(1, len(left) // MORE_PLACES)]


def _vanishes(case: Case) -> bool:
    """Whether both sides are exactly zero, which says little about them."""
    sides = (case.left, case.right)
    return case.outcome == "equal" and all(not isinstance(s, Tensor | str) and primal(s) == 0 for s in sides)


def _spread(choices: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """At most some dozens of the index choices, the diagonal ones among them."""
    if len(choices) <= MOST_PLACES:
        return choices
    step = len(choices) / MOST_PLACES
    kept = {int(i * step) for i in range(MOST_PLACES)}
    diagonal = [at for at, choice in enumerate(choices) if len(set(choice)) < len(choice)][: MOST_PLACES // 2]
    return [choices[at] for at in sorted(kept | set(diagonal))]


def _filler(scope: Scope, at: Point) -> int | None:
    """The size of ones and identities where there is only one to choose."""
    return next(iter(at.sizes.values())) if len(at.sizes) == 1 else None


def _fillings(task: Task, at: Point) -> list[dict[int, int]]:
    """The sizes to try for constants whose size only the context gives."""
    nodes = [
        id(n) for side in (task.left, task.right) for n in walk(side) if isinstance(n, Constant | OneHot)
    ]  # fmt: skip
    sizes = sorted(set(at.sizes.values()))
    if not nodes or not sizes or len(nodes) > 4:
        return [{}]
    return [dict(zip(nodes, choice, strict=True)) for choice in combinations(sizes, repeat=len(nodes))][:64]


def _extent(machine: Machine, task: Task, label: str) -> int:
    kind = task.scope.kinds[label]
    for side in (task.left, task.right):
        found = machine.range_of(label, side, machine.root, {label: 1}, set())
        if found is not None:
            return found
    if kind.dims:
        return machine.size(kind.dims[0])
    for name in sorted(machine.reach(task.left) | machine.reach(task.right)):
        definition = task.scope.definitions.get(name)
        if definition is not None and task.scope.bodies.get(name):
            found = machine.range_of(label, machine.body_of(definition), machine.root, {label: 1}, set())
            if found is not None:
                return found
    if machine.point.sizes:
        # Choices beyond the entries are passed over.
        return max(machine.point.sizes.values())
    raise NotRead(f"how far {label} runs is not said")


def _satisfied(machine: Machine, condition: Node, frame: Frame, env: Env) -> bool:
    try:
        return holds(machine, condition, frame, env)
    except (NotRead, NoDefinition, ShapeMismatch, Undecided, ArithmeticError):
        return True


def _case(
    machine: Machine, task: Task, at: Point, labels: dict[str, int], frame: Frame, fillers: list[dict[int, int]]
) -> Case | None:
    refusal: ShapeMismatch | None = None
    for number, filling in enumerate(fillers):
        if filling != machine.fillers:
            machine.fillers = filling
            frame = Frame(frame.overrides, Frame({}))
            machine.root = Frame({})
            frame.parent = machine.root
        try:
            left = machine.value(task.left, frame, {})
            right = machine.value(task.right, frame, {})
            outcome = related(left, right, task)
        except OutOfRange:
            return None
        except ShapeMismatch as error:
            refusal = refusal or error
            continue
        except Undefined as error:
            return Case(at, labels, "undefined", str(error))
        except Undecided as error:
            return Case(at, labels, "undecided", str(error))
        except ZeroDivisionError as error:
            return Case(at, labels, "undefined", str(error))
        if number:
            fillers.insert(0, fillers.pop(number))
        return Case(at, labels, outcome, left, right)
    assert refusal is not None
    raise refusal


def related(left: Quantity, right: Quantity, task: Task) -> str:
    """Whether a relation holds between two values: equal, different or undecided; unknown behind an ellipsis."""
    if left is None or right is None:
        return "unknown"
    pairs = _pairs(left, right, task)
    found = "equal"
    for a, b in pairs:
        if a is None or b is None:
            found = "unknown" if found == "equal" else found
            continue
        outcome = _numbers(primal(a), primal(b), task.operator)
        if outcome == "different":
            return "different"
        if outcome == "undecided":
            found = "undecided"
    return found


def _pairs(left: Quantity, right: Quantity, task: Task) -> Sequence[tuple[Value, Value]]:
    if not isinstance(left, Tensor) and not isinstance(right, Tensor):
        return [(left, right)]
    if isinstance(left, Tensor) and isinstance(right, Tensor):
        a, b = left.shape, right.shape
        lines = (
            len(left.entries) == len(right.entries) and (len(a) == 1 or left.is_row) and (len(b) == 1 or right.is_row)
        )
        if a != b and not lines:
            raise ShapeMismatch(f"{shown(a)} on the left, {shown(b)} on the right")
        return list(zip(left.entries, right.entries, strict=True))
    # A vector may be compared with the number 0, or bounded by a number.
    tensor, other, node = (left, right, task.right) if isinstance(left, Tensor) else (right, left, task.left)
    assert isinstance(tensor, Tensor)
    if task.operator == "=" and not (isinstance(node, Number) and node.value == 0):
        raise ShapeMismatch(f"{shown(tensor.shape)} on one side, a number on the other")
    if tensor is left:
        return [(entry, other) for entry in tensor.entries]
    return [(other, entry) for entry in tensor.entries]


def _numbers(a: Any, b: Any, operator: str) -> str:
    if not (a.is_finite() and b.is_finite()):
        return "undecided"
    scale = 1 + abs(a)
    sharp = a.rad() < SMALL * scale and b.rad() < SMALL * scale
    if operator in ("=", ":="):
        if not a.overlaps(b):
            return "different"
        return "equal" if sharp else "undecided"
    if operator == "!=":
        return "equal" if not a.overlaps(b) else "undecided"
    if operator in (">=", ">"):
        a, b = b, a
    if a < b:
        return "equal"
    if a > b:
        return "different"
    if not sharp:
        return "undecided"
    return "equal" if operator in ("<=", ">=") else "undecided"
