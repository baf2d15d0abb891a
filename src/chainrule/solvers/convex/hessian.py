"""The Hessian of the objective, whole for few parameters, and times a vector for many.

    softmax    H V = X^T D(S, X V) + l2 V,   D(s, u) = s * (u - s . u), row by row (softmax's own Jacobian)
    one logit  H V = X^T (p (1 - p) * X V) + l2 V

Whole, for the softmax: the block of classes k and m is X^T diag(s_k [k = m] - s_k s_m) X. What all logits have in
common changes nothing, so that H has a null direction for every feature without a penalty; there it is given a
curvature that no gradient asks for.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from chainrule import rules
from chainrule.arrays import Array, is_sparse
from chainrule.solvers.convex.blocks import Crew, row_blocks
from chainrule.solvers.convex.problem import Problem
from chainrule.workspace import Workspace

ENTRIES_AT_ONCE = 1 << 19
"""Of a block of rows times parameters: 4 MiB."""


def probabilities(problem: Problem, logits: Array) -> Array:
    """Of every class; for one logit, of the second."""
    return rules.sigmoid(logits) if problem.n_outputs == 1 else rules.softmax.forward(logits)[0]


def target_mass(problem: Problem, rows: slice) -> Array:
    """The samples' weights times the sums of their targets: what multiplies the curvature of every loss."""
    count, weights = len(range(problem.n_samples)[rows]), problem.row_weights
    shares = np.full(count, 1 / problem.n_samples) if weights is None else weights[rows]
    if problem.n_outputs == 1 or problem.targets.ndim == 1:
        return shares
    return np.asarray(shares * problem.targets[rows].sum(axis=1))


def dense_features(problem: Problem, rows: slice, centre: Array | None, scale: Array | None) -> Array:
    """A block of features as the parameters see them, with ones for the intercept, as float64."""
    x = problem.x[rows]
    x = np.asarray(x.toarray() if is_sparse(x) else x, dtype=np.float64)
    if centre is not None:
        x = x - centre
    if scale is not None:
        x = x / scale
    return np.hstack([x, np.ones((len(x), 1))]) if problem.intercept else x


class WholeHessian:
    """H, at one theta after another: it keeps the memory, which is slow to come by.

    Parameters
    ----------
    problem : Problem
    team : Crew
        Whose threads share the rows.
    centre, scale : array, optional
        What is subtracted from the features, and what they are divided by.

    Examples
    --------
    >>> from chainrule.solvers.convex.blocks import crew
    >>> problem = Problem(np.array([[1.0], [-2.0]]), np.array([0, 1]), 2, rules.softmax_cross_entropy, intercept=False)
    >>> with crew(1) as team:
    ...     WholeHessian(problem, team)(np.zeros((1, 2)))
    array([[ 0.9375, -0.3125],
           [-0.3125,  0.9375]])
    """

    def __init__(self, problem: Problem, team: Crew, centre: Array | None = None, scale: Array | None = None) -> None:
        self._problem, self._team, self._centre, self._scale = problem, team, centre, scale
        d, k = problem.shape
        self._shares = row_blocks(problem.n_samples, max(64, ENTRIES_AT_ONCE // (d * k)), team.count)
        self._works = [Workspace() for _ in self._shares]

    def __call__(self, theta: Array) -> Array:
        """Of shape (d k, d k), entries in the order of theta's rows and columns; the next call overwrites it."""
        d, k = self._problem.shape
        (hessian, own), *others = self._team.each(partial(self._of_rows, theta))
        for joint_there, own_there in others:
            np.add(hessian, joint_there, out=hessian)
            np.add(own, own_there, out=own)
        blocks = hessian.reshape(d, k, d, k)
        for m in range(k):
            blocks[:, m, :, m] += own[m]
        diagonal = np.arange(self._problem.n_features * k)
        hessian[diagonal, diagonal] += self._problem.l2
        if k > 1:
            _bend_null_directions(blocks, self._problem)
        return hessian

    def _of_rows(self, theta: Array, thread: int) -> tuple[Array, Array]:
        """-sum of s_k s_m x x^T, (d k, d k), and for every class the sum of s_k x x^T, (k, d, d).

        A matrix times its own transpose is half the work for BLAS, hence the roots. For one logit the second is the sum
        of s (1 - s) x x^T, and the first 0.
        """
        problem, work, (d, k) = self._problem, self._works[thread], self._problem.shape
        joint, product = (work(name, (d * k, d * k), theta, np.float64) for name in ("joint", "product"))
        own = work("own", (k, d, d), theta, np.float64)
        joint.fill(0)
        own.fill(0)
        for rows in self._shares[thread]:
            x = dense_features(problem, rows, self._centre, self._scale)
            probs = probabilities(problem, x @ theta)
            mass = target_mass(problem, rows)[:, None]
            shares = mass * probs * (1 - probs) if k == 1 else mass * probs
            scaled = work("scaled", x.shape, x)
            for m in range(k):
                own[m] += x.T @ np.multiply(x, shares[:, m : m + 1], out=scaled)
            if k == 1:
                continue
            weighted = work("weighted", (len(x), d, k), x)
            for sign in (1, -1) if (mass < 0).any() else (1,):
                roots = probs * np.sqrt(np.maximum(sign * mass, 0.0))
                rooted = np.multiply(x[:, :, None], roots[:, None, :], out=weighted).reshape(len(x), d * k)
                np.matmul(rooted.T, rooted, out=product)
                (np.subtract if sign > 0 else np.add)(joint, product, out=joint)
        return joint, own


def _bend_null_directions(blocks: Array, problem: Problem) -> None:
    d, k = problem.shape
    for j in range(d) if not problem.l2 else range(problem.n_features, d):
        blocks[j, :, j, :] += np.trace(blocks[j, :, j, :]) / k**2 or 1.0
