"""Newton's method with the Hessian as a product: conjugate gradients, preconditioned, and no matrix held.

Where the optimum is far along flat directions, as with many sparse features or little penalty, L-BFGS needs hundreds of
steps, each with two dozen vectors of the parameters' size. Here a direction solves H d = -g the better, the smaller the
gradient has become (Eisenstat and Walker's forcing terms), so that early steps are cheap and the last ones converge
faster than linearly. A Hessian of negative curvature, which negative weights can make, ends the solution early.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.blocks import Crew, dot, over_rows
from chainrule.solvers.convex.preconditioner import Diagonal, Inverse

MOST_INNER = 200
"""Products with the Hessian for one direction."""


def newton_cg_direction(
    curvature: Callable[[Array], Array],
    preconditioner: Inverse,
    gradient: Array,
    forcing: float,
    team: Crew | None = None,
) -> Array:
    """An approximate solution of H d = -g, whose residual is at most `forcing` times as large as g.

    Residuals are measured in the preconditioner's norm, sqrt(r . M^-1 r).
    """
    direction, residual = np.zeros_like(gradient), -gradient
    scaled = preconditioner.solve(residual)
    search = scaled.copy()
    size = dot(residual, scaled)
    enough = forcing * forcing * size
    for inner in range(MOST_INNER):
        curved = curvature(search)
        bend = _dot(search, curved, team)
        if not bend > 0:
            return direction if inner else scaled
        step, before = size / bend, size
        size = _advance(direction, residual, scaled, search, curved, step, preconditioner, team)
        if not size > enough:
            break
        _conjugate(search, size / before, scaled, team)
    return direction


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
