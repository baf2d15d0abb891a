"""Softmax over the last axis: logits to probabilities.

    s_i = exp(x_i) / sum_j exp(x_j),    J[i, j] = ds_i / dx_j = s_i ([i = j] - s_j)

J is symmetric and maps constants to 0, so pushforward and pullback are one function, and the vector may be shifted by
its entry at the largest logit: with u = v - v[top], J v = s * (u - s.u) no longer cancels in the tails.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import (
    Array,
    Workspace,
    largest,
    namespace,
    on_diagonal,
    rest_of_sum,
    row_shape,
    scratch,
)
from chainrule.rules.rule import Exact, Rule
from chainrule.rules.shifted import check_logits, shifted


class Residuals(NamedTuple):
    """What the derivatives of softmax need."""

    probs: Array


def forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Residuals]:
    """Probabilities, and the residuals: the probabilities again."""
    xp = namespace(logits)
    rows = row_shape(logits)
    maximum = xp.amax(logits, axis=-1, keepdims=True, out=scratch(work, "row_max", rows, logits))
    exponentials = xp.exp(xp.subtract(logits, maximum, out=out), out=out)
    total = xp.sum(exponentials, axis=-1, keepdims=True, out=scratch(work, "row_sum", rows, logits))
    probs = xp.divide(exponentials, total, out=out)
    return probs, Residuals(probs)


def exact_forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Residuals]:
    """The same from exponentials that keep their last places."""
    _, _, _, exponentials, rest = shifted(logits)
    probs = namespace(logits).divide(exponentials, 1 + rest, out=out)
    return probs, Residuals(probs)


def apply_jacobian(
    residuals: Residuals, vector: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """J v = s * (u - s.u) with u = v - v[top]: the pullback and the pushforward, since J is symmetric."""
    xp, probs = namespace(vector), residuals.probs
    vector = xp.broadcast_to(vector, probs.shape)
    at_top = xp.sum(xp.where(largest(probs), vector, 0 * vector), axis=-1, keepdims=True)
    shifted = vector - at_top
    return xp.multiply(probs, shifted - xp.sum(probs * shifted, axis=-1, keepdims=True), out=out)


def pullback(
    residuals: Residuals, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """s * (v - s.v): what training uses, one pass less; it cancels where the top probability is nearly 1."""
    xp, probs = namespace(cotangent), residuals.probs
    products = xp.multiply(probs, cotangent, out=scratch(work, "products", tuple(probs.shape), probs))
    mean = xp.sum(products, axis=-1, keepdims=True, out=scratch(work, "mean", row_shape(probs), probs))
    return xp.multiply(xp.subtract(cotangent, mean, out=out), probs, out=out)


def pushforward(residuals: Residuals, tangent: Array | None) -> Array:
    """J t."""
    return 0 * residuals.probs if tangent is None else apply_jacobian(residuals, tangent)


def jacobian_matrix(residuals: Residuals) -> Array:
    """diag(s) - s s^T, with the diagonal s_i (1 - s_i) computed from the other probabilities."""
    xp, probs = namespace(residuals.probs), residuals.probs
    others, _ = rest_of_sum(probs)
    outer = probs[..., :, None] * probs[..., None, :]
    return xp.where(on_diagonal(probs), (probs * others)[..., None], -outer)


softmax = Rule(
    "softmax",
    forward,
    pullback,
    pushforward,
    jacobian_matrix,
    slope_from_output=True,
    exact=Exact(exact_forward, apply_jacobian),
    check=check_logits,
    inputs=("logits",),
    formula="s_i = e^x_i / sum_j e^x_j",
    derivative="J[i, j] = s_i ([i = j] - s_j)",
    domain="logits whose largest entry is finite; -inf masks a class",
    error_bound=16,
)
