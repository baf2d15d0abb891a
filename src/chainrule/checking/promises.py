"""Promises of each rule other than right numbers: inputs unmodified, shapes and dtypes kept."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.arrays import holds_labels
from chainrule.checking.case import RuleCase
from chainrule.checking.floats import float_results
from chainrule.checking.rule_report import Finding, Mismatch


def keeps_inputs(case: RuleCase, check: str) -> Iterator[Finding]:
    """Check that inputs are unmodified, and that results have the dtype and cotangents the shape of the inputs."""
    rule, inputs = case.rule, case.inputs
    before = [np.array(x, copy=True) for x in inputs]
    dtype = np.result_type(*(x for x in inputs if not holds_labels(x)))
    results = float_results(case)
    yield from _kept(rule.name, check, "the output", results["value"][0], case.value.shape, dtype)
    for name, x, moves, result in zip(rule.inputs, inputs, case.movable, results["vjp"], strict=True):
        if moves and result is None:
            yield Mismatch(rule.name, check, f"cotangent of {name}", "None", "an array")
        elif moves:
            yield from _kept(rule.name, check, f"cotangent of {name}", result, x.shape, dtype)
    for tangent in results.get("jvp", ()):
        yield from _kept(rule.name, check, "the output's tangent", tangent, case.value.shape, dtype)
    for name, x, copy in zip(rule.inputs, inputs, before, strict=True):
        if not np.array_equal(x, copy, equal_nan=x.dtype.kind == "f"):
            yield Mismatch(rule.name, check, name, "overwritten", "left alone")


def _kept(rule: str, check: str, what: str, result: Any, shape: tuple[int, ...], dtype: Any) -> Iterator[Finding]:
    if tuple(result.shape) != tuple(shape):
        yield Mismatch(rule, check, f"shape of {what}", str(tuple(result.shape)), str(tuple(shape)))
    if result.dtype != dtype:
        yield Mismatch(rule, check, f"dtype of {what}", str(result.dtype), str(dtype))
