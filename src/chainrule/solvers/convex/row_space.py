"""Fewer samples than features: coordinates in the space that the samples span, from their Gram matrix.

    Z = (x - m) / s        K = Z Z^T = L L^T        Z = L Q^T,    Q = Z^T L^-T

The optimal weights of a penalised fit are a combination of the rows of Z: any other part would change no logit and add
to the penalty. So r <= n numbers per class determine the fit exactly, with z = L as features. Q has as many entries as
x and is never computed: products with Q are products with x and with L^-T.

L is computed by the pivoted Cholesky method. It leaves out samples that depend on others, such as duplicates, and one
sample of any centred set. A Gram matrix has half the digits of its features. If these are too few, as with features of
very uneven size, there are no such coordinates, and the fit uses all features.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.linalg import lapack, solve_triangular
from scipy.sparse.linalg import LinearOperator

from chainrule.arrays import Array
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.row_blocks import RowBlock
from chainrule.solvers.convex.rows import Rows
from chainrule.solvers.convex.slices import cut

ENTRIES_AT_ONCE, LEAST_FEATURES = 1 << 19, 512
"""Entries of centred samples in float64 that are computed at once (4 MiB), and the fewest features."""

UNEVEN = 1e-8
"""The least squared pivot of L, relative to the largest, which leaves half of the digits of float64."""

DEPENDENT = 1e-20
"""Largest squared distance of a left-out sample to the span of the chosen ones, relative to the largest sample."""


def row_space(problem: Problem, features: Features) -> tuple[Array, Any] | None:
    """z of all samples, of shape (n, r) in float64, and Q as a LinearOperator of shape (d, r).

    None if the Gram matrix has too few digits for them.

    Raises
    ------
    FloatingPointError
        If the squares of the features overflow.
    """
    problem, n, d = problem.unjournaled(), problem.n_samples, problem.n_features
    gram, product = np.zeros((n, n)), np.empty((n, n))
    for _, block in _columns(problem, features):
        gram += np.matmul(block, block.T, out=product)
    check_finite(gram)
    largest = float(gram.diagonal().max(initial=0.0))
    if not largest > 0:
        return None
    lower, pivots, rank, _ = lapack.dpstrf(gram, tol=n * np.finfo(np.float64).eps * largest, lower=1, overwrite_a=1)
    order, lower = pivots - 1, np.tril(lower[:, :rank])
    factor = np.ascontiguousarray(lower[:rank])
    if float(factor.diagonal().min()) ** 2 < UNEVEN * largest:
        return None
    # Q = Z^T A, where A holds the rows of L^-T for independent samples, and zeros for the others.
    z, combination = np.empty((n, rank)), np.zeros((n, rank))
    z[order] = lower
    combination[order[:rank]] = solve_triangular(factor, np.eye(rank), trans="T", lower=True, check_finite=False)
    # Distances are computed from the features, because the Gram matrix has too few digits for them.
    others, squares = order[rank:], np.zeros(n - rank)
    combined = z[others] @ combination.T
    for _, block in _columns(problem, features):
        away = block[others] - combined @ block
        squares += np.einsum("ij,ij->i", away, away)
    if not (squares <= DEPENDENT * largest).all():
        return None

    def outside(weights: Array) -> Array:
        combined, result = combination @ weights, np.empty((d, weights.shape[1]))
        for columns, block in _columns(problem, features):
            result[columns] = block.T @ combined
        return result

    def inside(weights: Array) -> Array:
        logits = sum(block @ weights[columns] for columns, block in _columns(problem, features))
        return np.asarray(combination.T @ logits)

    products = {"matvec": outside, "matmat": outside, "rmatvec": inside, "rmatmat": inside}
    return z, LinearOperator((d, rank), **products, dtype=np.float64)


def check_finite(moments: Array) -> None:
    """Raise FloatingPointError if sums of squares of features overflow."""
    if not np.isfinite(moments).all():
        raise FloatingPointError("the squares of the features overflow: scale the features")


# What follows is private.


def _columns(problem: Problem, features: Features) -> Iterator[tuple[slice, Array]]:
    """(x - m) / s in float64, for some features of all samples at a time.

    Each block overwrites the one before, because first use of fresh memory takes longer than the work.
    """
    n, d = problem.n_samples, problem.n_features
    rows, at_once = Rows(problem), min(max(ENTRIES_AT_ONCE // n, LEAST_FEATURES), d)
    memory = np.empty(n * at_once)
    for columns in cut(0, d, at_once):
        out = memory[: n * (columns.stop - columns.start)].reshape(n, -1)
        rows.map_reduce(_fill, (features, columns, out))
        yield columns, out


def _fill(block: RowBlock, state: tuple[Features, slice, Array]) -> None:
    features, columns, out = state
    features.seen(block.x, out[block.rows], columns)
