"""
Checking your autograd.Function
===============================

PyTorch calls the ``backward`` that you wrote, and believes it. ``check_gradient`` compares it with the forward. It gets
the forward as a function, and the backward as ``pullback``: a function of the same inputs and of a cotangent v.

:doc:`/howto/jax_own_function` does the same for ``jax.custom_vjp``.
"""

import numpy as np
import torch

from chainrule import check_gradient


class RootMeanSquare(torch.autograd.Function):
    """x / sqrt(mean of x^2 + eps), times a scale for each feature."""

    @staticmethod
    def forward(ctx, x, scale):
        """The value; the backward needs the quotient, the factor and the scale."""
        factor = (x.pow(2).mean(-1, keepdim=True) + 1e-6).rsqrt()
        ctx.save_for_backward(x * factor, factor, scale)
        return x * factor * scale

    @staticmethod
    def backward(ctx, v):
        """The cotangents of x and of the scale."""
        quotient, factor, scale = ctx.saved_tensors
        u = v * scale
        return factor * (u - quotient * (u * quotient).mean(-1, keepdim=True)), (v * quotient).sum(0)


# %%
# This adapter works for every such class. PyTorch calls the backward, as in training.


def pullback_of(function):
    """The backward of a function of tensors, for check_gradient."""

    def pullback(*inputs_and_v):
        *inputs, v = (torch.as_tensor(x) for x in inputs_and_v)
        inputs = [x.clone().requires_grad_() for x in inputs]
        return torch.autograd.grad(function(*inputs), inputs, v)

    return pullback


random = np.random.default_rng(0)
x = torch.tensor(random.normal(size=(2, 3)))
scale = torch.tensor([1.0, 0.5, 2.0], dtype=torch.float64)
print(check_gradient(RootMeanSquare.apply, x, scale, pullback=pullback_of(RootMeanSquare.apply)))

# %%
# A backward with a mistake: ``sum`` in place of ``mean``.


class Slipped(RootMeanSquare):
    """The same forward with a wrong backward."""

    @staticmethod
    def backward(ctx, v):
        """A sum where the mean belongs."""
        quotient, factor, scale = ctx.saved_tensors
        u = v * scale
        return factor * (u - quotient * (u * quotient).sum(-1, keepdim=True)), (v * quotient).sum(0)


print(check_gradient(Slipped.apply, x, scale, pullback=pullback_of(Slipped.apply)))

# %%
# ``torch.autograd.gradcheck`` compares with a difference quotient, and accepts what differs by less than a thousandth.
# ``check_gradient`` looks at how the difference shrinks with the step, so it finds smaller mistakes.


class Nearly(torch.autograd.Function):
    """x^2, with a derivative that is 0.0001 % too large."""

    @staticmethod
    def forward(ctx, x):
        """The square."""
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, v):
        """Nearly 2 x v."""
        (x,) = ctx.saved_tensors
        return 2 * x * v * (1 + 1e-6)


print("gradcheck:", torch.autograd.gradcheck(Nearly.apply, x.clone().requires_grad_()))
print(check_gradient(Nearly.apply, x, pullback=pullback_of(Nearly.apply)))

# %%
# ``gradcheck`` finds what ``check_gradient`` does not look at: a backward that gives other bits when it runs again, a
# gradient of another dtype or device than its input, and complex inputs. ``gradgradcheck`` tests whether the backward
# can be differentiated again. Use both.
#
# The forward here runs on floats only, so nothing is proved. The same formulas as a rule can be proved for all inputs:
# :doc:`/howto/own_rule`.
