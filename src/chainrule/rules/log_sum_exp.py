"""Log-sum-exp over the last axis: the logarithm of the softmax's denominator.

    y = log sum_j exp(x_j) = m + log1p(rest),    J[j] = s_j = softmax(x)_j

The output has one axis less than the logits.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, Workspace, namespace
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import check_logits, shifted


class Residuals(NamedTuple):
    """What the derivatives of log-sum-exp need."""

    probs: Array


def forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Residuals]:
    """log sum_j exp(x_j) for every row."""
    xp = namespace(logits)
    _, maximum, _, exponentials, rest = shifted(logits)
    value = xp.add(maximum[..., 0], xp.log1p(rest[..., 0]), out=out)
    return value, Residuals(exponentials / (1 + rest))


def pullback(
    residuals: Residuals, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """v s, with one v for every row."""
    return namespace(cotangent).multiply(cotangent[..., None], residuals.probs, out=out)


def pushforward(residuals: Residuals, tangent: Array | None) -> Array:
    """s . t"""
    probs = residuals.probs
    return namespace(probs).sum(probs * (0 * probs if tangent is None else tangent), axis=-1)


def jacobian_matrix(residuals: Residuals) -> Array:
    """s: the output is one number per row, so J has the shape of the logits."""
    return residuals.probs


log_sum_exp = Rule(
    "log_sum_exp",
    forward,
    pullback,
    pushforward,
    jacobian_matrix,
    check=check_logits,
    inputs=("logits",),
    formula="y = log sum_j e^x_j",
    derivative="J[j] = s_j",
    domain="logits whose largest entry is finite; -inf masks a class",
    error_bound=8,
)
