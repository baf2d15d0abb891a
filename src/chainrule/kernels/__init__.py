"""Kernels: the fast in-place forms of rules that training uses.

A rule is written once, exact and pure, for every kind of array. A kernel writes the same results to memory that it is
given, and is tested against its rule. It is kept only if it takes at most 1 / 1.2 of its rule's time, except for linear
layers, which every step runs. All other rules, including users' own, run through one adapter, which copies.

>>> import numpy as np
>>> from chainrule import rules
>>> kernel = kernel_of(rules.Rule("square", lambda x: (x * x, x), lambda x, v: 2 * x * v))
>>> x, out = np.array([1.0, 3.0]), np.empty(2)
>>> y, residuals = kernel.forward(x, out=out)
>>> y is out, out
(True, array([1., 9.]))
"""

from chainrule.kernels import (
    activations,
    binary,
    convolution,
    dropout,
    linear,
    pooling,
    softmax,
    softmax_cross_entropy,
)
from chainrule.kernels.kernel import Kernel, kernel_of, register, registered

__all__ = ["Kernel", "kernel_of", "register", "registered"]

for _family in (activations, binary, convolution, dropout, linear, pooling, softmax, softmax_cross_entropy):
    for _rule, _kernel in _family.KERNELS.items():
        register(_rule, _kernel)
del _family, _rule, _kernel
