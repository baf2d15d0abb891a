"""Softmax over the last axis: logits to probabilities.

    s_i = exp(x_i) / sum_j exp(x_j),    J[i, j] = ds_i / dx_j = s_i ([i = j] - s_j),    J v = s * (v - s.v)

The forward is off by a few ulp (see `shifted`), and J v by at most CONDITIONED_BOUND ulp of
s_i ((1 - s_i) |v_i| + sum_{j != i} s_j |v_j|), also in the tails (see `deviations`). J is symmetric.
"""

from typing import TypeAlias

from chainrule.arrays import Array, argmax, row_sum
from chainrule.rules.deviations import deviation_matrix, deviations, rescaled
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import after_limits, check_logits, exponentials_of

Residuals: TypeAlias = tuple[Array, Array]
"""Probabilities, and the index of one largest logit of each row."""


def forward(logits: Array) -> tuple[Array, Residuals]:
    """Probabilities, and the values that the derivatives need."""
    top = argmax(logits)
    logits, maximum = after_limits(logits)
    exponentials = exponentials_of(logits, maximum)
    probs = exponentials / row_sum(exponentials)
    return probs, (probs, top)


@rescaled
def apply_jacobian(residuals: Residuals, vector: Array) -> Array:
    """s * (v - s.v)"""
    probs, top = residuals
    return probs * deviations(probs, top, vector)


def jacobian_matrix(residuals: Residuals) -> Array:
    """diag(s) - s s^T"""
    probs, top = residuals
    return probs[..., None] * deviation_matrix(probs, top)


softmax = Rule(
    "softmax",
    forward,
    apply_jacobian,
    apply_jacobian,
    jacobian_matrix,
    check=check_logits,
    inputs=("logits",),
    rowwise=True,
    needs="output",
    formula="s_i = e^x_i / sum_j e^x_j",
    derivative="J[i, j] = s_i ([i = j] - s_j)",
    domain="any logits; -inf masks a class, and classes at +inf share the row",
    error_bound=16,
)
