"""Losses of a single logit o whose sigmoid p is the probability of the second class, y in [0, 1].

    binary_cross_entropy  -y log p - (1 - y) log(1 - p)     by o: p - y               by y: -o
    half_squared_error    (p - y)^2 / 2                     by o: (p - y) p (1 - p)   by y: y - p

With p = sigmoid(o) the first is y softplus(-o) + (1 - y) softplus(o), two non-negative terms, and its gradient is
p - y = (1 - y) sigmoid(o) - y sigmoid(-o), which for y = 0 or 1 is one term: nothing cancels. A logit of +inf or -inf
is a certain prediction: the loss is 0 where it is right and infinite where it is wrong; nan gives nan. The first is
convex in o and pulls a confidently wrong example with force 1; the gradient of the second vanishes there.
"""

import math
from typing import TypeAlias

from chainrule.arrays import Array, diagonal_matrix, namespace, same_shape
from chainrule.rules.activations import sigmoid_slope, sigmoid_value, softplus_value
from chainrule.rules.rule import Rule

Residuals: TypeAlias = tuple[Array, Array | float, Array]
"""p - y; the other factor of the derivative by o, 1 or p (1 - p); and the derivative by y.

The product of the first two may underflow where v times it does not.
"""


def _check(logits: Array, targets: Array) -> None:
    same_shape("targets", targets.shape, logits.shape)


def _miss(logits: Array, targets: Array) -> Array:
    """sigmoid(o) - y."""
    return (1 - targets) * sigmoid_value(logits) - targets * sigmoid_value(-logits)


def _weighted(weight: Array, term: Array) -> Array:
    """weight * term, and 0 where the weight is 0: a certain prediction that is right costs nothing; nan stays nan."""
    return weight * namespace(term).where((weight == 0) & (abs(term) == math.inf), 0.0, term)


def _cross_entropy(logits: Array, targets: Array) -> tuple[Array, Residuals]:
    losses = _weighted(targets, softplus_value(-logits)) + _weighted(1 - targets, softplus_value(logits))
    return losses, (_miss(logits, targets), 1.0, -logits)


def _squared_error(logits: Array, targets: Array) -> tuple[Array, Residuals]:
    miss = _miss(logits, targets)
    return 0.5 * miss * miss, (miss, sigmoid_slope(logits), -miss)


def _pull_logits(residuals: Residuals, cotangent: Array) -> Array:
    miss, slope, _ = residuals
    return cotangent * miss * slope


def _pull_targets(residuals: Residuals, cotangent: Array) -> Array:
    return cotangent * residuals[2]


def _pushforward(residuals: Residuals, logits_tangent: Array, targets_tangent: Array) -> Array:
    return _pull_logits(residuals, logits_tangent) + _weighted(targets_tangent, residuals[2])


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    miss, slope, by_targets = residuals
    return diagonal_matrix(miss * slope), diagonal_matrix(by_targets)


binary_cross_entropy = Rule(
    "binary_cross_entropy",
    _cross_entropy,
    {"logits": _pull_logits, "targets": _pull_targets},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("logits", "targets"),
    kind="loss",
    formula="l = softplus(o) - y o",
    derivative="by o: sigmoid(o) - y; by y: -o",
    domain="logits (an infinite one is certain), targets in [0, 1]",
    error_bound=16,
)

half_squared_error = Rule(
    "half_squared_error",
    _squared_error,
    {"logits": _pull_logits, "targets": _pull_targets},
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("logits", "targets"),
    kind="loss",
    formula="l = (sigmoid(o) - y)^2 / 2",
    derivative="by o: (p - y) p (1 - p), p = sigmoid(o); by y: y - p",
    domain="logits (an infinite one is certain), targets in [0, 1]",
    error_bound=24,
)
