"""Softmax and cross entropy in one rule, on logits: the loss of every classifier here.

    l = sum_i t_i (log sum_j exp(x_j) - x_i),    dl/dx_i = s_i sum(t) - t_i,    dl/dt_i = -log s_i,    s = softmax(x)

Targets are integer labels y (then t = e_y) or rows t of class weights of any sum; label smoothing e replaces t by
(1 - e) t + e sum(t) / k. Nothing divides by a probability, and nothing cancels: the loss adds the non-negative terms
t_i (m - x_i) and sum(t) log1p(rest / e_top), and dl/dx is minus the pullback of log-softmax at t; at a label it is
minus the sum of the other probabilities.

For non-negative targets the loss is off by a few ulp, and so is the gradient for labels. For rows of targets an entry
of the gradient is the difference of s_i (sum of the other t) and t_i (sum of the other s), and its error at most
CONDITIONED_BOUND ulp of the sum of the two.
"""

import math
from typing import TypeAlias

from chainrule.arrays import (
    Array,
    holds_labels,
    namespace,
    row_dot,
    row_sum,
    surely,
    take_class,
    with_class,
)
from chainrule.rules.log_softmax import pullback as pull_log_softmax
from chainrule.rules.row_losses import check_targets, loss_of_rows, target_rows
from chainrule.rules.shifted import Shifted, check_logits, shifted

Residuals: TypeAlias = tuple[Shifted, Array, float]
"""The shifted logits; the targets, labels or rows, before the smoothing; and the smoothing."""


def check_label_smoothing(label_smoothing: float) -> None:
    """Raise ValueError unless the fraction of smoothing lies in [0, 1]."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing: expected a fraction from 0 to 1, got {label_smoothing}")


def _check(logits: Array, targets: Array) -> None:
    check_logits(logits)
    check_targets(logits, targets)


def _smoothed(rows: Array, smoothing: float) -> Array:
    """(1 - e) t + e sum(t) / k, a symmetric linear map of t."""
    return (1 - smoothing) * rows + smoothing * row_sum(rows) / rows.shape[-1] if smoothing else rows


def forward(logits: Array, targets: Array, *, label_smoothing: float = 0.0) -> tuple[Array, Residuals]:
    """The loss of every row, of shape logits.shape[:-1]."""
    check_label_smoothing(label_smoothing)
    at = shifted(logits)
    if holds_labels(targets) and not label_smoothing:
        losses = at.maximum - take_class(at.logits, targets) + at.log_rest
    else:
        rows = _smoothed(target_rows(targets, at.logits), label_smoothing)
        # A class without target weight does not count, even at logit -inf, where 0 * inf is nan.
        gaps = at.maximum - at.logits
        if not surely(gaps < math.inf):
            gaps = namespace(gaps).where((rows == 0) & (gaps == math.inf), 0.0, gaps)
        losses = row_sum(rows) * at.log_rest + row_dot(rows, gaps)
    return losses[..., 0], (at, targets, label_smoothing)


def _by_logits(residuals: Residuals) -> Array:
    """s sum(t) - t; for labels s - e_y, which is minus the sum of the other probabilities at the label."""
    at, targets, smoothing = residuals
    if smoothing or not holds_labels(targets):
        return -pull_log_softmax(at, _smoothed(target_rows(targets, at.exponentials), smoothing))
    probs, is_top = at.probs, (targets == at.top)[..., None]
    others = namespace(probs).where(is_top, at.rest / at.total, 1 - take_class(probs, targets))
    return with_class(probs, targets, -others)


def _by_targets(residuals: Residuals) -> Array | None:
    """-log s, smoothed like the targets; None for labels."""
    at, targets, smoothing = residuals
    return None if holds_labels(targets) else _smoothed(at.log_rest - (at.logits - at.maximum), smoothing)


def _slope(residuals: Residuals, vector: Array) -> Array:
    return vector * _by_logits(residuals)


softmax_cross_entropy = loss_of_rows(
    "softmax_cross_entropy",
    forward,
    _slope,
    _by_targets,
    check=_check,
    inputs=("logits", "targets"),
    options=("label_smoothing",),
    formula="l = sum_i t_i (log sum_j e^x_j - x_i)",
    derivative="by x: s_i sum(t) - t_i; by t: -log s_i",
    domain="any logits, -inf masking a class; labels in 0..k-1, or rows of class weights of any sum",
)
