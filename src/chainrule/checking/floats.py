"""Errors of float64 and float32 results against balls, in units in the last place (ulp)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import flint
import numpy as np

from chainrule.arrays import holds_labels
from chainrule.checking.ball import Ball, Undecided, nearest
from chainrule.checking.balls import Floats, balls
from chainrule.checking.case import Case, entries
from chainrule.checking.rule_report import Unchecked


def ulp_errors(result: Any, reference: Any) -> Floats:
    """|result - reference| over the distance between floats at the reference, entry by entry.

    A correctly rounded result has an error of at most 1/2. An infinity has error 0 if the reference is beyond the
    largest float, and nan or another infinity has an infinite error. The error is nan (not measured) if the reference
    is not a number or has a radius above 1/8 ulp.

    >>> ulp_errors(np.array([1.0, 1.0 + 2**-52]), balls([1, 1]))
    array([0., 1.])
    """
    floats = np.asarray(result)
    references = np.broadcast_to(balls(reference), floats.shape)
    errors = [_ulp_error(x, ball, floats.dtype.type) for x, ball in zip(floats.flat, references.flat, strict=True)]
    return np.array(errors, dtype=np.float64).reshape(floats.shape)


def _ulp_error(x: Any, ball: Any, dtype: Any) -> float:
    if ball.says_nothing():
        return np.nan
    with np.errstate(over="ignore", under="ignore"):
        rounded = dtype(nearest(ball))
    if not np.isfinite(rounded) or not np.isfinite(x):
        return 0.0 if rounded == x else np.inf
    unit = flint.arb(float(np.spacing(abs(rounded))))
    if not ball.value.rad() < unit / 8:
        return np.nan
    return nearest(Ball((flint.arb(float(x)) - ball.value).abs_upper() / unit))


def worst(errors: Floats) -> float:
    """The largest error that is not nan; 0 if there is none.

    >>> worst(np.array([0.5, np.nan]))
    0.5
    """
    known = errors[~np.isnan(errors)]
    return float(known.max()) if known.size else 0.0


def float_errors(case: Case) -> tuple[dict[str, float], list[Unchecked]]:
    """The largest errors by form and dtype, and the forms that could not be measured."""
    found: dict[str, float] = {}
    unmeasured: list[Unchecked] = []
    for dtype in (np.float64, np.float32):
        name = np.dtype(dtype).name
        with np.errstate(all="ignore"):
            inputs = tuple(x if holds_labels(x) else x.astype(dtype) for x in case.inputs)
        if any(np.isfinite(x).sum() != np.isfinite(y).sum() for x, y in zip(case.inputs, inputs, strict=True)):
            unmeasured.append(Unchecked(name, "the inputs lie beyond the largest float"))
            continue
        rounded = replace(case, inputs=inputs)
        with np.errstate(all="ignore"):
            results = dict(_results(rounded, dtype))
        for form, result in results.items():
            errors, reason = _against_balls(rounded, form, result)
            found[f"{form} {name}"] = worst(errors)
            if reason:
                unmeasured.append(Unchecked(f"{form} {name}", reason))
    return found, unmeasured


def _results(case: Case, dtype: Any) -> Iterator[tuple[str, Any]]:
    rule, options = case.rule, case.options
    yield "value", (rule(*case.inputs, **options),)
    yield "vjp", entries(rule.vjp(*case.inputs, case.cotangent.astype(dtype), **options))
    if rule.pushforward is not None:
        tangents = tuple(None if t is None else t.astype(dtype) for t in case.tangents)
        yield "jvp", (rule.jvp(*case.inputs, *tangents, **options),)


def _against_balls(case: Case, form: str, results: tuple[Any, ...]) -> tuple[Floats, str]:
    """All errors of one form, and the reason if some could not be measured."""
    errors, reason = np.zeros(0), ""
    for more in (1, 4, 16):
        exact = replace(case, bits=more * case.bits)
        try:
            references = entries(getattr(exact, form))
        except Undecided as undecided:
            reason = str(undecided)
            continue
        errors = np.concatenate(
            [
                ulp_errors(result, reference).ravel()
                for result, reference in zip(results, references, strict=True)
                if result is not None and reference is not None
            ]
            or [np.zeros(0)]
        )
        reason = f"{int(np.isnan(errors).sum())} entries have no exact reference" if np.isnan(errors).any() else ""
        if not reason:
            break
    return errors, reason
