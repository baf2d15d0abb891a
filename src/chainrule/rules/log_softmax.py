"""Log-softmax over the last axis: logits to log-probabilities.

    y_i = x_i - log sum_j exp(x_j),    J[i, j] = [i = j] - s_j,    s = exp(y)

Measured from the largest logit, y_i = (x_i - m) - log1p(rest / e_top): two terms of one sign, so nothing cancels, and
the largest log-probability keeps its digits where log(softmax(x)) rounds to 0.

The pullback is v_i - s_i sum_j v_j. At the largest logit that is v_top (1 - s_top) - s_top (sum of the other v), where
1 - s_top is the sum of the other probabilities. So the error is at most CONDITIONED_BOUND ulp of (1 - s_i) |v_i| + s_i
sum_{j != i} |v_j|; and in the pushforward t - s.t, at most that many ulp of (1 - s_i) |t_i| + sum_{j != i} s_j |t_j|.
"""

from chainrule.arrays import Array, take_class, with_class
from chainrule.rules.deviations import deviation_matrix, deviations, rescaled
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import Shifted, check_logits, shifted, sum_of_others


def forward(logits: Array) -> tuple[Array, Shifted]:
    """Log-probabilities, at most 0; the residuals are the shifted exponentials."""
    residuals = shifted(logits)
    return (residuals.logits - residuals.maximum) - residuals.log_rest, residuals


@rescaled
def pullback(residuals: Shifted, cotangent: Array) -> Array:
    """v - s sum(v); at the largest logit v (1 - s) - s (sum of the other v)."""
    probs, top = residuals.probs, residuals.top
    at_top, others = take_class(cotangent, top), sum_of_others(cotangent, top)
    rest = residuals.rest / residuals.total
    return with_class(cotangent - probs * (at_top + others), top, at_top * rest - take_class(probs, top) * others)


@rescaled
def apply_jacobian(residuals: Shifted, tangent: Array) -> Array:
    """t - s.t"""
    return deviations(residuals.probs, residuals.top, tangent)


log_softmax = Rule(
    "log_softmax",
    forward,
    pullback,
    apply_jacobian,
    lambda residuals: deviation_matrix(residuals.probs, residuals.top),
    check=check_logits,
    inputs=("logits",),
    rowwise=True,
    needs="output",
    formula="y_i = x_i - log sum_j e^x_j",
    derivative="J[i, j] = [i = j] - s_j",
    domain="any logits; -inf masks a class, and classes at +inf share the row",
    # Raw ulp over logits of scale 40, where differences of the pullback cancel up to 30 fold.
    error_bound=128,
)
