"""A rule as the judge of its mutants: it refuses a mutant with which the rule fails at one of its examples.

The judge runs the checks of `check_rule`, then compares the value with the textbook definition and the floats of the
Jacobian with balls, requires float errors within the rule's `error_bound` times the condition number, and tries
infinities.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np

from chainrule.algebra.ball import precision
from chainrule.algebra.balls import midpoints
from chainrule.arrays import holds_labels
from chainrule.checking.case import RuleCase, draw, entries
from chainrule.checking.comparing import Finding, Mismatch, compare
from chainrule.checking.definitions import DEFINITIONS
from chainrule.checking.examples import LIMITS, LINEAR_IN, Example, Limit, examples
from chainrule.checking.floats import References, conditioned_errors, references
from chainrule.checking.kernel_checks import close, fused, has_fused
from chainrule.checking.mutation.live_functions import caches_of, first_function, live_functions
from chainrule.checking.mutation.mutants import Mutant, Observed, TooSlow, observe
from chainrule.checking.mutation.remembered import BITS, Remembered, quiet
from chainrule.checking.rule_checks import CHECKS, Check, findings_of
from chainrule.kernels import registered
from chainrule.rules import Rule, registry

SECONDS = 60.0
"""Processor time after which a mutant counts as stuck; the slowest rule takes 1 s for all its examples together."""

Point: TypeAlias = Example | Limit

OTHER_SEED = 8
"""Seed of further random points. Half of them are used, and only for mutants that all examples accept."""


class Refused(Exception):
    """The original rule is refused, so that its mutants cannot be judged."""


@dataclass(frozen=True)
class Baseline:
    """Results of judging the original rule.

    Attributes
    ----------
    unchecked : tuple of frozenset
        For each example the names of the checks that stay undecided there.
    observed : Observed
    """

    unchecked: tuple[frozenset[str], ...]
    observed: Observed


@dataclass(frozen=True)
class Known:
    """The unmutated rule at one example: its case, its exact results for floats, and its results on balls."""

    example: Point
    case: RuleCase
    right: tuple[References, ...]
    on_balls: Remembered | None


class RuleJudge:
    """One registered rule, which judges the mutants of its functions."""

    def __init__(self, name: str, baseline: Baseline) -> None:
        self.rule: Rule = registry.get(name)
        self.baseline = baseline
        self.functions = live_functions(self.rule)
        forward = first_function(self.rule.forward)
        self.file = "" if forward is None else forward.__code__.co_filename
        self._empty_caches = caches_of(self.rule)

    def runs(self, mutant: Mutant) -> bool:
        """True if an example runs the mutant's line."""
        return mutant.edited_line in self.baseline.observed.lines

    def verdict(self, mutant: Mutant) -> tuple[str, str]:
        """Why the mutant is refused, and where it differs from the rule. Empty texts say that neither is the case."""
        known, elsewhere = self._known, self._elsewhere  # before the mutant is applied
        difference = ""
        try:
            with mutant.applied(self._empty_caches, SECONDS), quiet():
                for at, unchecked in zip(known, self.baseline.unchecked, strict=True):
                    case = case_at(self.rule, at.example)
                    here = at.on_balls.difference(partial(results_of, case)) if at.on_balls else ""
                    checks = checks_at(at.example) if here else on_floats(at)
                    reason = self._refusal(checks, case if here else at.case, unchecked)
                    if reason:
                        return reason, here
                    difference = difference or here
                for example, remembered in elsewhere:
                    difference = difference or remembered.difference(partial(results_of, case_at(self.rule, example)))
                return "", difference
        except TooSlow as slow:
            return str(slow), ""

    def _refusal(self, checks: Mapping[str, Check], case: RuleCase, unchecked: frozenset[str]) -> str:
        """Why the mutated rule is refused at one example; empty if it is accepted."""
        for name, check in checks.items():
            for finding in findings_of(name, check, case):
                if isinstance(finding, Mismatch):
                    return str(finding)
                if name not in unchecked:
                    return f"{self.rule.name}: left unchecked: {finding}"
        return ""

    @cached_property
    def _known(self) -> list[Known]:
        found = []
        for example in points_of(self.rule.name):
            case = case_at(self.rule, example)
            remembered = None if example.floats_only else Remembered(partial(results_of, case), str(example))
            with quiet():
                right = () if isinstance(example, Limit) else references(case, LINEAR_IN.get(self.rule.name, ()))
            found.append(Known(example, case, right, remembered))
        return found

    @cached_property
    def _elsewhere(self) -> list[tuple[Example, Remembered]]:
        points = examples(self.rule.name, seed=OTHER_SEED, edges=False)[::2]
        cases = [(point, case_at(self.rule, point)) for point in points if not point.floats_only]
        return [(point, Remembered(partial(results_of, case), str(point))) for point, case in cases]


def baseline_of(name: str) -> Baseline:
    """Judge the original of a registered rule, and observe which lines run.

    Raises
    ------
    Refused
        If the rule is refused, so that its mutants cannot be judged.
    """
    rule, points = registry.get(name), points_of(name)
    functions, empty_caches = live_functions(rule), caches_of(rule)
    unchecked: list[set[str]] = [set() for _ in points]

    def run() -> None:
        # Cached results would hide the lines that compute them.
        for empty in empty_caches:
            empty()
        for example, left in zip(points, unchecked, strict=True):
            case = case_at(rule, example)
            for check_name, check in checks_at(example).items():
                for finding in findings_of(check_name, check, case):
                    if isinstance(finding, Mismatch):
                        raise Refused(f"{name} itself is refused at {example}: {finding}")
                    left.add(check_name)

    with quiet():
        observed = observe(functions, run)
    return Baseline(tuple(map(frozenset, unchecked)), observed)


def points_of(name: str) -> tuple[Point, ...]:
    """The examples of a rule, and its limits, which lie beyond finite numbers and near the largest."""
    return *examples(name), *LIMITS.get(name, ())


def case_at(rule: Rule, example: Point) -> RuleCase:
    """The rule at one of its examples, in arrays of its own, which mutants cannot overwrite."""
    inputs = tuple(np.array(x, None if holds_labels(np.asarray(x)) else np.float64) for x in example.inputs)
    for x in inputs:
        x.flags.writeable = False
    return RuleCase(rule, inputs, dict(example.options), BITS)


def results_of(case: RuleCase, bits: int) -> dict[str, tuple[Any, ...]]:
    """All results of the rule and of its kernel on balls of `bits`, the precision of the case or of a sharper case."""
    at = next(each for each in case.sharper if each.bits == bits)
    found = {"value": (at.value,), "vjp": at.vjp}
    if registered(at.rule):
        found["kernel"] = at.fast
    if at.rule.pushforward is not None:
        found["jvp"] = (at.jvp,)
    if at.rule.jacobian_matrix is not None:
        found["Jacobian"] = at.jacobian
    if has_fused(at):
        found["fused"] = fused(at)
    return found


def _value(case: RuleCase, check: str) -> Iterator[Finding]:
    """Compare the value with the textbook definition, which cancels in the tails: e^-1600 takes 2300 bits."""
    if case.rule.name in DEFINITIONS:
        with precision(case.bits):
            expected = DEFINITIONS[case.rule.name](*case.ball_inputs, **case.ball_options)
        yield from compare(case.rule.name, check, "output", case.value, expected)


def _jacobian_in_floats(case: RuleCase, check: str) -> Iterator[Finding]:
    """Check that J has rows and columns, also for elementwise rules, and that J in floats equals J in balls."""
    rule = case.rule
    if rule.jacobian_matrix is None:
        return
    floats = entries(rule.jacobian(*case.inputs, **case.options))
    for name, x, matrix, got in zip(rule.inputs, case.inputs, case.jacobian, floats, strict=True):
        if matrix is None or got is None:
            continue
        if x.ndim and matrix.ndim <= case.value.ndim:
            yield Mismatch(rule.name, check, f"by {name}", f"shape {matrix.shape}", "an axis for the inputs")
        elif (got.dtype, got.shape) != (np.float64, matrix.shape):
            expected = f"float64, shape {matrix.shape}"
            yield Mismatch(rule.name, check, f"by {name}", f"{got.dtype}, shape {got.shape}", expected)
        elif np.isfinite(midpoints(matrix)).all():
            size = float(np.max(np.abs(midpoints(matrix)), initial=0))
            yield from close(rule.name, check, f"by {name}", got, matrix, size)


def _float_errors(
    example: Example, right: tuple[References, ...] | None, case: RuleCase, check: str
) -> Iterator[Finding]:
    bound = case.rule.error_bound
    if bound is None or not example.bounded:
        return
    right = right or references(case, LINEAR_IN.get(case.rule.name, ()))
    for form, error in conditioned_errors(right).items():
        if form.split()[0] in example.bounded and not error <= bound:
            yield Mismatch(case.rule.name, check, form, f"{error:.4g} ulp", f"at most {bound} ulp")


_FLOAT_ERRORS = "float errors over the condition number"

_LIMIT = "limits"

_ON_FLOATS = (
    *("inputs, shapes and dtypes", "results in float64", "fused value and pullback in float64"),
    *("Jacobian in float64", _FLOAT_ERRORS, _LIMIT),
)
"""Checks that may refuse a rule that computes the same on balls."""

ALL_CHECKS: dict[str, Check] = {
    "value beside the definition": _value,
    "Jacobian in float64": _jacobian_in_floats,
    **CHECKS,
}


def checks_at(example: Point, right: tuple[References, ...] | None = None) -> dict[str, Check]:
    """The checks at an example by name; float errors are measured against `right`, or else against the rule itself."""
    if isinstance(example, Limit):
        return {_LIMIT: partial(_at_limit, example)}
    errors: dict[str, Check] = {_FLOAT_ERRORS: partial(_float_errors, example, right)}
    return errors if example.floats_only else {**ALL_CHECKS, **errors}


def on_floats(known: Known) -> dict[str, Check]:
    """The checks of floats, against the known results, for a rule that computes the same on balls as before."""
    return {name: check for name, check in checks_at(known.example, known.right).items() if name in _ON_FLOATS}


def _at_limit(limit: Limit, case: RuleCase, check: str) -> Iterator[Mismatch]:
    """Compare float results with the results at other inputs, and derivatives with a power of two times them."""
    rule = case.rule
    value = rule(*limit.same_as)
    v = np.asarray(draw(99, np.shape(value)) if limit.along is None else limit.along)
    tangents = [
        None if holds_labels(x) or name in rule.constants else draw(i, x.shape) if limit.along is None else limit.along
        for i, (name, x) in enumerate(zip(rule.inputs, limit.same_as, strict=True))
    ]
    scaled = [None if t is None else limit.factor * t for t in tangents]
    got = _forms(rule, limit.inputs, limit.factor * v, scaled)
    expected = _forms(rule, limit.same_as, v, tangents)
    for form in limit.forms:
        factor = limit.factor if form in ("vjp", "jvp") else 1.0
        for name, a, b in zip((*rule.inputs, ""), entries(got[form]()), entries(expected[form]()), strict=False):
            if a is None or b is None:
                continue
            if not np.array_equal(a, factor * b, equal_nan=True):
                yield Mismatch(rule.name, f"{form} at {check}", name, str(a), str(factor * b))


def _forms(rule: Rule, inputs: Sequence[Any], v: Any, tangents: Sequence[Any]) -> dict[str, Callable[[], Any]]:
    """Functions that compute the results of the rule on floats, by form."""
    return {
        "value": partial(rule, *inputs),
        "vjp": partial(rule.vjp, *inputs, v),
        "jvp": partial(rule.jvp, *inputs, *tangents),
        "Jacobian": partial(rule.jacobian, *inputs),
    }
