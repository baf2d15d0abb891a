"""Directions that lead down: by L-BFGS, by Newton's method with the whole Hessian, or by products with it.

Which of them is taken, and when, is for `phases` to say.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import NamedTuple

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.solvers.convex.class_blocks import class_blocks, steps_of_blocks
from chainrule.solvers.convex.convergence import StrongConvexity
from chainrule.solvers.convex.crew import dot
from chainrule.solvers.convex.curvature import Curvature
from chainrule.solvers.convex.evaluation import Evaluator
from chainrule.solvers.convex.hessian import MOST_PARAMETERS, is_quick, newton_direction, whole_hessian
from chainrule.solvers.convex.newton_cg import Solution, newton_cg_direction
from chainrule.solvers.convex.phases import Base, Facts, Method, Numbers, Phase
from chainrule.solvers.convex.preconditioner import Inverse, Preconditioner, diagonal_of, refreshed
from chainrule.solvers.convex.step_pairs import StepPairs

BLOCKS_AFTER = 8
"""Steps, counted in pairs of products with the samples, before the preconditioner is made from the Hessian's blocks by
class; no sooner than the steps so far have cost as much as computing the blocks."""

MOST_CLASSES = 1000
"""Up to this many classes, the class matrix (as many rows and columns) or the blocks (one per class) are computed."""

FEW_PARAMETERS = 200
"""Up to this many, a vector costs next to nothing: conjugate gradients are in float64 and keep residuals orthogonal, so
that fits to the same samples, given with weights or repeatedly, differ by rounding errors that have not grown."""

FEW_PAIRS = 5
"""Below so many steps of L-BFGS its diagonal, from zero weights, still serves: a new one costs two products."""

FORCING = 0.5
"""The largest share of a gradient that Newton's method with products leaves as a residual."""


class Way(NamedTuple):
    """A direction, and what is known of F along it.

    Attributes
    ----------
    slope : float
        Not below 0 where no direction is known that leads down.
    remaining : float
        A bound on what F can fall by in all; infinite where it is not known.
    """

    direction: Array
    slope: float
    remaining: float = math.inf


class Directions:
    """Directions from one point after another.

    Parameters
    ----------
    evaluator : Evaluator
    preconditioner : Preconditioner
    memory : int
        Pairs of vectors that L-BFGS keeps.
    throughout : bool
        True if every direction is to be Newton's, by products with the Hessian.
    """

    def __init__(self, evaluator: Evaluator, preconditioner: Preconditioner, memory: int, *, throughout: bool) -> None:
        self.evaluator, self.preconditioner = evaluator, preconditioner
        throughout = throughout and evaluator.stored
        self.pairs = StepPairs(preconditioner, 0 if throughout else memory)
        self.bound = StrongConvexity(evaluator.problem, preconditioner)
        self._last_size = 0.0
        self._curvature: Curvature | None = None
        n_parameters, few_classes = math.prod(evaluator.problem.shape), evaluator.problem.n_outputs <= MOST_CLASSES
        self._few = n_parameters <= FEW_PARAMETERS
        self.facts = Facts(
            n_parameters,
            whole=n_parameters <= MOST_PARAMETERS,
            quick=is_quick(evaluator.problem),
            room=evaluator.vector_dtype == np.float64,
            throughout=throughout,
            refreshable=evaluator.stored and not preconditioner.diagonal and few_classes,
            blocks_cost=steps_of_blocks(evaluator.problem, preconditioner, evaluator.team.count),
            refinable=evaluator.can_be_refined,
        )

    def first_phase(self, past: Directions | None, change: float) -> Phase:
        """Where to begin; after a minimisation whose penalty was less by `change`, with what was learnt there."""
        problem, cost = self.evaluator.problem, self.facts.blocks_cost
        if past is not None:
            self.pairs.resume(past.pairs, change, problem.intercept)
        # Near an optimum probabilities are worth looking at from the first step on.
        blocks_at = max(BLOCKS_AFTER, cost) if past is None else cost
        single = self.facts.throughout and problem.l2 > 0 and is_sparse(problem.x) and not self._few
        numbers = Numbers.BFLOAT16 if self.evaluator.features.narrow else Numbers.SAMPLES
        return Phase(numbers=numbers, single=single, blocks_at=blocks_at)

    def find(self, phase: Phase, theta: Array, gradient: Array, enough: float) -> Way:
        """A direction by the phase's method; `enough` is what F may be left to fall by at the end."""
        if phase.method is Method.WHOLE:
            direction = newton_direction(whole_hessian(self.evaluator, theta), gradient)
            if direction is None:
                return Way(gradient, 0.0)
            slope = dot(gradient, direction)
            return Way(direction, slope, -slope / 2)
        if phase.method is Method.PRODUCTS:
            # float32 numbers that overflow lead nowhere, which is seen.
            with np.errstate(over="ignore", invalid="ignore") if phase.single else nullcontext():
                direction, remaining = self._solved(theta, gradient, enough, single=phase.single)
            return Way(direction, dot(gradient, direction), remaining)
        direction = -self.pairs.solve(gradient)
        return Way(direction, dot(gradient, direction))

    def rest_on(self, base: Base) -> None:
        """Take the preconditioner from the probabilities where the evaluator is."""
        curvature = self._curvature_here()
        self.pairs.rest_on(
            class_blocks(self.evaluator, curvature, self.preconditioner)
            if base is Base.BLOCKS
            else refreshed(self.preconditioner, curvature.of_logits())
        )

    def promised(self, gradient: Array) -> float:
        """About how far F can fall from a point near the last one."""
        return min(dot(gradient, self.pairs.solve(gradient)) / 2, self.bound(gradient))

    def class_curvature(self) -> Array | None:
        """The losses' mean Hessian by the logits where the evaluator is; None where it would be too large."""
        if not self.evaluator.stored or self.evaluator.problem.n_outputs > MOST_CLASSES:
            return None
        return self._curvature_here().of_logits()

    # What follows is private.

    def _solved(self, theta: Array, gradient: Array, enough: float, *, single: bool) -> Solution:
        """Newton's direction by conjugate gradients, in float32 if `single`."""
        curvature, problem = self._curvature_here(theta, single=single), self.evaluator.problem
        bound = self.bound(gradient)
        unit = 1.0
        if curvature.dtype != gradient.dtype and single:
            unit = float(abs(gradient).max(initial=0.0)) or 1.0  # so that no entry that matters is too small
            gradient = (gradient / unit).astype(curvature.dtype)
        preconditioner: Inverse = self.pairs
        if self.preconditioner.diagonal and not 0 < self.pairs.count < FEW_PAIRS:
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

    def _curvature_here(self, theta: Array | None = None, *, single: bool = False) -> Curvature:
        dtype = np.dtype(np.float32) if single else self.evaluator.dtype
        if not self.evaluator.stored:
            return Curvature(self.evaluator, dtype, theta)
        if self._curvature is None or self._curvature.dtype != dtype:
            self._curvature = Curvature(self.evaluator, dtype)
        return self._curvature
