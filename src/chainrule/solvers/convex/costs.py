"""What it costs to know the features' covariance, in steps of L-BFGS, and how many steps that may save.

A step multiplies n x d samples by k columns twice, which is 4 n d k operations; with few classes it waits for memory as
long as for `LATENCY` more of them. Without the covariance's eigenvectors, L-BFGS starts from the Hessian's diagonal D.
It takes at most about sqrt(kappa) steps, kappa the condition of D^-1/2 H D^-1/2: its largest eigenvalue is found by a
few products with a vector, and its smallest is not below the least l2 / D. Most fits need far fewer: the losses'
curvatures fall on the way, and few eigenvalues are as small as that.
"""

from __future__ import annotations

import math

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.crew import Crew, dot
from chainrule.solvers.convex.features import Features
from chainrule.solvers.convex.problem import Problem

LATENCY = 20
"""Further classes that would take as long as the wait for memory."""

OVERHEAD = 2e7
"""Operations in the time that a step takes however small it is."""

GRAM, EIGENVECTORS = 1.4, 8.0
"""Operations for an entry of a Gram matrix and a number that it sums up, and for the eigenvectors of m x m numbers over
m^3; measured by time, beside those of large products."""

STEPS = 25
"""Steps that a fit is expected to take at least."""

ROUNDS = 2
"""Rounds of power iteration, from a random vector."""

SAMPLED = 4
"""Samples for every feature that the largest eigenvalue is looked for in, evenly spaced ones where there are more."""

FEW_STEPS = 5
"""If the covariance costs at most this many steps, it is taken apart without an estimate of what it saves."""

PESSIMISM = 5
"""The covariance is taken apart if the expected steps cost at least this many times its time. Of 14 problems where
that ratio was 1 to 1700, the two below 2 took 1.6 and 18 times as long with it taken apart; the next, at 5, as long as
without; and from 6 on they took from 0.9 of the time down to a seventh."""


def worth_reducing(problem: Problem, fits: int) -> bool:
    """Whether the Gram matrix of dense samples costs less than shorter products save so many fits."""
    n, d = problem.n_samples, problem.n_features
    return n < d and GRAM * n * n * d + n**3 <= STEPS * fits * _step(problem, d - n)


def steps_of_taking_apart(problem: Problem, fits: int) -> float:
    """How many steps of each of so many fits take as long as the covariance of dense samples and its eigenvectors."""
    n, d = problem.n_samples, problem.n_features
    return (GRAM * n * d * d + EIGENVECTORS * d**3) / ((_step(problem, d) + OVERHEAD) * fits)


def expected_steps(problem: Problem, features: Features, values: Array) -> float:
    """A bound on the steps with a diagonal preconditioner, for features of these variances: the condition's root."""
    if not problem.l2:
        return math.inf
    share = _class_curvature(problem)
    rooted = np.sqrt(share * values + problem.l2)[:, None]
    some = problem.part(slice(None, None, max(1, problem.n_samples // (SAMPLED * problem.n_features))))
    x, shares, theta = some.x, abs(some.row_shares), np.zeros((problem.shape[0], 1))
    weights, _ = features.split(theta)
    towards, size = np.random.default_rng(0).standard_normal(len(x)), 0.0
    for _ in range(ROUNDS):
        pulled = np.asarray(shares * towards, x.dtype)
        sums = np.append((x.T @ pulled).astype(np.float64), pulled.sum(dtype=np.float64))[:, None]
        slopes = features.split(features.completed(sums, theta, 0.0, Crew(1)))[0] / rooted
        weights[...] = slopes / (rooted * (math.sqrt(dot(slopes, slopes)) or 1.0))
        folded, offset = features.folded(theta, np.float64)
        towards = (x @ folded[:, 0].astype(x.dtype)).astype(np.float64) + offset
        size = share * float(shares @ np.square(towards))
    return math.sqrt(max(size, 1.0) / (problem.l2 / float(np.square(rooted).max(initial=problem.l2))))


# What follows is private.


def _step(problem: Problem, features: int) -> float:
    return 4.0 * problem.n_samples * features * (problem.n_outputs + LATENCY)


def _class_curvature(problem: Problem) -> float:
    """The losses' mean curvature by the logits at zero weights, along directions in which the losses change."""
    probs, k = problem.class_mass, problem.n_outputs
    if k == 1:
        return float(probs[0] * (1 - probs[0]))
    probs = probs / probs.sum()
    return float(1 - probs @ probs) / (k - 1)
