"""Log-softmax in place: the largest log-probability loses its digits below 1e-16, which training does not need."""

from __future__ import annotations

from chainrule.arrays import Array, namespace, row_shape
from chainrule.kernels.kernel import Kernel
from chainrule.rules.log_softmax import log_softmax
from chainrule.workspace import Workspace, scratch


def forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Array]:
    """Log-probabilities, and the residuals: the log-probabilities again."""
    xp, rows = namespace(logits), row_shape(logits)
    maximum = xp.amax(logits, axis=-1, keepdims=True, out=scratch(work, "row_max", rows, logits))
    below = xp.subtract(logits, maximum, out=out)
    exponentials = xp.exp(below, out=scratch(work, "exponentials", tuple(logits.shape), logits))
    total = xp.sum(exponentials, axis=-1, keepdims=True, out=scratch(work, "row_sum", rows, logits))
    log_total = xp.log(total, out=scratch(work, "row_max", rows, logits))
    log_probs = xp.subtract(below, log_total, out=out)
    return log_probs, log_probs


def pullback(log_probs: Array, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    """v - s sum(v), with s = e^y."""
    xp, shape, rows = namespace(cotangent), tuple(log_probs.shape), row_shape(log_probs)
    probs = xp.exp(log_probs, out=scratch(work, "exponentials", shape, log_probs))
    total = xp.sum(cotangent, axis=-1, keepdims=True, out=scratch(work, "row_sum", rows, log_probs))
    share = xp.multiply(probs, total, out=scratch(work, "exponentials", shape, log_probs))
    return xp.subtract(cotangent, share, out=out)


KERNELS = {log_softmax: Kernel(forward, pullback)}
