"""Compiled kernels for training, where the NumPy form makes several passes over memory.

They take NumPy arrays of float32 and float64 whose rows are contiguous. Importing this module imports numba;
`kernel_of` does so when a plan first asks for one of them. Dense layers have calls of their own, in
`networks.dense_layers`.
"""

from collections.abc import Callable
from dataclasses import replace

from chainrule.arrays import Array, holds_labels
from chainrule.kernels.kernel import Kernel, adapter
from chainrule.kernels.loops import activation_loops, loss_loops
from chainrule.rules import activations
from chainrule.rules.binary import binary_cross_entropy, half_squared_error
from chainrule.rules.softmax_cross_entropy import softmax_cross_entropy
from chainrule.workspace import Workspace


def _flat(x: Array) -> Array:
    """All entries as one row, in the memory of `x`."""
    if not x.flags.c_contiguous:
        raise ValueError(f"compiled kernels take arrays with contiguous rows, got strides {x.strides} for {x.shape}")
    return x.reshape(-1)


def _over(source: Array, out: Array | None) -> Array:
    """A copy of an array, in `out` if there is one; compiled loops then write over it."""
    if out is None:
        return source.copy()
    if out is not source:
        out[...] = source
    return out


def _activation(value: Callable[[Array], None], pull: Callable[[Array, Array], None]) -> Kernel:
    """The kernel whose residuals are the output."""

    def forward(x: Array, *, out: Array | None = None, work: Workspace | None = None) -> tuple[Array, Array]:
        output = _over(x, out)
        value(_flat(output))
        return output, output

    def pullback(output: Array, cotangent: Array, *, out: Array | None = None, work: Workspace | None = None) -> Array:
        result = _over(cotangent, out)
        pull(_flat(output), _flat(result))
        return result

    return Kernel(forward, pullback)


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
    over = _over(logits, slopes)
    if holds_labels(targets) and not over.flags.c_contiguous:
        room = work("by class", (3, len(logits)), logits)
        flat = cotangent.reshape(-1), float(label_smoothing), losses.reshape(-1)
        loss_loops.cross_entropy_by_class(over.T, targets, *flat, room)
        return out
    loop = loss_loops.cross_entropy_of_labels if holds_labels(targets) else loss_loops.cross_entropy_of_rows
    loop(over, targets, cotangent, float(label_smoothing), losses)
    return out


def _single_logits(loop: Callable[..., None]) -> Callable[..., tuple[Array, Array]]:
    def value_and_pullback(
        logits: Array, targets: Array, cotangent: Array, *, out: tuple[Array, Array], work: Workspace
    ) -> tuple[Array, Array]:
        loop(_over(logits, out[1]), targets, cotangent, out[0])
        return out

    return value_and_pullback


KERNELS = {
    activations.relu: _activation(activation_loops.relu_value, activation_loops.relu_pullback),
    activations.sigmoid: _activation(activation_loops.sigmoid_value, activation_loops.sigmoid_pullback),
    activations.tanh: _activation(activation_loops.tanh_value, activation_loops.tanh_pullback),
    activations.softplus: _activation(activation_loops.softplus_value, activation_loops.softplus_pullback),
    activations.log_sigmoid: _activation(activation_loops.log_sigmoid_value, activation_loops.log_sigmoid_pullback),
    softmax_cross_entropy: replace(adapter(softmax_cross_entropy), value_and_pullback=_cross_entropy),
    binary_cross_entropy: replace(
        adapter(binary_cross_entropy), value_and_pullback=_single_logits(loss_loops.binary_cross_entropy)
    ),
    half_squared_error: replace(
        adapter(half_squared_error), value_and_pullback=_single_logits(loss_loops.half_squared_error)
    ),
}
