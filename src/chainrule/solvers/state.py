"""The state of a solver between steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from chainrule.arrays import Array, namespace


@dataclass(frozen=True)
class Rates:
    """A learning rate for each part of theta, such as the parts of different networks.

    >>> import numpy as np
    >>> Rates(np.array([0.1, 0.2]), np.array([0, 3, 5])).each()
    array([0.1, 0.1, 0.1, 0.2, 0.2])
    """

    values: Array
    """In the dtype of theta."""
    starts: Array
    """The first entry of each part, and the length of theta."""

    def each(self) -> Array:
        """The rate of each entry."""
        return np.repeat(self.values, np.diff(self.starts))


@dataclass
class SolverState:
    """The number of steps taken, and the flat vectors that the solver updates. Restoring both resumes a run exactly.

    Attributes
    ----------
    vectors : dict of arrays
        The vectors that the solver keeps between steps, by name, each as long as theta.
    steps : int
        The number of steps taken.
    buffer : array
        Memory for temporaries, as long as theta. It holds nothing between steps.
    constants : dict of arrays
        Numbers in the memory of a device, by name, that the solver reads in every step.
    aliases : mapping
        For each vector, the name under which another array library keeps a multiple of it, and the factor.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule.solvers import Adam
    >>> state = Adam().start(np.zeros(3))
    >>> sorted(state.vectors), state.steps
    (['mean', 'square'], 0)
    """

    vectors: dict[str, Array] = field(default_factory=dict)
    steps: int = 0
    buffer: Array = None
    constants: dict[str, Array] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, float]] = field(default_factory=dict)

    def restore(self, vectors: Mapping[str, Array], steps: int) -> None:
        """Copy the vectors and the number of steps of another state, from this array library or another.

        >>> import numpy as np
        >>> state = start_state(np.zeros(2), "velocity")
        >>> state.restore({"velocity": np.array([1.0, 2.0])}, steps=5)
        >>> state.steps, state.vectors["velocity"]
        (5, array([1., 2.]))
        """
        self.steps = steps
        for name, vector in self.vectors.items():
            if name in vectors:
                vector[...] = vectors[name]
            else:
                alias, factor = self.aliases[name]
                vector[...] = vectors[alias] * factor


def start_state(theta: Array, *names: str) -> SolverState:
    """A state with a vector of zeros, as long as theta, for each name."""
    xp = namespace(theta)
    return SolverState({name: xp.zeros_like(theta) for name in names}, 0, xp.empty_like(theta))
