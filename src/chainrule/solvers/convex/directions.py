"""Which way to go: by L-BFGS, by Newton's method with the whole Hessian, or by Newton's method with its products.

L-BFGS needs the fewest passes over dense samples: on the preconditioner of the features' spectrum, and on the Hessian's
blocks by class as soon as these cost no more than the steps so far. Newton's method takes over where few parameters
have needed many steps, and where little seems left to gain: L-BFGS only guesses how much that is, and Newton's method
knows. Sparse samples have no spectrum, their passes are cheap and their vectors long: there it is Newton's method
throughout, whose products are in float32 as long as that leads somewhere.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.solvers.convex.class_blocks import ClassBlocks, class_blocks, steps_of_blocks
from chainrule.solvers.convex.convergence import StrongConvexity
from chainrule.solvers.convex.crew import dot
from chainrule.solvers.convex.curvature import Curvature
from chainrule.solvers.convex.evaluation import Evaluation, Evaluator
from chainrule.solvers.convex.hessian import MOST_PARAMETERS, is_quick, newton_direction, whole_hessian
from chainrule.solvers.convex.lbfgs import Memory
from chainrule.solvers.convex.newton_cg import Solution, newton_cg_direction
from chainrule.solvers.convex.preconditioner import Inverse, Preconditioner, diagonal_of, refreshed

NEWTON_AFTER = 30
"""Steps of L-BFGS before Newton's method takes over, where there are few parameters; or one for every
`PARAMETERS_PER_STEP` of them."""

PRODUCTS_AFTER = 40
"""Steps of L-BFGS before Newton's method takes over, by products with the Hessian, where there are many parameters."""

PARAMETERS_PER_STEP = 6
"""n rows and p parameters take n p^2 operations for the Hessian, of which BLAS saves half, and 4 n p for a step of
L-BFGS: as many of these as take the time of one of Newton's are given a chance first."""

REFRESHED_AT = (5, 20)
"""Steps at which the class matrix of its preconditioner is made from the probabilities found so far."""

BLOCKS_AFTER = 8
"""Steps, counted in pairs of products with the samples, before the preconditioner is made from the Hessian's blocks by
class: as many at least as they take the time of. They are made anew when the steps have doubled, or as many have been
taken again, whichever is later."""

MOST_CLASSES = 1000
"""Up to so many the class matrix is made, of as many rows and columns, or the blocks, of which there are as many."""

IDLE = 3
"""Steps in a row that gain no more than rounding before Newton's method is tried, where there are many."""

FEW_PARAMETERS = 200
"""Up to so many, a vector costs next to nothing: conjugate gradients are in float64 and keep residuals orthogonal, so
that fits to the same samples, given with weights or repeatedly, differ by rounding errors that have not grown."""

FORCING = 0.5
"""The largest residue that Newton's method with products leaves of a gradient."""


class Way(NamedTuple):
    """A direction, and what is known of F along it."""

    direction: Array
    slope: float
    """Not below 0 where no direction is known that leads down."""
    remaining: float = math.inf
    """What F can fall by in all, as far as that is known."""


class Directions:
    """Directions that lead down, one after another.

    Parameters
    ----------
    evaluator : Evaluator
    preconditioner : Preconditioner
    memory : int
        Pairs of vectors that L-BFGS keeps.
    by_products : bool
        Whether every direction is Newton's, by products with the Hessian.
    """

    def __init__(self, evaluator: Evaluator, preconditioner: Preconditioner, memory: int, *, by_products: bool) -> None:
        self.evaluator, self.preconditioner = evaluator, preconditioner
        self.by_products = by_products and evaluator.stored
        self.memory = Memory(preconditioner, 0 if self.by_products else memory)
        self._last_size = 0.0
        many = evaluator.problem.n_outputs > MOST_CLASSES
        self._can_refresh = evaluator.stored and not preconditioner.diagonal and not many
        self._to_refresh = set(REFRESHED_AT)
        self._blocks = steps_of_blocks(evaluator.problem, preconditioner, evaluator.team.count)
        self._blocks_at, self._products_before = max(BLOCKS_AFTER, self._blocks), evaluator.products
        self.bound = StrongConvexity(evaluator.problem, preconditioner)
        self._curvature: Curvature | None = None
        self._few = math.prod(evaluator.problem.shape) <= FEW_PARAMETERS
        penalised = evaluator.problem.l2 > 0
        self._single = self.by_products and penalised and is_sparse(evaluator.problem.x) and not self._few
        """Whether products with the Hessian are in float32."""
        self._newton = False
        """Whether the last direction was Newton's."""
        self._stuck = False
        """Whether no step along it went down: probabilities of 0 and 1 leave the Hessian no curvature there."""

    def next(self, theta: Array, here: Evaluation, iteration: int, enough: float, idle: int) -> Way:
        """The next direction.

        `enough` is what F may be left to fall by at the end, `idle` the number of steps that have gained nothing.
        """
        self._newton = False
        if not self._stuck and (way := self._newton_when_due(theta, here.gradient, iteration, enough, idle)):
            return way
        self._refresh(iteration)
        direction = -self.memory.solve(here.gradient)
        slope = dot(here.gradient, direction)
        if not slope < 0 and self.memory.forget():
            direction = -self.preconditioner.solve(here.gradient)
            slope = dot(here.gradient, direction)
        seems_little = -slope <= 2 * enough and not self.evaluator.narrow
        if seems_little and not self._stuck and (way := self._newton_to_the_end(theta, here.gradient, enough)):
            return way
        return Way(direction, slope)

    def resume(self, past: Directions, change: float) -> None:
        """Go on after a minimisation whose penalty was less by `change`: what was learnt there is known here."""
        self.memory.resume(past.memory, change, self.evaluator.problem.intercept)
        self._blocks_at = self._blocks  # near the optimum probabilities are worth looking at from the first step on

    def learn(self, move: Array, here: Evaluation, there: Evaluation) -> None:
        """Remember a step that was taken."""
        if self.memory.pairs.maxlen:
            self.memory.keep(move, there.gradient - here.gradient)
        self._stuck = False

    def retreat(self) -> bool:
        """After a direction without a step: whether there is another to try from here."""
        if self._newton:
            # In full precision first, if products were in float32.
            self._stuck, self._single = not self._single, False
            return True
        return self.memory.forget()

    def promised(self, gradient: Array) -> float:
        """About how far F can fall from a point near the last one."""
        return min(dot(gradient, self.memory.solve(gradient)) / 2, self.bound(gradient))

    def class_curvature(self) -> Array | None:
        """The losses' mean Hessian by the logits where the evaluator is; None where it would be too large."""
        if not self.evaluator.stored or self.evaluator.problem.n_outputs > MOST_CLASSES:
            return None
        return self._curvature_here().of_logits()

    def forget_products(self) -> None:
        """Make products anew: the evaluator's precision has changed."""
        self._curvature, self._single, self._stuck = None, False, False

    # What follows is private.

    def _refresh(self, iteration: int) -> None:
        """Make the preconditioner from the probabilities found so far, where that is due."""
        if not self._can_refresh:
            return
        spent = (self.evaluator.products - self._products_before) / 2
        if spent >= self._blocks_at:
            self._blocks_at = max(2 * spent, spent + self._blocks)
            self.memory.rest_on(class_blocks(self.evaluator, self._curvature_here(), self.preconditioner))
        elif iteration in self._to_refresh and not isinstance(self.memory.preconditioner, ClassBlocks):
            self._to_refresh.discard(iteration)
            self.memory.rest_on(refreshed(self.preconditioner, self._curvature_here().of_logits()))

    def _newton_when_due(self, theta: Array, gradient: Array, iteration: int, enough: float, idle: int) -> Way | None:
        """Newton's direction where L-BFGS has had its chance, or where there is nothing but Newton's method."""
        if not self.by_products and theta.size <= MOST_PARAMETERS:
            due = iteration >= max(NEWTON_AFTER, theta.size // PARAMETERS_PER_STEP)
            return self._by_whole_hessian(theta, gradient) if due else None
        many_steps = idle >= IDLE or (iteration >= PRODUCTS_AFTER and self._has_room)
        if not (self.by_products or (many_steps and not self.evaluator.narrow)):
            return None
        self._single = self._single and not idle
        self._refresh(iteration)
        return self._by_products(theta, gradient, enough)

    def _newton_to_the_end(self, theta: Array, gradient: Array, enough: float) -> Way | None:
        """Newton's direction where L-BFGS takes the end to be near: it says whether that is so."""
        if is_quick(self.evaluator.problem):
            return self._by_whole_hessian(theta, gradient)
        return self._by_products(theta, gradient, enough) if self._has_room else None

    @property
    def _has_room(self) -> bool:
        """Whether there is memory for the five vectors of conjugate gradients beside the pairs of L-BFGS."""
        return self.evaluator.vector_dtype == np.float64

    def _by_whole_hessian(self, theta: Array, gradient: Array) -> Way | None:
        direction = newton_direction(whole_hessian(self.evaluator, theta), gradient)
        if direction is None or not (slope := dot(gradient, direction)) < 0:
            return None
        self._newton = True
        return Way(direction, slope, -slope / 2)

    def _by_products(self, theta: Array, gradient: Array, enough: float) -> Way | None:
        """Newton's direction from products with the Hessian, which are in float32 as long as that serves."""
        # float32 numbers that overflow lead nowhere, which is seen.
        with np.errstate(over="ignore", invalid="ignore") if self._single else nullcontext():
            solution = self._solved(theta, gradient, enough)
        if (slope := dot(gradient, solution.direction)) < 0:
            self._newton = True
            return Way(solution.direction, slope, solution.remaining)
        if self._single:
            self._single = False
            return self._by_products(theta, gradient, enough)
        return None

    def _solved(self, theta: Array, gradient: Array, enough: float) -> Solution:
        curvature, problem = self._curvature_here(theta), self.evaluator.problem
        bound = self.bound(gradient)
        unit = 1.0
        if curvature.dtype != gradient.dtype and self._single:
            unit = float(abs(gradient).max(initial=0.0)) or 1.0  # so that no entry that matters is too small
            gradient = (gradient / unit).astype(curvature.dtype)
        preconditioner: Inverse = self.memory
        if self.preconditioner.diagonal:
            preconditioner = diagonal_of(curvature.diagonal(), problem)
        size = unit * math.sqrt(max(dot(gradient, preconditioner.solve(gradient)), 0.0))
        reduction = size / self._last_size if self._last_size else 1.0
        goal = math.sqrt(enough / bound) if bound > enough else 1.0
        forcing = max(min(FORCING, 0.9 * reduction**2), 0.3 * goal)
        self._last_size = size
        direction, remaining = newton_cg_direction(
            curvature.product(),
            preconditioner,
            gradient,
            forcing,
            self.evaluator.team,
            enough=enough / unit**2,
            bound=self.bound,
            orthogonal=self._few,
        )
        if unit == 1.0:
            return Solution(direction, remaining)
        return Solution(unit * direction.astype(np.float64), unit**2 * remaining)

    def _curvature_here(self, theta: Array | None = None) -> Curvature:
        dtype = np.dtype(np.float32) if self._single else self.evaluator.dtype
        if not self.evaluator.stored:
            return Curvature(self.evaluator, dtype, theta)
        if self._curvature is None or self._curvature.dtype != dtype:
            self._curvature = Curvature(self.evaluator, dtype)
        return self._curvature
