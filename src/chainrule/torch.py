"""Rules as PyTorch functions: autograd calls the exact pullback of the rule instead of differentiating the forward.

    backward(v) = J^T v                                      from the residuals that the forward kept
    backward of backward: d(J^T v) = J^T dv + d(J^T) v       by differentiating the pullback, which is a pure function

Rules act on tensors without `wrap`. With `wrap`, results work in autograd, `torch.func` and `torch.compile`, and their
gradients keep digits that a differentiated forward loses, as 1 - tanh(20)^2, which rounds to 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from chainrule.arrays import Array, holds_labels, is_torch, is_traced
from chainrule.extras import import_extra
from chainrule.rules.rule import Rule, require_rule

__all__ = ["wrap"]


@dataclass
class _Call:
    """The data, other than tensors, that the forward of one call passes to its backward."""

    options: dict[str, Any]
    residuals: Any = None
    """The residuals, with each tensor replaced by its index among the saved tensors."""


class _SavedIndex(int):
    """The index of a residual among the saved tensors."""


def wrap(rule: Rule) -> Callable[..., Array]:
    """The rule as a differentiable function of tensors, ``wrap(rule)(*inputs, **options)``.

        J^T v    backward, with the rule's exact pullback and never by autograd

    Reverse mode works to any order: `backward` with ``create_graph=True``, and `grad`, `vjp`, `jacrev` and `vmap` of
    `torch.func`. `torch.compile` compiles it without a graph break. PyTorch's forward mode is not supported; for a
    Hessian, call ``jacrev(jacrev(f))``. At kinks the derivative is the documented one of the rule. The third derivative
    of the sigmoid family is wrong at exactly 0, because the second derivative is computed from ``|x|``.

    Parameters
    ----------
    rule : Rule
        A rule of `chainrule.rules`, or your own, written with functions of `chainrule.arrays`, of ``namespace(x)`` and
        with other rules. NumPy's own functions take tensors in main memory for a first derivative, and none in
        `torch.func`, or where the derivative is differentiated again. Its residuals are tensors or (named) tuples of
        tensors.

    Returns
    -------
    callable
        Takes one tensor per input of the rule, in the shapes of the rule, and the options of the rule by keyword. All
        inputs except labels are promoted to one floating dtype. Numbers and lists go to the first tensor's device.

    Raises
    ------
    TypeError
        If `rule` is no rule, no input is a tensor, the number of inputs is wrong, or an option is unknown.
    ValueError
        If an input is outside the domain of the rule, or a constant input, such as a mask, requires a gradient.

    Examples
    --------
    >>> import torch
    >>> from chainrule import rules
    >>> from chainrule.torch import wrap
    >>> x = torch.tensor([20.0, 0.5], dtype=torch.float64, requires_grad=True)
    >>> wrap(rules.tanh)(x).sum().backward()
    >>> print(f"{x.grad[0]:.15e} {x.grad[1]:.6f}")  # torch.tanh gives 0 for the first
    1.699341702116636e-17 0.786448
    >>> loss = wrap(rules.softmax_cross_entropy)
    >>> loss(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([2]), label_smoothing=0.1)
    tensor([0.5076])
    """
    import_extra("torch", "torch", "chainrule.torch needs PyTorch")
    import torch

    require_rule("chainrule.torch.wrap", rule)
    # torch.compile accepts functions in a closure, and rejects objects of unknown classes.
    forward, pullbacks, count = rule.forward, rule.in_order, len(rule.inputs)

    class Function(torch.autograd.Function):  # type: ignore[misc]
        generate_vmap_rule = True

        @staticmethod
        def forward(call: _Call, *inputs: Array) -> tuple[Array, ...]:
            output, residuals = forward(*inputs, **call.options)
            if any(output is x for x in inputs):
                output = output.view_as(output)
            saved = [*inputs, output]
            call.residuals = _indexed(residuals, saved)
            # Nested transformations can save only outputs, so residuals are returned as outputs.
            return (output, *saved[count + 1 :])

        @staticmethod
        def setup_context(context: Any, inputs: tuple[Any, ...], outputs: tuple[Array, ...]) -> None:
            context.call, *arrays = inputs
            context.mark_non_differentiable(*outputs[1:])
            context.set_materialize_grads(False)
            context.save_for_backward(*arrays, *outputs)

        @staticmethod
        def backward(context: Any, cotangent: Array | None, *_: Any) -> tuple[Array | None, ...]:
            saved, wanted = context.saved_tensors, context.needs_input_grad[1:]
            if cotangent is None:
                return (None,) * (1 + count)
            if torch.is_grad_enabled():  # the backward will be differentiated by the inputs, so start from the inputs
                try:
                    _, residuals = forward(*saved[:count], **context.call.options)
                    return (None, *_pulled(pullbacks, residuals, cotangent, wanted))
                except RuntimeError as error:
                    raise _explained(rule.name, error) from error
            residuals = _restored(context.call.residuals, saved)
            return (None, *_pulled(pullbacks, residuals, cotangent, wanted))

    def wrapped(*inputs: Any, **options: Any) -> Array:
        rule.check_call(inputs, options)
        tensors = _tensors(rule, inputs)
        for name, x in zip(rule.inputs, tensors, strict=True):
            if name in rule.constants and x.requires_grad:
                raise ValueError(f"{rule.name}: the {name} is a constant and has no derivative; detach it")
        if rule.check is not None:
            try:
                rule.check(*tensors)
            except RuntimeError:  # raised when a check reads the values of a batched tensor
                if not any(is_traced(x) for x in tensors):
                    raise
        try:
            return Function.apply(_Call(options), *tensors)[0]
        except RuntimeError as error:
            raise _explained(rule.name, error) from error

    wrapped.__name__ = wrapped.__qualname__ = rule.name
    wrapped.__doc__ = f"{rule.formula}, with the exact pullback as its derivative. See `chainrule.torch.wrap`."
    return wrapped


def _pulled(pullbacks: Any, residuals: Any, cotangent: Array, wanted: Any) -> list[Array | None]:
    return [
        pull(residuals, cotangent) if want and pull is not None else None
        for pull, want in zip(pullbacks, wanted, strict=True)
    ]


def _explained(name: str, error: RuntimeError) -> RuntimeError:
    """The error itself, or what to do if NumPy's functions were called with tensors."""
    if "numpy()" not in str(error) and "data pointer" not in str(error):
        return error
    return RuntimeError(
        f"{name} calls functions of NumPy, which take no tensors here: write it with chainrule.arrays, such as "
        f"namespace(x).exp(x), and with other rules ({error})"
    )


def _tensors(rule: Rule, inputs: tuple[Any, ...]) -> list[Array]:
    """The inputs in one floating dtype; labels keep their dtype."""
    import torch

    given = [x for x in inputs if is_torch(x)]
    if not given:
        raise TypeError(f"{rule.name}: expected a tensor among the inputs, got {type(inputs[0]).__name__}")
    keeps = [name in rule.integers for name in rule.inputs]
    tensors = [
        torch.as_tensor(x, device=given[0].device) if keep and not is_torch(x) else x
        for x, keep in zip(inputs, keeps, strict=True)
    ]
    labels = [keep and holds_labels(x) for x, keep in zip(tensors, keeps, strict=True)]
    others = [x.dtype for x, label in zip(tensors, labels, strict=True) if is_torch(x) and not label]
    dtype = reduce(torch.promote_types, others, torch.bool)
    dtype = dtype if dtype.is_floating_point else torch.get_default_dtype()
    return [
        x if label else x.to(dtype) if is_torch(x) else torch.as_tensor(x, dtype=dtype, device=given[0].device)
        for x, label in zip(tensors, labels, strict=True)
    ]


def _indexed(residuals: Any, saved: list[Array]) -> Any:
    """The residuals with indices in place of tensors. New tensors are appended to `saved`."""
    if isinstance(residuals, tuple):
        return _like(residuals, [_indexed(part, saved) for part in residuals])
    if not is_torch(residuals):
        return residuals
    for index, tensor in enumerate(saved):
        if tensor is residuals:
            return _SavedIndex(index)
    saved.append(residuals)
    return _SavedIndex(len(saved) - 1)


def _restored(residuals: Any, saved: tuple[Array, ...]) -> Any:
    """The residuals with saved tensors in place of their indices."""
    if isinstance(residuals, tuple):
        return _like(residuals, [_restored(part, saved) for part in residuals])
    return saved[residuals] if isinstance(residuals, _SavedIndex) else residuals


def _like(named: tuple[Any, ...], parts: list[Any]) -> tuple[Any, ...]:
    return type(named)(*parts) if hasattr(named, "_fields") else tuple(parts)
