"""When a fit has converged: by how much F can still fall, beside F itself.

    F(theta) - min F <= tol F(theta)

Two bounds on the left side are used. The first costs no product with the samples. For a convex loss F is l2-strongly
convex in the weights, so that with the best intercepts

    F(W, b) - min F <= d + (|g_W| + sqrt(c d))^2 / (2 l2),    d = g_b . S^+ g_b / 2

g is the gradient, S the mean Hessian of the losses by the logits, and c the largest eigenvalue of the features'
covariance: the last term bounds what moving the intercepts does to g_W, by Cauchy and Schwarz. d takes the intercepts'
part of the losses to be quadratic; the weights' part holds as it stands.

Where l2 is small that bound is large. The second is Newton's decrement g . H^-1 g / 2, which needs a solution of
H x = g. Conjugate gradients give it from below. How much their residual leaves out is said by the first bound, or by
the smallest eigenvalue that they have met.

Without a penalty, separable samples have no optimum: F falls towards 0 for ever. There an F below tol counts as tol.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import scipy.linalg

from chainrule.arrays import Array
from chainrule.solvers.convex.crew import dot
from chainrule.solvers.convex.features import split
from chainrule.solvers.convex.preconditioner import Preconditioner
from chainrule.solvers.convex.problem import Problem

LEAST_INNER = 8
"""Steps of conjugate gradients after which the smallest eigenvalue that they have met is believed."""

SAFETY = 10.0
"""The factor by which the smallest eigenvalue met may be too large."""


def scale_of(problem: Problem, value: float, tol: float) -> float:
    """The size of F beside which what is left to gain is small.

    Losses of weights of both signs may cancel; the loss of equal probabilities is their scale.
    """
    if problem.signed:
        return max(abs(value), math.log(max(problem.n_outputs, 2)))
    return max(abs(value), 0.0 if problem.l2 else tol)


@dataclass(frozen=True)
class StrongConvexity:
    """The bound by strong convexity, on what F can fall by from a point with a given gradient.

    Parameters
    ----------
    problem : Problem
    preconditioner : Preconditioner
        It knows the features' covariance, and S at zero weights.
    """

    problem: Problem
    preconditioner: Preconditioner

    def __call__(self, gradient: Array, class_curvature: Array | None = None) -> float:
        """The bound; infinite where F is not strongly convex. S is that at zero weights unless it is given."""
        problem = self.problem
        if not problem.l2 or problem.signed:
            return math.inf
        weights, intercepts = split(gradient, problem.intercept)
        size, own = math.sqrt(dot(weights, weights)), 0.0
        if intercepts.size:
            offsets = np.asarray(intercepts, dtype=np.float64)
            solved = (
                self.preconditioner.solve_intercepts(offsets)
                if class_curvature is None
                else offsets @ np.linalg.pinv(class_curvature, hermitian=True)
            )
            own = max(dot(offsets, solved), 0.0) / 2
            size += math.sqrt(self._largest * own)
        return own + size * size / (2 * problem.l2)

    @property
    def _largest(self) -> float:
        values = self.preconditioner.spectrum
        return float(values.sum() if self.preconditioner.diagonal else values.max(initial=0.0))


@dataclass
class Lanczos:
    """The tridiagonal matrix that conjugate gradients make of the preconditioned Hessian, for its smallest eigenvalue.

    With steps a_j along the search directions and ratios b_j of the residuals' sizes, its diagonal has the entries
    1 / a_j + b_j / a_{j-1}, and the one beside it sqrt(b_j) / a_{j-1}.
    """

    diagonal: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    _last: tuple[float, float] = (0.0, 1.0)

    def add(self, step: float, ratio: float) -> None:
        """One more step of conjugate gradients, and the ratio of the residuals' sizes after it and before it."""
        before, step_before = self._last
        self.diagonal.append(1 / step + before / step_before)
        self.beside.append(math.sqrt(ratio) / step)
        self._last = ratio, step

    def smallest(self) -> float:
        """The smallest eigenvalue, which is not below that of the preconditioned Hessian."""
        if not np.isfinite(self.beside).all():
            return 0.0
        return float(
            scipy.linalg.eigvalsh_tridiagonal(self.diagonal, self.beside[:-1], select="i", select_range=(0, 0))[0]
        )
