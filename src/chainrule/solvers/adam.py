"""Adam and AdamW.

    m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2
    theta <- theta - eta sqrt(1 - b2^t) / (1 - b1^t)  m / (sqrt(v) + epsilon)

AdamW also subtracts eta decay theta from the weights, instead of adding decay theta to g.

The state holds m / (1 - b1) and v / (1 - b2), whose recursions need no product with g and save two passes over memory.
On PyTorch tensors, PyTorch's fused kernel takes the step in a quarter of the time; it holds m and v. The kernel adds
epsilon to sqrt(v / (1 - b2^t)). It is told that t is infinite: its corrections are then 1, and it adds epsilon to
sqrt(v) as the formula does. The correction becomes a factor of the rate, so only the rates change from step to step.
Sources: Kingma and Ba (2015), in the form at the end of their section 2; Loshchilov and Hutter (2019) for AdamW.
"""

import math
from dataclasses import dataclass
from typing import Any

from chainrule.arrays import Array, is_on_gpu, is_torch, namespace
from chainrule.kernels.kernel import takes_compiled
from chainrule.solvers.state import Rates, SolverState, start_state

PIECES, ENTRIES = 36, 1 << 16
"""On a GPU, PyTorch's kernel takes up to 36 tensors at once, and a block of threads takes 65536 numbers of a tensor."""


@dataclass(frozen=True)
class Adam:
    """Adam; with `weight_decay`, AdamW.

    Parameters
    ----------
    beta_1, beta_2 : float
        Decay rates of the two averages, in [0, 1).
    epsilon : float
        Added to sqrt(v), above 0.
    weight_decay : float
        The decoupled decay, at least 0, of the first `n_weights` entries of theta.
    n_weights : int, optional
        The default is all entries.

    Examples
    --------
    The first step has the size of the learning rate, for any gradient:

    >>> import numpy as np
    >>> theta = np.array([1.0, 1.0])
    >>> solver = Adam()
    >>> solver.step(theta, np.array([1e-3, 1e3]), solver.start(theta), learning_rate=0.1)
    >>> theta.round(4)
    array([0.9, 0.9])
    """

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    n_weights: int | None = None

    def __post_init__(self) -> None:
        for name in ("beta_1", "beta_2"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise ValueError(f"{name}: expected a number from 0 up to, but not including, 1, got {value}")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon: expected a number above 0, got {self.epsilon}")
        if not self.weight_decay >= 0:
            raise ValueError(f"weight_decay: expected a number of at least 0, got {self.weight_decay}")

    def start(self, theta: Array) -> SolverState:
        """The state before the first step: both averages are 0."""
        mean, square = 1 - self.beta_1, 1 - self.beta_2
        has_fused = is_torch(theta) and hasattr(namespace(theta), "_fused_adam_")
        state = start_state(theta, *(("m", "v") if has_fused else ("mean", "square")))
        state.aliases = {
            "m": ("mean", mean),
            "v": ("square", square),
            "mean": ("m", 1 / mean),
            "square": ("v", 1 / square),
        }
        return state

    def step(self, theta: Array, gradient: Array, state: SolverState, learning_rate: float | Rates) -> None:
        """Update theta in place."""
        xp, work = namespace(theta), state.buffer
        state.steps += 1
        if "m" in state.vectors:
            assert not isinstance(learning_rate, Rates)
            self.move(theta, gradient, state, *self.rates(learning_rate, state.steps))
            return
        b1, b2 = self.beta_1, self.beta_2
        each = learning_rate.each()[: self.n_weights] if isinstance(learning_rate, Rates) else learning_rate
        self._decay(theta, each)
        mean, square = state.vectors["mean"], state.vectors["square"]
        # With M = m / (1 - b1) and V = v / (1 - b2):
        # m / (sqrt(v) + e) = (1 - b1) / sqrt(1 - b2)  M / (sqrt(V) + e / sqrt(1 - b2)).
        root = math.sqrt(1 - b2)
        factor, epsilon = self._correction(state.steps) * (1 - b1) / root, self.epsilon / root
        if takes_compiled(theta):
            from chainrule.kernels.loops.solver_loops import adam, adam_of_parts  # imports numba

            decays = float(b1), float(b2)
            if isinstance(learning_rate, Rates):
                rates = learning_rate.values * theta.dtype.type(factor)
                adam_of_parts(theta, gradient, mean, square, learning_rate.starts, *decays, rates, float(epsilon))
            else:
                adam(theta, gradient, mean, square, *decays, float(learning_rate * factor), float(epsilon))
            return
        rate = (learning_rate.each() if isinstance(learning_rate, Rates) else learning_rate) * factor
        xp.multiply(mean, b1, out=mean)
        xp.add(mean, gradient, out=mean)
        xp.multiply(square, b2, out=square)
        xp.add(square, xp.square(gradient, out=work), out=square)
        xp.add(xp.sqrt(square, out=work), epsilon, out=work)
        xp.divide(mean, work, out=work)
        xp.multiply(work, rate, out=work)
        xp.subtract(theta, work, out=theta)

    def rates(self, learning_rate: float, steps: int) -> tuple[float, ...]:
        """The rates of the decay and of the update, for step number `steps`, counted from 1."""
        return learning_rate, learning_rate * self._correction(steps)

    def move(self, theta: Array, gradient: Array, state: SolverState, rate: Any, corrected: Any) -> None:
        """Take the step on PyTorch tensors without counting it. The rates may be zero-dimensional tensors."""
        torch = namespace(theta)
        self._decay(theta, rate)
        if "endless" not in state.constants:
            state.constants["endless"] = torch.full((), math.inf, dtype=torch.float32, device=theta.device)
        arrays = theta, gradient, state.vectors["m"], state.vectors["v"]
        size = piece_of(len(theta))
        pieces = [each.split(size) for each in arrays] if is_on_gpu(theta) else [[each] for each in arrays]
        torch._fused_adam_(
            *pieces,
            [],
            [state.constants["endless"]] * len(pieces[0]),
            lr=corrected,
            beta1=self.beta_1,
            beta2=self.beta_2,
            weight_decay=0.0,
            eps=self.epsilon,
            amsgrad=False,
            maximize=False,
        )

    # What follows is private.

    def _correction(self, steps: int) -> float:
        """sqrt(1 - b2^t) / (1 - b1^t)."""
        return math.sqrt(1 - self.beta_2**steps) / (1 - self.beta_1**steps)

    def _decay(self, theta: Array, rate: Any) -> None:
        """Subtract rate decay theta from the weights."""
        if self.weight_decay:
            weights = theta[: self.n_weights]
            namespace(theta).multiply(weights, 1 - rate * self.weight_decay, out=weights)


def piece_of(count: int) -> int:
    """The size of the pieces in which a GPU updates `count` parameters: 256 ceil(count / (256 PIECES)).

    One piece would have so few blocks of threads that most of the GPU is idle. From 2.4 million on they are enough.

    >>> piece_of(79510), piece_of(100), piece_of(10**7)
    (2304, 256, 10000000)
    """
    return count if count > PIECES * ENTRIES else 256 * -(-count // (256 * PIECES))
