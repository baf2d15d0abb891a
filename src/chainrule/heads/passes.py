"""Losses, gradients and second-order products of a linear softmax head, one block of logits at a time.

    z = (x W^T + b) / tau,   l = sum_c t'_c (log sum_j e^(z_j) - z_c),   t' = (1 - e) t + e T / k,   T = sum(t)
    g = dl/dz = p T - t',    dL/dX = v g W / tau,   dL/dW = sum_i v_i g_i x_i^T / tau,   dL/db = sum_i v_i g_i / tau

The first pass sums over each row, block by block (see `RowSummary`):

    m = max_c z_c,   rest = sum over c except one largest of e^(z_c - m),   log-sum-exp = m + log1p(rest)
    gap = sum_c t_c (m - z_c),   moment = sum_c e^(z_c - m) (d_c - d_top)   for any second array d beside the logits

To merge two blocks, the sums relative to the smaller maximum are multiplied by e^(smaller - larger). The largest
exponential is exactly 1 and stays outside `rest`, so a loss of 1e-20 keeps its digits.

A block holds e^(z - m), which is not divided by its row sums S. The second pass replaces it by S g, so that with
s = v / S the gradients are s (S g W) and (S g)^T (s X).

Along a tangent dz the change of g is T p (u - p.u) with u = dz - dz[top], which does not cancel if p is nearly 1.
"""

import math
from collections.abc import Collection
from functools import reduce
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array, argmax, namespace
from chainrule.heads.arguments import is_finite
from chainrule.heads.chunks import (
    Chunk,
    Direction,
    Gradients,
    LinearHead,
    add_product,
    check_largest,
    check_parameters,
    chunks_of,
    logits,
    tangent_logits,
)

quietly = np.errstate(all="ignore")
"""Decorator without floating-point warnings: infinity may be the right value, and nan raises ValueError."""


class RowSummary(NamedTuple):
    """Sums with one entry per row. The last three are 0 unless an array d accompanies the logits.

    Attributes
    ----------
    top : array
        The class of a largest logit.
    maximum : array
        m; minus infinity if all classes so far are masked.
    rest : array
        The sum of the exponentials without the top class.
    gap, mass : array
        sum t (m - z) and sum t.
    moment : array
        sum e^(z - m) (d - d_top).
    at_top : array
        d at the largest logit.
    along : array
        sum t d.
    """

    top: Array
    maximum: Array
    rest: Array
    gap: Array
    mass: Array
    moment: Array
    at_top: Array
    along: Array


def base_of(maximum: Array) -> Array:
    """The number that is subtracted from logits: their maximum, or 0 if all are minus infinity."""
    return namespace(maximum).where(maximum == -math.inf, 0.0, maximum)


def merged(a: RowSummary, b: RowSummary) -> RowSummary:
    """Merge the summaries of two blocks of classes. If the maxima are equal, the top class is the first block's."""
    xp = namespace(a.maximum)
    b_is_larger = b.maximum > a.maximum
    large = RowSummary(*(xp.where(b_is_larger, y, x) for x, y in zip(a, b, strict=True)))
    small = RowSummary(*(xp.where(b_is_larger, x, y) for x, y in zip(a, b, strict=True)))
    base = base_of(large.maximum)
    scale = xp.exp(small.maximum - base)
    return RowSummary(
        large.top,
        xp.maximum(large.maximum, small.maximum),  # nan if either is nan
        large.rest + scale * (1 + small.rest),
        large.gap + small.gap + (base - base_of(small.maximum)) * small.mass,
        large.mass + small.mass,
        large.moment + scale * (small.moment + (small.at_top - large.at_top) * (1 + small.rest)),
        large.at_top,
        large.along + small.along,
    )


def joined(parts: list[RowSummary]) -> RowSummary:
    """Concatenate the summaries of consecutive rows."""
    if len(parts) == 1:
        return parts[0]
    concatenate = namespace(parts[0].maximum).concatenate
    return RowSummary(*(concatenate(sums) for sums in zip(*parts, strict=True)))


@quietly
def predictions(head: LinearHead) -> tuple[Array, Array]:
    """For each sample the class of the largest logit, and the entropy of the probabilities."""
    xp = namespace(head.X)
    summaries = joined([_summarise(chunk, entropy=True) for chunk in chunks_of(head, None, 1)])
    return summaries.top, xp.log1p(summaries.rest) - summaries.moment / (1 + summaries.rest)


@quietly
def losses_and_gradients(
    head: LinearHead, kept: Array | None, cotangent: Array | None = None, of: Collection[str] = ()
) -> tuple[Array, Gradients]:
    """The loss of each kept sample (None: of all), and the gradients of sum_i cotangent_i loss_i by the variables `of`.

    Without variables, there is only the first pass.
    """
    sums, found = _Sums(head, of), []
    for chunk in chunks_of(head, kept, 1):
        summary = _summarise(chunk)
        found.append(summary.gap + summary.mass * namespace(head.X).log1p(summary.rest))
        if cotangent is None or not of:
            continue
        scale = cotangent[chunk.part] / (1 + summary.rest)
        for classes in chunk.blocks:
            block = _exponentials(chunk, summary, classes)
            _to_gradient(chunk, summary, classes, block)
            sums.add(chunk, classes, block, scale, chunk.x, head.W)
    return namespace(head.X).concatenate(found), sums.result()


@quietly
def products(
    head: LinearHead, kept: Array | None, cotangent: Array, tangent: Direction, of: Collection[str], *, curved: bool
) -> tuple[Array, Gradients]:
    """The derivative of each kept loss along a tangent, and the Hessian of sum_i cotangent_i loss_i times the tangent.

    With curved=False the second derivative of the logits is left out: the Gauss-Newton product.
    """
    sums, slopes = _Sums(head, of), []
    curved = curved and (tangent.X is not None or tangent.W is not None)
    for chunk in chunks_of(head, kept, 2, tangent):
        summary = _summarise(chunk)
        total = 1 + summary.rest
        mean = summary.moment / total
        slopes.append(summary.mass * (mean + summary.at_top) - summary.along)
        scale = cotangent[chunk.part] / total
        for classes in chunk.blocks:
            block = _exponentials(chunk, summary, classes)
            second = _second_order_block(chunk, summary, classes, block, mean)
            sums.add(chunk, classes, second, scale * summary.mass, chunk.x, head.W)
            if curved:
                _to_gradient(chunk, summary, classes, block)
                sums.add(chunk, classes, block, scale, chunk.tangent.X, tangent.W, bias=False)
    return namespace(head.X).concatenate(slopes), sums.result()


class _Sums:
    """Gradients by the variables named in `of`, to which blocks are added."""

    def __init__(self, head: LinearHead, of: Collection[str]) -> None:
        zeros = namespace(head.X).zeros_like
        self.head = head
        self.X = zeros(head.X) if "X" in of else None
        self.W = zeros(head.W) if "W" in of else None
        self.bias = zeros(head.bias) if "bias" in of else None

    def add(
        self,
        chunk: Chunk,
        classes: slice,
        block: Array,
        scale: Array,
        x: Array | None,
        W: Array | None,
        *,
        bias: bool = True,
    ) -> None:
        """Add the pullback of the cotangent scale * block of the logits, whose change is x dW^T + dX W^T / tau + db."""
        xp = namespace(block)
        if self.W is not None and x is not None:
            add_product(self.W[classes], block.T, x * scale[:, None], chunk.work)
        scale = scale / self.head.temperature
        if self.X is not None and W is not None:
            self.X[chunk.rows] += xp.matmul(block, W[classes]) * scale[:, None]
        if self.bias is not None and bias:
            self.bias[classes] += xp.matmul(scale, block)

    def result(self) -> Gradients:
        """The gradients; ValueError if those by the samples are not finite because W or the bias is not."""
        if self.X is not None and not is_finite(self.X):
            check_parameters(self.head)
        return Gradients(self.X, self.W, self.bias)


# What follows is private.


def _summarise(chunk: Chunk, *, entropy: bool = False) -> RowSummary:
    """Run the first pass. If one block holds all classes, e^(z - m) and dz stay in their buffers."""
    result = reduce(merged, (_summary_of_block(chunk, classes, entropy) for classes in chunk.blocks))
    check_largest(chunk, result.maximum)
    return result


def _summary_of_block(chunk: Chunk, classes: slice, entropy: bool) -> RowSummary:
    """Sums over the classes of a block. With `entropy`, the array d beside the logits is the logits themselves."""
    block = logits(chunk, classes)
    moves = any(x is not None for x in chunk.tangent)
    change = tangent_logits(chunk, classes) if moves else None
    xp, summaries = namespace(block), []
    for part in chunk.parts:
        z, index = block[part], chunk.index[: part.stop - part.start]
        if chunk.bias is not None:
            xp.add(z, chunk.bias[classes], out=z)
        top = argmax(z)
        maximum = z[index, top]
        base = base_of(maximum)
        d = None if change is None else change[part]
        if entropy:
            d = xp.where(z == -math.inf, 0.0, z)
        gap, mass, along = _at_targets(chunk, z, d, base, part, classes)
        xp.exp(xp.subtract(z, base[:, None], out=z), out=z)
        z[index, top] = 0.0
        rest = xp.sum(z, axis=-1)
        at_top = moment = 0 * rest
        if d is not None:
            at_top = d[index, top]
            moment = xp.sum(z * (d - at_top[:, None]), axis=-1)
        z[index, top] = 1.0
        summaries.append(RowSummary(top + classes.start, maximum, rest, gap, mass, moment, at_top, along))
    return joined(summaries)


def _at_targets(
    chunk: Chunk, z: Array, d: Array | None, base: Array, part: slice, classes: slice
) -> tuple[Array, Array, Array]:
    """sum t' (base - z), sum t' and sum t' d over the classes of a block; the last is 0 without d."""
    xp, e, zero, labels = namespace(z), chunk.head.label_smoothing, 0 * base, chunk.labels
    if labels is not None:
        inside, place = chunk.label_in(classes, labels[part])
        index = chunk.index[: len(z)]
        gap = xp.where(inside, base - z[index, place], 0.0)
        mass = xp.where(inside, 1.0, zero)
        along = zero if d is None else xp.where(inside, d[index, place], 0.0)
    else:
        t = chunk.weights(part, classes)
        # A class without target weight adds 0, even if its logit is -inf.
        gap = xp.sum(xp.where(t == 0, 0.0, t * (base[:, None] - z)), axis=-1)
        mass = xp.sum(t, axis=-1)
        along = zero if d is None else xp.sum(t * d, axis=-1)
    if e:
        each = e * (chunk.mass[part] if labels is None else 1 + zero) / len(chunk.head.W)
        gap = (1 - e) * gap + xp.where(each == 0, 0.0, each * xp.sum(base[:, None] - z, axis=-1))
        mass = (1 - e) * mass + each * z.shape[1]
        along = zero if d is None else (1 - e) * along + each * xp.sum(d, axis=-1)
    return gap, mass, along


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
    """Replace e^(z - m) by g sum_j e^(z_j - m) in place, without cancellation at the targets."""
    xp, e, labels = namespace(block), chunk.head.label_smoothing, chunk.labels
    if labels is not None:
        inside, place = chunk.label_in(classes, labels)
        at_label = block[chunk.index, place]
        # Sum of the exponentials over the other classes. At the largest logit it is `rest`, which did not cancel.
        others = xp.where(labels == summary.top, summary.rest, 1 + (summary.rest - at_label))
        block[chunk.index, place] = xp.where(inside, e * at_label - (1 - e) * others, at_label)
        if e:
            xp.subtract(block, (e * (1 + summary.rest) / len(chunk.head.W))[:, None], out=block)
        return
    for part in chunk.parts:
        z, index = block[part], chunk.index[: part.stop - part.start]
        t = chunk.weights(part, classes)
        if e:
            t = (1 - e) * t + e * chunk.mass[part, None] / len(chunk.head.W)
        others = (1 + summary.rest[part, None]) - z
        top = summary.top[part]
        here = (top >= classes.start) & (top < classes.stop)
        place = xp.where(here, top - classes.start, 0)
        others[index, place] = xp.where(here, summary.rest[part], others[index, place])
        xp.multiply(z, summary.mass[part, None] - t, out=z)
        xp.subtract(z, t * others, out=z)


def _second_order_block(chunk: Chunk, summary: RowSummary, classes: slice, block: Array, mean: Array) -> Array:
    """e^(z - m) (u - p.u) of a block, written over the tangent's buffer."""
    xp = namespace(block)
    change = chunk.buffer("tangent", classes) if chunk.in_one_block else tangent_logits(chunk, classes)
    for part in chunk.parts:
        u = change[part]
        xp.subtract(u, summary.at_top[part, None], out=u)
        xp.subtract(u, mean[part, None], out=u)
        xp.multiply(u, block[part], out=u)
    return change
