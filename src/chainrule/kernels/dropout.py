"""Dropout in place, over its input and over its cotangent."""

from chainrule.arrays import Array, namespace
from chainrule.kernels.kernel import Kernel
from chainrule.rules.dropout import dropout
from chainrule.workspace import Workspace


def _forward(
    x: Array, mask: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, tuple[Array]]:
    return namespace(x).multiply(x, mask, out=out), (mask,)


def _pullback(
    residuals: tuple[Array], cotangent: Array, *, out: tuple[Array | None, None], work: Workspace | None = None
) -> tuple[Array | None, None]:
    if out[0] is not None:
        namespace(cotangent).multiply(cotangent, residuals[0], out=out[0])
    return out


KERNELS = {dropout: Kernel(_forward, _pullback)}
