"""Gradient descent, and stochastic gradient descent with momentum.

    gradient descent     theta <- theta - eta g
    momentum mu          u <- mu u - eta g;   theta <- theta + u
    Nesterov             u <- mu u - eta g;   theta <- theta + mu u - eta g

All of theta is updated at once, from the gradient at the old theta. A penalty lambda |theta|^2 is part of g (see
`networks.Plan`), so that a step gives (1 - 2 eta lambda) theta - eta g, where g is now the gradient of the loss alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chainrule.arrays import Array, namespace
from chainrule.kernels.kernel import takes_compiled
from chainrule.networks.plan import Plan
from chainrule.solvers.state import Rates, SolverState, start_state


@dataclass(frozen=True)
class GradientDescent:
    """theta <- theta - eta g.

    Examples
    --------
    >>> import numpy as np
    >>> theta = np.array([1.0, -2.0])
    >>> solver = GradientDescent()
    >>> solver.step(theta, 2 * theta, solver.start(theta), learning_rate=0.25)
    >>> theta
    array([ 0.5, -1. ])
    """

    def start(self, theta: Array) -> SolverState:
        """The state before the first step."""
        return start_state(theta)

    def step(self, theta: Array, gradient: Array, state: SolverState, learning_rate: float | Rates) -> None:
        """Update theta in place."""
        state.steps += 1
        self.move(theta, gradient, state, _rate(learning_rate))

    def rates(self, learning_rate: float, steps: int) -> tuple[float, ...]:
        """The rate of step number `steps`."""
        return (learning_rate,)

    def move(self, theta: Array, gradient: Array, state: SolverState, rate: Any) -> None:
        """The step without its count, for a number, an array without axes, or a rate for each entry."""
        xp = namespace(theta)
        xp.subtract(theta, xp.multiply(gradient, rate, out=state.buffer), out=theta)


@dataclass(frozen=True)
class SGD:
    """Gradient descent with Nesterov or classical momentum.

        u <- mu u - eta g;   theta <- theta + mu u - eta g    (Nesterov),   theta <- theta + u    (classical)

    Parameters
    ----------
    momentum : float
        mu, in [0, 1).
    nesterov : bool

    Raises
    ------
    ValueError
        If the momentum is outside [0, 1).

    Examples
    --------
    >>> import numpy as np
    >>> theta, solver = np.array([1.0]), SGD(momentum=0.5, nesterov=False)
    >>> state = solver.start(theta)
    >>> for _ in range(2):
    ...     solver.step(theta, 2 * theta, state, learning_rate=0.25)
    >>> theta, state.vectors["velocity"]
    (array([0.]), array([-0.5]))
    """

    momentum: float = 0.9
    nesterov: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum: expected a number from 0 up to, but not including, 1, got {self.momentum}")

    def start(self, theta: Array) -> SolverState:
        """The state before the first step: the velocity is 0."""
        return start_state(theta, "velocity")

    def step(self, theta: Array, gradient: Array, state: SolverState, learning_rate: float | Rates) -> None:
        """Update theta in place."""
        velocity = state.vectors["velocity"]
        state.steps += 1
        if takes_compiled(theta):
            from chainrule.kernels.loops.solver_loops import momentum, momentum_of_parts  # imports numba

            decay = float(self.momentum)
            if isinstance(learning_rate, Rates):
                starts, rates = learning_rate.starts, learning_rate.values
                momentum_of_parts(theta, gradient, velocity, starts, decay, rates, self.nesterov)
            else:
                momentum(theta, gradient, velocity, decay, float(learning_rate), self.nesterov)
            return
        self.move(theta, gradient, state, _rate(learning_rate))

    def rates(self, learning_rate: float, steps: int) -> tuple[float, ...]:
        """The rate of step number `steps`."""
        return (learning_rate,)

    def move(self, theta: Array, gradient: Array, state: SolverState, rate: Any) -> None:
        """The step without its count, for a number, an array without axes, or a rate for each entry."""
        xp, velocity, scaled = namespace(theta), state.vectors["velocity"], state.buffer
        xp.multiply(gradient, rate, out=scaled)
        xp.multiply(velocity, self.momentum, out=velocity)
        xp.subtract(velocity, scaled, out=velocity)
        if self.nesterov:
            xp.subtract(theta, scaled, out=theta)
            xp.add(theta, xp.multiply(velocity, self.momentum, out=scaled), out=theta)
        else:
            xp.add(theta, velocity, out=theta)


def _rate(learning_rate: float | Rates) -> Array:
    """One rate, or the rate of each entry."""
    return learning_rate.each() if isinstance(learning_rate, Rates) else learning_rate


def descend(
    plan: Plan,
    x: Array,
    targets: Array,
    *,
    learning_rate: float,
    steps: int,
    l2: float = 0.0,
    penalise_biases: bool = False,
) -> Iterator[float]:
    """Full-batch gradient descent on the mean loss plus ``l2 |theta|^2``. Yields the objective before each step.

    The penalty is on the weights, or on all of theta with `penalise_biases`. plan.theta is updated in place.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.networks import Plan, mlp
    >>> network = mlp(1, (), 2)
    >>> plan = Plan(network, 2, network.initial_parameters())
    >>> x, labels = np.array([[-1.0], [1.0]]), np.array([0, 1])
    >>> objective = list(descend(plan, x, labels, learning_rate=1.0, steps=20))
    >>> objective[-1] < objective[0]
    True
    """
    solver = GradientDescent()
    state = solver.start(plan.theta)
    for _ in range(steps):
        yield plan.loss_and_gradient(x, targets, l2=l2, penalise_biases=penalise_biases)
        solver.step(plan.theta, plan.gradient, state, learning_rate)
