"""Linear layers and penalties of many networks at once: the first axis counts the members, the last one the samples.

With the samples last, the weights that all members have in a layer are one matrix of (members x outputs) rows. Members
that see the same batch share one large product, and the loops over samples are long.
"""

import numpy as np

from chainrule.arrays import Array
from chainrule.kernels.kernel import takes_compiled


def products(weights: Array, x: Array, *, out: Array) -> None:
    """W x of each member: (members, outputs, inputs) by (members, inputs, samples), or by (1, inputs, samples)."""
    if len(x) == 1 and out.flags.c_contiguous:
        np.matmul(_as_one(weights), x[0], out=_as_one(out))
    else:
        np.matmul(weights, x, out=out)


def products_by_weights(cotangent: Array, x: Array, *, out: Array) -> None:
    """v x^T of each member, summed over the samples: the cotangent of W."""
    if len(x) == 1 and cotangent.flags.c_contiguous:
        np.matmul(_as_one(cotangent), x[0].T, out=_as_one(out))
    else:
        np.matmul(cotangent, x.transpose(0, 2, 1), out=out)


def add_bias(products: Array, bias: Array) -> None:
    """Add (members, outputs) to (members, outputs, samples) in place."""
    if takes_compiled(products) and products.flags.c_contiguous:
        from chainrule.kernels.loops import add_bias_of_rows  # imports numba

        add_bias_of_rows(_as_one(products), bias.reshape(-1))
    else:
        np.add(products, bias[:, :, None], out=products)


def sum_samples(cotangent: Array, *, out: Array) -> None:
    """The cotangent of the bias."""
    if takes_compiled(cotangent) and cotangent.flags.c_contiguous:
        from chainrule.kernels.loops import sum_columns  # imports numba

        sum_columns(_as_one(cotangent), out.reshape(-1))
    else:
        np.sum(cotangent, axis=2, out=out)


def add_penalty(weights: Array, gradient: Array, l2: Array, *, work: Array) -> Array:
    """Add 2 l2 W to the gradient, and return l2 |W|^2 of each member. Arrays have a row for each; `work` is like W."""
    rates = 2 * l2
    if takes_compiled(weights):
        from chainrule.kernels.loops import add_penalty_of_rows  # imports numba

        squares = np.empty_like(l2)
        add_penalty_of_rows(weights, gradient, rates, squares)
        return l2 * squares
    np.add(gradient, np.multiply(weights, rates[:, None], out=work), out=gradient)
    return 0.5 * np.einsum("ij,ij->i", weights, work)


def _as_one(of_members: Array) -> Array:
    """The rows of all members in one matrix."""
    return of_members.reshape(-1, of_members.shape[2])
