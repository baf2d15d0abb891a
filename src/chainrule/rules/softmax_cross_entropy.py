"""Softmax and cross entropy in one rule, on logits: the loss of every classifier here.

    l = sum_i t_i (log sum_j exp(x_j) - x_i),    dl/dx_i = s_i sum(t) - t_i,    dl/dt_i = -log s_i,    s = softmax(x)

Targets are integer labels y (then t = e_y) or rows t of class weights of any sum; label smoothing e replaces t by
(1 - e) t + e sum(t) / k. Nothing divides by a probability, and nothing cancels: the loss adds the non-negative terms
t_i (m - x_i) and sum(t) log1p(rest), and the gradient's entry i is s_i (sum of the other t) - t_i (sum of the other s),
which at a label is minus the sum of the other probabilities.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from chainrule.arrays import (
    Array,
    Workspace,
    class_mask,
    holds_labels,
    namespace,
    rest_of_sum,
    same_shape,
)
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import check_logits, shifted


class Residuals(NamedTuple):
    """What the derivatives need."""

    by_logits: Array
    """dl/dx, one row per sample."""
    by_targets: Array | None
    """dl/dt, or None where the targets are labels."""


def _check(logits: Array, targets: Array) -> None:
    check_logits(logits)
    if not holds_labels(targets):
        same_shape("targets (rows of class weights)", targets.shape, logits.shape)
        return
    same_shape("targets (labels)", targets.shape, logits.shape[:-1])
    num_classes = logits.shape[-1]
    if 0 not in targets.shape and not (int(targets.min()) >= 0 and int(targets.max()) < num_classes):
        raise ValueError(
            f"targets: labels lie in 0..{num_classes - 1} for {num_classes} classes, "
            f"got {int(targets.min())}..{int(targets.max())}"
        )


def check_label_smoothing(label_smoothing: float) -> None:
    """Raise ValueError unless the fraction of smoothing lies in [0, 1]."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing: expected a fraction from 0 to 1, got {label_smoothing}")


def _rows(targets: Array, like: Array, label_smoothing: float) -> Array:
    """Rows of class weights, smoothed, of the shape and dtype of `like` (finite numbers)."""
    xp = namespace(like)
    if holds_labels(targets):
        one = 0 * like + 1
        targets = xp.where(class_mask(targets, like.shape[-1]), one, 0 * one)
    if not label_smoothing:
        return targets
    total = xp.sum(targets, axis=-1, keepdims=True)
    return (1 - label_smoothing) * targets + (label_smoothing / like.shape[-1]) * total


def forward(
    logits: Array,
    targets: Array,
    *,
    label_smoothing: float = 0.0,
    out: Array | None = None,
    work: Workspace | None = None,
) -> tuple[Array, Residuals]:
    """The loss of every row, of shape logits.shape[:-1]."""
    check_label_smoothing(label_smoothing)
    xp = namespace(logits)
    top, _, below, exponentials, rest = shifted(logits)
    rows = _rows(targets, exponentials, label_smoothing)
    other_targets, total_target = rest_of_sum(rows)
    log_total = xp.log1p(rest)
    # A class without target weight does not count, even at logit -inf, where 0 * inf would be NaN.
    counted = xp.where((rows == 0) & (below == -math.inf), 0 * exponentials, below)
    gaps = xp.sum(rows * -counted, axis=-1)
    losses = xp.add(gaps, (total_target * log_total)[..., 0], out=out)
    probs = exponentials / (1 + rest)
    other_probs = xp.where(top, rest / (1 + rest), 1 - probs)
    by_targets = None if holds_labels(targets) else _by_soft_targets(log_total - below, label_smoothing)
    return losses, Residuals(probs * other_targets - rows * other_probs, by_targets)


def _by_soft_targets(surprise: Array, label_smoothing: float) -> Array:
    """-log s, smoothed like the targets: the smoothing is a symmetric linear map."""
    if not label_smoothing:
        return surprise
    mean = namespace(surprise).sum(surprise, axis=-1, keepdims=True) / surprise.shape[-1]
    return (1 - label_smoothing) * surprise + label_smoothing * mean


Cotangents = tuple[Array | None, Array | None]


def pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    """One cotangent per row times (s sum(t) - t), and times -log s for rows of targets (None for labels)."""
    xp, v = namespace(cotangent), cotangent[..., None]
    to_logits, to_targets = out or (None, None)
    skip_targets = residuals.by_targets is None or (out and to_targets is None)
    return (
        None if out and to_logits is None else xp.multiply(v, residuals.by_logits, out=to_logits),
        None if skip_targets else xp.multiply(v, residuals.by_targets, out=to_targets),
    )


def pushforward(residuals: Residuals, logits_tangent: Array | None, targets_tangent: Array | None) -> Array:
    """The loss's change: (s sum(t) - t) . x_tangent - log s . t_tangent."""
    xp, by_logits = namespace(residuals.by_logits), residuals.by_logits
    moved = xp.sum(0 * by_logits if logits_tangent is None else by_logits * logits_tangent, axis=-1)
    if targets_tangent is None:
        return moved
    if residuals.by_targets is None:
        raise ValueError("softmax_cross_entropy: labels have no tangent; give rows of class weights, or None")
    return moved + xp.sum(residuals.by_targets * targets_tangent, axis=-1)


def jacobian_matrix(residuals: Residuals) -> tuple[Array, Array | None]:
    """The two gradients of every row's loss."""
    return residuals.by_logits, residuals.by_targets


def value_and_pullback(
    logits: Array,
    targets: Array,
    cotangent: Array,
    *,
    label_smoothing: float = 0.0,
    out: tuple[Array, Array],
    work: Workspace,
) -> tuple[Array, Array]:
    """See `Rule`. The same quantities in a third of the passes: a loss below 1e-16, and the gradient's entries where a
    soft target and a probability nearly agree, keep fewer digits than those of the public forms."""
    xp = namespace(logits)
    rows = (logits.shape[0], 1)
    maximum = xp.amax(logits, axis=-1, keepdims=True, out=work("maximum", rows, logits))
    below = xp.subtract(logits, maximum, out=out[1])
    if holds_labels(targets):
        return _fused_on_labels(below, targets, cotangent, label_smoothing, out, work)
    return _fused_on_rows(below, targets, cotangent, label_smoothing, out, work)


def _fused_on_labels(
    below: Array, labels: Array, cotangent: Array, smoothing: float, out: tuple[Array, Array], work: Workspace
) -> tuple[Array, Array]:
    """loss = log(sum e^b) - (1 - e) b_y - (e / k) sum b, with b = x - m, which `out[1]` holds."""
    xp = namespace(below)
    losses, result = out
    rows, share = (below.shape[0], 1), smoothing / below.shape[-1]
    small = work("small", rows, below)
    if smoothing:
        xp.multiply(xp.sum(below, axis=-1, keepdims=True, out=losses), -share, out=losses)
    entries = work.class_entries(result)
    at_label = entries.at(labels, out=work("at_label", rows, below))
    xp.multiply(at_label, smoothing - 1, out=small)
    if smoothing:
        xp.add(losses, small, out=losses)
    else:
        losses[...] = small
    xp.exp(below, out=result)
    at_label = xp.exp(at_label, out=at_label)
    entries.put(0.0)
    others = xp.sum(result, axis=-1, keepdims=True, out=work("others", rows, below))
    total = xp.add(others, at_label, out=work("total", rows, below))
    xp.add(losses, xp.log(total, out=small), out=losses)
    scale = xp.divide(cotangent, total, out=total)
    xp.multiply(result, scale, out=result)
    at_label = xp.multiply(xp.multiply(others, scale, out=others), -1, out=at_label)
    if smoothing:
        # t = (1 - e) e_y + e/k: every entry loses e/k, the label's gains e back.
        xp.subtract(result, xp.multiply(cotangent, share, out=small), out=result)
        xp.add(at_label, xp.multiply(cotangent, smoothing - share, out=small), out=at_label)
    entries.put(at_label)
    return losses, result


def _fused_on_rows(
    below: Array, targets: Array, cotangent: Array, smoothing: float, out: tuple[Array, Array], work: Workspace
) -> tuple[Array, Array]:
    """loss = T log(sum e^b) - sum t b with T = sum t and t smoothed; gradient e^b T / (sum e^b) - t."""
    xp = namespace(below)
    losses, result = out
    rows, shape = (below.shape[0], 1), tuple(below.shape)
    weight = xp.sum(targets, axis=-1, keepdims=True, out=work("weight", rows, below))
    smoothed = xp.multiply(targets, 1 - smoothing, out=work("smoothed", shape, below))
    small = work("small", rows, below)
    if smoothing:
        xp.add(smoothed, xp.multiply(weight, smoothing / below.shape[-1], out=small), out=smoothed)
    product = xp.multiply(below, smoothed, out=work("product", shape, below))
    xp.sum(product, axis=-1, keepdims=True, out=losses)
    xp.exp(below, out=result)
    total = xp.sum(result, axis=-1, keepdims=True, out=work("total", rows, below))
    xp.multiply(xp.log(total, out=small), weight, out=small)
    xp.subtract(small, losses, out=losses)
    xp.multiply(result, xp.divide(weight, total, out=total), out=result)
    xp.multiply(xp.subtract(result, smoothed, out=result), cotangent, out=result)
    return losses, result


softmax_cross_entropy = Rule(
    "softmax_cross_entropy",
    forward,
    pullback,
    pushforward,
    jacobian_matrix,
    value_and_pullback=value_and_pullback,
    check=_check,
    inputs=("logits", "targets"),
    integers=("targets",),
    options=("label_smoothing",),
    formula="l = sum_i t_i (log sum_j e^x_j - x_i)",
    derivative="by x: s_i sum(t) - t_i; by t: -log s_i",
    domain="logits whose largest entry is finite; labels in 0..k-1, or rows of class weights of any sum",
    error_bound=16,
)
