"""Losses, gradients and second-order products of a linear softmax head, one block of logits at a time.

    z = (x W^T + b) / tau,   l = sum_c t'_c (log sum_j e^(z_j) - z_c),   t' = (1 - e) t + e T / k,   T = sum(t)
    g = dl/dz = p T - t',    dL/dX = v g W / tau,   dL/dW = sum_i v_i g_i x_i^T / tau,   dL/db = sum_i v_i g_i / tau

A block E holds e^(z - m) and is not divided by its row sums. Its entries at the targets are replaced, so that with
s = v / sum_j e^(z_j - m) the gradients are s (E W) and E^T (s X). Label smoothing subtracts the constant v T e / k from
every class; this term is an outer product with sum_c W_c and is added separately.

Along a tangent dz the change of g is T p (u - p.u) with u = dz - dz[top], which does not cancel if p is nearly 1.
"""

from __future__ import annotations

import math
from typing import Any

from chainrule.arrays import Array, argmax, empty, namespace
from chainrule.heads.chunks import (
    Chunk,
    Direction,
    Gradients,
    LinearHead,
    add_product,
    check_largest,
    chunks_of,
    finite,
    logits,
    refuse_lost,
    tangent_logits,
    tangent_rows,
)
from chainrule.heads.summaries import RowSummary, base_of, joined, merged


def _summarise(chunk: Chunk, tangent: Direction | None = None, *, entropy: bool = False) -> RowSummary:
    """Run the first pass. If one block holds all classes, e^(z - m) and dz stay in their buffers."""
    result: RowSummary | None = None
    for classes in chunk.blocks:
        z = logits(chunk, classes)
        change = None if tangent is None else tangent_logits(chunk, tangent, classes)
        found = joined([_summary_of_part(chunk, z, change, part, classes, entropy) for part in chunk.parts])
        result = found if result is None else merged(result, found)
        refuse_lost(chunk, found.maximum)
    assert result is not None
    check_largest(chunk, result.maximum)
    return result


def _summary_of_part(
    chunk: Chunk, block: Array, change: Array | None, part: slice, classes: slice, entropy: bool
) -> RowSummary:
    z, index = block[part], chunk.index[: part.stop - part.start]
    xp = namespace(z)
    if chunk.bias is not None:
        xp.add(z, chunk.bias[classes], out=z)
    top = argmax(z)
    maximum = z[index, top]
    base = base_of(maximum)
    d = None if change is None else change[part]
    gap, mass, along = _at_targets(chunk, z, d, base, part, classes)
    xp.subtract(z, base[:, None], out=z)
    below = 1 * z if entropy else None
    xp.exp(z, out=z)
    z[index, top] = 0.0
    rest = xp.sum(z, axis=-1)
    at_top = moment = None
    if d is not None:
        at_top = d[index, top]
        moment = xp.sum(z * (d - at_top[:, None]), axis=-1)
    elif below is not None:
        # d = z: a masked class adds 0; without the condition 0 * inf would give nan.
        at_top, along = base, gap
        moment = xp.sum(xp.where(below == -math.inf, 0.0, z * below), axis=-1)
    z[index, top] = 1.0
    return RowSummary(top + classes.start, maximum, rest, gap, mass, moment, at_top, along)


def _at_targets(
    chunk: Chunk, z: Array, d: Array | None, base: Array, part: slice, classes: slice
) -> tuple[Array, Array, Array | None]:
    """sum t (base - z), sum t and sum t d over the classes of a block."""
    xp = namespace(z)
    if chunk.targets.labels is not None:
        inside, place = chunk.label_in(classes, chunk.targets.labels[part])
        index = chunk.index[: len(z)]
        gap = xp.where(inside, base - z[index, place], 0.0)
        return gap, xp.where(inside, 1.0, 0 * base), None if d is None else xp.where(inside, d[index, place], 0.0)
    t = chunk.targets.block(part, classes, z)
    # A class without target weight adds 0, even if its logit is -inf.
    gap = xp.sum(xp.where(t == 0, 0.0, t * (base[:, None] - z)), axis=-1)
    return gap, xp.sum(t, axis=-1), None if d is None else xp.sum(t * d, axis=-1)


def _losses(chunk: Chunk, summary: RowSummary) -> Array:
    xp, e = namespace(chunk.x), chunk.head.label_smoothing
    log_total = xp.log1p(summary.rest)
    if not e:
        return summary.gap + summary.mass * log_total
    mean = xp.matmul(chunk.x, chunk.mean_of_classes("W", chunk.head.W))
    if chunk.bias is not None:
        mean = mean + chunk.mean_of_classes("bias", chunk.bias)
    to_mean = xp.where(summary.mass == 0, 0.0, summary.mass * (summary.maximum - mean))
    return (1 - e) * summary.gap + e * to_mean + summary.mass * log_total


def _exponentials(chunk: Chunk, summary: RowSummary, classes: slice) -> Array:
    """e^(z - m) of a block, kept by the first pass or computed again."""
    if chunk.in_one_block:
        return chunk.buffer("logits", classes)
    block = logits(chunk, classes)
    xp, base = namespace(block), summary.maximum[:, None]
    for part in chunk.parts:
        z = block[part]
        if chunk.bias is not None:
            xp.add(z, chunk.bias[classes], out=z)
        xp.exp(xp.subtract(z, base[part], out=z), out=z)
    return block


def _to_gradient(chunk: Chunk, summary: RowSummary, classes: slice, block: Array) -> None:
    """Replace e^(z - m) by (g + T e / k) sum_j e^(z_j - m) in place, without cancellation at the targets."""
    xp, e = namespace(block), chunk.head.label_smoothing
    if chunk.targets.labels is not None:
        inside, place = chunk.label_in(classes, chunk.targets.labels)
        at_label = block[chunk.index, place]
        # Sum of the exponentials over the other classes. At the largest logit it is `rest`, which did not cancel.
        others = xp.where(chunk.targets.labels == summary.top, summary.rest, 1 + (summary.rest - at_label))
        block[chunk.index, place] = xp.where(inside, e * at_label - (1 - e) * others, at_label)
        return
    for part in chunk.parts:
        z, index = block[part], chunk.index[: part.stop - part.start]
        t = chunk.targets.block(part, classes, z)
        others = (1 + summary.rest[part, None]) - z
        top = summary.top[part]
        here = (top >= classes.start) & (top < classes.stop)
        place = xp.where(here, top - classes.start, 0)
        others[index, place] = xp.where(here, summary.rest[part], others[index, place])
        xp.multiply(z, summary.mass[part, None] - (1 - e) * t, out=z)
        xp.subtract(z, (1 - e) * t * others, out=z)


class _Sums:
    """Gradients summed block by block. Each row of X is written once; W and bias are added to."""

    def __init__(self, head: LinearHead, of: tuple[str, ...]) -> None:
        zeros = namespace(head.X).zeros_like
        self.temperature = head.temperature
        self.X = zeros(head.X) if "X" in of else None
        self.W = zeros(head.W) if "W" in of else None
        self.bias = zeros(head.bias) if "bias" in of else None
        smoothed = bool(head.label_smoothing)
        self.in_every_class: Any = 0 * head.W[0] if smoothed else None
        self.in_every_bias: Any = 0.0 if smoothed else None

    def to_classes(self, chunk: Chunk, classes: slice, block: Array, scale: Array, x: Array, *, bias: bool) -> None:
        """Add the gradients by W and bias, where the cotangent of the logits is scale * block."""
        xp = namespace(block)
        if self.W is not None:
            add_product(self.W[classes], block.T, x * scale[:, None], chunk.work)
        if self.bias is not None and bias:
            share = self.bias[classes]
            xp.add(share, xp.matmul(scale / self.temperature, block), out=share)

    def to_every_class(self, scale: Array, x: Array, *, bias: bool) -> None:
        """Add the gradients for a cotangent that is equal in all classes. `result` adds them to each class."""
        xp = namespace(x)
        if self.W is not None:
            self.in_every_class = self.in_every_class + xp.matmul(scale, x)
        if bias:
            self.in_every_bias = self.in_every_bias + xp.sum(scale) / self.temperature

    def result(self) -> Gradients:
        """The gradients. Call it once, after the last block."""
        for share, everywhere in ((self.W, self.in_every_class), (self.bias, self.in_every_bias)):
            if share is not None and everywhere is not None:
                share += everywhere
        return Gradients(self.X, self.W, self.bias)


def losses(head: LinearHead, kept: Array | None) -> Array:
    """The loss of each kept sample (None: of all)."""
    return _per_row(head, [_losses(chunk, _summarise(chunk)) for chunk in chunks_of(head, kept, 1)])


def predictions(head: LinearHead) -> tuple[Array, Array, Array]:
    """For each sample the class of the largest logit, its log-probability, and the entropy."""
    found = []
    for chunk in chunks_of(head, None, 1):
        summary = _summarise(chunk, entropy=True)
        log_total = namespace(chunk.x).log1p(summary.rest)
        found.append((summary.top, -log_total, log_total - summary.moment / (1 + summary.rest)))
    top, log_probs, entropies = zip(*found, strict=True) if found else ([], [], [])
    empty_top = namespace(head.X).argmax(head.W[:1], axis=-1)[:0]
    return (
        namespace(head.X).concatenate([*top]) if found else empty_top,
        _per_row(head, [*log_probs]),
        _per_row(head, [*entropies]),
    )


def _per_row(head: LinearHead, parts: list[Array]) -> Array:
    return namespace(head.X).concatenate(parts) if parts else empty((0,), head.X)


def losses_and_gradients(
    head: LinearHead, kept: Array | None, cotangent: Array, of: tuple[str, ...]
) -> tuple[Array, Gradients]:
    """The losses of the kept samples, and the gradients of sum_i cotangent_i loss_i."""
    sums, found, e = _Sums(head, of), [], head.label_smoothing
    xp, done = namespace(head.X), 0
    for chunk in chunks_of(head, kept, 1):
        v = cotangent[done : done + len(chunk.x)]
        done += len(chunk.x)
        summary = _summarise(chunk)
        found.append(_losses(chunk, summary))
        scale, by_x = v / (1 + summary.rest), None
        for classes in chunk.blocks:
            block = _exponentials(chunk, summary, classes)
            _to_gradient(chunk, summary, classes, block)
            sums.to_classes(chunk, classes, block, scale, chunk.x, bias=True)
            if sums.X is not None:
                by_x = _sum_of(by_x, xp.matmul(block, head.W[classes]))
        if by_x is not None:
            by_x = by_x * scale[:, None]
        if e:
            # Smoothing subtracts v T e / k from the cotangent of each logit, which multiplies the mean of the weights.
            constant = -e * v * summary.mass
            sums.to_every_class(constant / len(head.W), chunk.x, bias=True)
            by_x = None if by_x is None else by_x + constant[:, None] * chunk.mean_of_classes("W", head.W)
        if sums.X is not None and by_x is not None:
            sums.X[chunk.rows] = finite(head, by_x / head.temperature)
    return _per_row(head, found), sums.result()


def products(
    head: LinearHead, kept: Array | None, cotangent: Array, tangent: Direction, of: tuple[str, ...], *, curved: bool
) -> tuple[Array, Gradients]:
    """The derivative of each kept loss along a tangent, and the Hessian of sum_i cotangent_i loss_i times the tangent.

    With curved=False the second derivative of the logits is left out: the Gauss-Newton product.
    """
    sums, slopes, e = _Sums(head, of), [], head.label_smoothing
    xp, done = namespace(head.X), 0
    curved = curved and (tangent.X is not None or tangent.W is not None)
    for chunk in chunks_of(head, kept, 2):
        v = cotangent[done : done + len(chunk.x)]
        done += len(chunk.x)
        dx = tangent_rows(chunk, tangent)
        summary = _summarise(chunk, tangent)
        total = 1 + summary.rest
        mean = summary.moment / total
        slopes.append(_slopes(chunk, summary, tangent, dx, mean))
        scale, second_scale = v / total, v * summary.mass / total
        by_x = None
        for classes in chunk.blocks:
            block = _exponentials(chunk, summary, classes)
            second = _second_order_block(chunk, summary, classes, block, tangent, mean)
            sums.to_classes(chunk, classes, second, second_scale, chunk.x, bias=True)
            if sums.X is not None:
                by_x = _sum_of(by_x, xp.matmul(second, head.W[classes]) * second_scale[:, None])
            if not curved:
                continue
            _to_gradient(chunk, summary, classes, block)
            if dx is not None:
                sums.to_classes(chunk, classes, block, scale, dx, bias=False)
            if sums.X is not None and tangent.W is not None:
                by_x = by_x + xp.matmul(block, tangent.W[classes]) * scale[:, None]
        if curved and e:
            constant = -e * v * summary.mass
            if dx is not None:
                sums.to_every_class(constant / len(head.W), dx, bias=False)
            if by_x is not None and tangent.W is not None:
                by_x = by_x + constant[:, None] * chunk.mean_of_classes("dW", tangent.W)
        if sums.X is not None and by_x is not None:
            sums.X[chunk.rows] = finite(head, by_x / head.temperature)
    return _per_row(head, slopes), sums.result()


def _second_order_block(
    chunk: Chunk, summary: RowSummary, classes: slice, block: Array, tangent: Direction, mean: Array
) -> Array:
    """e^(z - m) (u - p.u) of a block, written over the tangent's buffer."""
    xp = namespace(block)
    change = chunk.buffer("tangent", classes) if chunk.in_one_block else tangent_logits(chunk, tangent, classes)
    for part in chunk.parts:
        u = change[part]
        xp.subtract(u, summary.at_top[part, None], out=u)  # type: ignore[index]
        xp.subtract(u, mean[part, None], out=u)
        xp.multiply(u, block[part], out=u)
    return change


def _slopes(chunk: Chunk, summary: RowSummary, tangent: Direction, dx: Array | None, mean: Array) -> Array:
    """The derivative of each loss along the tangent, dl = T p.dz - t'.dz."""
    xp, head, e = namespace(chunk.x), chunk.head, chunk.head.label_smoothing
    assert summary.along is not None
    expected = summary.mass * (mean + summary.at_top)
    if not e:
        return expected - summary.along
    mean_change = 0 * expected
    if tangent.W is not None:
        mean_change = mean_change + xp.matmul(chunk.x, chunk.mean_of_classes("dW", tangent.W))
    if dx is not None:
        mean_change = mean_change + xp.matmul(dx, chunk.mean_of_classes("W", head.W))
    if tangent.bias is not None:
        mean_change = mean_change + chunk.mean_of_classes("db", tangent.bias) / head.temperature
    return expected - (1 - e) * summary.along - e * summary.mass * mean_change


def _sum_of(before: Array | None, more: Array) -> Array:
    return more if before is None else namespace(more).add(before, more, out=before)
