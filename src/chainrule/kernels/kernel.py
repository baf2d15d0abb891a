"""The record of a kernel, the kernels by rule, and the adapter for rules without one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_torch, namespace, same_shape
from chainrule.kernels.compiling import available
from chainrule.rules.rule import Rule
from chainrule.workspace import Workspace


@dataclass(frozen=True)
class Kernel:
    """The fast in-place form of one rule.

    Parameters
    ----------
    forward : callable
        ``forward(*inputs, out=None, work=None, **options) -> (output, residuals)`` writes the output to `out`, which
        may be the first input if the rule needs its output alone. The residuals are the kernel's own.
    pullback : callable
        ``pullback(residuals, cotangent, *, out, work)`` writes the input's cotangent to `out`, which may be the
        cotangent if the rule needs its output alone. For rules of several inputs `out` and the result are tuples, in
        which None means that the cotangent of that input is not wanted, or that it has none.
    value_and_pullback : callable, optional
        For losses: ``value_and_pullback(logits, targets, cotangent, *, out, work, **options)`` writes a batch's losses
        (rows x 1, summed over columns) and logit cotangents to the pair `out`. The cotangent is rows x 1, and
        ``out[1]`` may be the logits. Training runs a loss without it through the adapter.
    reads_input : bool
        True if the pullback reads the first input of the forward pass. If not, training may overwrite that input.
    """

    forward: Callable[..., tuple[Array, Any]]
    pullback: Callable[..., Any]
    value_and_pullback: Callable[..., tuple[Array, Array]] | None = None
    reads_input: bool = True


_KERNELS: dict[Rule, Kernel] = {}
_COMPILED_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def register(rule: Rule, kernel: Kernel) -> Kernel:
    """Make this the kernel of the rule, and return it."""
    _KERNELS[rule] = kernel
    return kernel


def registered(rule: Rule) -> Kernel | None:
    """The kernel of the rule; None if there is only the adapter."""
    return _KERNELS.get(rule)


def kernel_of(rule: Rule, like: Array = None) -> Kernel:
    """The kernel of the rule; for a rule without one, the adapter that runs the rule and copies.

    With an array `like`, the compiled kernel if there is one that takes contiguous arrays of that kind.
    """
    if is_torch(like):
        from chainrule.kernels.tensors import kernels_for  # which imports this module

        if rule in (kernels := kernels_for(like)):
            return kernels[rule]
    if takes_compiled(like):
        from chainrule.kernels.compiled import KERNELS  # imports numba

        if rule in KERNELS:
            return KERNELS[rule]
    return registered(rule) or adapter(rule)


def takes_compiled(like: Array) -> bool:
    """True if compiled loops take arrays of this kind: NumPy's float32 and float64, where numba is installed."""
    return type(like) is np.ndarray and like.dtype in _COMPILED_DTYPES and available()


def adapter(rule: Rule) -> Kernel:
    """The kernel that runs the rule and copies what it returns."""

    def copied(what: str, value: Array, buffer: Array) -> None:
        # Assignment alone would broadcast a value of another shape.
        same_shape(f"{rule.name}: {what}", value.shape, buffer.shape)
        buffer[...] = value

    def forward(
        *inputs: Array, out: Array | None = None, work: Workspace | None = None, **options: Any
    ) -> tuple[Array, Any]:
        output, residuals = rule.output_and_residuals(*inputs, **options)
        if out is None:
            return output, residuals
        copied("the output", output, out)
        # If a residual is the output itself, the copy replaces it, so that the network keeps one array. But a network
        # may write over the copy, unless the rule says that its pullback needs the output.
        return out, out if residuals is output and rule.needs == "output" else residuals

    def pullback(residuals: Any, cotangent: Array, *, out: Any = None, work: Workspace | None = None) -> Any:
        if out is None:
            return rule.pullback(residuals, cotangent)
        if len(rule.inputs) == 1:
            copied(f"the cotangent of {rule.inputs[0]}", rule.pullback(residuals, cotangent), out)
            return out
        for name, pull, buffer in zip(rule.inputs, rule.in_order, out, strict=True):
            if pull is not None and buffer is not None:
                copied(f"the cotangent of {name}", pull(residuals, cotangent), buffer)
        return tuple(out)

    def value_and_pullback(
        logits: Array, targets: Array, cotangent: Array, *, out: tuple[Array, Array], work: Workspace, **options: Any
    ) -> tuple[Array, Array]:
        losses, residuals = rule.output_and_residuals(logits, targets, **options)
        same_shape(f"{rule.name}: one loss per row", losses.shape[:1], logits.shape[:1])
        per_entry = len(losses.shape) == 2
        pull, (to_losses, to_logits) = rule.pullbacks[rule.inputs[0]], out
        copied("the cotangent of the logits", pull(residuals, cotangent if per_entry else cotangent[:, 0]), to_logits)
        summed = namespace(losses).sum(losses, axis=-1) if per_entry else losses
        to_losses[...] = summed.reshape(-1, 1)
        return out

    return Kernel(forward, pullback, value_and_pullback if len(rule.inputs) == 2 else None)
