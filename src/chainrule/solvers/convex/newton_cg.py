"""Newton's method with the Hessian as a product: conjugate gradients, preconditioned, and no matrix held.

Where the optimum is far along flat directions, as with many sparse features or little penalty, L-BFGS needs hundreds of
steps, each with two dozen vectors of the parameters' size. Here a direction solves H d = -g the better, the smaller the
gradient has become (Eisenstat and Walker's forcing terms), so that early steps are cheap and the last ones converge
faster than linearly. A Hessian of negative curvature, which negative weights can make, ends the solution early.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.convergence import LEAST_INNER, SAFETY, Lanczos
from chainrule.solvers.convex.crew import Crew, dot, over_rows
from chainrule.solvers.convex.preconditioner import Diagonal, Inverse

MOST_INNER = 200
"""The most products with the Hessian for one direction."""


class Solution(NamedTuple):
    """An approximate solution d of H d = -g.

    Attributes
    ----------
    remaining : float
        Newton's decrement g . H^-1 g / 2, from above: what F can fall by, as far as it is quadratic.
    """

    direction: Array
    remaining: float


def newton_cg_direction(
    curvature: Callable[[Array], Array],
    preconditioner: Inverse,
    gradient: Array,
    forcing: float,
    team: Crew | None = None,
    *,
    enough: float = math.inf,
    bound: Callable[[Array], float] | None = None,
    orthogonal: bool = False,
) -> Solution:
    """An approximate solution of H d = -g, whose residual is at most `forcing` times as large as g.

    Residuals are measured in the preconditioner's norm, sqrt(r . M^-1 r). Where F seems to have no more than `enough`
    to fall, the solution goes on until that is certain, or refuted: `bound` is given a residual r, and says how large
    r . H^-1 r / 2 can be. With `orthogonal`, all residuals are kept, and each is made orthogonal to the ones before. In
    exact arithmetic they are so; rounding errors otherwise grow by orders of magnitude on the way.
    """
    direction, residual = np.zeros_like(gradient), -gradient
    scaled = preconditioner.solve(residual)
    search = scaled.copy()
    first = size = dot(residual, scaled)
    decrease, left, lanczos = 0.0, math.inf, Lanczos()
    past: list[tuple[Array, Array, float]] = []
    for inner in range(MOST_INNER):
        curved = curvature(search)
        bend = _dot(search, curved, team)
        if not bend > 0:
            return Solution(direction if inner else scaled, math.inf if size else decrease)
        step, before = size / bend, size
        decrease += step * size / 2
        if orthogonal:
            past.append((residual.copy(), scaled.copy(), size))
        size = _advance(direction, residual, scaled, search, curved, step, preconditioner, team)
        if orthogonal:
            for one, one_scaled, square in past:
                residual -= dot(residual, one_scaled) / square * one
            scaled[...] = preconditioner.solve(residual)
            size = dot(residual, scaled)
        if not size > 0:  # solved, or rounding errors are left, where the preconditioner has no curvature to divide by
            left = SAFETY * abs(size) / 2
            break
        lanczos.add(step, size / before)
        if decrease <= enough < math.inf:
            left = math.inf if bound is None else bound(residual)
            if inner + 1 >= LEAST_INNER and (smallest := lanczos.smallest()) > 0:
                left = min(left, SAFETY * size / (2 * smallest))
            done = decrease + left <= enough
        else:
            left, done = math.inf, not size > forcing * forcing * first
        if done:
            break
        _conjugate(search, size / before, scaled, team)
    return Solution(direction, decrease + left)


def _dot(a: Array, b: Array, team: Crew | None) -> float:
    return over_rows(team, a.shape, lambda rows: dot(a[rows], b[rows]))


def _conjugate(search: Array, factor: float, scaled: Array, team: Crew | None) -> None:
    """The next search direction."""

    def work(rows: slice) -> float:
        search[rows] *= factor
        search[rows] += scaled[rows]
        return 0.0

    over_rows(team, search.shape, work)


def _advance(
    direction: Array,
    residual: Array,
    scaled: Array,
    search: Array,
    curved: Array,
    step: float,
    preconditioner: Inverse,
    team: Crew | None,
) -> float:
    """Move along the search direction; the new residual's size. A diagonal preconditioner lets every row go alone."""

    def move(rows: slice) -> float:
        direction[rows] += step * search[rows]
        curved[rows] *= step
        residual[rows] -= curved[rows]
        if not isinstance(preconditioner, Diagonal):
            return 0.0
        scaled[rows] = preconditioner.solve(residual[rows], rows)
        return dot(residual[rows], scaled[rows])

    size = over_rows(team, direction.shape, move)
    if isinstance(preconditioner, Diagonal):
        return size
    scaled[...] = preconditioner.solve(residual)
    return _dot(residual, scaled, team)
