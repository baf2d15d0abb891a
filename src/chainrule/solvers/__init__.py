"""Solvers: frozen records with `start(theta)` and `step(theta, gradient, ...)` on flat vectors."""

from collections.abc import Mapping
from typing import Protocol

from chainrule.arrays import Array
from chainrule.solvers.adam import Adam
from chainrule.solvers.clipping import clip_norm
from chainrule.solvers.descent import SGD, GradientDescent, descend
from chainrule.solvers.schedules import Adaptive, Constant, Cosine, InverseScaling, Schedule
from chainrule.solvers.state import SolverState


class Solver(Protocol):
    """What the trainer needs of a solver."""

    def start(self, theta: Array) -> SolverState:
        """The state before the first step."""
        ...

    def resume(self, state: SolverState, vectors: Mapping[str, Array], steps: int) -> None:
        """Put back the vectors and the count that a run kept."""
        ...

    def step(self, theta: Array, gradient: Array, state: SolverState, learning_rate: float) -> None:
        """Move theta, in place."""
        ...


__all__ = [
    "SGD",
    "Adam",
    "Adaptive",
    "Constant",
    "Cosine",
    "GradientDescent",
    "InverseScaling",
    "Schedule",
    "Solver",
    "SolverState",
    "clip_norm",
    "descend",
]
