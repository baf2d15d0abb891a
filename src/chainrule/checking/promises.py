"""Promises of each rule other than right numbers: inputs unmodified, shapes and dtypes kept, buffers used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.arrays import holds_labels
from chainrule.checking.ball import precision
from chainrule.checking.balls import balls
from chainrule.checking.case import Case, draw, entries
from chainrule.checking.comparing import compare, position
from chainrule.checking.rule_report import Finding, Mismatch, Unchecked
from chainrule.kernels import kernel_of, registered
from chainrule.workspace import Workspace


def keeps_inputs(case: Case, check: str) -> Iterator[Finding]:
    """Check that inputs are unmodified, and that results have the dtype and cotangents the shape of the inputs."""
    rule, inputs = case.rule, case.inputs
    before = [np.array(x, copy=True) for x in inputs]
    dtype = np.result_type(*(x for x in inputs if not holds_labels(x)))
    value = rule(*inputs, **case.options)
    yield from _kept(rule.name, check, "the output", value, case.value.shape, dtype)
    cotangent = case.cotangent.astype(dtype)
    pulled = entries(rule.vjp(*inputs, cotangent, **case.options))
    for name, x, moves, result in zip(rule.inputs, inputs, case.movable, pulled, strict=True):
        if moves and result is None:
            yield Mismatch(rule.name, check, f"cotangent of {name}", "None", "an array")
        elif moves:
            yield from _kept(rule.name, check, f"cotangent of {name}", result, x.shape, dtype)
    if rule.pushforward is not None:
        tangents = tuple(None if t is None else t.astype(x.dtype) for t, x in zip(case.tangents, inputs, strict=True))
        moved = rule.jvp(*inputs, *tangents, **case.options)
        yield from _kept(rule.name, check, "the output's tangent", moved, case.value.shape, dtype)
    for name, x, copy in zip(rule.inputs, inputs, before, strict=True):
        if not _identical(x, copy):
            yield Mismatch(rule.name, check, name, "overwritten", "left alone")


def _kept(rule: str, check: str, what: str, result: Any, shape: tuple[int, ...], dtype: Any) -> Iterator[Finding]:
    if tuple(result.shape) != tuple(shape):
        yield Mismatch(rule, check, f"shape of {what}", str(tuple(result.shape)), str(tuple(shape)))
    if result.dtype != dtype:
        yield Mismatch(rule, check, f"dtype of {what}", str(result.dtype), str(dtype))


def same_with_buffers(case: Case, check: str) -> Iterator[Finding]:
    """Check that forward and pullback write the same results to given buffers, also to buffers used before."""
    with np.errstate(all="ignore"):
        yield from _same_with_buffers(case, check)


def _same_with_buffers(case: Case, check: str) -> Iterator[Finding]:
    rule, kernel = case.rule, kernel_of(case.rule)
    inputs = tuple(x if holds_labels(x) else np.array(x, np.float64) for x in case.inputs)
    cotangent = np.array(case.cotangent, np.float64)
    single = len(rule.inputs) == 1
    out, work = np.full(case.value.shape, np.nan), Workspace()
    moving = list(zip(inputs, case.movable, strict=True))
    buffers, fresh = ([np.full(x.shape, np.nan) if moves else None for x, moves in moving] for _ in range(2))
    value, residuals = kernel.forward(*inputs, out=out.copy(), work=Workspace(), **case.options)
    pulled = entries(
        kernel.pullback(residuals, cotangent.copy(), out=fresh[0] if single else tuple(fresh), work=Workspace())
    )
    others = tuple(x / 2 if moves else x for x, moves in zip(inputs, case.movable, strict=True))
    # The first round fills every buffer with other numbers.
    for arguments, last in ((others, False), (inputs, True)):
        got, kept = kernel.forward(*arguments, out=out, work=work, **case.options)
        again = kernel.pullback(kept, cotangent.copy(), out=buffers[0] if single else tuple(buffers), work=work)
        if not last:
            continue
        if got is not out:
            yield Mismatch(rule.name, check, "output", "another array", "the array given as out")
        yield from _same(rule.name, check, "output", out, value)
        for name, buffer, result, expected in zip(rule.inputs, buffers, entries(again), pulled, strict=True):
            if buffer is None or expected is None:
                continue
            if result is not buffer:
                yield Mismatch(rule.name, check, f"cotangent of {name}", "another array", "the array given as out")
            yield from _same(rule.name, check, f"cotangent of {name}", buffer, expected)
        if not single:
            yield from _one_by_one(case, check, kept, cotangent, pulled, work)
    if rule.needs == "output":
        over = inputs[0].copy()
        _, kept = kernel.forward(over, out=over, work=work)
        yield from _same(rule.name, check, "output over the input", over, value)
        beside = cotangent.copy()
        kernel.pullback(kept, beside, out=beside, work=work)
        yield from _same(rule.name, check, "cotangent over the cotangent", beside, pulled[0])


def _one_by_one(
    case: Case, check: str, residuals: Any, cotangent: Any, pulled: tuple[Any, ...], work: Workspace
) -> Iterator[Finding]:
    """Check that None in `out` returns None for that input and changes no other cotangent."""
    for i, (name, expected) in enumerate(zip(case.rule.inputs, pulled, strict=True)):
        if expected is None:
            continue
        wanted = tuple(np.full(expected.shape, np.nan) if j == i else None for j in range(len(pulled)))
        results = kernel_of(case.rule).pullback(residuals, cotangent, out=wanted, work=work)
        yield from _same(case.rule.name, check, f"cotangent of {name} alone", wanted[i], expected)
        for other, result in zip(case.rule.inputs, results, strict=True):
            if other != name and result is not None:
                yield Mismatch(case.rule.name, check, f"cotangent of {other}, not wanted", "an array", "None")


def fused_agrees(case: Case, check: str) -> Iterator[Finding]:
    """Check the `value_and_pullback` of a loss's kernel against its forward and its exact pullback, in balls."""
    rule = case.rule
    kernel = registered(rule)
    fused = kernel.value_and_pullback if kernel else None
    if fused is None or len(case.inputs[0].shape) != 2 or not len(case.inputs[0]):
        return
    logits, targets = case.ball_inputs
    with precision(case.bits):
        if "targets" in rule.integers and not holds_labels(targets):
            totals = np.sum(targets, axis=-1)
            if not all(total == 1 for total in totals.flat):
                yield Unchecked(check, "it is for rows of targets that sum to one")
                return
        rows = len(logits)
        weights = balls(np.abs(draw(7, (rows, 1))))
        losses, slopes = balls(np.zeros((rows, 1))), balls(np.zeros(logits.shape))
        fused(logits, targets, weights, out=(losses, slopes), work=Workspace(), **case.ball_options)
        per_entry = case.value.ndim == 2
        expected = np.sum(case.value, axis=-1, keepdims=True) if per_entry else case.value[:, None]
        yield from compare(rule.name, check, "losses", losses, expected)
        cotangent = balls(np.ones(logits.shape)) * weights if per_entry else weights[:, 0]
        pulled = rule.vjp(logits, targets, cotangent, **case.ball_options)[0]
        yield from compare(rule.name, check, "cotangent of logits", slopes, pulled)


def _same(rule: str, check: str, name: str, got: Any, expected: Any) -> Iterator[Finding]:
    got, expected = np.asarray(got), np.asarray(expected)
    different = np.argwhere(~((got == expected) | (np.isnan(got) & np.isnan(expected))))
    if len(different):
        at = tuple(int(k) for k in different[0])
        yield Mismatch(rule, check, f"{name}{position(at)}", f"{got[at]:.10g}", f"{expected[at]:.10g}")


def _identical(a: Any, b: Any) -> bool:
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
