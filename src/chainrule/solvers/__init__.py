"""Solvers: frozen records with `start(theta)` and `step(theta, gradient, ...)` on flat vectors."""

from typing import Any, Protocol, runtime_checkable

from chainrule.arrays import Array
from chainrule.solvers.adam import Adam
from chainrule.solvers.clipping import clip_norm
from chainrule.solvers.gradient_descent import SGD, GradientDescent, descend
from chainrule.solvers.schedules import Adaptive, Cosine, InverseScaling, Schedule, constant
from chainrule.solvers.state import Rates, SolverState


class Solver(Protocol):
    """The interface by which training takes steps.

    Examples
    --------
    A custom solver, which uses only the sign of the gradient:

    >>> import numpy as np
    >>> class SignDescent:
    ...     def start(self, theta):
    ...         return SolverState()
    ...     def step(self, theta, gradient, state, learning_rate):
    ...         state.steps += 1
    ...         theta -= learning_rate * np.sign(gradient)
    >>> theta, solver = np.array([1.0, -1.0]), SignDescent()
    >>> solver.step(theta, np.array([8.0, -0.25]), solver.start(theta), learning_rate=0.5)
    >>> theta
    array([ 0.5, -0.5])
    """

    def start(self, theta: Array) -> SolverState:
        """The state before the first step."""

    def step(self, theta: Array, gradient: Array, state: SolverState, learning_rate: float | Rates) -> None:
        """Update theta in place."""


@runtime_checkable
class RepeatableSolver(Solver, Protocol):
    """A solver whose steps differ only in some rates, so that a GPU can replay them.

    Examples
    --------
    `step` counts the step, and calls `move` with its rates:

    >>> import numpy as np
    >>> theta, solver = np.array([1.0, -1.0]), GradientDescent()
    >>> state = solver.start(theta)
    >>> solver.move(theta, np.array([2.0, 4.0]), state, *solver.rates(0.25, steps=1))
    >>> theta, state.steps, isinstance(solver, RepeatableSolver)
    (array([ 0.5, -2. ]), 0, True)
    """

    def rates(self, learning_rate: float, steps: int) -> tuple[float, ...]:
        """The rates of step number `steps`, counted from 1."""

    def move(self, theta: Array, gradient: Array, state: SolverState, *rates: Any) -> None:
        """Take the step without counting it. The `rates` may be zero-dimensional tensors."""


__all__ = [
    "SGD",
    "Adam",
    "Adaptive",
    "Cosine",
    "GradientDescent",
    "InverseScaling",
    "Rates",
    "RepeatableSolver",
    "Schedule",
    "Solver",
    "SolverState",
    "clip_norm",
    "constant",
    "descend",
]
