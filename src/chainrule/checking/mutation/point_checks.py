"""The results of a rule at a point, and the checks of a judge there.

The judge runs the checks of `check_rule`, then compares the value with the textbook definition and the floats of the
Jacobian with balls, requires float errors within the rule's `error_bound` times the condition number, and tries
infinities.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, TypeAlias

import numpy as np

from chainrule.algebra.ball import precision
from chainrule.algebra.balls import midpoints
from chainrule.arrays import holds_labels
from chainrule.checking.case import RuleCase, draw, entries
from chainrule.checking.comparing import Finding, Mismatch, compare
from chainrule.checking.definitions import DEFINITIONS
from chainrule.checking.examples import LINEAR_IN, Example, examples
from chainrule.checking.floats import References, conditioned_errors, references
from chainrule.checking.kernel_checks import close, fused, has_fused
from chainrule.checking.limit_points import LIMITS, Limit
from chainrule.checking.mutation.remembered import BITS
from chainrule.checking.rule_checks import CHECKS, Check, pullback_agrees
from chainrule.kernels import registered
from chainrule.rules import Rule

Point: TypeAlias = Example | Limit

Form: TypeAlias = Callable[[RuleCase], tuple[Any, ...]]


def points_of(name: str) -> tuple[Point, ...]:
    """The examples of a rule, and its limits, which lie beyond finite numbers and near the largest."""
    return *examples(name), *LIMITS.get(name, ())


def case_at(rule: Rule, example: Point) -> RuleCase:
    """The rule at one of its examples, in arrays of its own, which mutants cannot overwrite."""
    inputs = tuple(np.array(x, None if holds_labels(np.asarray(x)) else np.float64) for x in example.inputs)
    for x in inputs:
        x.flags.writeable = False
    return RuleCase(rule, inputs, dict(example.options), BITS)


def forms_at(case: RuleCase) -> dict[str, Form]:
    """The functions that compute the results of the rule and of its kernel on balls, by form."""
    rule = case.rule
    found: dict[str, Form] = {"value": lambda at: (at.value,), "vjp": attrgetter("vjp")}
    if registered(rule):
        found["kernel"] = attrgetter("fast")
    if rule.pushforward is not None:
        found["jvp"] = lambda at: (at.jvp,)
    if rule.jacobian_matrix is not None:
        found["Jacobian"] = attrgetter("jacobian")
    if has_fused(case):
        found["fused"] = fused
    return found


def result_of(case: RuleCase, form: str, bits: int) -> dict[str, tuple[Any, ...]]:
    """One form of result on balls of `bits`, the precision of the case or of a sharper case."""
    at = next(each for each in case.sharper if each.bits == bits)
    return {form: forms_at(case)[form](at)}


def results_of(case: RuleCase, bits: int) -> dict[str, tuple[Any, ...]]:
    """All results of the rule and of its kernel on balls of `bits`."""
    return {form: result for each in forms_at(case) for form, result in result_of(case, each, bits).items()}


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
    example: Example,
    right: tuple[References, ...] | None,
    measured: dict[tuple[Any, ...], float] | None,
    case: RuleCase,
    check: str,
) -> Iterator[Finding]:
    bound = case.rule.error_bound
    if bound is None or not example.bounded:
        return
    right = right or references(case, LINEAR_IN.get(case.rule.name, ()))
    for form, error in conditioned_errors(right, measured).items():
        if form.split()[0] in example.bounded and not error <= bound:
            yield Mismatch(case.rule.name, check, form, f"{error:.4g} ulp", f"at most {bound} ulp")


VALUE, JACOBIAN_IN_FLOATS = "value beside the definition", "Jacobian in float64"

FLOAT_ERRORS, LIMIT = "float errors over the condition number", "limits"

ON_FLOATS = (
    *("inputs, shapes and dtypes", "results in float64", "fused value and pullback in float64"),
    *(JACOBIAN_IN_FLOATS, FLOAT_ERRORS, LIMIT),
)
"""Checks that may refuse a rule that computes the same on balls."""

READS: dict[str, tuple[str, ...]] = {
    VALUE: ("value",),
    JACOBIAN_IN_FLOATS: ("Jacobian", "value"),
    "inputs, shapes and dtypes": ("value", "vjp", "jvp"),
    "results in float64": ("kernel", "value", "vjp"),
    "fused value and pullback in float64": ("fused", "value", "vjp"),
    "kernel against the rule": ("kernel", "value", "vjp"),
    "adjoint identity": ("jvp", "vjp"),
    "Jacobian": ("Jacobian", "jvp", "vjp"),
    "pushforward against the difference quotient": ("jvp", "value"),
    "pullback against the difference quotient": ("vjp", "value"),
    "fused value and pullback": ("fused", "value", "vjp"),
    FLOAT_ERRORS: ("value", "vjp", "jvp", "Jacobian"),
    LIMIT: (),
}
"""The forms of results on balls that each check reads. A check does not notice other forms."""

EVERY_ENTRY = 6
"""Largest number of entries of an input that are perturbed one by one. The judge needs no list of wrong entries."""

ALL_CHECKS: dict[str, Check] = {
    VALUE: _value,
    JACOBIAN_IN_FLOATS: _jacobian_in_floats,
    **CHECKS,
    "pullback against the difference quotient": partial(pullback_agrees, every_entry=EVERY_ENTRY),
}


def checks_at(example: Point, right: tuple[References, ...] | None = None) -> dict[str, Check]:
    """The checks at an example by name; float errors are measured against `right`, or else against the rule itself."""
    if isinstance(example, Limit):
        return {LIMIT: partial(_at_limit, example)}
    measured: dict[tuple[Any, ...], float] | None = None if right is None else {}
    errors: dict[str, Check] = {FLOAT_ERRORS: partial(_float_errors, example, right, measured)}
    return errors if example.floats_only else {**ALL_CHECKS, **errors}


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
