"""Limited-memory BFGS: the last steps improve a preconditioner's inverse Hessian.

Nocedal's two-loop recursion starts from the preconditioner's H^-1 instead of the identity. H^-1 is first multiplied by
s.y / y.H^-1 y, where s is the last step and y the change of the gradient along it: this corrects its size along s.
"""

from __future__ import annotations

from collections import deque

from chainrule.arrays import Array
from chainrule.solvers.convex.preconditioner import Inverse
from chainrule.solvers.convex.rows import dot


class StepPairs:
    """The last steps and the changes of the gradient along them.

    Parameters
    ----------
    preconditioner : Inverse
    length : int
        The most pairs of vectors that are kept.
    """

    def __init__(self, preconditioner: Inverse, length: int) -> None:
        self.preconditioner = self._first = preconditioner
        self.length = length
        self._pairs: deque[tuple[Array, Array, float]] = deque(maxlen=length)
        self._scale = 1.0

    @property
    def count(self) -> int:
        """The number of pairs that are kept now."""
        return len(self._pairs)

    def keep(self, step: Array, change: Array) -> None:
        """Add a pair, unless the curvature along the step was not positive."""
        curvature = dot(step, change)
        if curvature > 0 and self.length:
            self._pairs.append((step, change, 1 / curvature))
            self._measure()

    def resume(self, past: StepPairs, increase: float, n_features: int) -> None:
        """Add the pairs of a minimisation whose l2 was smaller by `increase`, with their gradients for the new l2."""
        for step, difference, _ in past._pairs:
            change = difference.copy()
            change[:n_features] += increase * step[:n_features]
            self.keep(step, change)

    def forget(self) -> bool:
        """Drop all pairs and return to the first preconditioner. True if this changed anything."""
        had = bool(self._pairs) or self.preconditioner is not self._first
        self._pairs.clear()
        self.preconditioner, self._scale = self._first, 1.0
        return had

    def rest_on(self, preconditioner: Inverse) -> None:
        """Use another preconditioner under the same pairs."""
        self.preconditioner = preconditioner
        self._measure()

    def solve(self, gradient: Array) -> Array:
        """The inverse Hessian times the gradient."""
        result = gradient.copy()
        factors = []
        for step, change, inverse in reversed(self._pairs):
            factor = inverse * dot(step, result)
            factors.append(factor)
            result -= factor * change
        result = self.preconditioner.solve(result)
        result *= self._scale
        for (step, change, inverse), factor in zip(self._pairs, reversed(factors), strict=True):
            result += (factor - inverse * dot(change, result)) * step
        return result

    def _measure(self) -> None:
        """Set the scale of the preconditioner from the last pair."""
        if self._pairs:
            _, change, inverse = self._pairs[-1]
            size = inverse * dot(change, self.preconditioner.solve(change))
            self._scale = 1 / size if size > 0 else 1.0
