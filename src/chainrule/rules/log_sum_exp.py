"""Log-sum-exp over the last axis: the logarithm of the softmax's denominator.

    y = log sum_j exp(x_j) = m + log1p(rest / e_top),    J[j] = s_j = softmax(x)_j

The output has one axis less than the logits.

Error bound. The two terms of y are each within a few units of their own last places; where m < 0 they cancel, but
then every |x_j| >= |m|, so the error is at most CONDITIONED_BOUND units of sum_j s_j |x_j| + |y|: CONDITIONED_BOUND
times one more than the condition number sum_j s_j |x_j| / |y|, in units of the result. The pullback has no such
factor; the pushforward, a sum, has that of its terms, sum_j s_j |t_j| / |s.t|.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.arrays import Array, namespace, surely, take_class
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import check_logits, own, shifted
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives of log-sum-exp need."""

    probs: Array


def forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Residuals]:
    """log sum_j exp(x_j) for every row."""
    xp = namespace(logits)
    results = shifted(logits)
    maximum = take_class(logits, results.top)[..., 0]
    value = xp.add(maximum, results.log_rest[..., 0], out=out)
    if not surely(maximum > -math.inf):
        value = xp.add(xp.where(maximum == -math.inf, maximum, value), 0, out=out)
    return value, Residuals(xp.divide(results.exponentials, results.total, out=own(results.exponentials)))


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
    domain="any logits; -inf masks a class; +inf gives +inf, and -inf throughout gives -inf",
    error_bound=8,
)
