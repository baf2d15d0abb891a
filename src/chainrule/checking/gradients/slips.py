"""Search for a single slip that explains a wrong derivative.

The claimed derivatives are compared with the true ones after a common mistake: a sign, a factor, a transposition, only
the diagonal, a missing sum over an axis, the value in place of the derivative, targets assumed to sum to one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from chainrule.checking.gradients.claims import Claim, Index

NEAR, NEAR_FLOATS = 1e-7, 1e-4
"""Relative differences up to which derivatives count as equal, if known from balls and if estimated from floats."""


@dataclass(frozen=True)
class Near:
    """A comparison of two arrays of derivatives up to a relative difference."""

    relative: float

    def __call__(self, a: Any, b: Any) -> bool:
        """True if all entries agree."""
        a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
        if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
            return False
        scale = np.maximum(abs(a), abs(b))
        floor = 1e-6 * self.relative * (scale.max() if scale.size else 0.0)
        return bool((abs(a - b) <= self.relative * scale + floor).all())


Seen = Mapping[tuple[int, Index, Index], tuple[float, float]]


def explain(
    claim: Claim,
    seen: Seen,
    inputs: tuple[Any, ...],
    value: Any,
    matrices: Callable[[], Mapping[int, tuple[Any, Any]]],
    holds_when_normalised: Callable[[], str | None],
    *,
    relative: float = NEAR,
) -> str | None:
    """The slip in a few words; None if no single slip explains the differences.

    Parameters
    ----------
    claim : Claim
    seen : mapping
        Claimed and true derivatives by (input, entry of the input, entry of the output).
    inputs : tuple of arrays
    value : array
        The function's value.
    matrices : callable
        Returns the claimed and true Jacobians (outputs x inputs) by input, if they can be computed.
    holds_when_normalised : callable
        Returns the name of an input for which the claim holds once its rows sum to one; or None.
    relative : float
        NEAR or NEAR_FLOATS.
    """
    near = Near(relative)
    wrong = sorted({i for (i, _, _), (got, true) in seen.items() if not near([got], [true])})
    if not wrong:
        return None
    pairs = {i: _vectors(seen, i) for i in wrong}
    for test in (_sign, _factor):
        found = {test(near, *pairs[i]) for i in wrong}
        if len(found) == 1 and None not in found:
            return _with_rows(str(found.pop()), inputs)
    normalised = holds_when_normalised()
    if normalised is not None:
        return f"it holds only when {normalised} sum to one"
    whole = matrices()
    for test_matrix in (_diagonal, _transposed):
        if whole and all(i in whole and test_matrix(near, *whole[i]) for i in wrong):
            return test_matrix(near, *whole[wrong[0]])
    reasons = [_entrywise(near, claim, i, *pairs[i], inputs, value) for i in wrong]
    same_gradient = [_transposed_gradient(near, claim, seen, i) for i in wrong]
    if all(same_gradient):
        return same_gradient[0]
    if reasons[0] is not None and len(set(reasons)) == 1:
        return reasons[0]
    return None


def explain_shape(claim: Claim, index: int, got: Any, true: Any) -> str | None:
    """The slip behind a derivative of wrong shape: transposed, or summed over wrong axes."""
    near = Near(NEAR)
    if got is None or true is None or got.dtype.kind not in "f":
        return None
    if got.ndim == true.ndim == 2 and got.T.shape == true.shape and near(got.T, true):
        return "transposed: rows and columns are swapped"
    for axis in range(got.ndim):
        for kept in (False, True):
            summed = got.sum(axis=axis, keepdims=kept)
            if summed.shape == true.shape and near(summed, true):
                return f"not summed over axis {axis}"
    if got.size == true.size and near(got.reshape(true.shape), true):
        return f"right values in shape {got.shape} instead of {true.shape}"
    if got.ndim == 0 and true.ndim and near(got, true.sum()):
        return "summed over all entries"
    return "sum over the wrong axis" if got.ndim == true.ndim == 1 and claim.form == "gradient" else None


def _vectors(seen: Seen, i: int) -> tuple[Any, Any]:
    entries = [pair for (j, _, _), pair in seen.items() if j == i]
    return np.array([got for got, _ in entries]), np.array([true for _, true in entries])


def _sign(near: Near, got: Any, true: Any) -> str | None:
    return "sign" if near(got, -true) and true.any() else None


def _factor(near: Near, got: Any, true: Any) -> str | None:
    large = abs(true) > 1e-9 * abs(true).max() if true.any() else np.zeros(true.shape, bool)
    if not large.any() or not np.isfinite(got).all():
        return None
    ratio = float(np.median(got[large] / true[large]))
    if not ratio or not near(got, ratio * true):
        return None
    if len(got) < 2 and _nice(ratio, near.relative) is None:
        return None  # any number is a factor times any other number
    return f"factor {_nice(ratio, near.relative) or format(ratio, '.6g')}"


def _with_rows(slip: str, inputs: tuple[Any, ...]) -> str:
    """Add an explanation if a factor equals the number of rows: a mean is missing or was taken twice."""
    rows = {len(x) for x in inputs if isinstance(x, np.ndarray) and x.ndim}
    for count in rows - {1}:
        if slip == f"factor {count}":
            return f"{slip}: a mean over {count} rows is missing"
        if slip == f"factor 1/{count}":
            return f"{slip}: a mean over {count} rows is taken twice, or does not belong"
    return slip


def _nice(ratio: float, relative: float) -> str | None:
    """The ratio as a fraction with a denominator up to 1024; None if it is not close to one."""
    for bound in (12, 1024):
        fraction = Fraction(ratio).limit_denominator(bound)
        if fraction and abs(float(fraction) - ratio) <= relative * abs(ratio) and abs(fraction.numerator) <= 1024:
            return str(fraction)
    return None


def _diagonal(near: Near, got: Any, true: Any) -> str | None:
    if got.shape != true.shape or got.shape[0] != got.shape[1] or len(got) < 2:
        return None
    diagonal = np.diag(np.diag(true))
    if near(got, diagonal) and not near(true, diagonal):
        return "diagonal: the entries off the diagonal are left out"
    return None


def _transposed(near: Near, got: Any, true: Any) -> str | None:
    if got.shape == true.shape and got.shape[0] == got.shape[1] and near(got, true.T) and not near(true, true.T):
        return "transposed: indices swapped, dy_j/dx_i where dy_i/dx_j belongs"
    return None


def _transposed_gradient(near: Near, claim: Claim, seen: Seen, i: int) -> str | None:
    """Test for the gradient by a square matrix with rows and columns swapped."""
    shape = claim.shapes[i]
    if len(shape) != 2 or shape[0] != shape[1] or claim.form not in ("gradient", "pullback"):
        return None
    got, true = np.full(shape, np.nan), np.full(shape, np.nan)
    for (j, index, _), pair in seen.items():
        if j == i:
            got[index], true[index] = pair
    if near(got, true.T) and not near(got, true):
        return "transposed: rows and columns are swapped"
    return None


def _entrywise(
    near: Near, claim: Claim, i: int, got: Any, true: Any, inputs: tuple[Any, ...], value: Any
) -> str | None:
    """Test for a factor that varies by entry: the input, the value, or a common function of one of them."""
    size = len(got)
    for what, candidate in _quantities(claim, i, inputs, value):
        flat = np.asarray(candidate, dtype=np.float64).reshape(-1)
        if flat.shape != (size,) or len(np.unique(flat)) < 2 or not np.isfinite(flat).all():
            continue
        if near(got, flat):
            return f"it is {what}"
        if near(got, true * flat):
            return f"chain factor {what} too many"
        if flat.all() and near(got * flat, true):
            return f"chain factor {what} missing"
    return None


def _quantities(claim: Claim, i: int, inputs: tuple[Any, ...], value: Any) -> Iterator[tuple[str, Any]]:
    bases = [(claim.names[i], inputs[i])]
    if claim.form == "slope":
        bases.append(("the value", value))
    with np.errstate(all="ignore"):
        for name, base in bases:
            yield name, base
            yield f"{name} (1 - {name})", base * (1 - base)
            yield f"1 - {name}^2", 1 - base * base
            yield f"1 - {name}", 1 - base
            yield f"{name}^2", base * base
            yield f"exp({name})", np.exp(base)
