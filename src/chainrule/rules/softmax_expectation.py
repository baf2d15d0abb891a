"""The mean of values under the softmax of logits: one number per row.

    E_S[f] = sum_j S_j f_j,  S = softmax(x)        by x: S_i (f_i - E_S[f])        by f: S_i

The gradient by x is softmax's own J applied to f. It keeps its digits where nearly all probability lies at one entry,
and where the values are far from 0 and near each other.
"""

from typing import TypeAlias

from chainrule.arrays import Array, row_dot, same_shape
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import check_logits
from chainrule.rules.softmax import apply_jacobian
from chainrule.rules.softmax import forward as softmax_forward

Residuals: TypeAlias = tuple[Array, Array]
"""The gradients of every row's mean, by the logits and by the values."""


def _check(logits: Array, values: Array) -> None:
    check_logits(logits)
    same_shape("values", values.shape, logits.shape)


def _forward(logits: Array, values: Array) -> tuple[Array, Residuals]:
    probs, kept = softmax_forward(logits)
    mean = row_dot(probs, values)[..., 0]
    return mean, (apply_jacobian(kept, values), probs)


def _by_logits(residuals: Residuals, cotangent: Array) -> Array:
    return cotangent[..., None] * residuals[0]


def _by_values(residuals: Residuals, cotangent: Array) -> Array:
    return cotangent[..., None] * residuals[1]


def _pushforward(residuals: Residuals, logits_tangent: Array, values_tangent: Array) -> Array:
    """S (f - E_S[f]) . x_tangent + S . f_tangent."""
    return (row_dot(residuals[0], logits_tangent) + row_dot(residuals[1], values_tangent))[..., 0]


softmax_expectation = Rule(
    "softmax_expectation",
    _forward,
    {"logits": _by_logits, "values": _by_values},
    _pushforward,
    tuple,
    check=_check,
    inputs=("logits", "values"),
    formula="y = sum_j S_j f_j, S = softmax(x)",
    derivative="by x: S_i (f_i - sum_j S_j f_j); by f: S_i",
    domain="logits whose largest entry is finite, finite values of their shape; -inf masks a class",
    # The factors f - E_S[f] lose digits where a value is near the mean; 19 measured at the tests' values.
    error_bound=24,
)
