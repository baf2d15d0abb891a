"""Rules as PyTorch functions: autograd calls the rule's exact pullback where it would differentiate the forward.

    backward(v) = J^T v                                      from the residuals that the forward kept
    backward of backward: d(J^T v) = J^T dv + d(J^T) v       by differentiating the pullback, which is a pure function

Rules act on tensors already. What `wrap` adds is that the results take part in autograd, in `torch.func` and in
`torch.compile`, and that their gradients keep the digits which a differentiated forward loses: 1 - tanh(20)^2 is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from chainrule.arrays import Array, holds_labels, is_torch, is_traced
from chainrule.rules.rule import Rule


@dataclass
class _Call:
    """What one call hands from its forward to its backward beside tensors."""

    options: dict[str, Any]
    residuals: Any = None
    """The residuals with a place among the saved tensors instead of every tensor."""


class _Place(int):
    """Where among the saved tensors a residual is found."""


def wrap(rule: Rule) -> Callable[..., Array]:
    """The rule as a differentiable function of tensors, ``wrap(rule)(*inputs, **options)``.

        J^T v    backward, with the rule's exact pullback and never by autograd

    Gradients of any order are taken in reverse mode: by `backward` with ``create_graph=True`` as by `torch.func.grad`,
    `vjp`, `jacrev` and `vmap`; `torch.compile` takes it without a graph break. Of PyTorch's forward mode there is none,
    so that a Hessian is ``jacrev(jacrev(f))``. At kinks the derivatives are those that the rule documents; a third
    derivative of the sigmoid family at exactly 0 is not right, since the second is that of an even function of |x|.

    Parameters
    ----------
    rule : Rule
        One of `chainrule.rules`, or your own. Its residuals are tensors, or tuples of them, named or not.

    Returns
    -------
    callable
        Takes one tensor per input of the rule, in the rule's shapes, and the rule's options by keyword. All inputs but
        labels are promoted to one floating dtype; numbers and lists take that dtype and the first tensor's device.

    Raises
    ------
    TypeError
        When called without any tensor, with the wrong number of inputs or with an unknown option.
    ValueError
        When called outside the rule's domain, or with a constant, such as a mask, that requires a gradient.

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
    try:
        import torch
    except ImportError:
        raise ImportError("chainrule.torch needs PyTorch, the extra 'torch': pip install 'chainrule[torch]'") from None

    # torch.compile takes functions from a closure, but no object of an unknown class.
    forward, pullbacks, count = rule.exact_forms.forward, rule.in_order, len(rule.inputs)

    class Function(torch.autograd.Function):  # type: ignore[misc]
        generate_vmap_rule = True

        @staticmethod
        def forward(call: _Call, *inputs: Array) -> tuple[Array, ...]:
            output, residuals = forward(*inputs, **call.options)
            if any(output is x for x in inputs):
                output = output.view_as(output)
            saved = [*inputs, output]
            call.residuals = _placed(residuals, saved)
            # Only what a function returns can be saved where transformations nest, so residuals are outputs too.
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
            if torch.is_grad_enabled():  # the result will be differentiated: by the inputs too, so from the inputs
                _, residuals = forward(*saved[:count], **context.call.options)
            else:
                residuals = _restored(context.call.residuals, saved)
            pulled = [
                pull(residuals, cotangent) if want and pull is not None else None
                for pull, want in zip(pullbacks, wanted, strict=True)
            ]
            return (None, *pulled)

    def wrapped(*inputs: Any, **options: Any) -> Array:
        rule.check_call(inputs, options)
        tensors = _tensors(rule, inputs)
        for name, x in zip(rule.inputs, tensors, strict=True):
            if name in rule.constants and x.requires_grad:
                raise ValueError(f"{rule.name}: the {name} is a constant and has no derivative; detach it")
        if rule.check is not None:
            try:
                rule.check(*tensors)
            except RuntimeError:  # what a check meets when it asks for the values of a batched tensor
                if not any(is_traced(x) for x in tensors):
                    raise
        return Function.apply(_Call(options), *tensors)[0]

    wrapped.__name__ = wrapped.__qualname__ = rule.name
    wrapped.__doc__ = f"{rule.formula}, with the exact pullback as its derivative. See `chainrule.torch.wrap`."
    return wrapped


def _tensors(rule: Rule, inputs: tuple[Any, ...]) -> list[Array]:
    """The inputs in one floating dtype; labels as they are."""
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


def _placed(residuals: Any, saved: list[Array]) -> Any:
    """The residuals with places for tensors; tensors that are not among the saved ones yet join them."""
    if isinstance(residuals, tuple):
        return _like(residuals, [_placed(part, saved) for part in residuals])
    if not is_torch(residuals):
        return residuals
    for place, tensor in enumerate(saved):
        if tensor is residuals:
            return _Place(place)
    saved.append(residuals)
    return _Place(len(saved) - 1)


def _restored(residuals: Any, saved: tuple[Array, ...]) -> Any:
    """The residuals with the saved tensors in their places."""
    if isinstance(residuals, tuple):
        return _like(residuals, [_restored(part, saved) for part in residuals])
    return saved[residuals] if isinstance(residuals, _Place) else residuals


def _like(named: tuple[Any, ...], parts: list[Any]) -> tuple[Any, ...]:
    return type(named)(*parts) if hasattr(named, "_fields") else tuple(parts)
