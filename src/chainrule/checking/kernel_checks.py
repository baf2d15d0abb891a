"""Comparison of a rule's kernel with the rule: in balls, in floats, and in buffers that were used before.

Balls are compared exactly. Floats may differ from the rule's balls by a few roundings of the largest number among
inputs and results. A kernel may lose digits of small entries; the rule keeps every entry within its `error_bound`.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from chainrule.algebra.ball import precision
from chainrule.algebra.balls import balls, midpoints
from chainrule.arrays import holds_labels
from chainrule.checking.case import RuleCase, draw
from chainrule.checking.comparing import Finding, Mismatch, Unchecked, compare, position
from chainrule.kernels import Kernel, kernel_of, registered
from chainrule.kernels.kernel import adapter
from chainrule.workspace import Workspace

FLOAT_UNITS = 16
"""Largest error of a kernel and of a Jacobian, in ulp of the largest number among inputs and results. The largest error
measured over all examples of all rules is 5 ulp; a softmax without its shift has no correct digit."""


def agrees(case: RuleCase, check: str) -> Iterator[Finding]:
    """Output and cotangents in balls."""
    if registered(case.rule):
        for name, fast, exact in zip(_names(case), case.fast, (case.value, *case.vjp), strict=True):
            yield from compare(case.rule.name, check, name, fast, exact)


def agrees_in_floats(case: RuleCase, check: str) -> Iterator[Finding]:
    """Output and cotangents in float64: close to the balls, in the given buffers, and equal in used buffers.

    A rule without a kernel is called through the adapter.
    """
    rule, inputs = case.rule, _in_float64(case)
    expected = _in_floats(case, inputs, case.buffers(_nan), Workspace())
    if case.finite.all() and all(np.isfinite(x).all() for x in inputs):
        largest = max(1.0, *(float(np.max(np.abs(x), initial=0)) for x in inputs))
        sizes = largest * largest, *[float(np.sum(np.abs(case.cotangent))) * largest] * len(inputs)
        for name, got, right, size in zip(_names(case), expected, (case.value, *case.vjp), sizes, strict=True):
            if got is not None and right is not None:
                yield from close(rule.name, check, name, got, right, size)
    buffers, work = case.buffers(_nan), Workspace()
    others = tuple(
        x / 2 if differentiable else x for x, differentiable in zip(inputs, case.differentiable, strict=True)
    )
    # The first round leaves other numbers in every buffer.
    _in_floats(case, others, buffers, work)
    results = _in_floats(case, inputs, buffers, work)
    for name, buffer, result, right in zip(_names(case), buffers, results, expected, strict=True):
        if buffer is None or right is None:
            continue
        if result is not buffer:
            yield Mismatch(rule.name, check, name, "another array", "the array given as out")
        yield from _near(rule.name, check, name, buffer, right)
    if len(inputs) > 1:
        yield from _one_by_one(case, check, expected, work)
    elif rule.needs == "output":
        kernel, over, beside = kernel_of(rule), inputs[0].copy(), np.array(case.cotangent, np.float64)
        _, kept = kernel.forward(over, out=over, work=work)
        yield from _near(rule.name, check, "output over the input", over, expected[0])
        kernel.pullback(kept, beside, out=beside, work=work)
        yield from _near(rule.name, check, "cotangent over the cotangent", beside, expected[1])


def _one_by_one(case: RuleCase, check: str, expected: tuple[Any, ...], work: Workspace) -> Iterator[Finding]:
    """Check that a kernel computes only the wanted cotangents: for None in `out` it returns None."""
    names = _names(case)
    for i, right in enumerate(expected[1:], start=1):
        if right is None:
            continue
        wanted = [_nan(x.shape) if j in (0, i) else None for j, x in enumerate((case.value, *case.inputs))]
        results = _in_floats(case, _in_float64(case), wanted, work)
        yield from _near(case.rule.name, check, f"{names[i]} alone", wanted[i], right)
        for name, result in zip(names[1:], results[1:], strict=True):
            if name != names[i] and result is not None:
                yield Mismatch(case.rule.name, check, f"{name}, not wanted", "an array", "None")


def _names(case: RuleCase) -> tuple[str, ...]:
    """Names of the results of a kernel."""
    return "output", *(f"cotangent of {name}" for name in case.rule.inputs)


def _in_floats(case: RuleCase, inputs: Any, buffers: list[Any], work: Workspace) -> tuple[Any, ...]:
    """Output and cotangents by the kernel in float64."""
    return case.by_kernel(inputs, np.array(case.cotangent, np.float64), case.options, buffers, work)


def has_fused(case: RuleCase) -> bool:
    """True if the kernel's value and pullback takes these logits: finite rows, with targets that sum to one."""
    return _takes_rows(case) and not _has_other_sums(case) and bool(np.isfinite(case.inputs[0]).all())


def _takes_rows(case: RuleCase) -> bool:
    kernel, logits = registered(case.rule), case.inputs[0]
    return bool(kernel and kernel.value_and_pullback and logits.ndim == 2 and len(logits))


def _has_other_sums(case: RuleCase) -> bool:
    """True if a row of targets does not sum to one, which does not occur in training."""
    soft = "targets" in case.rule.integers and not holds_labels(case.inputs[1])
    return soft and any(sum(map(Fraction, row)) != 1 for row in case.inputs[1].tolist())


def fused(case: RuleCase, kernel: Kernel | None = None) -> tuple[Any, Any]:
    """Losses and logit cotangents from a kernel's value and pullback, in balls; by default the rule's kernel."""
    value_and_pullback: Any = (kernel or kernel_of(case.rule)).value_and_pullback
    logits, targets = case.ball_inputs
    buffers = balls(np.zeros((len(logits), 1))), balls(np.zeros(logits.shape))
    with precision(case.bits):
        value_and_pullback(logits, targets, balls(_weights(logits)), out=buffers, work=Workspace(), **case.ball_options)
    return buffers


def _weights(logits: Any) -> Any:
    return np.abs(draw(7, (len(logits), 1)))


def fused_agrees(case: RuleCase, check: str) -> Iterator[Finding]:
    """The kernel's value and pullback of a loss against the loss and its pullback, in balls."""
    if not _takes_rows(case):
        return
    if _has_other_sums(case):
        yield Unchecked(check, "it is for rows of targets that sum to one")
        return
    names = ("losses", "cotangent of logits")
    for name, got, expected in zip(names, fused(case), fused(case, adapter(case.on_balls)), strict=True):
        yield from compare(case.rule.name, check, name, got, expected)


def fused_agrees_in_floats(case: RuleCase, check: str) -> Iterator[Finding]:
    """The kernel's value and pullback in float64, with slopes in a buffer of their own and over the logits."""
    if not has_fused(case):
        return
    name, (logits, targets) = case.rule.name, _in_float64(case)
    value_and_pullback: Any = kernel_of(case.rule).value_and_pullback
    weights, over = _weights(logits), logits.copy()
    expected_losses, expected_slopes = fused(case, adapter(case.on_balls))
    for given, slopes in ((logits, _nan(logits.shape)), (over, over)):
        buffers, constants = (_nan((len(logits), 1)), slopes), (targets.copy(), weights.copy())
        results = value_and_pullback(given, *constants, out=buffers, work=Workspace(), **case.options)
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
    reference = np.where(_says_nothing(expected), got, reference) if np.shape(got) == reference.shape else reference
    size = max(size, float(np.max(np.abs(reference), initial=0, where=np.isfinite(reference))))
    if np.isfinite(size):
        yield from _near(rule, check, name, np.asarray(got), reference, FLOAT_UNITS * float(np.spacing(size)))


def _says_nothing(expected: Any) -> Any:
    """True where balls of these bits say nothing, so that there is nothing to compare with."""
    exact: Any = balls(expected)
    return np.reshape([ball.says_nothing() for ball in exact.flat], exact.shape)


def _near(rule: str, check: str, name: str, got: Any, expected: Any, error: float = 0.0) -> Iterator[Mismatch]:
    """A mismatch for the first entry with a larger error, or for another shape."""
    if np.shape(got) != np.shape(expected):
        yield Mismatch(rule, check, f"shape of {name}", str(np.shape(got)), str(np.shape(expected)))
        return
    right = np.isclose(got, expected, rtol=0, atol=error, equal_nan=True)
    for at in map(tuple, np.argwhere(~right)[:1].tolist()):
        count = 10 if f"{got[at]:.10g}" != f"{expected[at]:.10g}" else 17
        yield Mismatch(rule, check, f"{name}{position(at)}", f"{got[at]:.{count}g}", f"{expected[at]:.{count}g}")


def _in_float64(case: RuleCase) -> tuple[Any, ...]:
    return tuple(x if holds_labels(x) else np.array(x, np.float64) for x in case.inputs)


def _nan(shape: tuple[int, ...]) -> Any:
    return np.full(shape, np.nan)
