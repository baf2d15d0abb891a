"""Two sides of a relation, compared at points: certainly equal to many digits, certainly different, or neither.

`different` means that two balls do not meet, at a point that can be printed. All other outcomes (a name without a
definition, shapes that do not fit, a division by zero) have a status of their own and are never `different`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import product as combinations
from typing import Any

import flint

from chainrule.algebra.ball import Undecided, precision
from chainrule.checking.documents.dots import TooFew
from chainrule.checking.documents.evaluate import Frame, Machine, NoDefinition, Setting
from chainrule.checking.documents.model import Kind, Scope
from chainrule.checking.documents.numbers import Value, primal
from chainrule.checking.documents.points import REGIMES, Assumption, Point, point
from chainrule.checking.documents.stream import NotRead
from chainrule.checking.documents.tensors import (
    OutOfRange,
    Quantity,
    ShapeMismatch,
    Tensor,
    paired,
    places,
    shown,
)
from chainrule.checking.documents.tree import Constant, Node, Number, free_names, walk
from chainrule.checking.documents.values import holds

BITS = 192
TRIALS = 4
MOST_PLACES = 48
MORE_PLACES = 600
CLOSE = flint.arb(flint.fmpq(1, 10**8))
SMALL = flint.arb(flint.fmpq(1, 10**40))
EXACT = ("=", ":=")
"""Relations that equal values at all points support; the others are inequalities."""
REFUSALS = (NotRead, NoDefinition, ShapeMismatch, TooFew, ArithmeticError, Undecided, RecursionError)
"""The exceptions of an evaluation whose formula has no value."""


@dataclass(frozen=True)
class Case:
    """One point and one choice of the free indices, with the values of the two sides."""

    point: Point
    labels: dict[str, int]
    outcome: str
    left: Any = None
    right: Any = None


@dataclass(frozen=True)
class Compared:
    """The comparison of two sides: `status`, the cases, and the reason where there is no answer."""

    status: str
    cases: list[Case] = field(default_factory=list)
    reason: str = ""
    setting: Setting = field(default_factory=Setting)

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

    @cached_property
    def reached(self) -> tuple[frozenset[str], frozenset[str]]:
        """The names on which the left and the right side depend, through definitions."""
        machine = Machine(self.scope, Point())
        return machine.reach(self.left), machine.reach(self.right)

    @property
    def names(self) -> list[str]:
        """The names on which the relation depends, in order."""
        return sorted(self.reached[0] | self.reached[1])

    @property
    def kinds(self) -> dict[str, Kind]:
        """The kinds of the free names on which the relation depends."""
        return {name: self.scope.kinds[name] for name in self.names if name in self.scope.kinds}

    @property
    def trees(self) -> list[Node]:
        """Both sides, and the definitions on which they depend."""
        return [self.left, self.right, *(self.scope.bodies[n] for n in self.names if n in self.scope.bodies)]

    def machine(self, at: Point, setting: Setting, budget: int = 400_000) -> Machine:
        """A machine that evaluates the sides at a point."""
        return Machine(self.scope, at, setting, prime=self.prime, moving=self.moving, budget=budget)


def compare(task: Task, setting: Setting | None = None, *, quick: bool = False) -> Compared:
    """Compare the sides at several points.

    With `quick`, stop at the first difference; otherwise go through all choices of indices of the points where one was
    found, so that the failing set can be described.
    """
    setting = setting or Setting(task.scope.layout or "columns")
    with precision(BITS):
        for regime in REGIMES:
            result = _at_points(task, setting, regime, quick)
            if result.status != "undefined":
                break
    return replace(result, setting=setting)


def confirmed(task: Task, compared: Compared) -> bool:
    """Whether the sides also differ when difference quotients replace derivatives in forward mode.

    The error of quotients is below 1e-12 here, so a relative difference of 1e-8 is real.
    """
    case = compared.differing[0]
    setting = replace(compared.setting, quotient=True)
    with precision(BITS):
        machine = task.machine(case.point, setting)
        frame = Frame(dict(case.labels), machine.root)
        try:
            again = _case(machine, task, case.labels, frame, _fillings(task, case.point))
        except REFUSALS:
            return False
        pairs = _pairs(again.left, again.right) if again is not None and again.outcome == "different" else []
        known = [(primal(a), primal(b)) for a, b in pairs if a is not None and b is not None]
        return any(abs(a - b) > CLOSE * (abs(a) + abs(b)) for a, b in known)


def _at_points(task: Task, setting: Setting, regime: str, quick: bool) -> Compared:
    cases: list[Case] = []
    for trial in range(TRIALS):
        try:
            for case in _cases(task, setting, trial, regime):
                cases.append(case)
                if case.outcome == "different" and quick:
                    return Compared("different", cases)
        except TooFew:
            continue
        except NoDefinition as error:
            return Compared("no definition", cases, f"{error.name}: {error.why}")
        except (NotRead, OutOfRange) as error:
            return Compared("not read", cases, str(error))
        except ShapeMismatch as error:
            return Compared("shapes", cases, str(error))
        except RecursionError:
            return Compared("not read", cases, "its definitions are nested too deeply")
        if trial and any(case.outcome == "different" for case in cases):
            break
    return _summary(cases)


def _summary(cases: list[Case]) -> Compared:
    outcomes = {case.outcome: case.left for case in reversed(cases)}
    reasons = {
        "different": "",
        "undecided": "the balls are too wide to tell",
        "equal": "",
        "unknown": "an ellipsis does not show what it stands for",
        "undefined": "",
    }
    for outcome, reason in reasons.items():
        if outcome in outcomes:
            told = outcomes[outcome]
            status = "undecided" if outcome == "unknown" else outcome
            return Compared(status, cases, told if isinstance(told, str) else reason)
    return Compared("not read", cases, "no choice of its indices satisfies the conditions")


def _cases(task: Task, setting: Setting, trial: int, regime: str) -> Iterator[Case]:
    """The cases of one trial."""
    names = {*task.names, *task.moving, *([task.prime] if task.prime else [])}.union(*map(free_names, task.conditions))
    at = point(task.scope, names, trial, regime=regime, assumptions=task.assumptions, square=setting.square)
    machine = task.machine(at, setting)
    labels = [name for name in task.names if task.scope.is_label(name) and name not in task.scope.definitions]
    every = places(tuple(_extent(machine, task, label) for label in labels))
    chosen = _spread(every)
    others = [place for place in every if place not in set(chosen)]
    fillers = _fillings(task, at)
    telling = False
    for number, place in enumerate([*chosen, *others[:: max(1, len(others) // MORE_PLACES)]]):
        # The other choices are needed if both sides are 0 at all chosen ones.
        more = number >= len(chosen)
        if more and telling:
            return
        labelled = dict(zip(labels, place, strict=True))
        frame = Frame(labelled, machine.root)
        satisfied = all(_satisfied(machine, condition, frame) for condition in task.conditions)
        case = _case(machine, task, labelled, frame, fillers) if satisfied else None
        if case is not None:
            vanishes = _vanishes(case)
            telling = telling or not vanishes
            if not (more and vanishes):
                yield case


def _vanishes(case: Case) -> bool:
    """Whether both sides are exactly zero. Such a case is weak evidence."""
    sides = (case.left, case.right)
    return case.outcome == "equal" and all(not isinstance(s, Tensor | str) and primal(s) == 0 for s in sides)


def _spread(choices: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """At most 72 of the choices of indices, 24 of them with equal indices."""
    if len(choices) <= MOST_PLACES:
        return choices
    step = len(choices) / MOST_PLACES
    kept = {int(i * step) for i in range(MOST_PLACES)}
    diagonal = [at for at, choice in enumerate(choices) if len(set(choice)) < len(choice)][: MOST_PLACES // 2]
    return [choices[at] for at in sorted(kept | set(diagonal))]


def _fillings(task: Task, at: Point) -> list[dict[int, int]]:
    """The sizes to try for constants such as the identity, whose size only the context gives."""
    nodes = [id(n) for side in (task.left, task.right) for n in walk(side) if isinstance(n, Constant)]
    sizes = sorted(set(at.sizes.values()))
    choices = combinations(sizes, repeat=len(nodes)) if len(nodes) <= 4 else ()
    return [dict(zip(nodes, choice, strict=True)) for choice in choices][:64] or [{}]


def _extent(machine: Machine, task: Task, label: str) -> int:
    found = [machine.range_of(label, side, machine.root, {label: 1}) for side in (task.left, task.right)]
    found += map(machine.size, task.scope.kinds[label].dims[:1])
    # Without evidence, try up to the largest size: choices beyond the entries are skipped.
    found.append(max(machine.point.sizes.values(), default=None))
    known = [extent for extent in found if extent is not None]
    if not known:
        raise NotRead(f"how far {label} runs is not said")
    return known[0]


def _satisfied(machine: Machine, condition: Node, frame: Frame) -> bool:
    try:
        return holds(machine, condition, frame, {})
    except REFUSALS:
        return True


def _case(
    machine: Machine, task: Task, labels: dict[str, int], frame: Frame, fillers: list[dict[int, int]]
) -> Case | None:
    refusal: ShapeMismatch | None = None
    for number, filling in enumerate(fillers):
        if filling != machine.fillers:
            machine.fillers = filling
            machine.root = Frame({})
            frame = Frame(frame.overrides, machine.root)
        try:
            left = machine.value(task.left, frame, {})
            right = machine.value(task.right, frame, {})
            outcome = related(left, right, task)
        except OutOfRange:
            return None
        except ShapeMismatch as error:
            refusal = refusal or error
            continue
        except ArithmeticError as error:
            return Case(machine.point, labels, "undefined", str(error))
        except Undecided as error:
            return Case(machine.point, labels, "undecided", str(error))
        fillers.insert(0, fillers.pop(number))
        return Case(machine.point, labels, outcome, left, right)
    assert refusal is not None
    raise refusal


def related(left: Quantity, right: Quantity, task: Task) -> str:
    """Whether a relation holds between two values: equal, different or undecided; unknown behind an ellipsis."""
    if left is None or right is None:
        return "unknown"
    if isinstance(left, Tensor) != isinstance(right, Tensor) and task.operator == "=":
        tensor, number = (left, task.right) if isinstance(left, Tensor) else (right, task.left)
        if number != Number(Fraction(0)):
            raise ShapeMismatch(f"{shown(tensor.shape)} on one side, a number on the other")
    outcomes = {
        "unknown" if a is None or b is None else _numbers(primal(a), primal(b), task.operator)
        for a, b in _pairs(left, right)
    }
    return next(o for o in ("different", "undecided", "unknown", "equal") if o in outcomes)


def _pairs(left: Quantity, right: Quantity) -> list[tuple[Value, Value]]:
    pairs = paired(left, right)
    if pairs is None:
        raise ShapeMismatch(f"{shown(left.shape)} on the left, {shown(right.shape)} on the right")
    return pairs


def _numbers(a: Any, b: Any, operator: str) -> str:
    if not (a.is_finite() and b.is_finite()):
        return "undecided"
    scale = 1 + abs(a)
    sharp = a.rad() < SMALL * scale and b.rad() < SMALL * scale
    if operator in EXACT:
        if not a.overlaps(b):
            return "different"
        return "equal" if sharp else "undecided"
    if operator in (">=", ">"):
        a, b = b, a
    if a < b:
        return "equal"
    if a > b:
        return "different"
    return "equal" if sharp and operator in ("<=", ">=") else "undecided"
