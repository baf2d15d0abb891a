"""Cross entropy on probabilities, and negative log-likelihood on log-probabilities, with rows of target weights.

    cross_entropy(z, t) = -sum_i t_i log z_i     by z: -t_i / z_i     by t: -log z_i
    nll(z, t)           = -sum_i t_i z_i         by z: -t_i           by t: -z_i

A class without target weight does not count, whatever its probability: 0 log 0 = 0, and its derivative is 0. A class
with weight and probability 0 costs infinity. Where logits are at hand, `softmax_cross_entropy` has neither problem.
"""

from __future__ import annotations

from typing import NamedTuple

from chainrule.arrays import Array, Workspace, namespace, same_shape
from chainrule.rules.rule import Rule


class Residuals(NamedTuple):
    """What the pullback needs: the inputs, z with 1 (or 0) in the place of classes that do not count."""

    counted: Array
    targets: Array
    by_targets: Array
    """-log z or -z: the derivative by the targets."""


def _check(z: Array, targets: Array) -> None:
    same_shape("targets", targets.shape, z.shape)


Cotangents = tuple[Array | None, Array | None]


def _forward_on_probs(
    probs: Array, targets: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    xp = namespace(probs)
    counted = xp.where(targets == 0, 0 * probs + 1, probs)
    losses = xp.sum(targets * -xp.log(counted), axis=-1, out=out)
    return losses, Residuals(counted, targets, -xp.log(probs))


def _pullback_on_probs(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    counted, targets, by_targets = residuals
    return _by_row(cotangent, -(targets / counted), by_targets, out)


def _by_row(cotangent: Array, by_z: Array, by_targets: Array, out: Cotangents | None) -> Cotangents:
    """One cotangent per row times the two rows of derivatives."""
    xp, v = namespace(by_z), cotangent[..., None]
    to_z, to_targets = out or (None, None)
    return (
        None if out and to_z is None else xp.multiply(v, by_z, out=to_z),
        None if out and to_targets is None else xp.multiply(v, by_targets, out=to_targets),
    )


def _pushforward_on_probs(residuals: Residuals, probs_tangent: Array | None, targets_tangent: Array | None) -> Array:
    return _along(-(residuals.targets / residuals.counted), residuals.by_targets, probs_tangent, targets_tangent)


def _along(by_z: Array, by_targets: Array, z_tangent: Array | None, targets_tangent: Array | None) -> Array:
    xp = namespace(by_z)
    moved = xp.sum(0 * by_z if z_tangent is None else by_z * z_tangent, axis=-1)
    return moved if targets_tangent is None else moved + xp.sum(by_targets * targets_tangent, axis=-1)


def _jacobian_on_probs(residuals: Residuals) -> tuple[Array, Array]:
    return -(residuals.targets / residuals.counted), residuals.by_targets


cross_entropy = Rule(
    "cross_entropy",
    _forward_on_probs,
    _pullback_on_probs,
    _pushforward_on_probs,
    _jacobian_on_probs,
    check=_check,
    inputs=("probs", "targets"),
    formula="l = -sum_i t_i log z_i",
    derivative="-t_i / z_i",
    domain="probabilities in [0, 1], target weights of any sum; 0 log 0 = 0",
    error_bound=16,
)


def _forward_on_log_probs(
    log_probs: Array, targets: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, Residuals]:
    xp = namespace(log_probs)
    counted = xp.where(targets == 0, 0 * targets, log_probs)
    losses = xp.sum(-(targets * counted), axis=-1, out=out)
    return losses, Residuals(counted, targets, -log_probs)


def _pullback_on_log_probs(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    return _by_row(cotangent, -residuals.targets, residuals.by_targets, out)


def _pushforward_on_log_probs(
    residuals: Residuals, log_probs_tangent: Array | None, targets_tangent: Array | None
) -> Array:
    return _along(-residuals.targets, residuals.by_targets, log_probs_tangent, targets_tangent)


def _jacobian_on_log_probs(residuals: Residuals) -> tuple[Array, Array]:
    return -residuals.targets, residuals.by_targets


nll = Rule(
    "nll",
    _forward_on_log_probs,
    _pullback_on_log_probs,
    _pushforward_on_log_probs,
    _jacobian_on_log_probs,
    check=_check,
    inputs=("log_probs", "targets"),
    formula="l = -sum_i t_i z_i",
    derivative="-t_i",
    domain="log-probabilities, -inf allowed where the target weight is 0; target weights of any sum",
    error_bound=16,
)
