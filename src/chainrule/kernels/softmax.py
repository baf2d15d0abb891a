"""Softmax and log-softmax in place, over their input or into another array.

forward, pullback           s * (v - s.v) as training uses it: it cancels where the top probability is nearly 1
log_forward, log_pullback   y and v - e^y sum(v): the largest y loses its digits below 1e-16
exact_forward               the probabilities of the rule, with its origins and its rule for infinities
"""

from chainrule.arrays import Array, namespace, row_shape, row_sum
from chainrule.kernels.kernel import Kernel
from chainrule.rules.log_softmax import log_softmax
from chainrule.rules.shifted import after_limits, origin
from chainrule.rules.softmax import softmax
from chainrule.workspace import Workspace, scratch


def forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Array]:
    """Probabilities, and the residuals: the probabilities again."""
    xp, rows = namespace(logits), row_shape(logits)
    maximum = xp.amax(logits, axis=-1, keepdims=True, out=scratch(work, "row_max", rows, logits))
    exponentials = xp.exp(xp.subtract(logits, maximum, out=out), out=out)
    total = xp.sum(exponentials, axis=-1, keepdims=True, out=scratch(work, "row_sum", rows, logits))
    probs = xp.divide(exponentials, total, out=out)
    return probs, probs


def exact_forward(logits: Array, *, out: Array | None) -> Array:
    """The probabilities of `rules.softmax`, written to `out`, which may be the logits."""
    xp = namespace(logits)
    logits, maximum = after_limits(logits)
    exponentials = xp.exp(xp.subtract(logits, origin(maximum, logits.shape[-1]), out=out), out=out)
    return xp.divide(exponentials, row_sum(exponentials), out=out)


def pullback(probs: Array, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
    """s * (v - s.v)."""
    xp = namespace(cotangent)
    products = xp.multiply(probs, cotangent, out=scratch(work, "products", tuple(probs.shape), probs))
    mean = xp.sum(products, axis=-1, keepdims=True, out=scratch(work, "mean", row_shape(probs), probs))
    return xp.multiply(xp.subtract(cotangent, mean, out=out), probs, out=out)


def log_forward(logits: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Array]:
    """Log-probabilities, and the residuals: the log-probabilities again."""
    xp, rows = namespace(logits), row_shape(logits)
    maximum = xp.amax(logits, axis=-1, keepdims=True, out=scratch(work, "row_max", rows, logits))
    below = xp.subtract(logits, maximum, out=out)
    exponentials = xp.exp(below, out=scratch(work, "exponentials", tuple(logits.shape), logits))
    total = xp.sum(exponentials, axis=-1, keepdims=True, out=scratch(work, "row_sum", rows, logits))
    log_total = xp.log(total, out=scratch(work, "row_max", rows, logits))
    log_probs = xp.subtract(below, log_total, out=out)
    return log_probs, log_probs


def log_pullback(
    log_probs: Array, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None
) -> Array:
    """v - s sum(v), with s = e^y."""
    xp, shape, rows = namespace(cotangent), tuple(log_probs.shape), row_shape(log_probs)
    probs = xp.exp(log_probs, out=scratch(work, "exponentials", shape, log_probs))
    total = xp.sum(cotangent, axis=-1, keepdims=True, out=scratch(work, "row_sum", rows, log_probs))
    share = xp.multiply(probs, total, out=scratch(work, "exponentials", shape, log_probs))
    return xp.subtract(cotangent, share, out=out)


KERNELS = {softmax: Kernel(forward, pullback), log_softmax: Kernel(log_forward, log_pullback)}
