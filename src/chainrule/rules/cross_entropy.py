"""Cross entropy on probabilities, and negative log-likelihood on log-probabilities.

    cross_entropy(z, t) = -sum_i t_i log z_i     by z: -t_i / z_i     by t: -log z_i
    nll(z, t)           = -sum_i t_i z_i         by z: -t_i           by t: -z_i

Targets are rows t of weights of any sum, or integer labels y, for which the losses are -log z_y (the log loss) and
-z_y: one entry per row is read, and the gradient is that of t = e_y. A class without target weight does not count,
whatever its probability: 0 log 0 = 0, and its derivative is 0. A class with weight and probability 0 costs infinity.
Where logits are at hand, `softmax_cross_entropy` has neither problem.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, check_labels, class_mask, holds_labels, namespace, same_shape, take_class
from chainrule.rules.rule import Rule
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives need: by z they are counted / divisor."""

    counted: Array
    """-t, one-hot for labels."""
    divisor: Array | None
    """z, 1 for classes that do not count; None for `nll`, which divides by nothing."""
    by_targets: Array | None
    """-log z or -z, or None where the targets are labels."""

    def times(self, vector: Array, *, out: Array | None = None) -> Array:
        """The gradient by z times a vector, entry by entry; -t / z alone may overflow where this does not."""
        xp = namespace(self.counted)
        if self.divisor is None:
            return xp.multiply(vector, self.counted, out=out)
        return xp.divide(vector * self.counted, self.divisor, out=out)


def _check(z: Array, targets: Array) -> None:
    if not holds_labels(targets):
        same_shape("targets", targets.shape, z.shape)
        return
    if len(z.shape) == 0:
        raise ValueError("expected classes on the last axis, got a single number")
    same_shape("targets (labels)", targets.shape, z.shape[:-1])
    check_labels("targets", targets, z.shape[-1])


Cotangents = tuple[Array | None, Array | None]


def _forward_on_probs(
    probs: Array, targets: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    xp = namespace(probs)
    if holds_labels(targets):
        at_label = take_class(probs, targets)
        losses = xp.negative(xp.log(at_label[..., 0]), out=out)
        ones = xp.ones_like(at_label)
        at_labels = _at_labels(-ones, targets, probs)
        return losses, Residuals(at_labels, xp.where(at_labels == 0, ones, probs), None)
    counted = xp.where(targets == 0, 0 * probs + 1, probs)
    losses = xp.sum(targets * -xp.log(counted), axis=-1, out=out)
    return losses, Residuals(-targets, counted, -xp.log(probs))


def _at_labels(values: Array, labels: Array, like: Array) -> Array:
    """Rows of 0, with the row's value (one per row, shape (..., 1)) at its label."""
    xp = namespace(like)
    return xp.where(class_mask(labels, like.shape[-1]), values, xp.zeros_like(like))


def _pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    """One cotangent per row times the two rows of derivatives; None for labels."""
    by_targets = residuals.by_targets
    xp, v = namespace(residuals.counted), cotangent[..., None]
    to_z, to_targets = out or (None, None)
    skip_targets = by_targets is None or (out and to_targets is None)
    return (
        None if out and to_z is None else residuals.times(v, out=to_z),
        None if skip_targets else xp.multiply(v, by_targets, out=to_targets),
    )


def _pushforward(residuals: Residuals, z_tangent: Array | None, targets_tangent: Array | None) -> Array:
    xp, by_targets = namespace(residuals.counted), residuals.by_targets
    moved = xp.sum(residuals.times(0 if z_tangent is None else z_tangent), axis=-1)
    if targets_tangent is None:
        return moved
    if by_targets is None:
        raise ValueError("labels have no tangent; give rows of class weights, or None")
    return moved + xp.sum(by_targets * targets_tangent, axis=-1)


def _jacobian(residuals: Residuals) -> tuple[Array, Array | None]:
    return residuals.times(1), residuals.by_targets


cross_entropy = Rule(
    "cross_entropy",
    _forward_on_probs,
    _pullback,
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("probs", "targets"),
    integers=("targets",),
    formula="l = -sum_i t_i log z_i",
    derivative="by z: -t_i / z_i; by t: -log z_i",
    domain="probabilities in [0, 1]; labels in 0..k-1, or rows of target weights of any sum; 0 log 0 = 0",
    error_bound=16,
)


def _forward_on_log_probs(
    log_probs: Array, targets: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    xp = namespace(log_probs)
    if holds_labels(targets):
        at_label = take_class(log_probs, targets)
        losses = xp.negative(at_label[..., 0], out=out)
        return losses, Residuals(_at_labels(-xp.ones_like(at_label), targets, log_probs), None, None)
    counted = xp.where(targets == 0, 0 * targets, log_probs)
    losses = xp.sum(-(targets * counted), axis=-1, out=out)
    return losses, Residuals(-targets, None, -log_probs)


nll = Rule(
    "nll",
    _forward_on_log_probs,
    _pullback,
    _pushforward,
    _jacobian,
    check=_check,
    inputs=("log_probs", "targets"),
    integers=("targets",),
    formula="l = -sum_i t_i z_i",
    derivative="by z: -t_i; by t: -z_i",
    domain="log-probabilities, -inf allowed where the target weight is 0; labels in 0..k-1, or rows of any sum",
    error_bound=16,
)
