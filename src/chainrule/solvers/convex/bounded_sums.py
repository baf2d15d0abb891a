"""The sums over the rows that a certificate needs, in float64, with bounds on their rounding errors.

With u = 2^-53, a sum of n products in any order is off by (n + 1) u times the sum of their absolute values. So a logit
is off by d_i = (features + 12) u (|x_i| |V| + |c|). Probabilities then change by a factor of at most e^(2 d_i), and so
do residuals at labels, which are sums of probabilities. The rounding of softmax itself is within (6 k + 80) u. A
block's bounds are sums over its rows; adding n blocks costs n u times the sums of absolute values. Off the diagonal,
the Hessian S with respect to the intercepts is minus a sum of products of probabilities, with the same relative errors;
its rows sum to 0.
"""

import math
from typing import NamedTuple

import numpy as np

from chainrule import rules
from chainrule.arrays import Array, holds_labels, is_sparse, matmul
from chainrule.kernels import kernel_of
from chainrule.solvers.convex.row_blocks import CACHED, LogitPoint, RowBlock
from chainrule.solvers.convex.rows import with_entries
from chainrule.solvers.convex.slices import cut

ROUNDING = 2.0**-53
"""u, half an ulp of 1."""

LEAST_SQUARE, LEAST_ERROR = 1e-307, 1e-300
"""Added to the squares of features and to the errors of residuals, because terms may have underflowed."""


class EvaluationPoint(NamedTuple):
    """The point at which a pass evaluates F.

    Attributes
    ----------
    weights, offset, moved : array
        The logits are (sample - centre) W + offset + moved.
    norms, sizes : arrays
        A row's squares times `norms` are two squared norms, the first |x_i|^2. Norm times size bounds the row's logits
        without c.
    unmoved : LogitPoint or None
        The same point without `moved`, whose logits may be kept.
    """

    weights: Array
    offset: Array
    moved: Array
    centre: Array | None
    norms: Array
    sizes: Array
    smoothing: float
    unmoved: LogitPoint | None = None


class RowTerms(NamedTuple):
    """Residuals and probabilities of a block, and numbers that scale their errors in each row.

    Attributes
    ----------
    residuals, probs : (n, k) arrays
    sizes : (n,) array
        A bound on the norm of a residual's terms, which are of one sign at labels.
    mass, traces : (n,) arrays
        The weight of the Hessian with respect to the logits, and its trace.
    """

    residuals: Array
    probs: Array
    sizes: Array
    mass: Array
    traces: Array


class Sums(NamedTuple):
    """Sums over all rows. `numbers` are bounds on errors and their ingredients, in the order of `with_bounds`."""

    offsets: Array
    between: Array
    slopes: Array
    numbers: Array


def newton_sums(block: RowBlock, at: EvaluationPoint) -> tuple[Array, Array]:
    """The gradient and the Hessian with respect to the intercepts, summed over a block's rows."""
    with np.errstate(all="ignore"):
        return _by_intercepts(block, _row_terms(block, _features(block, at.centre), at))


def with_bounds(block: RowBlock, at: EvaluationPoint) -> tuple[Array, Array, Array, Array]:
    """`newton_sums` and x^T R, with bounds on the errors."""
    with np.errstate(all="ignore"):
        x = _features(block, at.centre)
        offsets, between, numbers, residuals = _bounded(block, x, at)
        return offsets, between, np.asarray(x.T @ residuals), numbers


def residuals_with_bounds(block: RowBlock, at: EvaluationPoint) -> tuple[tuple[Array, Array, Array], Array]:
    """`newton_sums` with bounds on the errors, and the residuals R for x^T R."""
    with np.errstate(all="ignore"):
        *sums, residuals = _bounded(block, _features(block, at.centre), at)
        return tuple(sums), residuals


def few_samples(block: RowBlock, count: int) -> list[Array]:
    """About `count` of a block's samples."""
    chosen = slice(None, None, max(1, len(block.shares) // count))
    return [block.x[chosen] if is_sparse(block.x) else np.array(block.x[chosen])]


# What follows is private.


def _bounded(block: RowBlock, x: Array, at: EvaluationPoint) -> tuple[Array, Array, Array, Array]:
    count, k = block.x.shape[0], len(at.offset)
    if is_sparse(x):
        terms, norms = np.diff(x.indptr), with_entries(x, np.square(x.data)) @ at.norms
    else:
        terms, norms = x.shape[1], np.empty((count, 2))
        for rows in cut(0, count, CACHED // x.shape[1]):
            squares = np.square(x[rows], out=block.work("squares", x[rows].shape, x))
            np.matmul(squares, at.norms, out=norms[rows])
    norms = np.sqrt(norms + LEAST_SQUARE * at.norms.sum(axis=0))
    reach = (norms * at.sizes).min(axis=1) + abs(at.offset).max() + abs(at.moved).max()
    exponents, summing = (2 * (terms + 12) * reach + 6 * k + 80) * ROUNDING, (count + 8) * ROUNDING
    each, norm = _row_terms(block, x, at), norms[:, 0]
    errors = (np.expm1(exponents) + summing) * each.sizes + LEAST_ERROR
    of_between = (np.expm1(2 * exponents) + summing) @ (each.mass * each.traces)
    pairs = norm @ errors, errors.sum(), norm @ each.sizes, each.sizes.sum()
    numbers = np.array([*pairs, of_between, each.mass @ np.square(norm), each.mass.sum(), 1.0])
    return *_by_intercepts(block, each), numbers, each.residuals


def _features(block: RowBlock, centre: Array | None) -> Array:
    """The block's samples in float64; the centre is subtracted from dense ones."""
    if is_sparse(block.x):
        return with_entries(block.x, np.asarray(block.x.data, dtype=np.float64))
    if centre is None:
        return np.asarray(block.x, dtype=np.float64)
    x = block.work("centred", block.x.shape, block.x, np.float64)
    x[...] = block.x  # a separate conversion is several times as fast as one in the subtraction
    return np.subtract(x, centre, out=x)


def _by_intercepts(block: RowBlock, rows: RowTerms) -> tuple[Array, Array]:
    """The column sums of the residuals, and the sum of the products of probabilities; for one logit, of p (1 - p)."""
    if rows.probs.shape[1] == 1:
        return rows.residuals.sum(axis=0), np.array([[rows.mass @ rows.traces]])
    weighted = np.multiply(rows.probs, rows.mass[:, None], out=block.buffer("weighted"))
    return rows.residuals.sum(axis=0), rows.probs.T @ weighted


def _row_terms(block: RowBlock, x: Array, at: EvaluationPoint) -> RowTerms:
    shares, k = block.shares[:, 0], len(at.offset)
    assert at.unmoved is not None
    logits = block.remembered(
        "certified", at.unmoved, lambda out: np.add(matmul(x, at.weights, out=out), at.offset, out=out)
    )
    logits = np.add(logits, at.moved, out=block.buffer("moved"))
    if k == 1:
        y, probs, others = np.asarray(block.targets, np.float64), rules.sigmoid(logits), rules.sigmoid(-logits)
        misses, hits = (1 - y) * probs, y * others
        residuals, sizes = shares[:, None] * (misses - hits), shares * (misses + hits)[:, 0]
        return RowTerms(residuals, probs, sizes, shares, (probs * others)[:, 0])
    probs, residuals = kernel_of(rules.softmax).forward(logits, out=logits)[0], block.buffer("residuals")
    traces = 1 - np.einsum("ij,ij->i", probs, probs) + 2 * k * ROUNDING
    if holds_labels(block.targets) and not at.smoothing:
        of_label = np.arange(len(shares)), block.targets
        np.multiply(probs, shares[:, None], out=residuals)
        residuals[of_label] = 0.0
        others = residuals.sum(axis=1)
        residuals[of_label] = -others
        return RowTerms(residuals, probs, math.sqrt(2) * others, shares, traces)
    goals = np.eye(k)[block.targets] if holds_labels(block.targets) else np.asarray(block.targets, np.float64)
    totals = goals.sum(axis=1, keepdims=True)
    goals = (1 - at.smoothing) * goals + at.smoothing / k * totals
    np.subtract(np.multiply(probs, totals, out=residuals), goals, out=residuals)
    np.multiply(residuals, shares[:, None], out=residuals)
    mass = shares * totals[:, 0]
    return RowTerms(residuals, probs, 2 * mass, mass, traces)
