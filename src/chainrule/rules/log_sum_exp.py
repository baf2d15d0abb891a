"""Log-sum-exp over the last axis: the logarithm of the softmax's denominator.

    y = log sum_j exp(x_j) = m + log1p(rest / e_top),    J[j] = s_j = softmax(x)_j

The output has one axis less than the logits. The two terms of y are each within a few ulp of their own; where m < 0
they cancel, and every |x_j| >= |m|. So the error is at most CONDITIONED_BOUND ulp of sum_j s_j |x_j| + |y|. In the
pullback nothing cancels; the pushforward s.t is a sum, with an error relative to sum_j s_j |t_j|.
"""

import math

from chainrule.arrays import Array, namespace, row_dot
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import Shifted, check_logits, shifted


def forward(logits: Array) -> tuple[Array, Shifted]:
    """log sum_j exp(x_j) for every row."""
    xp, residuals = namespace(logits), shifted(logits)
    maximum = xp.amax(logits, axis=-1)
    value = maximum + residuals.log_rest[..., 0]
    return xp.where(maximum == -math.inf, maximum, value), residuals


def pullback(residuals: Shifted, cotangent: Array) -> Array:
    """v s, with one v for every row."""
    return cotangent[..., None] * residuals.probs


def pushforward(residuals: Shifted, tangent: Array) -> Array:
    """s . t"""
    return row_dot(residuals.probs, tangent)[..., 0]


log_sum_exp = Rule(
    "log_sum_exp",
    forward,
    pullback,
    pushforward,
    lambda residuals: residuals.probs,
    check=check_logits,
    inputs=("logits",),
    rowwise=True,
    kind="map",
    formula="y = log sum_j e^x_j",
    derivative="J[j] = s_j",
    domain="any logits; -inf masks a class; +inf gives +inf, and -inf throughout gives -inf",
    error_bound=8,
)
