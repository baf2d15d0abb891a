"""Errors of float64 and float32 results against balls, in units in the last place (ulp).

`float_errors` measures them for reports. `conditioned_errors` divides them by condition numbers, because `error_bound`
limits this quotient for sums of terms of both signs:

    error in ulp of y_i  /  max(1, sum of |terms of y_i| / |y_i|)

The terms are J[i, j] t_j for a pushforward and v_i J[i, j] for a pullback.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import flint
import numpy as np

from chainrule.algebra.ball import Ball, Undecided, nearest, precision
from chainrule.algebra.balls import Floats, balls, midpoints
from chainrule.arrays import holds_labels
from chainrule.checking.case import RuleCase, entries
from chainrule.checking.comparing import CERTAIN_BITS, Unchecked, digits, distinct_digits, position
from chainrule.checking.jacobians import times_tangents, transposed_times_cotangent

HALF_OF_THE_DIGITS = {"float64": 2.0**26, "float32": 2.0**12}
"""Errors in ulp above which fewer than half of the bits of a float are right."""


def ulp_errors(result: Any, reference: Any) -> Floats:
    """``|result - reference|`` over the distance between floats at the reference, entry by entry.

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
    return float(np.nanmax(errors, initial=0.0))


def rounded(case: RuleCase, dtype: Any) -> RuleCase | None:
    """The case at the inputs rounded to a dtype; None if some lie beyond the largest float."""
    with np.errstate(all="ignore"):
        inputs = tuple(x if holds_labels(x) else x.astype(dtype) for x in case.inputs)
    fits = all(np.isfinite(x).sum() == np.isfinite(y).sum() for x, y in zip(case.inputs, inputs, strict=True))
    return replace(case, inputs=inputs) if fits else None


def float_results(case: RuleCase) -> dict[str, tuple[Any, ...]]:
    """Value, J^T v and J t of the rule in the dtype of the inputs."""
    rule, inputs, options = case.rule, case.inputs, case.options
    found = {
        "value": (rule(*inputs, **options),),
        "vjp": entries(rule.vjp(*inputs, case.cotangent.astype(case.dtype), **options)),
    }
    if rule.pushforward is not None:
        tangents = tuple(None if t is None else t.astype(case.dtype) for t in case.tangents)
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


def float_errors(
    found: dict[str, float], case: RuleCase, check: str, lost: dict[str, str] | None = None
) -> Iterator[Unchecked]:
    """Store the largest errors by form and dtype in `found`, and say which could not be measured.

    `lost` gets the worst entry of each form of which fewer than half of the digits are right, in words.
    """
    for dtype in ("float64", "float32"):
        at = rounded(case, dtype)
        if at is None:
            yield Unchecked(dtype, "the inputs lie beyond the largest float")
            continue
        for form, given in float_results(at).items():
            results = tuple(None if x is None else np.asarray(x, at.dtype) for x in given)
            name = f"{form} {dtype}"
            found[name] = np.nan  # not measured
            try:
                errors = _errors(results, exact_results(at, form))
            except Undecided as reason:
                yield Unchecked(name, str(reason))
                continue
            except Exception:  # a user's rule may raise anything on balls; the checks in balls tell it
                continue
            if not np.isnan(errors).all():
                found[name] = worst(errors)
            if lost is not None and found[name] > HALF_OF_THE_DIGITS[dtype]:
                lost[name] = _worst_entry(at, form, results, exact_results(at, form))
            if np.isnan(errors).any():
                yield Unchecked(name, f"{np.isnan(errors).sum()} entries have no exact reference")


def _worst_entry(case: RuleCase, form: str, results: Sequence[Any], exact: Sequence[Any]) -> str:
    """The entry with the largest error in ulp, such as "x[1, 1]: got 0, exact 1e-8"."""
    named = zip(case.rule.inputs if form == "vjp" else [""], results, exact, strict=True)
    largest, words = -1.0, ""
    for name, x, y in named:
        if x is None or y is None or not np.size(x):
            continue
        errors = np.nan_to_num(ulp_errors(x, y), nan=-1.0, posinf=np.inf)
        at = tuple(int(k) for k in np.unravel_index(int(errors.argmax()), errors.shape))
        if errors[at] > largest:
            reference = np.broadcast_to(balls(y), errors.shape)[at]
            largest = float(errors[at])
            value = float(np.asarray(x)[at])
            got = distinct_digits(Ball(value), reference) if np.isfinite(value) else (str(value), digits(reference))
            words = f"{name}{position(at)}: got {got[0]}, exact {got[1]}".removeprefix(": ")
    return words


def _errors(results: Sequence[Any], exact: Sequence[Any], conditions: Sequence[Any] | None = None) -> Floats:
    """The errors of all entries of all results in ulp, divided by their condition numbers."""
    known = zip(results, exact, conditions or (1.0,) * len(results), strict=True)
    each = [ulp_errors(x, y) / condition for x, y, condition in known if x is not None and y is not None]
    return np.concatenate([np.zeros(0), *map(np.ravel, each)])


class References(NamedTuple):
    """Exact results of one rule at one point in one dtype, and the condition number of each entry, by form."""

    case: RuleCase
    exact: dict[str, tuple[Any, ...]]
    conditions: dict[str, tuple[Any, ...]]


def references(case: RuleCase, linear_in: tuple[str, ...] = ()) -> tuple[References, ...]:
    """References for float64 and float32; a dtype that cannot represent the inputs is left out.

    `linear_in` names the inputs in which the value is a sum of terms J[i, j] x_j.
    """
    cases = (rounded(case, dtype) for dtype in (np.float64, np.float32))
    return tuple(_references(at, linear_in) for at in cases if at is not None)


def conditioned_errors(
    right: tuple[References, ...], measured: dict[tuple[Any, ...], float] | None = None
) -> dict[str, float]:
    """The largest errors of value, vjp and jvp divided by the condition number, by form and dtype.

    `measured` keeps the errors of all results, so that equal results are measured once.

    >>> from chainrule import rules
    >>> case = RuleCase(rules.linear, (np.array([[1.0, 1.1]]), np.array([[1e17], [-1e17]])), {}, 300)
    >>> conditioned_errors(references(case, linear_in=("x",)))["value float64"] < 2
    True
    """
    found: dict[str, float] = {}
    measured = {} if measured is None else measured
    with np.errstate(all="ignore"):
        for case, exact, conditions in right:
            for form, results in float_results(case).items():
                key = form, case.dtype, *(None if x is None else _bits(x) for x in results)
                if key not in measured:
                    measured[key] = worst(_errors(results, exact[form], conditions[form]))
                found[f"{form} {case.dtype}"] = measured[key]
    return found


def _bits(x: Any) -> Any:
    """Equal for equal floats; an array of objects equals only itself."""
    array = np.asarray(x)
    return object() if array.dtype == object else (array.dtype, array.shape, array.tobytes())


def _references(case: RuleCase, linear_in: tuple[str, ...]) -> References:
    forms = ["value", "vjp"] + ["jvp"] * (case.rule.pushforward is not None)
    exact = {form: exact_results(case, form) for form in forms}
    given = case.rule.jacobian_matrix is not None
    jacobian = exact_results(case, "jacobian") if given else (None,) * len(case.inputs)
    summed = tuple(x if name in linear_in else None for name, x in zip(case.rule.inputs, case.inputs, strict=True))
    with precision(case.bits):
        matrices = _magnitudes(jacobian)
        pulled = tuple(
            None if matrix is None else transposed_times_cotangent(matrix, abs(case.cotangent), x.shape)
            for x, matrix in zip(case.inputs, matrices, strict=True)
        )
        sizes = {
            "value": (times_tangents(matrices, _magnitudes(summed), case.value.shape),),
            "vjp": pulled,
            "jvp": (times_tangents(matrices, _magnitudes(case.tangents), case.value.shape),),
        }
    conditions = {form: tuple(map(_condition, sizes[form], exact[form])) for form in forms}
    return References(case, exact, conditions)


def _magnitudes(arrays: Sequence[Any]) -> list[Any]:
    return [None if x is None else abs(x) for x in arrays]


def _condition(sizes: Any, exact: Any) -> Any:
    """max(1, sizes / |exact|), and 1 where it is not known."""
    if sizes is None or exact is None:
        return 1.0
    with np.errstate(all="ignore"):
        relative = midpoints(sizes) / np.maximum(np.abs(midpoints(exact)), np.finfo(np.float64).tiny)
    return np.maximum(np.where(np.isfinite(relative), relative, 1.0), 1.0)
