"""What it costs to know the features' covariance, in steps of L-BFGS, and how many steps that may save.

A step multiplies n x d samples by k columns twice, which is 4 n d k operations; with few classes it waits for memory as
long as for `LATENCY` more of them. Without the covariance's eigenvectors, L-BFGS starts from the Hessian's diagonal D.
It takes at most about sqrt(kappa) steps, kappa the condition of D^-1/2 H D^-1/2: its largest eigenvalue is found by a
few products with a vector, and its smallest is not below the least l2 / D. Most fits need far fewer: the losses'
curvatures fall on the way, and few eigenvalues are as small as that.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from chainrule.solvers.convex.problem import Problem

LATENCY = 20
"""Classes more."""

OVERHEAD = 2e7
"""Operations in the time that a step takes however small it is."""

GRAM, EIGENVECTORS = 1.4, 8.0
"""Operations for an entry of a Gram matrix and a number that it sums up, and for the eigenvectors of m x m numbers over
m^3; measured by time, beside those of large products."""

STEPS = 25
"""Those that a fit is expected to take at least."""

ROUNDS = 2
"""Of power iteration, from a random vector."""

SAMPLED = 4
"""Samples for every feature that the largest eigenvalue is looked for in, evenly spaced ones where there are more."""

FEW_STEPS = 5
"""So few are not worth an estimate."""

PESSIMISM = 5
"""How many times as many steps as the covariance takes the time of must be expected before it is taken apart. Of 14
problems where that ratio was 1 to 1700, the two below 2 took 1.6 and 18 times as long with it taken apart; the next, at
5, as long as without; and from 6 on they took from 0.9 of the time down to a seventh."""

Floats = np.ndarray[Any, Any]


def worth_reducing(problem: Problem, fits: int) -> bool:
    """Whether the Gram matrix of dense samples costs less than shorter products save so many fits."""
    n, d = problem.n_samples, problem.n_features
    return n < d and GRAM * n * n * d + n**3 <= STEPS * fits * _step(problem, d - n)


def steps_of_taking_apart(problem: Problem, fits: int) -> float:
    """How many steps of each of so many fits take as long as the covariance of dense samples and its eigenvectors."""
    n, d = problem.n_samples, problem.n_features
    return (GRAM * n * d * d + EIGENVECTORS * d**3) / ((_step(problem, d) + OVERHEAD) * fits)


def expected_steps(problem: Problem, centre: Floats | None, scale: Floats | None, values: Floats) -> float:
    """A bound on the steps with a diagonal preconditioner, for features of these variances: the condition's root."""
    if not problem.l2:
        return math.inf
    share = _class_curvature(problem)
    rooted = np.sqrt(share * values + problem.l2)
    factor = 1 / rooted if scale is None else 1 / (rooted * scale)
    some = slice(None, None, max(1, problem.n_samples // (SAMPLED * problem.n_features)))
    x = problem.x[some]
    shares = np.full(len(x), 1 / len(x)) if problem.row_weights is None else abs(problem.row_weights[some])
    shares = shares / (float(shares.sum()) or 1.0)
    towards = np.random.default_rng(0).standard_normal(len(x))
    size = 0.0
    for _ in range(ROUNDS):
        pulled = np.asarray(shares * towards, x.dtype)
        vector = (x.T @ pulled).astype(np.float64)
        if centre is not None:
            vector -= centre * float(pulled.sum(dtype=np.float64))
        vector *= factor
        vector *= factor / (math.sqrt(float(vector @ vector)) or 1.0)
        towards = (x @ vector.astype(x.dtype)).astype(np.float64)
        if centre is not None:
            towards -= float(centre @ vector)
        size = share * float(shares @ np.square(towards))
    return math.sqrt(max(size, 1.0) / (problem.l2 / float(np.square(rooted).max(initial=problem.l2))))


# What follows is private.


def _step(problem: Problem, features: int) -> float:
    return 4.0 * problem.n_samples * features * (problem.n_outputs + LATENCY)


def _class_curvature(problem: Problem) -> float:
    """The mean of the losses' curvatures by the logits at zero weights, but for what all logits have in common."""
    probs, k = problem.mass, problem.n_outputs
    if k == 1:
        return float(probs[0] * (1 - probs[0]))
    probs = probs / probs.sum()
    return float(1 - probs @ probs) / (k - 1)
