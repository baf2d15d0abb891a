"""Descent directions: by L-BFGS, by Newton's method with the whole Hessian, or by products with the Hessian.

`phases` decides which method is used, and when.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from functools import partial

import numpy as np

from chainrule.arrays import Array
from chainrule.solvers.convex.class_blocks import class_blocks, drawn_by_rows, steps_of_blocks
from chainrule.solvers.convex.convergence import strong_convexity_bound
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.hessian import MOST_PARAMETERS, Curvature, is_quick, newton_direction, whole_hessian
from chainrule.solvers.convex.newton_cg import Solution, newton_cg_direction
from chainrule.solvers.convex.phases import Base, Facts, Method, Phase
from chainrule.solvers.convex.preconditioner import Inverse, Preconditioner, diagonal_of, refreshed
from chainrule.solvers.convex.slices import dot
from chainrule.solvers.convex.step_pairs import StepPairs

BLOCKS_AFTER = 8
"""Steps (pairs of products with the samples) before the blocks by class are computed; not before these cost as much."""

MANY_BLOCKS_AFTER, MANY_BLOCKS_GROWTH = 4, 1.25
"""The same for many classes, whose blocks take the time of a step or two, and the factor by which the products grow
until the blocks are computed again. A fit of 20 000 classes took 28 s, as with 4 and 1.4, and 34 s with 8 and 1.4."""

MOST_CLASSES = 1000
"""Most classes for which the class matrix (k x k) is computed."""

FEW_PARAMETERS = 200
"""Up to this many parameters, vectors take almost no time. Conjugate gradients then run in float64 and keep residuals
orthogonal, so that rounding errors do not grow and fits to weighted and to repeated samples agree."""

FEW_PAIRS = 5
"""With fewer pairs than this, the diagonal at zero weights is still used, because a new one costs two products."""

FORCING = 0.5
"""The largest residual, as a share of the gradient, that Newton's method by products may leave."""


class Directions:
    """Directions from one point after another.

    Parameters
    ----------
    evaluator : Evaluator
    preconditioner : Preconditioner
    memory : int
        Pairs of vectors that L-BFGS keeps.
    throughout : bool
        True if each direction is to be Newton's, by products with the Hessian.

    Attributes
    ----------
    bound : callable
        From a gradient, an upper bound on how far F can fall.
    """

    def __init__(self, evaluator: Evaluator, preconditioner: Preconditioner, memory: int, *, throughout: bool) -> None:
        problem = evaluator.problem
        self.evaluator, self.preconditioner = evaluator, preconditioner
        throughout = throughout and evaluator.stored
        device = problem.device_engine
        self.pairs = StepPairs(preconditioner, 0 if throughout else memory, None if device is None else device.vectors)
        self.bound = partial(strong_convexity_bound, problem, preconditioner)
        self._last_size = 0.0
        n_parameters, few_classes = math.prod(problem.shape), problem.n_outputs <= MOST_CLASSES
        by_rows = drawn_by_rows(problem)
        here = device is None and (evaluator.stored or by_rows)
        cost = steps_of_blocks(problem, preconditioner) if here else math.inf
        self._blocks_after = MANY_BLOCKS_AFTER if by_rows else BLOCKS_AFTER
        self._few = n_parameters <= FEW_PARAMETERS
        self.facts = Facts(
            n_parameters,
            whole=n_parameters <= MOST_PARAMETERS,
            quick=is_quick(problem),
            room=evaluator.vector_dtype == np.float64,
            throughout=throughout,
            refreshable=(evaluator.stored or problem.device_engine is not None)
            and not preconditioner.diagonal
            and few_classes,
            blocks_cost=cost,
            blocks_growth=MANY_BLOCKS_GROWTH if by_rows else 2.0,
            refinable=evaluator.can_be_refined,
            stored=evaluator.stored,
            tf32=device is not None and evaluator.dtype == np.float32,
        )

    def first_phase(self, past: Directions | None, increase: float) -> Phase:
        """The first phase, with the pairs of `past`, from a minimisation whose l2 was smaller by `increase`.

        If l2 is the same, `past` was for a sample of the rows, and its preconditioner serves too.
        """
        problem, cost = self.evaluator.problem, self.facts.blocks_cost
        if past is not None:
            self.pairs.resume(past.pairs, increase, problem.n_features)
        if past is not None and not increase:
            self.pairs.rest_on(past.pairs.preconditioner)
        # Near another optimum, the current probabilities are informative from the first step.
        blocks_at = cost if past is not None and increase else max(self._blocks_after, cost)
        single = self.facts.throughout and problem.l2 > 0 and problem.sparse and not self._few
        return Phase(precision=self.evaluator.features.precision, single=single, blocks_at=blocks_at)

    def find(self, phase: Phase, theta: Array, gradient: Array, enough: float) -> Solution:
        """A direction by the phase's method. The fit may end when F can fall by at most `enough`."""
        if phase.method is Method.WHOLE:
            direction = newton_direction(whole_hessian(self.evaluator, theta), gradient)
            return Solution(gradient) if direction is None else Solution(direction, -dot(gradient, direction) / 2)
        if phase.method is Method.PRODUCTS:
            # Overflow in float32 yields no descent direction, which the caller notices.
            with np.errstate(over="ignore", invalid="ignore") if phase.single else nullcontext():
                return self._solved(theta, gradient, enough, phase)
        return Solution(-self.pairs.solve(gradient))

    def rest_on(self, base: Base, theta: Array) -> None:
        """Replace the preconditioner by one from the probabilities at theta, the evaluator's point."""
        curvature = Curvature(self.evaluator, None, theta)
        if base is Base.BLOCKS and drawn_by_rows(self.evaluator.problem):
            self.pairs.forget()  # blocks that are often computed are better than pairs from earlier points
        self.pairs.rest_on(
            class_blocks(self.evaluator, curvature, self.preconditioner)
            if base is Base.BLOCKS
            else refreshed(self.preconditioner, curvature.of_logits())
        )

    def promised(self, gradient: Array) -> float:
        """An estimate of how far F can fall from a point near the last one."""
        return min(dot(gradient, self.pairs.solve(gradient)) / 2, self.bound(gradient))

    def class_curvature(self) -> Array | None:
        """The losses' mean Hessian with respect to the logits at the evaluator's point; None if it is too large."""
        if not self.evaluator.stored or self.evaluator.problem.n_outputs > MOST_CLASSES:
            return None
        return Curvature(self.evaluator).of_logits()

    # What follows is private.

    def _solved(self, theta: Array, gradient: Array, enough: float, phase: Phase) -> Solution:
        """Newton's direction by conjugate gradients."""
        curvature = Curvature(self.evaluator, np.float32 if phase.single else None, theta)
        bound, unit = self.bound(gradient), 1.0
        if curvature.dtype != gradient.dtype and phase.single:
            unit = float(abs(gradient).max(initial=0.0)) or 1.0  # so that float32 holds the entries that matter
            gradient = (gradient / unit).astype(curvature.dtype)
        preconditioner: Inverse = self.pairs
        if self.preconditioner.diagonal and not 0 < self.pairs.count < FEW_PAIRS:
            preconditioner = diagonal_of(curvature.diagonal(), self.evaluator.problem)
        size = unit * math.sqrt(max(dot(gradient, preconditioner.solve(gradient)), 0.0))
        reduction = size / self._last_size if self._last_size else 1.0
        goal = math.sqrt(enough / bound) if bound > enough else 1.0
        forcing = max(min(FORCING, 0.9 * reduction**2), 0.3 * goal)
        self._last_size = size
        device = self.evaluator.problem.device_engine
        vectors = None if device is None else device.vectors
        direction, remaining = newton_cg_direction(
            curvature.product(narrow=phase.narrow)
            if device is None
            else curvature.product_on(device, narrow=phase.narrow, tf32=phase.tf32),
            preconditioner,
            gradient,
            forcing,
            self.evaluator.threads,
            enough=enough / unit**2,
            bound=self.bound,
            orthogonal=self._few,
            vectors=vectors,
        )
        if unit == 1.0:
            return Solution(direction, remaining)
        return Solution(unit * direction.astype(np.float64), unit**2 * remaining)
