"""Fitting batches that are seen once: the posterior of the weights is the penalty for the next batch.

    theta_t = argmin  sum_{i in batch t} w_i l_i(theta) + 1/2 (theta - theta_{t-1})^T P_{t-1} (theta - theta_{t-1})
    P_t = P_{t-1} + the diagonal of the batch's Hessian at theta_t

P_0 is 1 / C, the L2 penalty. It includes the intercepts, and so determines those of classes without samples so far.
This is the online Laplace approximation with a diagonal precision (Chapelle and Li, 2011, algorithm 3). It has no
learning rate, and weights of features that many samples have had change little.
"""

from collections.abc import Callable

import numpy as np

from chainrule.arrays import Array
from chainrule.kernels.blas import single_threaded_products
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.hessian import Curvature
from chainrule.solvers.convex.newton_cg import newton_cg_direction
from chainrule.solvers.convex.preconditioner import diagonal_of
from chainrule.solvers.convex.problem import Problem
from chainrule.solvers.convex.slices import dot

MOST_STEPS, FORCING = 100, 0.5
"""The most Newton steps per batch, a limit that tests do not reach, and the share of the gradient that each leaves."""


def absorb(problem: Problem, theta: Array, precision: Array, tol: float) -> tuple[Array, Array]:
    """The weights and their precision after one more batch, whose `problem` has no penalty of its own.

    The steps end when the next one promises to lower the objective by at most `tol` times its value, or after
    `MOST_STEPS`.

    Raises
    ------
    FloatingPointError
        If the squares of the features overflow.
    """
    mass = float(problem.n_samples if problem.weights is None else problem.weights.sum(dtype=np.float64))
    share = precision / mass
    start, theta, problem = theta, theta.copy(), problem.with_threads()
    with single_threaded_products():
        evaluator = Evaluator(problem)
        value, gradient, _ = evaluator.at(theta)
        for _ in range(MOST_STEPS):
            hessian = Curvature(evaluator, theta=theta)
            product, preconditioner = hessian.product(), diagonal_of(hessian.diagonal() + share)

            def curvature(v: Array, product: Callable[[Array], Array] = product) -> Array:
                return product(v) + share * v

            direction = newton_cg_direction(
                curvature, preconditioner, gradient, FORCING, problem.engine.threads
            ).direction
            slope, step = dot(gradient, direction), 1.0
            if not -slope > 2 * tol * abs(value):
                break
            while step > 1e-10:
                end = theta + step * direction
                there = evaluator.at(end)
                away = end - start
                total = there.value + dot(away, share * away) / 2
                if total <= value + 1e-4 * step * slope:
                    break
                step /= 2
            else:
                break
            theta, value, gradient = end, total, there.gradient + share * away
        learned = precision + mass * Curvature(evaluator, theta=theta).diagonal()
        if not np.isfinite(learned).all():
            raise FloatingPointError("the squares of the features overflow: scale the features")
        return theta, learned


def curvatures(problem: Problem, theta: Array) -> Array:
    """The diagonal of the Hessian of the batch's losses, per unit of sample weight."""
    problem = problem.with_threads()
    with single_threaded_products():
        evaluator = Evaluator(problem)
        evaluator.at(theta)
        return Curvature(evaluator, theta=theta).diagonal()
