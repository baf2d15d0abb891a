"""Float errors divided by the condition number: the quantity that `error_bound` limits for sums of both signs.

    error in ulp of y_i  /  max(1, sum of |terms of y_i| / |y_i|)

The terms are J[i, j] t_j for a pushforward and v_i J[i, j] for a pullback. Without cancellation the condition number
is 1, and the bound is in units in the last place (ulp).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from chainrule.arrays import holds_labels
from chainrule.checking.ball import Undecided, precision
from chainrule.checking.balls import balls, midpoints
from chainrule.checking.case import Case, entries
from chainrule.checking.floats import ulp_errors, worst
from chainrule.checking.jacobians import times_tangent, transposed_times_cotangent
from chainrule.rules import Rule


class References(NamedTuple):
    """Exact results of one rule at one point in one dtype, in balls, and the sums of |terms| of each result."""

    case: Case
    value: Any
    vjp: tuple[Any, ...]
    jvp: Any
    sizes_of_value: Any
    sizes_of_vjp: tuple[Any, ...]
    sizes_of_jvp: Any


def references(case: Case, linear_in: tuple[str, ...] = ()) -> tuple[References, ...]:
    """References for float64 and float32; a dtype that cannot represent the inputs is left out.

    `linear_in` names the inputs in which the value is a sum of terms J[i, j] x_j.
    """
    found = []
    for dtype in (np.float64, np.float32):
        with np.errstate(all="ignore"):
            inputs = tuple(x if holds_labels(x) else x.astype(dtype) for x in case.inputs)
        if all(np.isfinite(x).sum() == np.isfinite(y).sum() for x, y in zip(case.inputs, inputs, strict=True)):
            found.append(_references(replace(case, inputs=inputs), dtype, linear_in))
    return tuple(found)


def conditioned_errors(rule: Rule, right: tuple[References, ...]) -> dict[str, float]:
    """The largest errors of value, vjp and jvp divided by the condition number, by form and dtype.

    >>> from chainrule import rules
    >>> case = Case(rules.linear, (np.array([[1.0, 1.1]]), np.array([[1e17], [-1e17]])), {}, 300)
    >>> conditioned_errors(rules.linear, references(case, linear_in=("x",)))["value float64"] < 2
    True
    """
    found: dict[str, float] = {}
    with np.errstate(all="ignore"):
        for each in right:
            for form, result, reference, sizes in _forms(rule, each):
                relative = sizes / np.maximum(np.abs(midpoints(reference)), np.finfo(np.float64).tiny)
                relative = np.where(np.isfinite(relative), relative, 1.0)
                error = worst(ulp_errors(result, reference) / np.maximum(relative, 1.0))
                name = f"{form} {np.asarray(result).dtype}"
                found[name] = max(error, found.get(name, 0.0))
    return found


def _forms(rule: Rule, right: References) -> Iterator[tuple[str, Any, Any, Any]]:
    """Tuples of form, float result, ball result and sum of |terms|."""
    case, options = right.case, right.case.options
    dtype = np.result_type(*(x for x in case.inputs if not holds_labels(x)))
    yield "value", rule(*case.inputs, **options), right.value, right.sizes_of_value
    pulled = entries(rule.vjp(*case.inputs, case.cotangent.astype(dtype), **options))
    for got, reference, sizes in zip(pulled, right.vjp, right.sizes_of_vjp, strict=True):
        if got is not None and reference is not None:
            yield "vjp", got, reference, np.zeros(np.shape(got)) if sizes is None else sizes
    if rule.pushforward is not None:
        tangents = tuple(None if t is None else t.astype(dtype) for t in case.tangents)
        yield "jvp", rule.jvp(*case.inputs, *tangents, **options), right.jvp, right.sizes_of_jvp


def _sizes(case: Case, jacobian: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    total = np.zeros(case.value.shape)
    with precision(case.bits):
        for matrix, tangent in zip(jacobian, tangents, strict=True):
            if matrix is not None and tangent is not None:
                total = total + midpoints(times_tangent(abs(matrix), np.abs(tangent), total.shape))
    return total


def _references(case: Case, dtype: Any, linear_in: tuple[str, ...]) -> References:
    """The references, with 4 or 16 times the bits if an entry is too wide."""
    given = case.rule.jacobian_matrix is not None
    for more in (1, 4, 16):
        exact = replace(case, bits=more * case.bits)
        try:
            value, vjp = exact.value, exact.vjp
            jvp = exact.jvp if case.rule.pushforward is not None else balls(np.zeros(0))
            jacobian = exact.jacobian if given else (None,) * len(case.inputs)
        except Undecided:
            if more == 16:
                raise
            continue
        wide = (x for x in (value, jvp, *vjp) if x is not None for ball in x.flat if _is_wide(ball))
        if next(wide, None) is None:
            break
    cotangent = np.abs(case.cotangent.astype(dtype))
    with precision(exact.bits):
        pulled = tuple(
            np.zeros(x.shape)
            if matrix is None
            else midpoints(transposed_times_cotangent(abs(matrix), cotangent, x.shape))
            for x, matrix in zip(case.inputs, jacobian, strict=True)
        )
    summed = tuple(x if n in linear_in else None for n, x in zip(case.rule.inputs, case.inputs, strict=True))
    return References(
        exact, value, vjp, jvp, _sizes(exact, jacobian, summed), pulled, _sizes(exact, jacobian, exact.tangents)
    )


def _is_wide(ball: Any) -> bool:
    return not ball.says_nothing() and ball.value.rel_accuracy_bits() < 60 and not ball.value.is_exact()
