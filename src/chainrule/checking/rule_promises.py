"""Checks of what a rule promises besides formulas: inputs left alone, shapes, dtypes, numbers, flags of its record.

A promise that is broken does harm later: training overwrites buffers and evaluates large arrays in blocks of rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import to_numpy
from chainrule.checking.case import RuleCase, draw, entries
from chainrule.checking.comparing import Finding, Mismatch, position
from chainrule.checking.floats import float_results, rounded
from chainrule.checking.user_code.rebinding import names_in
from chainrule.rules import Rule

MOST_PARTS = 8
"""Most rows, or entries, that are evaluated by themselves."""

APART = 1e-6
"""Largest difference, relative to the largest result, between a row by itself and the same row among others."""

AS_FLOAT32 = "float32: write constants as Python floats, float(np.sqrt(2)) for np.sqrt(2), and arrays in x.dtype"
ARRAYS_AS_FLOAT32 = "float32: {} may make a float64 array there: give it dtype=x.dtype, or .astype(x.dtype)"

MAKERS = {"one_hot", "where", "zeros", "ones", "full", "eye", "identity", "linspace", "array", "interp", "arange"}
"""Functions whose arrays are float64 unless they are given a dtype."""


def on_copies(rule: Rule) -> Rule:
    """The rule, which gets copies of its inputs.

    >>> changing = Rule("doubled", lambda x: (np.multiply(x, 2, out=x), ()), lambda residuals, v: 2 * v)
    >>> x = np.ones(2)
    >>> on_copies(changing)(x), x
    (array([2., 2.]), array([1., 1.]))
    """
    forward = rule.forward
    return replace(rule, forward=lambda *inputs, **options: forward(*[np.array(x) for x in inputs], **options))


def changes_inputs(rule: Rule, inputs: Sequence[Any], options: Mapping[str, Any]) -> str | None:
    """The first input that the forward or a pullback writes to; None if they leave all alone, or raise.

    >>> changing = Rule("doubled", lambda x: (np.multiply(x, 2, out=x), ()), lambda residuals, v: 2 * v)
    >>> changes_inputs(changing, [np.ones(2)], {})
    'x'
    """
    given = [np.array(x) for x in inputs]
    try:
        with np.errstate(all="ignore"):
            output = rule(*given, **options)
            rule.vjp(*given, np.ones(np.shape(output), output.dtype), **options)
    except Exception:  # a user's rule may raise anything; the checks report it
        return None
    return next((name for name, x, y in zip(rule.inputs, inputs, given, strict=True) if not _same(x, y)), None)


def keeps_inputs(case: RuleCase, check: str) -> Iterator[Finding]:
    """Check that inputs are unmodified, that results have the right shapes and dtypes, and that none is NaN."""
    name, inputs = case.rule.name, case.inputs
    given = replace(case, inputs=tuple(np.array(x, copy=True) for x in inputs))
    results = float_results(given)
    kept = [("the output", results["value"][0], case.finite.shape)]
    kept += [("the output's tangent", tangent, case.finite.shape) for tangent in results.get("jvp", ())]
    pulled = zip(case.rule.inputs, inputs, case.differentiable, results["vjp"], strict=True)
    kept += [
        (f"cotangent of {x_name}", result, x.shape) for x_name, x, differentiable, result in pulled if differentiable
    ]
    finite = all(np.isfinite(x).all() for x in inputs)
    for what, result, shape in kept:
        if result is None:
            yield Mismatch(name, check, what, "None", "an array")
            continue
        if tuple(result.shape) != tuple(shape):
            yield Mismatch(name, check, f"shape of {what}", str(tuple(result.shape)), str(tuple(shape)))
        if result.dtype != case.dtype:
            yield Mismatch(name, check, f"dtype of {what}", str(result.dtype), str(case.dtype))
        elif finite and np.isnan(result).any():
            yield Mismatch(
                name, check, what, f"NaN for {_first_inputs(case)}", "numbers, or check= that refuses inputs"
            )
    for x_name, x, changed in zip(case.rule.inputs, inputs, given.inputs, strict=True):
        if not _same(x, changed):
            yield Mismatch(name, check, x_name, "overwritten", "left alone")
    yield from _narrow(case, check)


def _narrow(case: RuleCase, check: str) -> Iterator[Finding]:
    """Check that results are float32 where all inputs are."""
    at = rounded(case, np.float32) if case.dtype == np.float64 else None
    if at is None:
        return
    at = replace(at, inputs=tuple(np.array(x) for x in at.inputs))
    results = float_results(at)
    named = [
        ("the output", results["value"][0], at.rule.forward),
        *zip([f"cotangent of {x}" for x in at.rule.inputs], results["vjp"], at.rule.in_order, strict=True),
    ]
    for what, result, part in named:
        if result is not None and result.dtype == np.float64:
            yield Mismatch(case.rule.name, check, f"dtype of {what} for float32 inputs", "float64", _in_float32(part))
            return


def _in_float32(function: Any) -> str:
    """Advice for a function of a rule that does not keep float32."""
    makers = sorted(MAKERS.intersection(names_in(function.__code__))) if hasattr(function, "__code__") else []
    return ARRAYS_AS_FLOAT32.format(" or ".join(makers)) if makers else AS_FLOAT32


def broken_flags(rule: Rule, inputs: Sequence[Any], options: Mapping[str, Any]) -> list[Mismatch]:
    """The flags that a rule breaks at some inputs.

    >>> centred = Rule("centred", lambda x: (x - x.mean(axis=0), ()), lambda r, v: v - v.mean(axis=0), rowwise=True)
    >>> print(*broken_flags(centred, [np.array([[1.0], [3.0]])], {}))
    centred: rows by themselves: rowwise=True: output[0]: got [[0.]] alone, expected [[-1.]] as in all
    """
    try:
        return list(keeps_flags(RuleCase(rule, tuple(map(to_numpy, inputs)), dict(options), 300), "rows by themselves"))
    except Exception:  # a user's rule may raise anything; the proof was possible, so that the formulas are known
        return []


def keeps_flags(case: RuleCase, check: str) -> Iterator[Mismatch]:
    """Check `elementwise`, `rowwise` and the kind "activation", by which networks and large calls treat the rule."""
    rule = case.rule
    if rule.kind == "activation" and case.finite.shape != case.inputs[0].shape:
        text = f"{case.finite.shape} for an input of shape {case.inputs[0].shape}"
        yield Mismatch(rule.name, check, "shape of the output", text, "the same shape, or kind='map'")
    if not (rule.elementwise or rule.rowwise) or not all(np.isfinite(x).all() for x in case.inputs):
        return
    flag = "elementwise" if rule.elementwise else "rowwise"
    many = _several(case, by_entries=rule.elementwise)
    if many is None:
        return
    with np.errstate(all="ignore"):
        output, residuals = rule.output_and_residuals(*many, **case.options)
        if np.shape(output)[:1] != np.shape(many[0])[:1]:
            shapes = str(np.shape(output)), f"{len(many[0])} rows, as the inputs have"
            yield Mismatch(rule.name, check, f"{flag}=True: shape of the output", *shapes)
            return
        cotangent = draw(98, output.shape)
        together = [output, *entries(rule.pullback(residuals, cotangent))]
        for at in range(min(len(many[0]), MOST_PARTS)):
            part = slice(at, at + 1)
            output, residuals = rule.output_and_residuals(*[x[part] for x in many], **case.options)
            alone = [output, *entries(rule.pullback(residuals, cotangent[part]))]
            for name, whole, mine in zip(("output", *rule.inputs), together, alone, strict=True):
                if whole is not None and mine is not None and not _near(mine, whole[part], whole):
                    what = f"{flag}=True: {name}{position((at,))}"
                    yield Mismatch(rule.name, check, what, f"{_short(mine)} alone", f"{_short(whole[part])} as in all")
                    return


def _near(x: Any, y: Any, among: Any) -> bool:
    size = np.max(np.abs(among), initial=0.0, where=np.isfinite(among))
    return np.shape(x) == np.shape(y) and np.allclose(x, y, 0, APART * size, equal_nan=True)


def _several(case: RuleCase, *, by_entries: bool) -> list[Any] | None:
    """The inputs with two parts or more along their first axis; None if the rule refuses them."""
    given = [np.array(x) for x in case.inputs]
    if by_entries:
        given = [x.reshape(-1) for x in given]
    elif given[0].ndim < 2:
        given = [x[None] for x in given]
    if len(given[0]) == 1:
        given = [np.concatenate([x, x / 2 if k == 0 else x]) for k, x in enumerate(given)]
    try:
        output = case.rule(*given, **case.options)
    except ValueError:  # outside of the domain
        return None
    return given if len(given[0]) > 1 and np.size(output) else None


def _short(x: Any) -> str:
    return np.array2string(np.asarray(x), precision=6, threshold=4, edgeitems=2).replace("\n", "")


def _first_inputs(case: RuleCase) -> str:
    return ", ".join(f"{name} = {_short(x)}" for name, x in zip(case.rule.inputs, case.inputs, strict=True))


def _same(x: Any, y: Any) -> bool:
    return np.array_equal(x, y, equal_nan=np.asarray(x).dtype.kind == "f")
