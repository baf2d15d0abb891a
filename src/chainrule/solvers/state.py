"""What a solver remembers between steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chainrule.arrays import Array, namespace


@dataclass
class SolverState:
    """The number of steps taken, and the flat vectors that the solver carries along.

    Saving and restoring these resumes a run exactly.
    """

    vectors: dict[str, Array] = field(default_factory=dict)
    steps: int = 0
    scratch: Array = None
    """One vector's worth of room for temporaries; holds nothing between steps."""

    def put_back(self, vectors: Mapping[str, Array], steps: int) -> None:
        """Take over the vectors and the count that another state of this kind had."""
        self.steps = steps
        for name, vector in self.vectors.items():
            vector[...] = vectors[name]


def started(theta: Array, *names: str) -> SolverState:
    """A state with a zero vector beside theta for each name."""
    xp = namespace(theta)
    return SolverState({name: xp.zeros_like(theta) for name in names}, 0, xp.empty_like(theta))
