"""Log-softmax over the last axis: logits to log-probabilities.

    y_i = x_i - log sum_j exp(x_j),    J[i, j] = [i = j] - s_j,    s = exp(y)

Measured from the largest logit, y_i = (x_i - m) - log1p(rest): two terms of one sign, so nothing cancels, and the
largest log-probability keeps its digits where log(softmax(x)) rounds to 0. At that entry the derivatives use 1 - s =
the sum of the other probabilities.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, Workspace, namespace, on_diagonal, row_shape, scratch
from chainrule.rules.rule import Exact, Rule
from chainrule.rules.shifted import check_logits, shifted


class FromOutput(NamedTuple):
    """What the fast pullback needs."""

    log_probs: Array


class Residuals(NamedTuple):
    """What the exact derivatives of log-softmax need."""

    probs: Array
    others: Array
    """1 - s, entry by entry, computed without the subtraction."""
    top: Array


def forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, FromOutput]:
    """Log-probabilities; the largest loses its digits below 1e-16, which training does not need."""
    xp, rows = namespace(logits), row_shape(logits)
    maximum = xp.amax(logits, axis=-1, keepdims=True, out=scratch(work, "row_max", rows, logits))
    below = xp.subtract(logits, maximum, out=out)
    exponentials = xp.exp(below, out=scratch(work, "exponentials", tuple(logits.shape), logits))
    total = xp.sum(exponentials, axis=-1, keepdims=True, out=scratch(work, "row_sum", rows, logits))
    log_total = xp.log(total, out=scratch(work, "row_max", rows, logits))
    log_probs = xp.subtract(below, log_total, out=out)
    return log_probs, FromOutput(log_probs)


def pullback(
    residuals: FromOutput, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """v - s sum(v), with s = e^y."""
    xp, log_probs = namespace(cotangent), residuals.log_probs
    probs = xp.exp(log_probs, out=scratch(work, "exponentials", tuple(log_probs.shape), log_probs))
    total = xp.sum(cotangent, axis=-1, keepdims=True, out=scratch(work, "row_sum", row_shape(log_probs), log_probs))
    share = xp.multiply(probs, total, out=scratch(work, "exponentials", tuple(log_probs.shape), log_probs))
    return xp.subtract(cotangent, share, out=out)


def exact_forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Residuals]:
    """Log-probabilities, at most 0."""
    xp = namespace(logits)
    top, _, below, exponentials, rest = shifted(logits)
    log_probs = xp.subtract(below, xp.log1p(rest), out=out)
    total = 1 + rest
    probs = exponentials / total
    return log_probs, Residuals(probs, xp.where(top, rest / total, 1 - probs), top)


def exact_pullback(
    residuals: Residuals, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """v - s sum(v); at the largest logit v (1 - s) - s (sum of the other v)."""
    xp, (probs, others, top) = namespace(cotangent), residuals
    cotangent = xp.broadcast_to(cotangent, probs.shape)
    without_top = xp.sum(xp.where(top, 0 * cotangent, cotangent), axis=-1, keepdims=True)
    total = without_top + xp.sum(xp.where(top, cotangent, 0 * cotangent), axis=-1, keepdims=True)
    at_top = cotangent * others - probs * without_top
    result = xp.where(top, at_top, cotangent - probs * total)
    return result if out is None else xp.add(result, 0, out=out)


def pushforward(residuals: Residuals, tangent: Array | None) -> Array:
    """t - s.t, with t measured from its entry at the largest logit."""
    xp, (probs, others, top) = namespace(residuals.probs), residuals
    if tangent is None:
        return 0 * probs
    tangent = xp.broadcast_to(tangent, probs.shape)
    moved = tangent - xp.sum(xp.where(top, tangent, 0 * tangent), axis=-1, keepdims=True)
    # At every entry the terms with weights 1 - s_i and s_j (j other than i) are kept apart.
    expected = xp.sum(probs * moved, axis=-1, keepdims=True)
    return moved * others - (expected - probs * moved)


def jacobian_matrix(residuals: Residuals) -> Array:
    """I - 1 s^T, with the diagonal 1 - s_i computed from the other probabilities."""
    xp, (probs, others, _) = namespace(residuals.probs), residuals
    return xp.where(on_diagonal(probs), others[..., None], -probs[..., None, :])


log_softmax = Rule(
    "log_softmax",
    forward,
    pullback,
    pushforward,
    jacobian_matrix,
    exact=Exact(exact_forward, exact_pullback),
    slope_from_output=True,
    check=check_logits,
    inputs=("logits",),
    formula="y_i = x_i - log sum_j e^x_j",
    derivative="J[i, j] = [i = j] - s_j",
    domain="logits whose largest entry is finite; -inf masks a class",
    error_bound=128,
)
