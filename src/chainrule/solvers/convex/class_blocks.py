"""A preconditioner of the Hessian's diagonal blocks, one per class, each computed from a few samples.

    B_k = sum_i m_i s_ik (1 - s_ik) z_i z_i^T + l2 I,    z = (x, 1)        H^-1 ~ P diag(B_1^-1, ..., B_K^-1) P

m is the size of a sample's weight times the sum of its targets. P subtracts the mean over the logits: in that direction
the losses do not change, and the Hessian is the penalty alone. One class matrix for all features weights each sample
alike for all classes; here a sample counts for the classes that it may belong to. These are few samples per class. So a
few samples per parameter are drawn with probability c in proportion to m s (1 - s), and each counts 1 / c times, which
makes the blocks right on average. A share of the features' covariance is added for directions that so few
samples cannot determine.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import lapack

from chainrule.arrays import Array
from chainrule.kernels.workers import each, share
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.hessian import Curvature
from chainrule.solvers.convex.preconditioner import (
    LEAST_CURVATURE,
    SINGLE,
    TINY,
    Preconditioner,
    inverse_penalty,
    mean_logit,
)
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import cut

SAMPLES = 4
"""Samples drawn per parameter of a class. With 2, fits take a third more steps; 10 save hardly any."""

LEAST_SAMPLES = 1000
"""Fewest samples drawn per class. Their products take little time, and fewer samples may miss a distant one."""

PRIOR = 0.05
"""Share of the covariance, times the class's mean curvature, that is added to a block. 0.03 to 0.1 take equally many
steps. Without it, fits of separable classes take several times as many, because few samples have any curvature left."""

MOST_ENTRIES = 1 << 26
"""Most entries of all blocks and of their temporaries: 256 MiB in float32, 512 MiB in float64."""

GATHERED = 1 << 25
"""Most entries of the samples that are gathered at once, if they do not lie in memory."""

DRAWING = 80
"""Operations per parameter that take as long as weighting a sample for a class, which reads memory by columns."""


@dataclass(frozen=True, eq=False)
class ClassBlocks:
    """The inverse blocks in float32, for features scaled to a unit diagonal.

    Attributes
    ----------
    inverses : (k, p, p) array
    sizes : (p, k) array
        The square roots of the blocks' diagonals.
    basis : (d, d) array or None
        Q, if the blocks are those of rotated features.
    common : (p, 1) array
        `inverse_penalty` of the problem.
    """

    inverses: Array
    sizes: Array
    basis: Array | None
    common: Array
    threads: int

    def solve(self, gradient: Array) -> Array:
        """The inverse times a gradient."""
        mean = mean_logit(gradient)
        scaled = self._rotated(gradient - mean, back=False) / self.sizes
        largest = float(abs(scaled).max(initial=0.0)) or 1.0
        columns = np.ascontiguousarray((scaled / largest).T, np.float32)[..., None]

        def work(thread: int) -> None:
            k, count = len(columns), self.threads
            classes = slice(k * thread // count, k * (thread + 1) // count)
            scaled[:, classes] = (self.inverses[classes] @ columns[classes])[..., 0].T

        each(self.threads, work)
        result = self._rotated(scaled * (largest / self.sizes), back=True)
        result -= mean_logit(result)
        result += mean * self.common
        return result

    def _rotated(self, gradient: Array, *, back: bool) -> Array:
        """Q^T g, or Q g, in place; the intercepts' row stays."""
        if self.basis is not None:
            weights = gradient[: len(self.basis)]
            weights[...] = (self.basis if back else self.basis.T) @ weights
        return gradient


def steps_of_blocks(problem: Problem, first: Preconditioner) -> float:
    """The number of L-BFGS steps that take as long as computing the blocks; infinite if they are never computed."""
    (p, k), n = problem.shape, problem.n_samples
    rows = min(_samples(p), n)
    temporary = p * (2 * rows + 2 * p)  # features, rotated features, and two blocks, for a thread
    if first.diagonal or k * p * p + temporary > MOST_ENTRIES:
        return math.inf
    multiplied = rows * (3 if _are_to_be_rotated(first) else 1)
    # k p^2 (rows + p) operations against 4 n p k, at half the speed: triangles, and rows that are not adjacent.
    return 2 * p * (multiplied + p) / (4 * n) + DRAWING / p


def class_blocks(evaluator: Evaluator, curvature: Curvature, first: Preconditioner) -> ClassBlocks:
    """The blocks at the evaluator's point. The first preconditioner knows the features' covariance."""
    problem, threads = evaluator.problem, evaluator.threads
    (p, k), d = problem.shape, problem.n_features
    shares = curvature.of_classes()
    c, basis = first.spectrum, first.basis if _are_to_be_rotated(first) else None
    # In the coordinates of the blocks.
    covariance = np.diag(c) if basis is not None or first.basis is None else (first.basis * c) @ first.basis.T
    inverses, sizes = np.empty((k, p, p), np.float32), np.empty((p, k))

    draws: list[Any] = [None] * k

    def draw(_: int, output: int) -> None:
        curvatures = shares(output)
        draws[output] = *drawn(curvatures, _samples(p)), PRIOR * float(curvatures.sum())

    share(k, threads, draw)
    at_once = max(1, GATHERED // (_samples(p) * d))
    for classes in cut(0, k, at_once):
        samples = evaluator.rows.samples([rows for rows, *_ in draws[classes]])

        def invert(_: int, number: int, first: int = classes.start, samples: Any = samples) -> None:
            output = first + number
            rows, weights, prior = draws[output]
            x = samples(rows)
            rooted = evaluator.features.dense(x, x.dtype if basis is None else np.float64, basis)
            rooted *= np.sqrt(weights)[:, None].astype(rooted.dtype, copy=False)
            block = rooted.T @ rooted
            block[:d, :d] += (prior * covariance).astype(block.dtype, copy=False)
            block[d:, d:] += prior
            inverses[output], sizes[:, output] = _inverse(block, d, problem.l2)

        share(classes.stop - classes.start, threads, invert)
    return ClassBlocks(inverses, sizes, basis, inverse_penalty(problem), threads)


def drawn(shares: Array, count: int) -> tuple[Array, Array]:
    """About `count` of the samples, and the weight of each: its share divided by its probability of being drawn.

    Probabilities are in proportion to the shares, up to 1. Three passes redistribute the excess over 1. Draws are
    evenly spaced along the sum of the probabilities.

    >>> drawn(np.array([0.25, 0.0, 0.25, 0.5]), 2)
    (array([0, 3]), array([0.5, 0.5]))
    """
    factor, chances = 1.0, shares
    for _ in range(3):
        factor *= count / float(chances.sum(dtype=np.float64))
        chances = np.minimum(shares * factor, 1.0)
    passed = np.cumsum(chances, dtype=np.float64)
    rows = np.searchsorted(passed, np.arange(0.5, passed[-1]))
    return rows, shares[rows] / chances[rows]


# What follows is private.


def _samples(parameters: int) -> int:
    """Samples drawn for a class with this many parameters."""
    return max(SAMPLES * parameters, LEAST_SAMPLES)


def _are_to_be_rotated(first: Preconditioner) -> bool:
    """True if features have to be rotated by Q, because their curvatures are too uneven for float32."""
    values = first.spectrum
    return first.basis is not None and not values.max() < SINGLE * (values.min() + first.l2)


def _inverse(block: Array, d: int, l2: float) -> tuple[Array, Array]:
    """(B + l2 I)^-1 in float32, for features divided by their sizes, and the sizes. l2 is for the first d rows.

    The block is overwritten. A block that is not positive definite is replaced by its diagonal.
    """
    squares = block.diagonal().astype(np.float64)
    squares[:d] += l2
    # Separately, because the intercept's curvature does not depend on the scale of the features.
    for part in (squares[:d], squares[d:]):
        least = 0.0 if l2 else LEAST_CURVATURE * float(part.max(initial=0.0))
        np.maximum(part, max(least, TINY), out=part)
    sizes = np.sqrt(squares)
    block /= sizes[:, None]
    block /= sizes
    correlations = block.astype(np.float32, copy=False)
    # The added term bounds the rounding errors of the eigenvalues.
    correlations[np.arange(len(sizes)), np.arange(len(sizes))] = 1 + len(sizes) * np.finfo(np.float32).eps
    factor, failed = lapack.spotrf(correlations.T, lower=1, clean=0, overwrite_a=1)
    inverse, failed = (factor, failed) if failed else lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        return np.eye(len(sizes), dtype=np.float32), sizes
    upper = np.triu(inverse.T)
    return upper + np.triu(upper, 1).T, sizes
