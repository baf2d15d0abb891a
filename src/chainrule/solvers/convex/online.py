"""One batch after another, each seen once: the posterior of the weights so far is the penalty for the next.

    theta_t = argmin  sum_{i in batch t} w_i l_i(theta) + 1/2 (theta - theta_{t-1})^T P_{t-1} (theta - theta_{t-1})
    P_t = P_{t-1} + the diagonal of the batch's Hessian at theta_t

P_0 is 1 / C, the L2 penalty, on the intercepts too: those of classes not seen yet stay where they are. This is the
online Laplace approximation with a diagonal precision (Chapelle and Li, 2011, algorithm 3): it has no learning rate,
and what has been seen often moves little.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.blocks import crew
from chainrule.solvers.convex.evaluation import Evaluator, dot
from chainrule.solvers.convex.newton_cg import newton_cg_direction
from chainrule.solvers.convex.preconditioner import diagonal_of
from chainrule.solvers.convex.problem import Problem

MOST_STEPS, FORCING = 5, 0.5
"""Newton's steps for one batch, and what each leaves of the gradient: the next batch says more than the last digits."""


def absorb(problem: Problem, theta: Array, precision: Array, tol: float) -> tuple[Array, Array]:
    """The weights and their precision after one more batch, a problem without a penalty of its own.

    `tol` is how large an entry of the gradient may be at the end, of the batch's weighted mean.
    """
    mass = _mass(problem)
    share = precision / mass
    with crew() as team:
        evaluator = Evaluator(problem, team)
        start, theta = theta, theta.copy()
        here = evaluator.at(theta)
        value, gradient = here.value, here.gradient
        for _ in range(MOST_STEPS):
            if abs(gradient).max(initial=0.0) <= tol:
                break
            bent, preconditioner = evaluator.curvature_here(), diagonal_of(evaluator.curvatures_here() + share)

            def curvature(v: Array, bent: Callable[[Array], Array] = bent) -> Array:
                return bent(v) + share * v

            direction = newton_cg_direction(curvature, preconditioner, gradient, FORCING)
            slope, step = dot(gradient, direction), 1.0
            while step > 1e-10:
                moved = theta + step * direction
                there = evaluator.at(moved)
                away = moved - start
                total = there.value + dot(away, share * away) / 2
                if total <= value + 1e-4 * step * slope:
                    break
                step /= 2
            else:
                break
            theta, value, gradient = moved, total, there.gradient + share * away
        return theta, precision + mass * evaluator.curvatures_here()


def curvatures(problem: Problem, theta: Array) -> Array:
    """The diagonal of the Hessian of the batch's losses, per unit of weight."""
    with crew() as team:
        evaluator = Evaluator(problem, team)
        evaluator.at(theta)
        return evaluator.curvatures_here()


def _mass(problem: Problem) -> float:
    return float(problem.n_samples if problem.weights is None else problem.weights.sum(dtype=np.float64))
