"""Newton's method by preconditioned conjugate gradients, which need products with the Hessian, but no matrix.

If the optimum is far away along flat directions, as with many sparse features or a small penalty, L-BFGS needs hundreds
of steps, each with two dozen vectors as long as the parameters. Here a direction d solves H d = -g more accurately as
the gradient becomes smaller (forcing terms of Eisenstat and Walker): early steps are cheap, and the last steps converge
superlinearly. If negative sample weights give H a direction of negative curvature, the solution ends there.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.convergence import smallest_eigenvalue
from chainrule.solvers.convex.preconditioner import Diagonal, Inverse
from chainrule.solvers.convex.rows import dot, over_rows

MOST_INNER = 200
"""The most products with the Hessian per direction."""

LEAST_INNER = 8
"""Steps of conjugate gradients after which their smallest eigenvalue is trusted."""

SAFETY = 10.0
"""The factor by which the smallest eigenvalue found may be too large."""


class Solution(NamedTuple):
    """An approximate solution d of H d = -g.

    Attributes
    ----------
    remaining : float
        An upper bound on Newton's decrement g . H^-1 g / 2, by which F could fall if it were quadratic; infinite if
        unknown.
    """

    direction: Array
    remaining: float = math.inf


def newton_cg_direction(
    curvature: Callable[[Array], Array],
    preconditioner: Inverse,
    gradient: Array,
    forcing: float,
    threads: int = 1,
    *,
    enough: float = math.inf,
    bound: Callable[[Array], float] | None = None,
    orthogonal: bool = False,
) -> Solution:
    """An approximate solution of H d = -g whose residual is at most `forcing` times as large as g.

    Sizes are measured in the norm of the preconditioner, sqrt(r . M^-1 r). If F seems to have at most `enough` left to
    fall, the solution goes on until this is certain or refuted; `bound` returns an upper bound on r . H^-1 r / 2 for a
    residual r. With `orthogonal`, all residuals are kept and each new one is made orthogonal to them: in exact
    arithmetic it is orthogonal anyway, but rounding errors grow by orders of magnitude.
    """
    direction, residual = np.zeros_like(gradient), -gradient
    scaled = preconditioner.solve(residual)
    search = scaled.copy()
    first = size = dot(residual, scaled)
    decrease, left = 0.0, math.inf
    steps: list[float] = []
    ratios: list[float] = []
    past: list[tuple[Array, Array, float]] = []

    def conjugate(rows: slice) -> float:
        search[rows] *= size / before
        search[rows] += scaled[rows]
        return 0.0

    for inner in range(MOST_INNER):
        curved = curvature(search)
        bend = _dot(search, curved, threads)
        if not bend > 0:
            return Solution(direction if inner else scaled, math.inf if size else decrease)
        step, before = size / bend, size
        decrease += step * size / 2
        if orthogonal:
            past.append((residual.copy(), scaled.copy(), size))
        size = _advance(direction, residual, scaled, search, curved, step, preconditioner, threads)
        if orthogonal:
            for one, one_scaled, square in past:
                residual -= dot(residual, one_scaled) / square * one
            scaled[...] = preconditioner.solve(residual)
            size = dot(residual, scaled)
        if not size > 0:  # solved, or only rounding errors are left, along which the preconditioner has no curvature
            left = SAFETY * abs(size) / 2
            break
        steps.append(step)
        ratios.append(size / before)
        if decrease <= enough < math.inf:
            left = math.inf if bound is None else bound(residual)
            if inner + 1 >= LEAST_INNER and (smallest := smallest_eigenvalue(steps, ratios)) > 0:
                left = min(left, SAFETY * size / (2 * smallest))
            done = decrease + left <= enough
        else:
            left, done = math.inf, not size > forcing * forcing * first
        if done:
            break
        over_rows(threads, search.shape, conjugate)
    return Solution(direction, decrease + left)


def _dot(a: Array, b: Array, threads: int) -> float:
    return over_rows(threads, a.shape, lambda rows: dot(a[rows], b[rows]))


def _advance(
    direction: Array,
    residual: Array,
    scaled: Array,
    search: Array,
    curved: Array,
    step: float,
    preconditioner: Inverse,
    threads: int,
) -> float:
    """Take the step, in place, and return the squared size of the new residual.

    A diagonal preconditioner is applied in the same pass, because it needs no other rows.
    """

    def work(rows: slice) -> float:
        direction[rows] += step * search[rows]
        curved[rows] *= step
        residual[rows] -= curved[rows]
        if not isinstance(preconditioner, Diagonal):
            return 0.0
        scaled[rows] = preconditioner.solve(residual[rows], rows)
        return dot(residual[rows], scaled[rows])

    size = over_rows(threads, direction.shape, work)
    if isinstance(preconditioner, Diagonal):
        return size
    scaled[...] = preconditioner.solve(residual)
    return _dot(residual, scaled, threads)
