"""Newton's method by preconditioned conjugate gradients, which need products with the Hessian, but no matrix.

If the optimum is far away along flat directions, as with many sparse features or a small penalty, L-BFGS needs hundreds
of steps, each with two dozen vectors as long as the parameters. Here a direction d solves H d = -g more accurately as
the gradient becomes smaller (forcing terms of Eisenstat and Walker): early steps are cheap, and the last steps converge
superlinearly. If negative sample weights give H a direction of negative curvature, the solution ends there.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from chainrule.arrays import Array
from chainrule.solvers.convex.convergence import smallest_eigenvalue
from chainrule.solvers.convex.preconditioner import Diagonal, Inverse
from chainrule.solvers.convex.step_pairs import Vectors

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
    vectors: Vectors | None = None,
) -> Solution:
    """An approximate solution of H d = -g whose residual is at most `forcing` times as large as g.

    Sizes are measured in the norm of the preconditioner, sqrt(r . M^-1 r). If F seems to have at most `enough` left to
    fall, the solution goes on until this is certain or refuted; `bound` returns an upper bound on r . H^-1 r / 2 for a
    residual r. With `orthogonal`, all residuals are kept and each new one is made orthogonal to them: in exact
    arithmetic it is orthogonal anyway, but rounding errors grow by orders of magnitude. The vectors lie in the place
    `vectors` (by default main memory), where `curvature` takes and returns them.
    """
    place = vectors or Vectors()
    dot, taken, inverse = place.dot, place.taken, place.inverse(preconditioner)
    by_rows = preconditioner.solve if vectors is None and isinstance(preconditioner, Diagonal) else None
    residual = -place.put(gradient)
    direction, scaled = 0 * residual, inverse(residual)
    search = 1 * scaled
    first = size = dot(residual, scaled)
    decrease, left = 0.0, math.inf
    steps: list[float] = []
    ratios: list[float] = []
    past: list[tuple[Array, Array, float]] = []

    def dot_of_all(a: Array, b: Array) -> float:
        return place.over_rows(threads, a.shape, lambda rows: dot(a[rows], b[rows]))

    def advance(rows: slice) -> float:
        # A diagonal preconditioner is applied in the same pass, because it needs no other rows.
        direction[rows] += step * search[rows]
        curved[rows] *= step
        residual[rows] -= curved[rows]
        if by_rows is None:
            return 0.0
        scaled[rows] = by_rows(residual[rows], rows)
        return dot(residual[rows], scaled[rows])

    def conjugate(rows: slice) -> float:
        search[rows] *= size / before
        search[rows] += scaled[rows]
        return 0.0

    for inner in range(MOST_INNER):
        curved = curvature(search)
        bend = dot_of_all(search, curved)
        if not bend > 0:
            return Solution(taken(direction if inner else scaled), math.inf if size else decrease)
        step, before = size / bend, size
        decrease += step * size / 2
        if orthogonal:
            past.append((1 * residual, 1 * scaled, size))
        size = place.over_rows(threads, direction.shape, advance)
        if by_rows is None:
            scaled[...] = inverse(residual)
            size = dot_of_all(residual, scaled)
        if orthogonal:
            for one, one_scaled, square in past:
                residual -= dot(residual, one_scaled) / square * one
            scaled[...] = inverse(residual)
            size = dot(residual, scaled)
        if not size > 0:  # solved, or only rounding errors are left, along which the preconditioner has no curvature
            left = SAFETY * abs(size) / 2
            break
        steps.append(step)
        ratios.append(size / before)
        if decrease <= enough < math.inf:
            left = math.inf if bound is None else bound(taken(residual))
            if inner + 1 >= LEAST_INNER and (smallest := smallest_eigenvalue(steps, ratios)) > 0:
                left = min(left, SAFETY * size / (2 * smallest))
            done = decrease + left <= enough
        else:
            left, done = math.inf, not size > forcing * forcing * first
        if done:
            break
        place.over_rows(threads, search.shape, conjugate)
    return Solution(taken(direction), decrease + left)
