"""Softmax cross entropy in place: losses and gradients with respect to the logits, in a third of the rule's passes.

Losses below 1e-16 lose digits, and so do slopes where a soft target and a probability nearly agree. Training needs
neither. Infinite logits are not read as limits; a nan stays a nan.
"""

from dataclasses import replace

from chainrule.arrays import Array, holds_labels, namespace
from chainrule.kernels.kernel import adapter
from chainrule.rules.softmax_cross_entropy import softmax_cross_entropy
from chainrule.workspace import Workspace


def value_and_pullback(
    logits: Array,
    targets: Array,
    cotangent: Array,
    *,
    label_smoothing: float = 0.0,
    out: tuple[Array, Array],
    work: Workspace,
) -> tuple[Array, Array]:
    """See `Kernel`: losses and weighted slopes of a batch, written to the pair `out`."""
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


KERNELS = {softmax_cross_entropy: replace(adapter(softmax_cross_entropy), value_and_pullback=value_and_pullback)}
