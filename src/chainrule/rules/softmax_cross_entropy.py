"""Softmax and cross entropy in one rule, on logits: the loss of every classifier here.

    l = sum_i t_i (log sum_j exp(x_j) - x_i),    dl/dx_i = s_i sum(t) - t_i,    dl/dt_i = -log s_i,    s = softmax(x)

Targets are integer labels y (then t = e_y) or rows t of class weights of any sum; label smoothing e replaces t by (1
- e) t + e sum(t) / k. Nothing divides by a probability, and nothing cancels: the loss adds the non-negative terms t_i
(m - x_i) and sum(t) log1p(rest / e_top), and the gradient's entry i is s_i (sum of the other t) - t_i (sum of the
other s), which at a label is minus the sum of the other probabilities.

Error bound. For non-negative targets the loss is a sum of non-negative terms, each within a few units, and so is each
entry of the gradient for labels. For rows of targets an entry is the difference of the two products above and the
error is at most CONDITIONED_BOUND units of their sum: CONDITIONED_BOUND times the condition number (of the
pushforward: of all its terms).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from chainrule.arrays import (
    Array,
    check_labels,
    class_mask,
    extent,
    holds_labels,
    is_floating,
    may_write,
    namespace,
    row_dot,
    same_shape,
    surely_finite,
    take_class,
)
from chainrule.rules.rule import Rule
from chainrule.rules.shifted import Shifted, check_logits, own, shifted, with_entry, without_entry
from chainrule.workspace import Workspace


class Residuals(NamedTuple):
    """What the derivatives need."""

    probs: Array
    """s sum(t) for rows of targets; for labels dl/dx = s - e_y, at the label minus the sum of the others."""
    soft: Soft | None
    """None for labels."""


class Soft(NamedTuple):
    """What the derivatives need besides for rows of targets."""

    targets: Array
    """The rows t, smoothed."""
    top: Array
    """The index of a largest logit of each row."""
    target_at_top: Array
    """t there, of shape (..., 1)."""
    other_targets: Array
    """The sum of the other t, of shape (..., 1)."""
    exponential_at_top: Array
    """exp(x - c) there, of shape (..., 1)."""
    rest: Array
    """The sum of the other exponentials, of shape (..., 1)."""
    logits: Array | None
    """x; None for labels that were smoothed, which have no derivative."""
    maximum: Array
    """m, the largest of them, of shape (..., 1)."""
    log_rest: Array
    """log sum_j exp(x_j) - m, of shape (..., 1)."""
    smoothing: Array | None
    """The fraction, of shape (..., 1), None for 0."""


def _check(logits: Array, targets: Array) -> None:
    check_logits(logits)
    if not holds_labels(targets):
        same_shape("targets (rows of class weights)", targets.shape, logits.shape)
        return
    same_shape("targets (labels)", targets.shape, logits.shape[:-1])
    check_labels("targets", targets, logits.shape[-1])


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
    return (1 - label_smoothing) * targets + label_smoothing * total / like.shape[-1]


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
    if holds_labels(targets) and not label_smoothing:
        return _on_labels(shifted(logits), targets, out)
    return _on_rows(shifted(logits, differences=True), targets, label_smoothing, out)


def _on_labels(results: Shifted, labels: Array, out: Array | None) -> tuple[Array, Residuals]:
    xp = namespace(results.exponentials)
    probs = xp.divide(results.exponentials, results.total, out=own(results.exponentials))
    gaps = results.maximum - take_class(results.logits, labels)
    losses = xp.add(gaps[..., 0], results.log_rest[..., 0], out=out)
    at_label = xp.where((labels == results.top)[..., None], results.rest / results.total, 1 - take_class(probs, labels))
    return losses, Residuals(with_entry(probs, labels, -at_label), None)


def _on_rows(results: Shifted, targets: Array, smoothing: float, out: Array | None) -> tuple[Array, Residuals]:
    xp, top, sum_of_exponentials = namespace(results.rest), results.top, results.total
    below: Array = results.differences
    rows = _rows(targets, below, smoothing)
    target_at_top = take_class(rows, top)
    total, other_targets = _sums(rows, top, target_at_top)
    with np.errstate(invalid="ignore"):
        spare = own(below) if may_write(rows) and rows.dtype == below.dtype else None
        met = row_dot(rows, below, spare=spare)[0]
    if not surely_finite(met):
        # A class without target weight does not count, even at logit -inf, where 0 * inf is nan.
        below = results.logits - results.maximum
        met = row_dot(rows, xp.where((rows == 0) & (below == -math.inf), xp.zeros_like(below), below))[0]
    log_rest = results.log_rest
    losses = xp.subtract((total * log_rest)[..., 0], met[..., 0], out=out)
    fraction = xp.full_like(total, smoothing) if smoothing else None
    kept = None if holds_labels(targets) else results.logits
    at_top = (target_at_top, other_targets, results.at_top, results.rest)
    soft = Soft(rows, top, *at_top, kept, results.maximum, log_rest, fraction)
    return losses, Residuals(_shares(results.exponentials, sum_of_exponentials, total), soft)


def _sums(rows: Array, top: Array, at_top: Array) -> tuple[Array, Array]:
    """sum_j t_j, and the same without the largest logit's t: their difference, unless that t weighs more than the rest.

    Where it weighs less, the difference loses no more than the sums' own rounding.
    """
    xp = namespace(rows)
    if not is_floating(rows):
        others = without_entry(rows + 0, top)[1]
        return others + at_top, others
    total = xp.sum(rows, axis=-1, keepdims=True)
    others = total - at_top
    with np.errstate(divide="ignore", invalid="ignore"):
        smallest, largest = extent(at_top / others)
    if smallest >= -1 and largest <= 1:
        return total, others
    keeps_digits = abs(at_top) <= abs(others)
    others = xp.where(keeps_digits, others, without_entry(rows + 0, top)[1])
    return xp.where(keeps_digits, total, others + at_top), others


def _shares(exponentials: Array, total: Array, weight: Array) -> Array:
    """s sum(t), by one divisor per row; where that would overflow, or the weight is 0, by a division and a product."""
    xp = namespace(weight)
    if not is_floating(weight):
        return exponentials / total * weight
    divisor = total / weight
    if surely_finite(divisor):
        return xp.divide(exponentials, divisor, out=own(exponentials))
    fits = abs(divisor) < math.inf
    shares = xp.divide(exponentials, xp.where(fits, divisor, total), out=own(exponentials))
    return shares * xp.where(fits, xp.ones_like(weight), weight)


def by_logits(residuals: Residuals) -> Array:
    """dl/dx = s sum(t) - t, one row per sample.

    Only at the largest logit can s sum(t) and t be nearly equal and both far larger than the terms of the sum over
    pairs, s_i (sum of the other t) - t_i (sum of the other s); there it is computed from these.
    """
    probs, soft = residuals
    if soft is None:
        return probs
    total = soft.exponential_at_top + soft.rest
    at_top = soft.exponential_at_top / total * soft.other_targets - soft.target_at_top * (soft.rest / total)
    return with_entry(probs - soft.targets, soft.top, at_top)


def by_targets(residuals: Residuals) -> Array | None:
    """dl/dt = -log s, smoothed like the targets, since the smoothing is a symmetric linear map; None for labels."""
    soft = residuals.soft
    if soft is None or soft.logits is None:
        return None
    surprise = soft.log_rest - (soft.logits - soft.maximum)
    if soft.smoothing is None:
        return surprise
    mean = namespace(surprise).sum(surprise, axis=-1, keepdims=True) / surprise.shape[-1]
    return (1 - soft.smoothing) * surprise + soft.smoothing * mean


Cotangents = tuple[Array | None, Array | None]


def pullback(
    residuals: Residuals, cotangent: Array, *, out: Cotangents | None = None, work: Workspace | None = None
) -> Cotangents:
    """One cotangent per row times (s sum(t) - t), and times -log s for rows of targets (None for labels)."""
    xp, v = namespace(cotangent), cotangent[..., None]
    to_logits, to_targets = out or (None, None)
    surprise = None if out and to_targets is None else by_targets(residuals)
    return (
        None if out and to_logits is None else xp.multiply(v, by_logits(residuals), out=to_logits),
        None if surprise is None else xp.multiply(v, surprise, out=to_targets),
    )


def pushforward(residuals: Residuals, logits_tangent: Array | None, targets_tangent: Array | None) -> Array:
    """The loss's change: (s sum(t) - t) . x_tangent - log s . t_tangent."""
    xp, gradient = namespace(residuals.probs), by_logits(residuals)
    moved = xp.sum(0 * gradient if logits_tangent is None else gradient * logits_tangent, axis=-1)
    if targets_tangent is None:
        return moved
    surprise = by_targets(residuals)
    if surprise is None:
        raise ValueError("softmax_cross_entropy: labels have no tangent; give rows of class weights, or None")
    return moved + xp.sum(surprise * targets_tangent, axis=-1)


def jacobian_matrix(residuals: Residuals) -> tuple[Array, Array | None]:
    """The two gradients of every row's loss."""
    return by_logits(residuals), by_targets(residuals)


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
    domain="any logits, -inf masking a class; labels in 0..k-1, or rows of class weights of any sum",
    error_bound=16,
)
