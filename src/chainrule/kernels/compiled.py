"""Compiled kernels: those of training whose NumPy form makes several passes over memory.

They take NumPy arrays of float32 and float64 whose rows are contiguous. Importing this module imports numba;
`kernel_of` does so when a plan first asks for one of them. Products stay with BLAS.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from chainrule.arrays import Array, holds_labels, matmul
from chainrule.kernels import loops
from chainrule.kernels.kernel import Kernel, adapter
from chainrule.rules import activations
from chainrule.rules.binary import binary_cross_entropy, half_squared_error
from chainrule.rules.linear import affine, as_rows
from chainrule.rules.softmax_cross_entropy import softmax_cross_entropy
from chainrule.workspace import Workspace

Cotangents: TypeAlias = tuple[Array | None, ...]


def _flat(x: Array) -> Array:
    """All entries as one row, in the memory of `x`."""
    if not x.flags.c_contiguous:
        raise ValueError(f"compiled kernels take arrays with contiguous rows, got strides {x.strides} for {x.shape}")
    return x.reshape(-1)


def _activation(value: Callable[[Array, Array], None], pull: Callable[[Array, Array, Array], None]) -> Kernel:
    """The kernel whose residuals are the output."""

    def forward(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Array]:
        output = np.empty_like(x) if out is None else out
        value(_flat(x), None if output is x else _flat(output))
        return output, output

    def pullback(output: Array, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
        result = np.empty_like(cotangent) if out is None else out
        pull(_flat(output), _flat(cotangent), None if result is cotangent else _flat(result))
        return result

    return Kernel(forward, pullback)


def _affine_forward(
    x: Array, weight: Array, bias: Array, *, out: Array | None = None, work: Workspace | None = None
) -> tuple[Array, tuple[Array, Array]]:
    product = matmul(x, weight, out=out)
    loops.add_bias(product, bias)
    return product, (x, weight)


def _affine_pullback(
    residuals: tuple[Array, Array], cotangent: Array, *, out: Cotangents, work: Workspace | None = None
) -> Cotangents:
    (x, weight), (to_x, to_weight, to_bias) = residuals, out
    if to_x is not None:
        np.matmul(cotangent, weight.T, out=to_x)
    if to_weight is not None:
        matmul(as_rows(x).T, as_rows(cotangent), out=to_weight)
    if to_bias is not None:
        loops.sum_rows(as_rows(cotangent), to_bias)
    return out


def _cross_entropy(
    logits: Array,
    targets: Array,
    cotangent: Array,
    *,
    label_smoothing: float = 0.0,
    out: tuple[Array, Array],
    work: Workspace,
) -> tuple[Array, Array]:
    losses, slopes = out
    smoothing = logits.dtype.type(label_smoothing)
    if holds_labels(targets) and not logits.flags.c_contiguous:
        room = work("by class", (3, len(logits)), logits)
        to = None if slopes is logits else slopes.T
        loops.cross_entropy_by_class(logits.T, targets, cotangent.reshape(-1), smoothing, losses.reshape(-1), to, room)
        return out
    loop = loops.cross_entropy_of_labels if holds_labels(targets) else loops.cross_entropy_of_rows
    loop(logits, targets, cotangent, smoothing, *out)
    return out


def _single_logits(loop: Callable[..., None]) -> Callable[..., tuple[Array, Array]]:
    def value_and_pullback(
        logits: Array, targets: Array, cotangent: Array, *, out: tuple[Array, Array], work: Workspace
    ) -> tuple[Array, Array]:
        loop(logits, targets, cotangent, *out)
        return out

    return value_and_pullback


KERNELS = {
    affine: Kernel(_affine_forward, _affine_pullback),
    activations.relu: _activation(loops.relu_value, loops.relu_pullback),
    activations.sigmoid: _activation(loops.sigmoid_value, loops.sigmoid_pullback),
    activations.tanh: _activation(loops.tanh_value, loops.tanh_pullback),
    activations.softplus: _activation(loops.softplus_value, loops.softplus_pullback),
    activations.log_sigmoid: _activation(loops.log_sigmoid_value, loops.log_sigmoid_pullback),
    softmax_cross_entropy: replace(adapter(softmax_cross_entropy), value_and_pullback=_cross_entropy),
    binary_cross_entropy: replace(
        adapter(binary_cross_entropy), value_and_pullback=_single_logits(loops.binary_cross_entropy)
    ),
    half_squared_error: replace(
        adapter(half_squared_error), value_and_pullback=_single_logits(loops.half_squared_error)
    ),
}
