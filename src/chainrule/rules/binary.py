"""Losses of a single logit o whose sigmoid p is the probability of the second class, y in [0, 1].

    binary_cross_entropy  -y log p - (1 - y) log(1 - p)     by o: p - y               by y: -o
    half_squared_error    (p - y)^2 / 2                     by o: (p - y) p (1 - p)   by y: y - p

With p = sigmoid(o) the first is y softplus(-o) + (1 - y) softplus(o), two non-negative terms, and its gradient is p -
y = (1 - y) sigmoid(o) - y sigmoid(-o), which for y = 0 or 1 is one term: nothing cancels. A logit of +inf or -inf is
a certain prediction: the loss is 0 where it is right and infinite where it is wrong; nan gives nan. The first is
convex in o and pulls a confidently wrong example with force 1; the gradient of the second vanishes there.
"""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

from chainrule.arrays import Array, diagonal_matrix, namespace, same_shape, surely
from chainrule.rules.activations import sigmoid_slope, sigmoid_value, softplus_value
from chainrule.rules.rule import Rule
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives need: the slopes by the logit and by the target, entry by entry."""

    by_logits: Array
    by_targets: Array
    slope: Array | None = None
    """A second factor of the slope by the logit: their product alone may underflow where v times it does not."""

    def times(self, vector: Array, *, out: Array | None = None) -> Array:
        """The slope by the logit times a vector, entry by entry."""
        xp = namespace(self.by_logits)
        if self.slope is None:
            return xp.multiply(vector, self.by_logits, out=out)
        return xp.multiply(vector * self.by_logits, self.slope, out=out)


Cotangents = tuple[Array | None, Array | None]


def _check(logits: Array, targets: Array) -> None:
    same_shape("targets", targets.shape, logits.shape)


def _miss(logits: Array, targets: Array) -> Array:
    """sigmoid(o) - y."""
    return (1 - targets) * sigmoid_value(logits) - targets * sigmoid_value(-logits)


def _weighted(weight: Array, term: Array) -> Array:
    """weight * term, and 0 where the weight is 0: a certain prediction that is right costs nothing."""
    if surely(abs(term) < math.inf):
        return weight * term
    xp = namespace(term)
    # A nan of the term is kept: only an infinite one is replaced.
    return weight * xp.where((weight == 0) & (term == math.inf), xp.zeros_like(term), term)


def _forward(
    logits: Array, targets: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    xp = namespace(logits)
    losses = xp.add(
        _weighted(targets, softplus_value(-logits)), _weighted(1 - targets, softplus_value(logits)), out=out
    )
    return losses, Residuals(_miss(logits, targets), -logits)


def _pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    xp = namespace(cotangent)
    to_logits, to_targets = out or (None, None)
    return (
        None if out and to_logits is None else residuals.times(cotangent, out=to_logits),
        None if out and to_targets is None else xp.multiply(cotangent, residuals.by_targets, out=to_targets),
    )


def _pushforward(residuals: Residuals, logits_tangent: Array | None, targets_tangent: Array | None) -> Array:
    moved = residuals.times(0 if logits_tangent is None else logits_tangent)
    return moved if targets_tangent is None else moved + residuals.by_targets * targets_tangent


def _jacobian(residuals: Residuals) -> tuple[Array, Array]:
    return diagonal_matrix(residuals.times(1)), diagonal_matrix(residuals.by_targets)


def value_and_pullback(
    logits: Array,
    targets: Array,
    cotangent: Array,
    *,
    squared: bool,
    out: tuple[Array, Array],
    work: Workspace,
) -> tuple[Array, Array]:
    """See `Rule`; the half squared error where `squared`, else the binary cross entropy."""
    from chainrule.kernels.activations import sigmoid_value, softplus_value

    xp = namespace(logits)
    losses, result = out
    shape = tuple(logits.shape)
    probs = sigmoid_value(logits, out=work("probs", shape, logits), work=work)
    each = work("each", shape, logits)
    if squared:
        miss = xp.subtract(probs, targets, out=result)
        xp.multiply(xp.square(miss, out=each), 0.5, out=each)
        slope = xp.subtract(probs, xp.square(probs, out=work("square", shape, logits)), out=probs)
        xp.multiply(miss, slope, out=result)
    else:
        softplus_value(logits, out=each, work=work)
        xp.subtract(each, xp.multiply(targets, logits, out=work("square", shape, logits)), out=each)
        xp.subtract(probs, targets, out=result)
    xp.sum(each, axis=-1, keepdims=True, out=losses)
    xp.multiply(result, cotangent, out=result)
    return losses, result


binary_cross_entropy = Rule(
    "binary_cross_entropy",
    _forward,
    _pullback,
    _pushforward,
    _jacobian,
    value_and_pullback=partial(value_and_pullback, squared=False),
    check=_check,
    inputs=("logits", "targets"),
    formula="l = softplus(o) - y o",
    derivative="by o: sigmoid(o) - y; by y: -o",
    domain="logits (an infinite one is certain), targets in [0, 1]",
    error_bound=16,
)


def _squared_forward(
    logits: Array, targets: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    xp = namespace(logits)
    miss = _miss(logits, targets)
    losses = xp.multiply(0.5 * miss, miss, out=out)
    return losses, Residuals(miss, -miss, sigmoid_slope(logits))


half_squared_error = Rule(
    "half_squared_error",
    _squared_forward,
    _pullback,
    _pushforward,
    _jacobian,
    value_and_pullback=partial(value_and_pullback, squared=True),
    check=_check,
    inputs=("logits", "targets"),
    formula="l = (sigmoid(o) - y)^2 / 2",
    derivative="by o: (p - y) p (1 - p), p = sigmoid(o); by y: y - p",
    domain="logits (an infinite one is certain), targets in [0, 1]",
    error_bound=24,
)
