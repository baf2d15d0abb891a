"""The time to decompose the features' covariance, in steps of L-BFGS, and the number of steps that this may save.

A step multiplies n x d samples by k columns twice, which takes 4 n d k operations. With few classes it waits for memory
as long as `LATENCY` further classes would take. Without the eigenvectors of the covariance, L-BFGS is preconditioned by
the Hessian's diagonal D. Then it takes at most about sqrt(kappa) steps, where kappa is the condition number of D^-1/2 H
D^-1/2. A few products with a vector estimate the largest eigenvalue, and l2 / D bounds the smallest from below. Most
fits need far fewer steps, because the losses' curvatures fall and few eigenvalues are that small.
"""

import math

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.features import Features, in_chunks
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.rows import RowBlock

LATENCY = 20
"""The number of classes whose products take as long as the wait for memory."""

OVERHEAD = 2e7
"""Operations of a large product in the time of the smallest possible step."""

GRAM, EIGENVECTORS = 1.4, 8.0
"""Time for a Gram matrix per entry and summand, and for the eigenvectors of an m x m matrix per m^3; the unit is the
time of an operation in a large product."""

STEPS = 25
"""Steps that a fit is expected to take at least."""

SAMPLED = 4
"""Samples per feature that the largest eigenvalue is estimated from; they are evenly spaced."""

FEW_STEPS = 5
"""If the decomposition takes at most the time of this many steps, no estimate of the saving is needed."""

PESSIMISM = 5
"""The covariance is decomposed if the expected steps take at least this many times as long as the decomposition. On 14
problems with ratios from 1 to 1700, fits with it took 1.6 and 18 times the time of fits without it at the two ratios
below 2, the same time at 5, and from 0.9 down to one seventh of the time from 6 on."""


def worth_reducing(problem: Problem, fits: int) -> bool:
    """True if the Gram matrix of dense samples takes less time than shorter products save in this many fits."""
    n, d = problem.n_samples, problem.n_features
    return n < d and GRAM * n * n * d + n**3 <= STEPS * fits * _step(problem, d - n)


def steps_of_taking_apart(problem: Problem, fits: int) -> float:
    """The number of steps of each fit that take as long as the covariance of dense samples and its eigenvectors."""
    n, d = problem.n_samples, problem.n_features
    return (GRAM * n * d * d + EIGENVECTORS * d**3) / ((_step(problem, d) + OVERHEAD) * fits)


def expected_steps(problem: Problem, features: Features, values: Array) -> float:
    """An upper estimate of the steps with a diagonal preconditioner: the root of the condition number.

    `values` are the variances of the features.
    """
    if not problem.l2:
        return math.inf
    share, n, d = _class_curvature(problem), problem.n_samples, problem.n_features
    roots, rows, stride = np.sqrt(share * values + problem.l2), in_chunks(problem), max(1, n // (SAMPLED * d))
    vector, largest = np.random.default_rng(0).standard_normal(d), 0.0
    for _ in range(2):  # steps of the power method, from a random vector
        vector /= float(np.linalg.norm(vector)) or 1.0
        product, mass = rows.map_reduce(_times_covariance, (features, vector / roots, stride))
        vector = share * product / (roots * (mass or 1.0))
        largest = float(np.linalg.norm(vector))
    return math.sqrt(max(largest, 1.0) / (problem.l2 / float(np.square(roots).max(initial=problem.l2))))


# What follows is private.


def _step(problem: Problem, features: int) -> float:
    """Operations in the time of a step with this many features."""
    return 4.0 * problem.n_samples * features * (problem.n_outputs + LATENCY)


def _class_curvature(problem: Problem) -> float:
    """The losses' mean curvature by the logits at zero weights, over the directions in which the losses change."""
    probs, k = problem.class_mass, problem.n_outputs
    if k == 1:
        return float(probs[0] * (1 - probs[0]))
    probs = probs / probs.sum()
    return float(1 - probs @ probs) / (k - 1)


def _times_covariance(block: RowBlock, state: tuple[Features, Array, int]) -> tuple[Array, float]:
    """sum_i |w_i| z_i z_i^T v over every `stride`-th row of a block, and the sum of these weights."""
    features, vector, stride = state
    x, weights = block.x[::stride], abs(block.shares[::stride, 0])
    z = features.seen(x, block.work("some", x.shape, x))
    projections = (z @ vector.astype(z.dtype)) * weights
    return (projections.astype(z.dtype) @ z).astype(np.float64), float(weights.sum())
