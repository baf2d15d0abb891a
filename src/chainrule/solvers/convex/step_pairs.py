"""Limited-memory BFGS: the last steps improve a preconditioner's inverse Hessian.

Nocedal's two-loop recursion starts from the preconditioner's H^-1 instead of the identity. H^-1 is first multiplied by
s.y / y.H^-1 y, where s is the last step and y the change of the gradient along it: this corrects its size along s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from chainrule.arrays import Array
from chainrule.solvers.convex.preconditioner import Inverse
from chainrule.solvers.convex.slices import dot, over_rows


class Vectors:
    """The place of vectors between steps: here, main memory."""

    def put(self, array: Array) -> Array:
        """Move an array to that place."""
        return array

    def taken(self, vector: Array) -> Array:
        """A vector as an array in main memory."""
        return vector

    def dot(self, one: Array, other: Array) -> float:
        """The inner product of two vectors."""
        return dot(one, other)

    def inverse(self, preconditioner: Inverse) -> Callable[[Array], Array]:
        """A function that multiplies a vector by the inverse Hessian."""
        return preconditioner.solve

    def over_rows(self, threads: int, shape: tuple[int, int], work: Callable[[slice], float]) -> float:
        """The sum of `work` over slices of all rows."""
        return over_rows(threads, shape, work)


class StepPairs:
    """The last steps and the changes of the gradient along them.

    Parameters
    ----------
    preconditioner : Inverse
    length : int
        The most pairs of vectors that are kept.
    vectors : Vectors, optional
    """

    def __init__(self, preconditioner: Inverse, length: int, vectors: Vectors | None = None) -> None:
        self.preconditioner = self._first = preconditioner
        self.length, self._vectors = length, vectors or Vectors()
        self._inverse = self._vectors.inverse(preconditioner)
        self._pairs: deque[tuple[Array, Array, float]] = deque(maxlen=length)
        self._scale = 1.0

    @property
    def count(self) -> int:
        """The number of pairs that are kept now."""
        return len(self._pairs)

    def keep(self, step: Array, change: Array) -> None:
        """Add a pair, unless the curvature along the step was not positive."""
        if self.length:
            self._add(self._vectors.put(step), self._vectors.put(change))

    def resume(self, past: StepPairs, increase: float, n_features: int) -> None:
        """Add the pairs of a minimisation whose l2 was smaller by `increase`, changed to the new l2."""
        for step, difference, _ in past._pairs:
            change = 1.0 * difference
            change[:n_features] += increase * step[:n_features]
            self._add(step, change)

    def forget(self) -> bool:
        """Drop all pairs and return to the first preconditioner. True if this changed anything."""
        had = bool(self._pairs) or self.preconditioner is not self._first
        self._pairs.clear()
        self._use(self._first)
        self._scale = 1.0
        return had

    def rest_on(self, preconditioner: Inverse) -> None:
        """Use another preconditioner under the same pairs."""
        self._use(preconditioner)
        self._measure()

    def solve(self, gradient: Array) -> Array:
        """The inverse Hessian times the gradient."""
        return self._vectors.taken(self.solve_in_place(self._vectors.put(gradient)))

    def solve_in_place(self, gradient: Array) -> Array:
        """`solve` for a gradient in the vectors' place, where the result is too."""
        result, dot = 1.0 * gradient, self._vectors.dot
        factors = []
        for step, change, inverse in reversed(self._pairs):
            factor = inverse * dot(step, result)
            factors.append(factor)
            result -= factor * change
        result = self._inverse(result)
        result *= self._scale
        for (step, change, inverse), factor in zip(self._pairs, reversed(factors), strict=True):
            result += (factor - inverse * dot(change, result)) * step
        return result

    # What follows is private.

    def _add(self, step: Array, change: Array) -> None:
        curvature = self._vectors.dot(step, change)
        if curvature > 0 and self.length:
            self._pairs.append((step, change, 1 / curvature))
            self._measure()

    def _use(self, preconditioner: Inverse) -> None:
        if preconditioner is not self.preconditioner:
            self.preconditioner, self._inverse = preconditioner, self._vectors.inverse(preconditioner)

    def _measure(self) -> None:
        """Set the scale of the preconditioner from the last pair."""
        if self._pairs:
            _, change, inverse = self._pairs[-1]
            size = inverse * self._vectors.dot(change, self._inverse(change))
            self._scale = 1 / size if size > 0 else 1.0
