"""Losses of one number per row, l(z, t), whose targets are labels or rows of class weights.

    by z: v dl/dz, with one v per row     by t: v dl/dt     pushforward: dl/dz . z_tangent + dl/dt . t_tangent

Integer labels y mean t = e_y, and have no derivative.
"""

from collections.abc import Callable
from typing import Any

from chainrule.arrays import Array, check_labels, holds_labels, namespace, row_dot, row_sum, same_shape, with_class
from chainrule.rules.rule import Rule


def check_targets(z: Array, targets: Array) -> None:
    """Raise ValueError unless the targets are a label for each row of `z`, or rows of class weights in its shape."""
    if not holds_labels(targets):
        same_shape("targets (rows of class weights)", targets.shape, z.shape)
        return
    if len(z.shape) == 0:
        raise ValueError("expected classes on the last axis, got a single number")
    same_shape("targets (labels)", targets.shape, z.shape[:-1])
    check_labels("targets", targets, z.shape[-1])


def target_rows(targets: Array, like: Array) -> Array:
    """Rows of class weights, of the shape of `like`: for labels a 1 at each, and 0 elsewhere."""
    return with_class(namespace(like).zeros_like(like), targets, 1.0) if holds_labels(targets) else targets


def loss_of_rows(
    name: str,
    forward: Callable[..., tuple[Array, Any]],
    slope: Callable[[Any, Array], Array],
    by_targets: Callable[[Any], Array | None],
    **about: Any,
) -> Rule:
    """A rule of one loss per row: `slope` is the derivative by the first input times a vector, entry by entry."""

    def pull_z(residuals: Any, cotangent: Array) -> Array:
        return slope(residuals, cotangent[..., None])

    def pull_targets(residuals: Any, cotangent: Array) -> Array | None:
        gradient = by_targets(residuals)
        return None if gradient is None else cotangent[..., None] * gradient

    def pushforward(residuals: Any, z_tangent: Array, targets_tangent: Array | None) -> Array:
        tangent = row_sum(slope(residuals, z_tangent))
        if targets_tangent is not None:
            gradient = by_targets(residuals)
            # A class that does not change does not count, even where its gradient is infinite.
            changed = namespace(gradient).where(targets_tangent == 0, 0.0, gradient)
            tangent = tangent + row_dot(changed, targets_tangent)
        return tangent[..., 0]

    return Rule(
        name,
        forward,
        {about["inputs"][0]: pull_z, "targets": pull_targets},
        pushforward,
        lambda residuals: (slope(residuals, 1.0), by_targets(residuals)),
        integers=("targets",),
        kind="loss",
        rowwise=True,
        error_bound=16,
        **about,
    )
