"""What the gate asks of a rule beyond `check_rule`.

The value beside the textbook definition; tangents that are None, and cotangents that broadcast; a Jacobian with rows
and columns; and infinities.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import holds_labels
from chainrule.checking.ball import precision
from chainrule.checking.balls import balls, midpoints
from chainrule.checking.case import Case, draw, entries
from chainrule.checking.comparing import compare
from chainrule.checking.definitions import definition
from chainrule.checking.examples import Example, Limit, limits
from chainrule.checking.kernel_checks import close
from chainrule.checking.rule_report import Mismatch
from chainrule.checking.user_code import on_balls
from chainrule.rules import Rule

BITS = 300


def case_at(rule: Rule, example: Example, bits: int) -> Case:
    """The rule at one of its examples, on balls."""
    inputs = tuple(x if holds_labels(x) else np.asarray(x, np.float64) for x in map(np.asarray, example.inputs))
    return Case(on_balls(rule), inputs, dict(example.options), bits)


def _value(rule: Rule, case: Case) -> Iterator[Mismatch]:
    formula = definition(rule.name)
    if formula is None:
        return
    # In the tails the textbook formula cancels: e^-1600 takes 2300 bits.
    for bits in (BITS, 4 * BITS, 16 * BITS):
        at = case if bits == case.bits else replace(case, bits=bits)
        with precision(bits):
            expected = formula(*at.ball_inputs, **at.ball_options)
        findings = list(compare(rule.name, "value beside the definition", "output", at.value, expected))
        yield from (finding for finding in findings if isinstance(finding, Mismatch))
        if not findings:
            return


def _jacobian(rule: Rule, case: Case) -> Iterator[Mismatch]:
    """J has rows and columns, for elementwise rules too; its floats are those of the balls, but for rounding."""
    if rule.jacobian_matrix is None:
        return
    floats = entries(rule.jacobian(*case.inputs, **case.options))
    for name, x, matrix, got in zip(rule.inputs, case.inputs, case.jacobian, floats, strict=True):
        if matrix is None or got is None:
            continue
        if x.ndim and matrix.ndim <= case.value.ndim:
            yield Mismatch(rule.name, "Jacobian", f"by {name}", f"shape {matrix.shape}", "an axis for the inputs")
        elif (got.dtype, got.shape) != (np.float64, matrix.shape):
            kept = f"float64, shape {matrix.shape}"
            yield Mismatch(rule.name, "Jacobian", f"by {name}", f"{got.dtype}, shape {got.shape}", kept)
        elif np.isfinite(midpoints(matrix)).all():
            size = float(np.max(np.abs(midpoints(matrix)), initial=0))
            yield from close(rule.name, "Jacobian in float64", f"by {name}", got, matrix, size)


def at_limits(rule: Rule) -> str:
    """Why the rule, as it is now, is refused beyond finite numbers and near the largest; empty if it is accepted."""
    with quiet():
        try:
            return next((str(finding) for limit in limits(rule.name) for finding in _at_limit(rule, limit)), "")
        except Exception as error:
            return f"{rule.name}: {type(error).__name__}: {error}"


def _at_limit(rule: Rule, limit: Limit) -> Iterator[Mismatch]:
    """The same floats as at other inputs, or, for a power of two as factor, that many times the derivatives."""
    inputs = tuple(np.concatenate([x] * limit.copies) for x in limit.inputs) if limit.copies > 1 else limit.inputs
    value = rule(*limit.same_as)
    v = np.asarray(draw(99, np.shape(value)) if limit.along is None else limit.along)
    tangents = [
        None if holds_labels(x) or name in rule.constants else draw(i, x.shape) if limit.along is None else limit.along
        for i, (name, x) in enumerate(zip(rule.inputs, limit.same_as, strict=True))
    ]
    scaled = [None if t is None else limit.factor * t for t in tangents]
    computed: dict[str, tuple[Any, Any]] = {
        "value": (lambda: rule(*inputs), lambda: np.concatenate([value] * limit.copies)),
        "vjp": (lambda: rule.vjp(*inputs, limit.factor * v), lambda: _times(limit.factor, rule.vjp(*limit.same_as, v))),
        "jvp": (lambda: rule.jvp(*inputs, *scaled), lambda: limit.factor * rule.jvp(*limit.same_as, *tangents)),
        "Jacobian": (lambda: rule.jacobian(*inputs), lambda: rule.jacobian(*limit.same_as)),
    }
    for form in limit.forms:
        got, expected = (entries(run()) for run in computed[form])
        for name, a, b in zip((*rule.inputs, ""), got, expected, strict=False):
            if a is not None and b is not None and not np.array_equal(a, b, equal_nan=True):
                yield Mismatch(rule.name, f"{form} at limits", name, str(a), str(b))


def _times(factor: float, pulled: Any) -> Any:
    return tuple(None if x is None else factor * x for x in entries(pulled))


def none_is_zero(rule: Rule, case: Case) -> Iterator[Mismatch]:
    """A tangent None stands for zero."""
    if rule.pushforward is None:
        return
    for i, tangent in enumerate(case.tangents):
        if tangent is None:
            continue
        with precision(BITS):
            others = [None if t is None else balls(t) for t in case.tangents]
            others[i] = None
            got = case.rule.jvp(*case.ball_inputs, *others, **case.ball_options)
            others[i] = balls(np.zeros(tangent.shape))
            expected = case.rule.jvp(*case.ball_inputs, *others, **case.ball_options)
        yield from _mismatches(rule, f"no tangent of {rule.inputs[i]}", [got], [expected])
    with precision(BITS):
        still = case.rule.jvp(*case.ball_inputs, *(None for _ in case.tangents), **case.ball_options)
    yield from _mismatches(rule, "no tangent", [still], [balls(np.zeros(case.value.shape))])


def broadcasts(rule: Rule, case: Case) -> Iterator[Mismatch]:
    """One number as the cotangent is that number everywhere; as a tangent too."""
    if not case.finite.all():
        return
    with precision(BITS):
        one, full = balls(np.array(1.25)), balls(np.full(case.value.shape, 1.25))
        got = entries(case.rule.vjp(*case.ball_inputs, one, **case.ball_options))
        expected = entries(case.rule.vjp(*case.ball_inputs, full, **case.ball_options))
        yield from _mismatches(rule, "one number as the cotangent", got, expected)
        if rule.pushforward is None:
            return
        wide = [None if t is None else balls(np.full(t.shape, 1.25)) for t in case.tangents]
        narrow = [None if t is None else one for t in case.tangents]
        moved = case.rule.jvp(*case.ball_inputs, *wide, **case.ball_options)
        got = (case.rule.jvp(*case.ball_inputs, *narrow, **case.ball_options),)
        yield from _mismatches(rule, "one number as the tangent", got, [moved])


def _mismatches(rule: Rule, check: str, got: Any, expected: Any) -> Iterator[Mismatch]:
    for name, a, b in zip((*rule.inputs, ""), got, expected, strict=False):
        if a is not None and b is not None:
            yield from (x for x in compare(rule.name, check, name, a, b) if isinstance(x, Mismatch))


FURTHER: tuple[Callable[[Rule, Case], Iterator[Mismatch]], ...] = (_value,)

FURTHER_ON_FLOATS: tuple[Callable[[Rule, Case], Iterator[Mismatch]], ...] = (_jacobian,)


class quiet:
    """Mutants overflow, divide by zero and make NaN: they are refused for it, without a word."""

    def __enter__(self) -> None:
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.simplefilter("ignore")
        self._errors = np.errstate(all="ignore")
        self._errors.__enter__()

    def __exit__(self, *details: object) -> None:
        self._errors.__exit__(None, None, None)
        self._warnings.__exit__(None, None, None)
