"""Limited-memory BFGS on top of a preconditioner: what the last steps say about the inverse Hessian.

The two-loop recursion of Nocedal starts from H^-1 of `preconditioner` instead of a multiple of the identity.
"""

from __future__ import annotations

from collections import deque

from chainrule.arrays import Array
from chainrule.solvers.convex.evaluation import dot
from chainrule.solvers.convex.preconditioner import Preconditioner


class Memory:
    """The last steps and the gradients' changes along them.

    Parameters
    ----------
    preconditioner : Preconditioner
    length : int
        Pairs of vectors kept.
    """

    def __init__(self, preconditioner: Preconditioner, length: int) -> None:
        self.preconditioner = preconditioner
        self.pairs: deque[tuple[Array, Array, float]] = deque(maxlen=length)

    def keep(self, move: Array, change: Array) -> None:
        """Learn from a step, unless the curvature along it was not positive."""
        curvature = dot(move, change)
        if curvature > 0:
            self.pairs.append((move, change, 1 / curvature))

    def times(self, gradient: Array) -> Array:
        """The inverse Hessian times the gradient."""
        result = gradient.copy()
        factors = []
        for move, change, inverse in reversed(self.pairs):
            factor = inverse * dot(move, result)
            factors.append(factor)
            result -= factor * change
        result = self.preconditioner.solve(result)
        for (move, change, inverse), factor in zip(self.pairs, reversed(factors), strict=True):
            result += (factor - inverse * dot(change, result)) * move
        return result
