"""The head as PyTorch autograd functions: a loss that can be differentiated twice.

    loss = sum_i v_i l_i(X, W, b)    backward: v l'    double backward: the joint Hessian's product, and dl along it

The forward of a scalar loss computes the gradients too, in one sweep over the logits. The first backward hands them
out. A second backward, or one under create_graph=True, computes them again. No logits are kept.
"""

from dataclasses import replace
from functools import cache
from typing import Any

from chainrule.arrays import namespace
from chainrule.heads.arguments import requires_grad
from chainrule.heads.chunks import Direction, LinearHead
from chainrule.heads.linear_cross_entropy import LinearCrossEntropy
from chainrule.heads.passes import losses_and_gradients, products

NAMES = ("X", "W", "bias")


def differentiable(problem: LinearCrossEntropy) -> Any:
    """The loss of the problem as a function of X, W, bias and weights that autograd can differentiate."""
    if requires_grad(problem.labels):
        raise ValueError("labels: rows of class weights that require a gradient; detach them")
    head, shares, (kept, _) = problem._head, problem._shares, problem._counted
    if requires_grad(problem.weights):
        weights = problem.weights.reshape(-1).to(head.X.dtype)
        shares = weights if kept is None else weights[kept]
        if problem.reduction == "mean":
            shares = shares / shares.sum()
    X = problem.X.reshape(head.X.shape)
    total_loss, sample_losses = _functions()
    if problem.reduction != "none":
        return total_loss(X, problem.W, problem.bias, shares, head, kept)
    found = shares * sample_losses(X, problem.W, problem.bias, head, kept)
    if kept is not None:
        found = namespace(found).zeros_like(head.X[:, 0]).index_put((kept,), found)
    return found.reshape(problem.X.shape[:-1])


def _wanted(context: Any) -> tuple[str, ...]:
    return tuple(name for name, needed in zip(NAMES, context.needs_input_grad, strict=False) if needed)


def _at(head: LinearHead, X: Any, W: Any, bias: Any) -> LinearHead:
    return replace(head, X=X, W=W, bias=bias)


@cache
def _functions() -> tuple[Any, Any]:
    """The functions for the total and for each sample's loss, created at first use: their base class needs PyTorch."""
    import torch

    class TotalLoss(torch.autograd.Function):  # type: ignore[misc]
        """(X, W, bias, shares) -> sum_i shares_i loss_i."""

        @staticmethod
        def forward(context: Any, X: Any, W: Any, bias: Any, shares: Any, head: LinearHead, kept: Any) -> Any:
            context.head, context.kept = head, kept
            here = _at(head, X, W, bias)
            found, context.gradients = losses_and_gradients(here, kept, shares, _wanted(context))
            context.save_for_backward(X, W, bias, shares, found)
            return (found.double() * shares).sum().to(X.dtype)

        @staticmethod
        def backward(context: Any, cotangent: Any) -> Any:
            X, W, bias, shares, found = context.saved_tensors
            head, kept, wanted = context.head, context.kept, _wanted(context)
            ready, context.gradients = context.gradients, None
            if torch.is_grad_enabled():
                ready = None
                found = SampleLosses.apply(X, W, bias, head, kept) if context.needs_input_grad[3] else found
            by_shares = cotangent * found if context.needs_input_grad[3] else None
            if ready is not None:
                gradients = tuple(None if x is None else x.mul_(cotangent) for x in ready[:3])
            elif wanted:
                gradients = LossGradients.apply(X, W, bias, cotangent * shares, head, kept, wanted)
            else:
                gradients = (None,) * 3
            return (*gradients, by_shares, None, None)

    class SampleLosses(torch.autograd.Function):  # type: ignore[misc]
        """(X, W, bias) -> the loss of every kept sample."""

        @staticmethod
        def forward(context: Any, X: Any, W: Any, bias: Any, head: LinearHead, kept: Any) -> Any:
            context.head, context.kept = head, kept
            context.save_for_backward(X, W, bias)
            return losses_and_gradients(_at(head, X, W, bias), kept)[0]

        @staticmethod
        def backward(context: Any, cotangent: Any) -> Any:
            X, W, bias = context.saved_tensors
            gradients = LossGradients.apply(X, W, bias, cotangent, context.head, context.kept, _wanted(context))
            return (*gradients, None, None)

    class LossGradients(torch.autograd.Function):  # type: ignore[misc]
        """(X, W, bias, shares) -> the gradients of sum_i shares_i loss_i; None for an input that needs none."""

        @staticmethod
        def forward(
            context: Any, X: Any, W: Any, bias: Any, shares: Any, head: LinearHead, kept: Any, wanted: Any
        ) -> Any:
            context.head, context.kept = head, kept
            context.set_materialize_grads(False)
            context.save_for_backward(X, W, bias, shares)
            return losses_and_gradients(_at(head, X, W, bias), kept, shares, wanted)[1][:3]

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(context: Any, *cotangents: Any) -> Any:
            X, W, bias, shares = context.saved_tensors
            if all(x is None for x in cotangents):
                return (None,) * 7
            slopes, found = products(
                _at(context.head, X, W, bias),
                context.kept,
                shares,
                Direction(*cotangents),
                _wanted(context),
                curved=True,
            )
            return (*found[:3], slopes if context.needs_input_grad[3] else None, None, None, None)

    return TotalLoss.apply, SampleLosses.apply
