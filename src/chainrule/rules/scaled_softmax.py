"""Softmax with a scale, the inverse temperature: S = softmax(c x) over the last axis.

    by x: dS_i / dx_j = c S_i ([i = j] - S_j)        by c: dS_i / dc = S_i (x_i - E_S[x])

A scale c > 1 sharpens, c < 1 flattens; c = 0 gives equal probabilities, and c < 0 turns the ranking around.

Logits are measured before they are scaled: from the largest where c > 0, from the smallest where c < 0, so that no c x
overflows on its own, and as halves, x / 2 - m / 2, which no finite logits make infinite. What the difference and the
product with c round away is put back into the exponentials (see `rounding`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array, is_traced, largest, namespace, sum_to, surely
from chainrule.rules.rounding import EXPONENT_LIMIT, difference_error, product_error
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import check_logits
from chainrule.rules.softmax import Residuals as Probs
from chainrule.rules.softmax import apply_jacobian
from chainrule.rules.softmax import jacobian_matrix as softmax_jacobian
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives need."""

    probs: Array
    half_gaps: Array
    """(x - x[top]) / 2, where top is the most probable entry of the row."""
    scale: Array


Cotangents = tuple[Array | None, Array | None]


def _check(logits: Array, scale: Array) -> None:
    check_logits(logits)
    shape, rows = tuple(scale.shape), tuple(logits.shape[:-1])
    try:
        fits = shape == () or (shape[-1] == 1 and np.broadcast_shapes(shape[:-1], rows) == rows)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"scale: expected one number, or one per row in shape {(*rows, 1)}, got shape {shape}")
    if not (is_traced(logits) or surely(namespace(logits).isfinite(logits))):
        raise ValueError("logits: expected finite numbers, which can be scaled; got an infinity or nan")


def forward(
    logits: Array, scale: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    """Probabilities, of the shape of the logits."""
    xp = namespace(logits)
    size = abs(scale)
    halves = xp.where(scale < 0, -logits, logits) * 0.5
    maximum = xp.amax(halves, axis=-1, keepdims=True)
    below = halves - maximum
    product = size * below
    # |c| times the subtraction's error is below an exponent's last place, wherever exp of the exponent is not 0.
    matters = abs(product) < EXPONENT_LIMIT
    difference = xp.where(matters, difference_error(halves, maximum, below), xp.zeros_like(below))
    rounded_away = 2 * (product_error(size, below, product) + size * difference)
    exponentials = xp.exp(2 * product)
    exponentials = exponentials + exponentials * rounded_away
    top = largest(halves)
    rest = xp.sum(xp.where(top, xp.zeros_like(exponentials), exponentials), axis=-1, keepdims=True)
    probs = xp.divide(exponentials, 1 + rest, out=out)
    return probs, Residuals(probs, xp.where(scale < 0, -below, below), scale)


def pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    """c J v with J = diag(S) - S S^T, and x . J v, summed over the rows that share a scale."""
    xp, (probs, half_gaps, scale) = namespace(cotangent), residuals
    pulled = apply_jacobian(Probs(probs), cotangent)
    to_logits, to_scale = out or (None, None)
    by_logits = None if out and to_logits is None else xp.multiply(scale, pulled, out=to_logits)
    if out and to_scale is None:
        return by_logits, None
    # J v sums to 0, so x may be measured from its entry at the top, where J v has lost most.
    by_scale = 2 * xp.sum(pulled * half_gaps, axis=-1, keepdims=True)
    return by_logits, xp.add(_over_rows(by_scale, tuple(scale.shape)), 0, out=to_scale)


def _over_rows(x: Array, shape: tuple[int, ...]) -> Array:
    return sum_to(x, shape) if shape else namespace(x).sum(x)


def pushforward(residuals: Residuals, logits_tangent: Array | None, scale_tangent: Array | None) -> Array:
    """J (c x_tangent + c_tangent x)."""
    probs, half_gaps, scale = residuals
    moved = 0 * half_gaps
    if logits_tangent is not None:
        moved = moved + scale * logits_tangent
    if scale_tangent is not None:
        moved = moved + scale_tangent * (2 * half_gaps)
    return apply_jacobian(Probs(probs), moved)


def jacobian_matrix(residuals: Residuals) -> tuple[Array, Array]:
    """c (diag(S) - S S^T), and S (x - E_S[x]) as one column."""
    probs, half_gaps, scale = residuals
    by_scale = 2 * apply_jacobian(Probs(probs), half_gaps)
    return scale[..., None] * softmax_jacobian(Probs(probs)), by_scale[..., None]


scaled_softmax = Rule(
    "scaled_softmax",
    forward,
    pullback,
    pushforward,
    jacobian_matrix,
    check=_check,
    inputs=("logits", "scale"),
    formula="S_i = e^(c x_i) / sum_j e^(c x_j)",
    derivative="by x: c S_i ([i = j] - S_j); by c: S_i (x_i - sum_j S_j x_j)",
    domain="finite logits; a finite scale of any sign, one number or one per row in shape (..., 1)",
    error_bound=8,
)
