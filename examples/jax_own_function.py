"""
Checking your custom_vjp
========================

JAX calls the backward that you gave to ``defvjp``, and believes it. ``check_gradient`` compares it with the forward. It
gets the forward as a function, and the backward as ``pullback``: a function of the same inputs and of a cotangent v.

:doc:`/howto/torch_own_function` does the same for ``torch.autograd.Function``, and says what gradcheck finds.
"""

import jax
import jax.numpy as jnp
import numpy as np

from chainrule import check_gradient


def swish(x):
    """x / (1 + e^-x)."""
    return x * jax.nn.sigmoid(x)


def with_slope(slope):
    """The swish with a derivative that is written by hand."""
    function = jax.custom_vjp(swish)
    function.defvjp(lambda x: (swish(x), x), lambda x, v: (v * slope(x),))
    return function


right = with_slope(lambda x: jax.nn.sigmoid(x) * (1 + x * (1 - jax.nn.sigmoid(x))))
wrong = with_slope(lambda x: jax.nn.sigmoid(x) * (1 + x))

# %%
# This adapter works for every function with a custom backward. JAX calls the backward, as in training.


def pullback_of(function):
    """The backward of a function of JAX arrays, for check_gradient."""

    def pullback(*inputs_and_v):
        *inputs, v = map(jnp.asarray, inputs_and_v)
        cotangents = jax.vjp(function, *inputs)[1](v)
        return cotangents if len(inputs) > 1 else cotangents[0]

    return pullback


x = np.array([0.5, -1.0, 2.0])
print(check_gradient(right, x, pullback=pullback_of(right)))

# %%
# The other one lacks a factor 1 - s. JAX computes in float32 here, where only mistakes above about a thousandth are
# sure to be seen. ``jax.config.update("jax_enable_x64", True)`` shows smaller ones.

print(check_gradient(wrong, x, pullback=pullback_of(wrong)))

# %%
# ``jax.test_util.check_grads`` compares with difference quotients, too. It also tests second derivatives, with
# ``order=2``, which ``check_gradient`` does not do. It accepts errors that are small beside its tolerance.
#
# The forward here runs on floats only, so nothing is proved. The same formulas as a rule can be proved for all inputs:
# :doc:`/howto/own_rule`.
