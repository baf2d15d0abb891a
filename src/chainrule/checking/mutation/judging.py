"""Is a rule, as it is now, accepted at its examples? And if so, is it still the function that it was?

What `check_rule` does comes first, then what `further` adds, then float errors within the rule's `error_bound` times
the condition number. Two results are the same if their balls meet and are narrow.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from chainrule.checking.ball import Ball, Undecided
from chainrule.checking.balls import BallArray
from chainrule.checking.case import Case
from chainrule.checking.comparing import compare
from chainrule.checking.conditioned import References, conditioned_errors, references
from chainrule.checking.examples import Example, linear_in
from chainrule.checking.kernel_checks import fused, has_fused
from chainrule.checking.mutation.further import (
    BITS,
    FURTHER,
    FURTHER_ON_FLOATS,
    broadcasts,
    case_at,
    none_is_zero,
    quiet,
)
from chainrule.checking.rule_checks import _CHECKS, _ON_FLOATS, _with_enough_bits
from chainrule.checking.rule_checks import _findings as findings_of
from chainrule.checking.rule_report import Finding, Mismatch, Unchecked
from chainrule.rules import Rule

_Asked: TypeAlias = Callable[[Rule, Case], Iterator[Mismatch]]


@dataclass(frozen=True)
class Baseline:
    """What the unmutated rule leaves unchecked at one example, by the name of the check; and what it promises there."""

    example: Example
    unchecked: frozenset[str]
    calls: bool
    """Whether calls with less than all arguments are judged here: their shapes depend on no numbers."""
    broadcasts: bool
    """Whether it takes one number for a whole cotangent or tangent: matrix products do not."""


class Refused(Exception):
    """Why a rule is not accepted."""


def baseline(rule: Rule, example: Example, *, calls: bool = True) -> Baseline:
    """Judge the rule as it is.

    Raises
    ------
    Refused
        If it is not accepted itself; nothing can be said of its mutants then.
    """
    with quiet():
        try:
            case = case_at(rule, example, BITS)
            unchecked = set()
            for name in () if example.floats_only else _CHECKS:
                for finding in _findings(rule, case, name):
                    if isinstance(finding, Mismatch):
                        raise Refused(f"{rule.name} itself is refused at {_shown(example)}: {finding}")
                    unchecked.add(name)
            try:
                takes_one = calls and not list(broadcasts(rule, case))
            except (ValueError, RuntimeError):
                takes_one = False
        except Exception as error:
            if isinstance(error, Refused):
                raise
            raise Refused(f"{rule.name} itself fails at {_shown(example)}: {type(error).__name__}: {error}") from error
    found = Baseline(example, frozenset(unchecked), calls, takes_one)
    reason = refusal(rule, found, same=True)
    if reason:
        raise Refused(f"{rule.name} itself is refused at {_shown(example)}: {reason}")
    return found


def touch(rule: Rule, expected: Baseline) -> None:
    """Run what else is asked of the rule at one example, on floats above all."""
    with quiet():
        refusal(rule, expected, same=True)


def touch_on_balls(rule: Rule, expected: Baseline) -> None:
    """Run what runs on balls: all that is computed, calls with less than all arguments, and points nearby."""
    if expected.example.floats_only:
        return
    with quiet():
        case = fresh_case(rule, expected.example)
        computed_by(case)
        for name in ("fused value and pullback", "pushforward against the difference quotient"):
            _findings(rule, case, name)
        list(_beside(rule, case, _calls(expected)))


def refusal(
    rule: Rule,
    expected: Baseline,
    *,
    same: bool = False,
    right: tuple[References, ...] | None = None,
    case: Case | None = None,
    only_floats: bool = False,
) -> str:
    """Why the rule, as it is now, is refused at that example; empty if it is accepted.

    The checks are those of `check_rule`, in the order of what they cost, up to the first that finds something. If all
    that the rule computes is the `same` in balls as before, what depends on that alone is accepted, and floats are
    measured against what is `right`. With `only_floats` nothing in balls is asked: the rule runs there as it did, and
    `case` remembers what it gave.
    """
    case = case or fresh_case(rule, expected.example)
    with quiet():
        try:
            reasons: tuple[Iterator[str], ...] = (_float_errors(rule, case, expected, right),)
            if only_floats:
                first = _checked(rule, case, expected, (*_ON_FLOATS, *_KERNEL_IN_FLOATS), same=True)
                reasons = (first, _beside(rule, case, FURTHER_ON_FLOATS), *reasons)
            elif not expected.example.floats_only:
                first = _checked(rule, case, expected, _FIRST, same=same)
                others = [name for name in _CHECKS if name not in _FIRST]
                rest = _checked(rule, case, expected, others, same=same)
                beside = _beside(rule, case, (*FURTHER, *FURTHER_ON_FLOATS, *_calls(expected)))
                reasons = (first, beside, rest, *reasons)
            return next((reason for found in reasons for reason in found), "")
        except Exception as error:
            return f"{rule.name}: {type(error).__name__}: {error}"


def _checked(rule: Rule, case: Case, expected: Baseline, names: Sequence[str], *, same: bool) -> Iterator[str]:
    for name in names:
        if same and name in _OF_BALLS:
            continue
        for finding in _findings(rule, case, name):
            if isinstance(finding, Mismatch):
                yield str(finding)
            elif name not in expected.unchecked:
                yield f"{case.rule.name}: left unchecked: {finding}"


def _findings(rule: Rule, case: Case, name: str) -> list[Finding]:
    if name in _ON_FLOATS:
        return findings_of(name, _CHECKS[name], _keeping(case, rule=rule))
    # The case remembers what it has computed; more bits mean another case.
    findings = findings_of(name, _CHECKS[name], case)
    if any(isinstance(x, Unchecked) and x.more_bits_may_help for x in findings):
        return _with_enough_bits(name, _CHECKS[name], case)
    return findings


def _keeping(case: Case, **fields: Any) -> Case:
    """The case with other fields, and what it remembers, which `replace` forgets."""
    kept = copy.copy(case)
    for name, value in fields.items():
        object.__setattr__(kept, name, value)
    return kept


def fresh_case(rule: Rule, example: Example) -> Case:
    """The rule at one of its examples, with nothing computed yet and arrays of its own."""
    return case_at(rule, _fresh(example), BITS)


def remembering(rule: Rule, example: Example) -> Case:
    """The rule at one of its examples, with everything computed."""
    case = fresh_case(rule, example)
    with quiet():
        computed_by(case)
    return case


def with_arrays_of_its_own(case: Case) -> Case:
    """The same case, which remembers the same: a mutant may write to its inputs."""
    return _keeping(case, inputs=_copies(case.inputs))


def _calls(expected: Baseline) -> Sequence[_Asked]:
    """Calls with less than all arguments, where they are judged."""
    return [none_is_zero] * expected.calls + [broadcasts] * expected.broadcasts


def _beside(rule: Rule, case: Case, checks: Sequence[_Asked]) -> Iterator[str]:
    return (str(finding) for check in checks for finding in check(rule, case))


def _float_errors(rule: Rule, case: Case, expected: Baseline, right: tuple[References, ...] | None) -> Iterator[str]:
    bound, bounded = rule.error_bound, expected.example.bounded
    if bound is not None and bounded:
        measured_by = references(case, linear_in(rule.name)) if right is None else right
        for form, error in conditioned_errors(rule, measured_by).items():
            if form.split()[0] in bounded and not error <= bound:
                yield f"{rule.name}: {form}: {error:.4g} ulp (over the condition number), more than {bound}"


def right_at(rule: Rule, example: Example) -> tuple[References, ...]:
    """What the floats of the rule, as it is now, are measured against."""
    with quiet():
        return references(case_at(rule, example, BITS), linear_in(rule.name))


def _fresh(example: Example) -> Example:
    """The same with arrays of its own: a mutant may write to its inputs."""
    return replace(example, inputs=_copies(example.inputs))


def _copies(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(np.array(x, copy=True) if isinstance(x, np.ndarray) else x for x in inputs)


_KERNEL_IN_FLOATS = ("kernel in float64", "fused value and pullback in float64")

# Floats take a tenth of what balls take, and difference quotients take most; few mutants get as far.
_FIRST = (
    "inputs, shapes and dtypes",
    "with buffers",
    *_KERNEL_IN_FLOATS,
    "kernel against the rule",
    "adjoint identity",
    "Jacobian",
)


def computed(rule: Rule, example: Example, bits: int = BITS) -> Mapping[str, tuple[Any, ...]]:
    """Everything a rule computes at one example, in balls."""
    return computed_by(case_at(rule, example, bits))


def computed_by(case: Case) -> Mapping[str, tuple[Any, ...]]:
    """The same of a case, which remembers it."""
    rule = case.rule
    fast_value, fast_vjp = case.fast
    found = {"value": (case.value,), "vjp": case.vjp, "fast value": (fast_value,), "fast vjp": fast_vjp}
    if rule.pushforward is not None:
        found["jvp"] = (case.jvp,)
    if rule.jacobian_matrix is not None:
        found["Jacobian"] = case.jacobian
    if has_fused(case):
        found["fused"] = fused(case)
    return found


# What follows from the value, the pullback, the pushforward and the Jacobian in balls.
_OF_BALLS = (
    "adjoint identity",
    "pushforward against the difference quotient",
    "pullback against the difference quotient",
    "Jacobian",
    "kernel against the rule",
)

Computed: TypeAlias = Callable[[Example, int], Mapping[str, tuple[Any, ...]]]
"""Everything that something computes at a point, with that many bits."""


class Remembered:
    """Everything the unmutated code computes at some points, to which a mutant is compared."""

    def __init__(self, compute: Computed, points: tuple[Example, ...]) -> None:
        self.points = points
        self._compute = compute
        self._expected: dict[tuple[int, int], Mapping[str, tuple[Any, ...]]] = {}
        with quiet():
            for i, point in enumerate(points):
                for bits in (BITS, 4 * BITS):
                    self._expected[i, bits] = compute(_fresh(point), bits)

    def difference(self, start: int = 0) -> str:
        """Where the code, as it is now, computes something else, from a point on; empty if nowhere."""
        return next((found for i in range(start, len(self.points)) if (found := self.difference_at(i))), "")

    def difference_at(self, i: int, compute: Computed | None = None) -> str:
        """How the code, as it is now, differs at a point; empty if it does not."""
        with quiet():
            return self._difference(i, compute or self._compute)

    def _difference(self, i: int, compute: Computed) -> str:
        finding = ""
        for bits in (BITS, 4 * BITS):
            finding = ""
            try:
                now = {
                    form: tuple(None if x is None else np.asanyarray(x) for x in results)
                    for form, results in compute(_fresh(self.points[i]), bits).items()
                }
            except Undecided as reason:
                finding = str(reason)
                continue
            except Exception as error:
                return f"{type(error).__name__}: {error}"
            for form, expected in self._expected[i, bits].items():
                if len(now[form]) != len(expected):
                    return f"{form}: {len(now[form])} results instead of {len(expected)}"
                for a, b in zip(now[form], expected, strict=True):
                    certain, vague = _apart(form, a, b)
                    if certain:
                        return f"{certain} at {_shown(self.points[i])}"
                    finding = finding or vague
            if not finding:
                return ""
        return finding


def _apart(form: str, got: Any, expected: Any) -> tuple[str, str]:
    """How two results differ for certain, and what cannot be said of them."""
    if got is None or expected is None:
        return ("" if got is expected else f"{form}: None on one side only"), ""
    if not isinstance(expected, BallArray):
        same = np.shape(got) == np.shape(expected) and np.array_equal(got, expected, equal_nan=_has_floats(expected))
        return ("" if same else f"{form}: got {got}, expected {expected}"), ""
    if np.shape(got) != expected.shape:
        return f"{form}: got shape {np.shape(got)}, expected {expected.shape}", ""
    # An entry that is no number before the edit cannot be told apart.
    every: Any = expected.flat
    vague = np.array([bool(ball.says_nothing()) for ball in every], dtype=np.bool_).reshape(expected.shape)
    if any(not isinstance(entry, Ball) for entry in np.asarray(got).flat):
        return f"{form}: got {np.asarray(got).dtype} entries that are no numbers", ""
    findings = list(compare("", form, "", got, expected, skip=vague))
    certain = [x for x in findings if isinstance(x, Mismatch)]
    if certain:
        return f"{form}{certain[0].entry}: got {certain[0].got}, expected {certain[0].expected}", ""
    return "", f"{form}: {findings[0]}" if findings else ""


def _has_floats(x: Any) -> bool:
    return np.asarray(x).dtype.kind in "fc"


def _shown(example: Example) -> str:
    shapes = ", ".join(str(np.shape(x)) for x in example.inputs)
    options = "".join(f", {name}={value}" for name, value in example.options.items())
    return f"inputs of shape {shapes}{options}"
