"""The mean of values under the softmax of logits: one number per row.

    E_S[f] = sum_j S_j f_j,  S = softmax(x)        by x: S_i (f_i - E_S[f])        by f: S_i

The gradient by x is softmax's own J applied to f, which keeps its digits where nearly all probability lies at one
entry. J maps constants to 0, so f is measured from the number nearest to 0 between its smallest and its largest entry:
then values far from 0 and near each other lose nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, is_floating, namespace, same_shape
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import check_logits
from chainrule.rules.softmax import apply_jacobian, exact_forward
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives need: the two gradients of every row's mean."""

    by_logits: Array
    probs: Array


Cotangents = tuple[Array | None, Array | None]


def _check(logits: Array, values: Array) -> None:
    check_logits(logits)
    same_shape("values", values.shape, logits.shape)


def forward(
    logits: Array, values: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    """E_S[f] of every row, of shape logits.shape[:-1]."""
    probs, residuals = exact_forward(logits)
    xp = namespace(probs)
    mean = xp.sum(probs * values, axis=-1, out=out)
    if is_floating(values):
        lowest, highest = xp.amin(values, axis=-1, keepdims=True), xp.amax(values, axis=-1, keepdims=True)
        values = values - (xp.clip(lowest, 0, None) + xp.clip(highest, None, 0))
    return mean, Residuals(apply_jacobian(residuals, values), probs)


def pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    """One v for every row times S (f - E_S[f]), and times S."""
    xp, v = namespace(cotangent), cotangent[..., None]
    to_logits, to_values = out or (None, None)
    return (
        None if out and to_logits is None else xp.multiply(v, residuals.by_logits, out=to_logits),
        None if out and to_values is None else xp.multiply(v, residuals.probs, out=to_values),
    )


def pushforward(residuals: Residuals, logits_tangent: Array | None, values_tangent: Array | None) -> Array:
    """S (f - E_S[f]) . x_tangent + S . f_tangent."""
    by_logits, probs = residuals
    xp = namespace(probs)
    moved = xp.sum(0 * probs if logits_tangent is None else by_logits * logits_tangent, axis=-1)
    return moved if values_tangent is None else moved + xp.sum(probs * values_tangent, axis=-1)


def jacobian_matrix(residuals: Residuals) -> tuple[Array, Array]:
    """The two gradients: the output is one number per row, so they have the shape of the logits."""
    return residuals.by_logits, residuals.probs


softmax_expectation = Rule(
    "softmax_expectation",
    forward,
    pullback,
    pushforward,
    jacobian_matrix,
    check=_check,
    inputs=("logits", "values"),
    formula="y = sum_j S_j f_j, S = softmax(x)",
    derivative="by x: S_i (f_i - sum_j S_j f_j); by f: S_i",
    domain="logits whose largest entry is finite, finite values of their shape; -inf masks a class",
    # The factors f - E_S[f] lose digits where a value is near the mean; 19 measured at the tests' values.
    error_bound=24,
)
