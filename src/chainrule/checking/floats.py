"""Errors of float64 and float32 results against balls, in units in the last place (ulp)."""

from dataclasses import replace
from typing import Any

import flint
import numpy as np

from chainrule.arrays import holds_labels
from chainrule.checking.ball import Ball, Undecided, nearest
from chainrule.checking.balls import Floats, balls
from chainrule.checking.case import RuleCase, entries
from chainrule.checking.comparing import CERTAIN_BITS
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


def rounded(case: RuleCase, dtype: Any) -> RuleCase | None:
    """The case at the inputs rounded to a dtype; None if some lie beyond the largest float."""
    with np.errstate(all="ignore"):
        inputs = tuple(x if holds_labels(x) else x.astype(dtype) for x in case.inputs)
    fits = all(np.isfinite(x).sum() == np.isfinite(y).sum() for x, y in zip(case.inputs, inputs, strict=True))
    return replace(case, inputs=inputs) if fits else None


def float_results(case: RuleCase) -> dict[str, tuple[Any, ...]]:
    """Value, J^T v and J t of the rule in the dtype of the inputs."""
    rule, inputs, options = case.rule, case.inputs, case.options
    dtype = np.result_type(*(x for x in inputs if not holds_labels(x)))
    found = {
        "value": (rule(*inputs, **options),),
        "vjp": entries(rule.vjp(*inputs, case.cotangent.astype(dtype), **options)),
    }
    if rule.pushforward is not None:
        tangents = tuple(None if t is None else t.astype(dtype) for t in case.tangents)
        found["jvp"] = (rule.jvp(*inputs, *tangents, **options),)
    return found


def exact_results(case: RuleCase, form: str) -> tuple[Any, ...]:
    """The value, vjp, jvp or jacobian as balls, with 4 or 16 times the bits while an entry is uncertain.

    Raises
    ------
    Undecided
        If not even 16 times the bits decide.
    """
    for sharper in case.sharper:
        try:
            results = entries(getattr(sharper, form))
        except Undecided:
            if sharper is case.sharper[-1]:
                raise
            continue
        if not any(_is_uncertain(ball) for x in results if x is not None for ball in x.flat):
            break
    return results


def _is_uncertain(ball: Any) -> bool:
    return not ball.says_nothing() and ball.value.rel_accuracy_bits() < CERTAIN_BITS and not ball.value.is_exact()


def float_errors(case: RuleCase) -> tuple[dict[str, float], list[Unchecked]]:
    """The largest errors by form and dtype, and the forms that could not be measured."""
    found: dict[str, float] = {}
    unmeasured: list[Unchecked] = []
    for dtype in ("float64", "float32"):
        at = rounded(case, dtype)
        if at is None:
            unmeasured.append(Unchecked(dtype, "the inputs lie beyond the largest float"))
            continue
        with np.errstate(all="ignore"):
            results = float_results(at)
        for form, given in results.items():
            name = f"{form} {dtype}"
            try:
                pairs = zip(given, exact_results(at, form), strict=True)
            except Undecided as reason:
                found[name] = 0.0
                unmeasured.append(Unchecked(name, str(reason)))
                continue
            each = [ulp_errors(x, y).ravel() for x, y in pairs if x is not None and y is not None]
            errors = np.concatenate([np.zeros(0), *each])
            found[name] = worst(errors)
            if np.isnan(errors).any():
                unmeasured.append(Unchecked(name, f"{np.isnan(errors).sum()} entries have no exact reference"))
    return found, unmeasured
