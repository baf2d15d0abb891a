"""Cross entropy on probabilities, and negative log-likelihood on log-probabilities.

    cross_entropy(z, t) = -sum_i t_i log z_i     by z: -t_i / z_i     by t: -log z_i
    nll(z, t)           = -sum_i t_i z_i         by z: -t_i           by t: -z_i

Targets are rows t of weights of any sum, or integer labels y, which mean t = e_y: the losses are then -log z_y (the
log loss) and -z_y. A class without target weight does not count, whatever its probability: 0 log 0 = 0, and its
derivative is 0. A class with weight and probability 0 costs infinity. From logits, `softmax_cross_entropy` has neither
problem.
"""

from typing import TypeAlias

from chainrule.arrays import Array, holds_labels, namespace, row_sum
from chainrule.rules.row_losses import check_targets, loss_of_rows, target_rows

Residuals: TypeAlias = tuple[Array, Array, Array | None]
"""The rows t; z, but 1 (for `nll` 0) for classes without target weight; and -log z or -z, None for labels."""


def _on_probs(probs: Array, targets: Array) -> tuple[Array, Residuals]:
    xp, rows = namespace(probs), target_rows(targets, probs)
    counted = xp.where(rows == 0, 1.0, probs)
    by_targets = None if holds_labels(targets) else -xp.log(probs)
    return row_sum(rows * -xp.log(counted))[..., 0], (rows, counted, by_targets)


def _on_log_probs(log_probs: Array, targets: Array) -> tuple[Array, Residuals]:
    rows = target_rows(targets, log_probs)
    counted = namespace(log_probs).where(rows == 0, 0.0, log_probs)
    by_targets = None if holds_labels(targets) else -log_probs
    return row_sum(rows * -counted)[..., 0], (rows, counted, by_targets)


def _slope_on_probs(residuals: Residuals, vector: Array) -> Array:
    """v * -t / z, entry by entry; -t / z alone may overflow where this does not."""
    rows, counted, _ = residuals
    return vector * -rows / counted


def _slope_on_log_probs(residuals: Residuals, vector: Array) -> Array:
    return vector * -residuals[0]


def _by_targets(residuals: Residuals) -> Array | None:
    return residuals[2]


cross_entropy = loss_of_rows(
    "cross_entropy",
    _on_probs,
    _slope_on_probs,
    _by_targets,
    check=check_targets,
    inputs=("probs", "targets"),
    formula="l = -sum_i t_i log z_i",
    derivative="by z: -t_i / z_i; by t: -log z_i",
    domain="probabilities in [0, 1]; labels in 0..k-1, or rows of target weights of any sum; 0 log 0 = 0",
)

nll = loss_of_rows(
    "nll",
    _on_log_probs,
    _slope_on_log_probs,
    _by_targets,
    check=check_targets,
    inputs=("log_probs", "targets"),
    formula="l = -sum_i t_i z_i",
    derivative="by z: -t_i; by t: -z_i",
    domain="log-probabilities, -inf allowed where the target weight is 0; labels in 0..k-1, or rows of any sum",
)
