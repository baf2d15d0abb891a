"""Linear layers and penalties of many networks at once: the first axis counts the members, the last one the samples.

With the samples last, the weights that all members have in a layer are one matrix of (members x outputs) rows. Members
that see the same batch share one large product, and the loops over samples are long.
"""

import numpy as np

from chainrule.arrays import Array
from chainrule.kernels.kernel import takes_compiled
from chainrule.workspace import Workspace


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


def fold_factors(factors: Array, weights: Array, *, out: Array) -> None:
    """W diag(s) of each member: (members, inputs) and (members, outputs, inputs)."""
    if takes_compiled(weights):
        from chainrule.kernels.loops.member_passes import fold  # imports numba

        fold(factors, weights, out)
    else:
        np.multiply(weights, factors[:, None], out=out)


def by_factors_and_weights(cotangent: Array, factors: Array, weights: Array, *, out: tuple[Array, Array]) -> None:
    """The cotangents of s and W, from that of W diag(s)."""
    if takes_compiled(weights):
        from chainrule.kernels.loops.member_passes import unfold  # imports numba

        unfold(cotangent, factors, weights, *out)
    else:
        np.einsum("moi,moi->mi", cotangent, weights, out=out[0])
        np.multiply(cotangent, factors[:, None], out=out[1])


def add_bias(products: Array, bias: Array) -> None:
    """Add (members, outputs) to (members, outputs, samples) in place."""
    if takes_compiled(products) and products.flags.c_contiguous:
        from chainrule.kernels.loops.member_passes import add_bias_of_rows  # imports numba

        add_bias_of_rows(_as_one(products), bias.reshape(-1))
    else:
        np.add(products, bias[:, :, None], out=products)


def sum_samples(cotangent: Array, *, out: Array) -> None:
    """The cotangent of the bias."""
    if takes_compiled(cotangent) and cotangent.flags.c_contiguous:
        from chainrule.kernels.loops.member_passes import sum_of_rows  # imports numba

        sum_of_rows(_as_one(cotangent), out.reshape(-1))
    else:
        np.sum(cotangent, axis=2, out=out)


def add_penalty(theta: Array, gradient: Array, starts: Array, l2: Array, *, work: Workspace) -> Array:
    """Add 2 l2 theta to the gradient, with an l2 for each part, and return l2 |theta|^2 of each part.

    `starts` are the first entries of the parts, and the length. All arrays are flat.
    """
    rates = 2 * l2
    if takes_compiled(theta):
        from chainrule.kernels.loops.solver_loops import add_penalty_of_parts  # imports numba

        squares = work("squares", l2.shape, l2)
        add_penalty_of_parts(theta, gradient, starts, rates, squares)
        return l2 * squares
    slopes = np.multiply(theta, np.repeat(rates, np.diff(starts)), out=work("slopes", theta.shape, theta))
    np.add(gradient, slopes, out=gradient)
    return 0.5 * np.add.reduceat(np.multiply(slopes, theta, out=slopes), starts[:-1])


def _as_one(of_members: Array) -> Array:
    """The rows of all members in one matrix."""
    return of_members.reshape(-1, of_members.shape[2])
