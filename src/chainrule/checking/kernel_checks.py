"""A rule's kernel against the rule: in balls, in floats, and in buffers that were used before.

Balls are equal or they are not. Floats may differ from the rule's balls by a few roundings of the largest number that
enters: a kernel may lose the digits of the tails, which the rule keeps within its `error_bound`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from chainrule.arrays import holds_labels
from chainrule.checking.ball import precision
from chainrule.checking.balls import balls, midpoints
from chainrule.checking.case import RuleCase, draw
from chainrule.checking.comparing import compare, position
from chainrule.checking.rule_report import Finding, Mismatch, Unchecked
from chainrule.kernels import kernel_of, registered
from chainrule.workspace import Workspace

FLOAT_UNITS = 16
"""Largest error of a kernel and of a Jacobian, in ulp of the largest number among inputs and results. The largest error
measured over all examples of all rules is 5 ulp; a softmax without its shift has no correct digit."""


def agrees(case: RuleCase, check: str) -> Iterator[Finding]:
    """Output and cotangents in balls."""
    value, vjp = case.fast
    yield from compare(case.rule.name, check, "output", value, case.value)
    for name, fast, exact in zip(case.rule.inputs, vjp, case.vjp, strict=True):
        if (fast is None) != (exact is None):
            yield Mismatch(case.rule.name, check, name, _kind(fast), _kind(exact))
        elif fast is not None:
            yield from compare(case.rule.name, check, name, fast, exact)


def agrees_in_floats(case: RuleCase, check: str) -> Iterator[Finding]:
    """Output and cotangents in float64, with an error that is small beside the largest number."""
    if not case.finite.all() or not all(np.isfinite(x).all() for x in case.inputs):
        return
    inputs = _in_float64(case)
    out, *buffers = case.buffers(_nan)
    output, pulled = case.by_kernel(inputs, np.array(case.cotangent), case.options, out, buffers, Workspace())
    largest = max(1.0, *(float(np.max(np.abs(x), initial=0)) for x in case.inputs))
    size = float(np.sum(np.abs(case.cotangent))) * largest
    yield from close(case.rule.name, check, "output", output, case.value, largest * largest)
    for name, got, expected in zip(case.rule.inputs, pulled, case.vjp, strict=True):
        if got is not None and expected is not None:
            yield from close(case.rule.name, check, name, got, expected, size)


def same_with_buffers(case: RuleCase, check: str) -> Iterator[Finding]:
    """A kernel writes its results to the given buffers, and to used buffers the same results."""
    rule, kernel = case.rule, kernel_of(case.rule)
    inputs = _in_float64(case)
    cotangent = np.array(case.cotangent, np.float64)
    fresh, *fresh_buffers = case.buffers(_nan)
    value, pulled = case.by_kernel(inputs, cotangent.copy(), case.options, fresh, fresh_buffers, Workspace())
    (out, *buffers), work = case.buffers(_nan), Workspace()
    others = tuple(x / 2 if moves else x for x, moves in zip(inputs, case.movable, strict=True))
    # The first round leaves other numbers in every buffer.
    case.by_kernel(others, cotangent.copy(), case.options, out, buffers, work)
    got, again = case.by_kernel(inputs, cotangent.copy(), case.options, out, buffers, work)
    if got is not out:
        yield Mismatch(rule.name, check, "output", "another array", "the array given as out")
    yield from _same(rule.name, check, "output", out, value)
    for name, buffer, result, expected in zip(rule.inputs, buffers, again, pulled, strict=True):
        if buffer is None or expected is None:
            continue
        if result is not buffer:
            yield Mismatch(rule.name, check, f"cotangent of {name}", "another array", "the array given as out")
        yield from _same(rule.name, check, f"cotangent of {name}", buffer, expected)
    if len(buffers) > 1:
        yield from _one_by_one(case, check, inputs, cotangent, pulled, work)
    elif rule.needs == "output":
        over = inputs[0].copy()
        _, kept = kernel.forward(over, out=over, work=work)
        yield from _same(rule.name, check, "output over the input", over, value)
        beside = cotangent.copy()
        kernel.pullback(kept, beside, out=beside, work=work)
        yield from _same(rule.name, check, "cotangent over the cotangent", beside, pulled[0])


def _one_by_one(
    case: RuleCase, check: str, inputs: Any, cotangent: Any, pulled: tuple[Any, ...], work: Workspace
) -> Iterator[Finding]:
    """Only the wanted cotangents: None in `out` gives None back."""
    for i, (name, expected) in enumerate(zip(case.rule.inputs, pulled, strict=True)):
        if expected is None:
            continue
        wanted = [_nan(expected.shape) if j == i else None for j in range(len(pulled))]
        _, results = case.by_kernel(inputs, cotangent.copy(), case.options, _nan(case.value.shape), wanted, work)
        yield from _same(case.rule.name, check, f"cotangent of {name} alone", wanted[i], expected)
        for other, result in zip(case.rule.inputs, results, strict=True):
            if other != name and result is not None:
                yield Mismatch(case.rule.name, check, f"cotangent of {other}, not wanted", "an array", "None")


def has_fused(case: RuleCase) -> bool:
    """True if the kernel's value and pullback takes these logits: finite rows, with targets that sum to one."""
    return bool(_fused_kernel(case)) and not _has_other_sums(case) and bool(np.isfinite(case.inputs[0]).all())


def _fused_kernel(case: RuleCase) -> Any:
    """The kernel's value and pullback, for rows of logits; None without rows or kernel."""
    kernel = registered(case.rule)
    has_rows = case.inputs[0].ndim == 2 and len(case.inputs[0]) > 0
    return kernel.value_and_pullback if kernel and has_rows else None


def _has_other_sums(case: RuleCase) -> bool:
    """True if a row of targets does not sum to one, which does not occur in training."""
    soft = "targets" in case.rule.integers and not holds_labels(case.inputs[1])
    return soft and any(sum(map(Fraction, row)) != 1 for row in case.inputs[1].tolist())


def fused(case: RuleCase) -> tuple[Any, Any]:
    """Losses and logit cotangents from the kernel's value and pullback, in balls."""
    logits, targets = case.ball_inputs
    with precision(case.bits):
        weights = balls(_weights(logits))
        buffers = balls(np.zeros((len(logits), 1))), balls(np.zeros(logits.shape))
        _fused_kernel(case)(logits, targets, weights, out=buffers, work=Workspace(), **case.ball_options)
    return buffers


def _weights(logits: Any) -> Any:
    return np.abs(draw(7, (len(logits), 1)))


def _fused_expected(case: RuleCase) -> tuple[Any, Any]:
    logits, targets = case.ball_inputs
    with precision(case.bits):
        weights = balls(_weights(logits))
        per_entry = case.value.ndim == 2
        losses = np.sum(case.value, axis=-1, keepdims=True) if per_entry else case.value[:, None]
        cotangent = balls(np.ones(logits.shape)) * weights if per_entry else weights[:, 0]
        return losses, case.on_balls.vjp(logits, targets, cotangent, **case.ball_options)[0]


def fused_agrees(case: RuleCase, check: str) -> Iterator[Finding]:
    """The kernel's value and pullback of a loss against the loss and its pullback, in balls."""
    if not _fused_kernel(case):
        return
    if _has_other_sums(case):
        yield Unchecked(check, "it is for rows of targets that sum to one")
        return
    names = ("losses", "cotangent of logits")
    for name, got, expected in zip(names, fused(case), _fused_expected(case), strict=True):
        yield from compare(case.rule.name, check, name, got, expected)


def fused_agrees_in_floats(case: RuleCase, check: str) -> Iterator[Finding]:
    """The kernel's value and pullback in float64, with slopes in a buffer of their own and over the logits."""
    if not has_fused(case):
        return
    name, (logits, targets) = case.rule.name, _in_float64(case)
    weights, over = _weights(logits), logits.copy()
    expected_losses, expected_slopes = _fused_expected(case)
    for given, slopes in ((logits, _nan(logits.shape)), (over, over)):
        buffers, constants = (_nan((len(logits), 1)), slopes), (targets.copy(), weights.copy())
        results = _fused_kernel(case)(given, *constants, out=buffers, work=Workspace(), **case.options)
        for what, kept, original in zip(("targets", "cotangent"), constants, (targets, weights), strict=True):
            if not np.array_equal(kept, original):
                yield Mismatch(name, check, what, "overwritten", "left alone")
        if any(result is not buffer for result, buffer in zip(results, buffers, strict=True)):
            yield Mismatch(name, check, "the results", "other arrays", "the arrays given as out")
        largest = max(1.0, float(np.max(np.abs(logits))))
        yield from close(name, check, "losses", buffers[0], expected_losses, largest)
        yield from close(name, check, "cotangent of logits", slopes, expected_slopes, float(np.max(weights)))


def close(rule: str, check: str, name: str, got: Any, expected: Any, size: float) -> Iterator[Mismatch]:
    """A mismatch for the first entry whose error is above FLOAT_UNITS ulp of `size`, or of the largest result."""
    reference = midpoints(expected)
    size = max(size, float(np.max(np.abs(reference), initial=0, where=np.isfinite(reference))))
    if not np.isfinite(size):
        return
    right = np.isclose(np.asarray(got), reference, rtol=0, atol=FLOAT_UNITS * float(np.spacing(size)))
    for at in np.argwhere(~right)[:1]:
        where = tuple(int(i) for i in at)
        yield Mismatch(rule, check, f"{name}{list(where)}", f"{got[where]:.10g}", f"{reference[where]:.10g}")


def _same(rule: str, check: str, name: str, got: Any, expected: Any) -> Iterator[Finding]:
    got, expected = np.asarray(got), np.asarray(expected)
    different = np.argwhere(~((got == expected) | (np.isnan(got) & np.isnan(expected))))
    if len(different):
        at = tuple(int(k) for k in different[0])
        yield Mismatch(rule, check, f"{name}{position(at)}", f"{got[at]:.10g}", f"{expected[at]:.10g}")


def _in_float64(case: RuleCase) -> tuple[Any, ...]:
    return tuple(x if holds_labels(x) else np.array(x, np.float64) for x in case.inputs)


def _nan(shape: tuple[int, ...]) -> Any:
    return np.full(shape, np.nan)


def _kind(x: Any) -> str:
    return "None" if x is None else "an array"
