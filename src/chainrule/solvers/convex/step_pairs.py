"""Limited-memory BFGS on top of a preconditioner: what the last steps say about the inverse Hessian.

The two-loop recursion of Nocedal starts from H^-1 of a preconditioner instead of the identity, times s.y / y.H^-1 y of
the last step s, along which the gradient changed by y: how far H^-1 is off in size there.
"""

from __future__ import annotations

from collections import deque

from chainrule.arrays import Array
from chainrule.solvers.convex.crew import dot
from chainrule.solvers.convex.features import split
from chainrule.solvers.convex.preconditioner import Inverse, Preconditioner


class StepPairs:
    """The last steps and the gradients' changes along them.

    Parameters
    ----------
    preconditioner : Preconditioner
    length : int
        Pairs of vectors kept.
    """

    def __init__(self, preconditioner: Preconditioner, length: int) -> None:
        self.preconditioner: Inverse = preconditioner
        self._first = preconditioner
        self._pairs: deque[tuple[Array, Array, float]] = deque(maxlen=length)
        self._scale = 1.0

    @property
    def length(self) -> int:
        """The most pairs that are kept."""
        return self._pairs.maxlen or 0

    @property
    def count(self) -> int:
        """The number of pairs that are kept now."""
        return len(self._pairs)

    def keep(self, move: Array, change: Array) -> None:
        """Learn from a step, unless the curvature along it was not positive."""
        curvature = dot(move, change)
        if curvature > 0 and self.length:
            self._pairs.append((move, change, 1 / curvature))
            self._measure()

    def resume(self, past: StepPairs, change: float, intercept: bool) -> None:
        """Learn from the steps of a minimisation whose penalty was less by `change`: gradients differ by that of it."""
        for move, difference, _ in past._pairs:
            changed = difference.copy()
            slopes, _ = split(changed, intercept)
            slopes += change * split(move, intercept)[0]
            self.keep(move, changed)

    def forget(self) -> bool:
        """Forget all steps and return to the first preconditioner; true if there was anything to forget."""
        had = bool(self._pairs) or self.preconditioner is not self._first
        self._pairs.clear()
        self.preconditioner, self._scale = self._first, 1.0
        return had

    def rest_on(self, preconditioner: Inverse) -> None:
        """Go on from another preconditioner, whose size is measured along the last step. What was learnt stays true."""
        self.preconditioner = preconditioner
        self._measure()

    def solve(self, gradient: Array) -> Array:
        """The inverse Hessian times the gradient."""
        result = gradient.copy()
        factors = []
        for move, change, inverse in reversed(self._pairs):
            factor = inverse * dot(move, result)
            factors.append(factor)
            result -= factor * change
        result = self.preconditioner.solve(result)
        result *= self._scale
        for (move, change, inverse), factor in zip(self._pairs, reversed(factors), strict=True):
            result += (factor - inverse * dot(change, result)) * move
        return result

    def _measure(self) -> None:
        if self._pairs:
            _, change, inverse = self._pairs[-1]
            size = inverse * dot(change, self.preconditioner.solve(change))
            self._scale = 1 / size if size > 0 else 1.0
