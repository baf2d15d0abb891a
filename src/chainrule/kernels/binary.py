"""The losses of single logits in place: losses and gradients with respect to the logits, from one sigmoid.

binary cross entropy   softplus(o) - y o, slope p - y      half squared error   (p - y)^2 / 2, slope (p - y) (p - p^2)
"""

from dataclasses import replace
from functools import partial

from chainrule.arrays import Array, namespace
from chainrule.kernels.activations import sigmoid_and_softplus, sigmoid_value
from chainrule.kernels.kernel import adapter
from chainrule.rules.binary import binary_cross_entropy, half_squared_error
from chainrule.workspace import Workspace


def value_and_pullback(
    logits: Array,
    targets: Array,
    cotangent: Array,
    *,
    squared: bool,
    out: tuple[Array, Array],
    work: Workspace,
) -> tuple[Array, Array]:
    """See `Kernel`; the half squared error if `squared`, otherwise the binary cross entropy."""
    xp = namespace(logits)
    losses, result = out
    shape = tuple(logits.shape)
    each = work("each", shape, logits)
    if squared:
        probs = sigmoid_value(logits, out=work("probs", shape, logits), work=work)
        miss = xp.subtract(probs, targets, out=result)
        xp.multiply(xp.square(miss, out=each), 0.5, out=each)
        slope = xp.subtract(probs, xp.square(probs, out=work("square", shape, logits)), out=probs)
        xp.multiply(miss, slope, out=result)
    else:
        probs = sigmoid_and_softplus(logits, out=(work("probs", shape, logits), each), work=work)[0]
        xp.subtract(each, xp.multiply(targets, logits, out=work("square", shape, logits)), out=each)
        xp.subtract(probs, targets, out=result)
    xp.sum(each, axis=-1, keepdims=True, out=losses)
    xp.multiply(result, cotangent, out=result)
    return losses, result


KERNELS = {
    rule: replace(adapter(rule), value_and_pullback=partial(value_and_pullback, squared=rule is half_squared_error))
    for rule in (binary_cross_entropy, half_squared_error)
}
