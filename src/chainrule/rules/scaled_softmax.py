"""Softmax with a scale, the inverse temperature: S = softmax(c x) over the last axis.

    by x: dS_i / dx_j = c S_i ([i = j] - S_j)        by c: dS_i / dc = S_i (x_i - E_S[x])

A scale c > 1 sharpens, c < 1 flattens; c = 0 gives equal probabilities, and c < 0 reverses the ranking.

One logit m, the largest where c > 0 and the smallest where c < 0, is subtracted before the scaling, so that no c x
overflows on its own. The difference is computed in halves, x / 2 - m / 2, which is finite for all finite logits. The
exponentials are corrected for the rounding errors of the difference and of the product with c (see `rounding`).
"""

from typing import TypeAlias

import numpy as np

from chainrule.arrays import Array, argmax, is_traced, namespace, row_sum, sum_to, surely
from chainrule.rules.rounding import EXPONENT_LIMIT, difference_error, product_error
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import check_logits, sum_of_others
from chainrule.rules.softmax import apply_jacobian
from chainrule.rules.softmax import jacobian_matrix as softmax_jacobian

Residuals: TypeAlias = tuple[tuple[Array, Array], Array, Array]
"""The residuals of softmax: probabilities and the index `top` of each row's largest; (x - x[top]) / 2; the scale."""


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


def forward(logits: Array, scale: Array) -> tuple[Array, Residuals]:
    """Probabilities, of the shape of the logits."""
    xp, size = namespace(logits), abs(scale)
    halves = xp.where(scale < 0, -logits, logits) * 0.5
    maximum = xp.amax(halves, axis=-1, keepdims=True)
    below = halves - maximum
    product = size * below
    # |c| times the subtraction's error is below an exponent's ulp, wherever exp of the exponent is not 0.
    matters = abs(product) < EXPONENT_LIMIT
    difference = xp.where(matters, difference_error(halves, maximum, below), xp.zeros_like(below))
    rounded_away = 2 * (product_error(size, below, product) + size * difference)
    exponentials = xp.exp(2 * product)
    exponentials = exponentials + exponentials * rounded_away
    top = argmax(halves)
    probs = exponentials / (1 + sum_of_others(exponentials, top))
    return probs, ((probs, top), xp.where(scale < 0, -below, below), scale)


def _by_logits(residuals: Residuals, cotangent: Array) -> Array:
    """c J v with J = diag(S) - S S^T."""
    probs, _, scale = residuals
    return scale * apply_jacobian(probs, cotangent)


def _by_scale(residuals: Residuals, cotangent: Array) -> Array:
    """x . J v, summed over the rows that share a scale. J v sums to 0, so x may be measured from its entry at the top,
    where J v has lost most digits."""
    probs, half_gaps, scale = residuals
    shape = tuple(scale.shape)
    by_scale = 2 * row_sum(apply_jacobian(probs, cotangent) * half_gaps)
    return sum_to(by_scale, shape) if shape else namespace(by_scale).sum(by_scale)


def pushforward(residuals: Residuals, logits_tangent: Array, scale_tangent: Array) -> Array:
    """J (c x_tangent + c_tangent x), of half the vector and doubled, since differences of logits may overflow."""
    probs, half_gaps, scale = residuals
    return 2 * apply_jacobian(probs, scale * logits_tangent * 0.5 + scale_tangent * half_gaps)


def jacobian_matrix(residuals: Residuals) -> tuple[Array, Array]:
    """c (diag(S) - S S^T), and S (x - E_S[x]) as one column."""
    probs, half_gaps, scale = residuals
    by_scale = 2 * apply_jacobian(probs, half_gaps)
    return scale[..., None] * softmax_jacobian(probs), by_scale[..., None]


scaled_softmax = Rule(
    "scaled_softmax",
    forward,
    {"logits": _by_logits, "scale": _by_scale},
    pushforward,
    jacobian_matrix,
    check=_check,
    inputs=("logits", "scale"),
    formula="S_i = e^(c x_i) / sum_j e^(c x_j)",
    derivative="by x: c S_i ([i = j] - S_j); by c: S_i (x_i - sum_j S_j x_j)",
    domain="finite logits; a finite scale of any sign, one number or one per row in shape (..., 1)",
    error_bound=8,
)
