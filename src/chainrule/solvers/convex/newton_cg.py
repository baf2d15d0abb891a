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
from chainrule.solvers.convex.evaluation import dot
from chainrule.solvers.convex.preconditioner import Diagonal, Preconditioner

MOST_INNER = 200
"""Products with the Hessian for one direction."""


def newton_cg_direction(
    curvature: Callable[[Array], Array], preconditioner: Preconditioner | Diagonal, gradient: Array, forcing: float
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
        bend = dot(search, curved)
        if not bend > 0:
            return direction if inner else scaled
        step = size / bend
        direction += step * search
        residual -= step * curved
        scaled = preconditioner.solve(residual)
        before, size = size, dot(residual, scaled)
        if not size > enough:
            break
        search *= size / before
        search += scaled
    return direction
