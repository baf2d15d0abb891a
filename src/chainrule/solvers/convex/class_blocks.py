"""A preconditioner made of the Hessian's diagonal blocks, one per class. Each is computed from a few samples.

    B_k = sum_i m_i s_ik (1 - s_ik) z_i z_i^T + l2 I,    z = (x, 1)        H^-1 ~ P diag(B_1^-1, ..., B_K^-1) P

m is the absolute weight of a sample times the sum of its targets. P subtracts the mean over the logits: in that
direction the losses do not change, and the Hessian is the penalty alone. In one class matrix for all features, a sample
counts alike for all classes; here it counts for the classes that it may belong to, so each class has few samples. A few
per parameter are drawn with probability c in proportion to m s (1 - s), and each counts 1 / c times, which makes the
blocks right on average. A share of the features' covariance is added for directions that so few samples cannot
determine.

With many classes, a pass over the rows finds the few samples that are likely to have each class. The others have small
curvatures, and count as average samples: as the sum of their m s times the covariance.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.kernels import positive
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
from chainrule.solvers.convex.slices import cut

SAMPLES = 4
"""Samples drawn per parameter of a class. With 2, fits take a third more steps; 10 save hardly any."""

LEAST_SAMPLES = 1000
"""Fewest samples drawn per class. Their products take little time, and fewer samples may miss a distant one."""

PRIOR = 0.05
"""Share of the covariance, times the class's mean curvature, that is added to a block. 0.03 to 0.1 take equally many
steps. Without it, fits of separable classes take several times as many, because few samples have any curvature left."""

MOST_ENTRIES = 3 << 25
"""Most entries of all blocks and of their temporaries: 384 MiB in float32."""

GATHERED = 1 << 25
"""Most entries of the samples that are gathered at once, if they do not lie in memory."""

GROUPED = 1 << 18
"""Most entries of the blocks that are inverted at once, unless one block has more: they stay in the cache."""

MOST_COLUMNS = 1000
"""Up to this many classes, samples are drawn for each class from all probabilities, which fit in memory."""

LIKELY = 0.25
"""With more classes, a sample counts for a class if its probability is at least this times min(1, n / (p k)). So fewer
than 1 / LIKELY samples per parameter count. Two fits of 20 000 classes took 20 and 29 s, and 46 and 25 s with 0.02."""

FLOOR = 0.05
"""With more classes, this share of the covariance times the class's frequency is added, too. A class that no sample is
likely to have yet has little curvature, and Newton's step for its intercept would be far too long. In eight small fits,
0.3 took a fifth more passes than 0.1, and 1.0 nearly twice as many."""

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
    rows = p if drawn_by_rows(problem) else min(_samples(p), n)
    temporary = p * (2 * rows + 2 * p)  # features, rotated features, and two blocks, for a thread
    if first.diagonal or k * p * p + temporary > MOST_ENTRIES:
        return math.inf
    multiplied = rows * (3 if _are_to_be_rotated(first) else 1)
    # k p^2 (rows + p) operations against 4 n p k, at half the speed: triangles and scattered rows are slow.
    return 2 * p * (multiplied + p) / (4 * n) + DRAWING / p


def drawn_by_rows(problem: Problem) -> bool:
    """True if samples are drawn for all classes in one pass over the rows: all probabilities need much memory."""
    return problem.n_outputs > MOST_COLUMNS


def class_blocks(evaluator: Evaluator, curvature: Curvature, first: Preconditioner) -> ClassBlocks:
    """The blocks at the point of `curvature`. The preconditioner `first` holds the features' covariance."""
    problem, threads = evaluator.problem, evaluator.threads
    (p, k), d = problem.shape, problem.n_features
    draws = (
        _drawn_by_rows(curvature, problem) if drawn_by_rows(problem) else _drawn_by_classes(curvature, problem, threads)
    )
    c, basis = first.spectrum, first.basis if _are_to_be_rotated(first) else None
    # In the coordinates of the blocks:
    covariance = np.diag(c) if basis is not None or first.basis is None else (first.basis * c) @ first.basis.T
    inverses, sizes = np.empty((k, p, p), np.float32), np.empty((p, k))

    def invert(classes: slice, samples: Callable[[Array], Array]) -> None:
        rows, weights, counts = draws.of(classes)
        x = samples(rows)
        rooted = evaluator.features.dense(x, x.dtype if basis is None else np.float64, basis)
        rooted *= np.sqrt(weights)[:, None].astype(rooted.dtype, copy=False)
        if len(counts) > 1:  # the same number of rows for each class, padded with zeros
            padded = np.zeros((len(counts), counts.max(), p), rooted.dtype)
            padded[np.arange(counts.max()) < counts[:, None]] = rooted
        else:
            padded = rooted[None]
        blocks, priors = np.matmul(padded.transpose(0, 2, 1), padded), draws.priors[classes, None, None]
        blocks[:, :d, :d] += (priors * covariance).astype(blocks.dtype, copy=False)
        blocks[:, d:, d:] += priors.astype(blocks.dtype)
        inverses[classes], sizes[:, classes] = _inverted(blocks, d, problem.l2)

    at_once = max(1, GATHERED * k // (len(draws.rows) * d + 1))
    for classes in cut(0, k, at_once):
        samples = evaluator.rows.samples([draws.of(classes)[0]])
        groups = cut(classes.start, classes.stop, max(1, GROUPED // (p * p)))

        def work(_: int, number: int, groups: list[slice] = groups, samples: Any = samples) -> None:
            invert(groups[number], samples)

        share(len(groups), threads, work)
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


@dataclass(frozen=True, eq=False)
class _Draws:
    """Samples drawn for each class.

    Attributes
    ----------
    rows, weights : arrays
        The numbers of the samples and their weights, one class after the other.
    starts : (k + 1,) array
        The position of each class's first sample, and the end.
    priors : (k,) array
        The multiple of the covariance that is added to each class's block.
    """

    rows: Array
    weights: Array
    starts: Array
    priors: Array

    def of(self, classes: slice) -> tuple[Array, Array, Array]:
        """The samples of some classes, their weights, and the number of samples of each class."""
        drawn = slice(self.starts[classes.start], self.starts[classes.stop])
        return self.rows[drawn], self.weights[drawn], np.diff(self.starts[classes.start : classes.stop + 1])


def _drawn_by_classes(curvature: Curvature, problem: Problem, threads: int) -> _Draws:
    """Draws for one class after another, each with its own number of samples."""
    (p, k), shares = problem.shape, curvature.of_classes()
    draws: list[Any] = [None] * k

    def draw(_: int, output: int) -> None:
        curvatures = shares(output)
        draws[output] = *drawn(curvatures, _samples(p)), PRIOR * float(curvatures.sum())

    share(k, threads, draw)
    rows, weights, priors = zip(*draws, strict=True)
    starts = np.cumsum([0, *map(len, rows)])
    return _Draws(np.concatenate(rows), np.concatenate(weights), starts, np.array(priors))


def _drawn_by_rows(curvature: Curvature, problem: Problem) -> _Draws:
    """The samples that are likely to belong to a class, for all classes in one pass.

    The others, whose curvatures are small, count as much as average samples.
    """
    (p, k), n = problem.shape, problem.n_samples
    rows, classes, curvatures, others = curvature.largest(LIKELY * min(1.0, n / (p * k)))
    rows, classes, curvatures = map(np.concatenate, (rows, classes, curvatures))
    order = np.argsort(classes, kind="stable")
    starts = np.searchsorted(classes[order], np.arange(k + 1))
    own = np.bincount(classes, curvatures, k)
    priors = np.maximum(others, 0.0) + PRIOR * own + FLOOR * problem.class_shares
    return _Draws(rows[order], curvatures[order], starts, priors)


def _samples(parameters: int) -> int:
    """Samples drawn for a class with this many parameters."""
    return max(SAMPLES * parameters, LEAST_SAMPLES)


def _are_to_be_rotated(first: Preconditioner) -> bool:
    """True if features have to be rotated by Q, because their curvatures are too uneven for float32."""
    values = first.spectrum
    return first.basis is not None and not values.max() < SINGLE * (values.min() + first.l2)


def _inverted(blocks: Array, d: int, l2: float) -> tuple[Array, Array]:
    """(B + l2 I)^-1 in float32, for features divided by their sizes, and the sizes by columns.

    l2 is added in the first d rows only.

    The blocks are overwritten. A block that is not positive definite is replaced by its diagonal.
    """
    squares = np.einsum("...ii->...i", blocks).astype(np.float64)
    squares[..., :d] += l2
    # Two bounds, because the intercept's curvature does not depend on the scale of the features.
    for part in (squares[..., :d], squares[..., d:]):
        least = 0.0 if l2 else LEAST_CURVATURE * part.max(axis=-1, keepdims=True, initial=0.0)
        np.maximum(part, np.maximum(least, TINY), out=part)
    sizes = np.sqrt(squares)
    blocks /= sizes[..., :, None]
    blocks /= sizes[..., None, :]
    inverses = np.ascontiguousarray(blocks, np.float32)
    # The added term bounds the rounding errors of the eigenvalues.
    np.einsum("...ii->...i", inverses)[...] = 1 + blocks.shape[-1] * np.finfo(np.float32).eps
    for inverse in inverses.reshape(-1, *blocks.shape[-2:]):
        if not positive.invert(inverse):
            inverse[...] = np.eye(len(inverse))
    return inverses, sizes.T
