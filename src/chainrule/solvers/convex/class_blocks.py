"""The Hessian's diagonal blocks, one for every class, from some samples each: a preconditioner that knows which samples
may belong to which class.

    B_k = sum_i m_i s_ik (1 - s_ik) z_i z_i^T + l2 I,    z = (x, 1)        H^-1 ~ P diag(B_1^-1, ..., B_K^-1) P

m is a sample's weight without its sign, times the sum of its targets. P subtracts the mean over the logits, along which
the losses do not change; there the Hessian is the penalty alone. The class matrix of `Refreshed` weighs every sample
alike for all classes, here one counts for the classes that it may belong to. For a class they are few: some samples for
every parameter are drawn, with chances in proportion to m s (1 - s), and one that had the chance c counts 1 / c times,
as it would have to for blocks that are right on average over random draws. What so few samples leave uncertain is made
up for by a part of the features' covariance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from chainrule.arrays import Array
from chainrule.solvers.convex.crew import Crew
from chainrule.solvers.convex.curvature import Curvature
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.features import split
from chainrule.solvers.convex.preconditioner import SINGLE, Preconditioner
from chainrule.solvers.convex.problem import Problem

SAMPLES = 4
"""Samples drawn for every parameter of a class: with 2 a fit takes a third more steps, and with 10 hardly fewer."""

LEAST_SAMPLES = 1000
"""Samples drawn at least for a class: so many are soon multiplied, and fewer may miss one that lies far out."""

ROUNDS = 3
"""Passes that redistribute probability clipped at 1."""

PRIOR = 0.05
"""Share of the covariance, times the class's mean curvature, that is added: 0.03 to 0.1 take as many steps. Without it
fits of separable classes, where few samples have any curvature left, take several times as many."""

LEAST_CURVATURE = 1e-10
"""Curvature given to a direction without any where there is no penalty, relative to the largest."""

TINY = float(np.finfo(np.float64).tiny)

MOST_ENTRIES = 1 << 26
"""Entries of all blocks and of the arrays that they are computed from: 256 MiB in float32, 512 MiB in float64."""

DRAWING = 80
"""Operations, by a parameter, that weighing a sample for a class takes as long as: memory is read in columns."""


@dataclass(frozen=True, eq=False)
class ClassBlocks:
    """The inverses of the blocks, of features divided by their sizes there, in float32.

    Attributes
    ----------
    inverses : array
        Of shape (k, p, p).
    sizes : array
        The roots of the blocks' diagonals, of shape (p, k).
    basis : array or None
        Q, of shape (d, d), if the blocks are those of features rotated by it.
    """

    inverses: Array
    sizes: Array
    basis: Array | None
    penalty: float
    intercept: bool
    team: Crew

    def solve(self, gradient: Array) -> Array:
        """The inverse times g."""
        common = _mean(gradient)
        scaled = _rotated(gradient - common, self.basis, back=False) / self.sizes
        largest = float(abs(scaled).max(initial=0.0)) or 1.0
        columns = np.ascontiguousarray((scaled / largest).T, np.float32)[..., None]

        def work(thread: int) -> None:
            k, count = len(columns), self.team.count
            classes = slice(k * thread // count, k * (thread + 1) // count)
            scaled[:, classes] = (self.inverses[classes] @ columns[classes])[..., 0].T

        self.team.each(work)
        result = _rotated(scaled * (largest / self.sizes), self.basis, back=True)
        result -= _mean(result)
        if self.penalty and gradient.shape[1] > 1:
            (weights, _), (of_weights, _) = split(result, self.intercept), split(common, self.intercept)
            weights += of_weights / self.penalty
        return result


def steps_of_blocks(problem: Problem, first: Preconditioner, threads: int) -> float:
    """How many steps of L-BFGS take as long as computing the blocks; infinite where they are never computed."""
    (p, k), n = problem.shape, problem.n_samples
    rows = min(_samples(p), n)
    made = p * (2 * rows + 2 * p) * threads  # features, rotated features, and two blocks
    if first.diagonal or k * p * p + made > MOST_ENTRIES:
        return math.inf
    multiplied = rows * (3 if _are_to_be_rotated(first) else 1)
    # k p^2 (rows + p) operations beside 4 n p k, at half the speed: triangles, and rows that lie apart.
    return 2 * p * (multiplied + p) / (4 * n) + DRAWING / p


def class_blocks(evaluator: Evaluator, curvature: Curvature, first: Preconditioner) -> ClassBlocks:
    """The blocks at the point where an evaluator is, whose first preconditioner knows the features' covariance."""
    problem, team = evaluator.problem, evaluator.team
    (p, k), d, of_class = problem.shape, problem.n_features, curvature.of_classes()
    basis = first.basis if _are_to_be_rotated(first) else None
    covariance = _covariance(first, rotated=basis is not None)
    inverses, sizes = np.empty((k, p, p), np.float32), np.empty((p, k))

    def work(thread: int) -> None:
        for output in range(thread, k, team.count):
            curvatures = of_class(output)
            rows, shares = drawn(curvatures, _samples(p))
            x = evaluator.rows.take(rows)
            rooted = evaluator.features.dense(x, x.dtype if basis is None else np.float64, basis)
            rooted *= np.sqrt(shares)[:, None].astype(rooted.dtype, copy=False)
            block, prior = rooted.T @ rooted, PRIOR * float(curvatures.sum())
            block[:d, :d] += (prior * covariance).astype(block.dtype, copy=False)
            block[d:, d:] += prior
            inverses[output], sizes[:, output] = _inverse(block, d, problem.l2)

    team.each(work)
    return ClassBlocks(inverses, sizes, basis, problem.l2, problem.intercept, team)


def drawn(shares: Array, count: int) -> tuple[Array, Array]:
    """About `count` of the samples, and what each stands for: its share over the chance it had to be drawn.

    Chances are in proportion to the shares, up to certainty; what this leaves over is given to the others, though not
    to the last. Draws are evenly spaced along the sum of the chances.

    >>> drawn(np.array([0.25, 0.0, 0.25, 0.5]), 2)
    (array([0, 3]), array([0.5, 0.5]))
    """
    factor, chances = 1.0, shares
    for _ in range(ROUNDS):
        factor *= count / float(chances.sum(dtype=np.float64))
        chances = np.minimum(shares * factor, 1.0)
    passed = np.cumsum(chances, dtype=np.float64)
    rows = np.searchsorted(passed, np.arange(0.5, passed[-1]))
    return rows, shares[rows] / chances[rows]


# What follows is private.


def _samples(parameters: int) -> int:
    """Samples drawn for a class of so many parameters."""
    return max(SAMPLES * parameters, LEAST_SAMPLES)


def _are_to_be_rotated(first: Preconditioner) -> bool:
    """True if features are to be rotated by Q, so that their smallest curvatures do not vanish in float32."""
    values = first.spectrum
    return first.basis is not None and not values.max() < SINGLE * (values.min() + first.l2)


def _covariance(first: Preconditioner, *, rotated: bool) -> Array:
    """Q diag(c) Q^T, or diag(c) for features that are rotated by Q."""
    c, basis = first.spectrum, first.basis
    return np.diag(c) if rotated or basis is None else (basis * c) @ basis.T


def _inverse(block: Array, d: int, l2: float) -> tuple[Array, Array]:
    """(B + l2 I)^-1 in float32, of features divided by their sizes there, and these; l2 for the first d. B is lost."""
    squares = block.diagonal().astype(np.float64)
    squares[:d] += l2
    # The intercept's has nothing to do with how large features are.
    for part in (squares[:d], squares[d:]):
        least = 0.0 if l2 else LEAST_CURVATURE * float(part.max(initial=0.0))
        np.maximum(part, max(least, TINY), out=part)
    sizes = np.sqrt(squares)
    block /= sizes[:, None]
    block /= sizes
    correlations = block.astype(np.float32, copy=False)
    # Rounding leaves eigenvalues that are off by so much.
    correlations[np.arange(len(sizes)), np.arange(len(sizes))] = 1 + len(sizes) * np.finfo(np.float32).eps
    factor, failed = lapack.spotrf(correlations.T, lower=1, clean=0, overwrite_a=1)
    inverse, failed = (factor, failed) if failed else lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        return np.eye(len(sizes), dtype=np.float32), sizes
    upper = np.triu(inverse.T)
    return upper + np.triu(upper, 1).T, sizes


def _mean(rows: Array) -> Array:
    """The mean over the logits, as a column; 0 for one logit."""
    return rows.mean(axis=1, keepdims=True) if rows.shape[1] > 1 else np.zeros_like(rows)


def _rotated(gradient: Array, basis: Array | None, *, back: bool) -> Array:
    """Q^T g, or Q g, in place; the intercepts' row stays."""
    if basis is not None:
        weights = gradient[: len(basis)]
        weights[...] = (basis if back else basis.T) @ weights
    return gradient
