"""Agreement of the processes of a fit before it begins: they compare what they fit, and take the choices of rank 0."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import as_like
from chainrule.engines.fingerprint import fingerprint
from chainrule.estimators.checkpoints import NOT_OF_THE_FIT, Checkpointer, fingerprint_of, parameters_of
from chainrule.training import Run
from chainrule.training.processes import Processes, processes_of_group

OF_RANK_0 = (*NOT_OF_THE_FIT, "random_state")
"""Parameters that may differ between the processes; the seed of rank 0 counts."""


def agree(call: str, parameters: Mapping[str, Any], **arrays: Any) -> Processes | None:
    """The processes of torch.distributed's group, after they have compared what they fit; None without a group.

    Parameters
    ----------
    call : str
        The called method, such as ``MLPClassifier.fit``.
    parameters : mapping
        The parameters of the estimator.
    **arrays
        The samples and, if a fit continues, the weights so far; None for what is absent.

    Raises
    ------
    ValueError
        On all ranks, if they differ on one of them; the message names the rank and the difference.
    ConnectionError
        If a process is lost.
    """
    processes = processes_of_group()
    if processes is not None:
        facts = {"the call": call, "the software": ", ".join(fingerprint())}
        for name, value in parameters.items():
            if name not in OF_RANK_0:
                plain = value is None or isinstance(value, bool | int | float | str)
                facts[name] = repr(value) if plain else fingerprint_of({name: value})[:8]
        for name, array in arrays.items():
            shape = "x".join(map(str, np.shape(array)))
            facts[name] = "absent" if array is None else f"{shape} ({fingerprint_of({}, array)[:8]})"
        processes.same_everywhere(facts)
    return processes


class CheckpointerOfRank0:
    """The checkpoint of a fit by several processes, which rank 0 alone reads and writes.

    Parameters
    ----------
    processes : Processes
    opened : callable
        Opens the checkpoint; called on rank 0.
    """

    def __init__(self, processes: Processes, opened: Callable[[], Checkpointer]) -> None:
        self._processes = processes
        self._own: Checkpointer | None = None

        def seed() -> int:
            self._own = opened()
            return self._own.seed

        self.seed = processes.from_rank_0(seed)

    def restore(self, run: Run) -> None:
        """Put the run of every rank where the checkpoint of rank 0 was written."""
        own, theta = self._own, run.theta

        def restored() -> dict[str, Any]:
            assert own is not None
            own.restore(run)
            return vars(run)

        found = self._processes.from_rank_0(restored)
        if own is None:
            vars(run).update(found, theta=theta)
            theta[...] = as_like(found["theta"], theta)
            run.best = None if run.best is None else as_like(run.best, theta)

    def keep(self, run: Run) -> None:
        """Write a checkpoint on rank 0, unless the last one is very recent."""
        if self._own is not None:
            self._own.keep(run)

    def finished(self) -> None:
        """Remove the checkpoint: the fit has ended by itself."""
        if self._own is not None:
            self._own.finished()


def checkpoint_of(model: Any, processes: Processes | None, *samples: Any) -> Checkpointer | CheckpointerOfRank0 | None:
    """The checkpoint of a network's fit to samples, by several processes if there are any; None without a path."""
    if model.checkpoint is None:
        return None
    parameters = model.get_params(deep=False)
    fingerprint = fingerprint_of(parameters, *samples)
    opened = partial(Checkpointer, model.checkpoint, fingerprint, model._seed, parameters_of(parameters))
    return opened() if processes is None else CheckpointerOfRank0(processes, opened)
