"""Checkpoints of a fit: a killed run continues from its last checkpoint, bit for bit as if it had not been killed.

Order, dropout and the validation split depend on (seed, epoch, batch, layer) alone, so a checkpoint needs only the
parameters, the solver's vectors and the counters. It is a model file: nothing in it is executed when it is read.
"""

import time
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

import joblib

from chainrule.arrays import as_like, to_numpy
from chainrule.estimators.persistence import load, save
from chainrule.rules import Rule
from chainrule.solvers import SolverState
from chainrule.storage import StoredRows
from chainrule.training import BegunEpoch, History, Run

SECONDS_BETWEEN = 1.0
"""Least time between two checkpoints."""
TIMES_AS_LONG = 20
"""The time between two checkpoints is at least that many times the time that writing one takes."""

STREAMS = 2
"""Version of `chainrule.streams`. In version 0.1 (1 here) some purposes shared a stream."""

NOT_OF_THE_FIT = ("callbacks", "checkpoint", "verbose", "device")
"""Parameters that may differ between the interrupted run and the run that continues it."""


@dataclass
class Checkpoint:
    """Everything that a fit needs to continue."""

    fingerprint: str = ""
    """Digest of the parameters and the samples."""
    seed: int = 0
    theta: Any = None
    best: Any = None
    vectors: dict[str, Any] = field(default_factory=dict)
    counters: tuple[Any, ...] = ()
    """The numbers of steps, epochs and samples, and the factor of the learning rate."""
    history: dict[str, Any] = field(default_factory=dict)
    """The attributes of the `History` so far."""
    streams: int = 1
    """The version of the random streams that the fit draws from; files of version 0.1 have no entry, and mean 1."""
    begun: tuple[Any, ...] = (0, 0.0, 0.0)
    """The entries of the `BegunEpoch`."""
    parameters: dict[str, str] = field(default_factory=dict)
    """The parameters of the fit, as they are written in Python; empty in earlier files."""


class OtherFitError(ValueError):
    """A checkpoint is of a fit with other parameters or samples."""

    def __init__(self, message: str, differences: Mapping[str, tuple[str, str]] | None = None) -> None:
        super().__init__(message)
        self.differences = differences
        """By name, the parameters of the two fits that differ; none if the samples do, None if nothing is known."""


class Checkpointer:
    """Reads the checkpoint of a fit, if there is one, and writes new ones; see `chainrule.training.Checkpointing`.

    Parameters
    ----------
    path : path
    fingerprint : str
        See `fingerprint_of`.
    seed : int
        The seed of a fit that starts now; a checkpoint that is found has its own.
    parameters : mapping of str to str
        See `parameters_of`.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    OtherFitError
        If the file is a checkpoint of a fit with other parameters or samples.
    ValueError
        If the file is a checkpoint of another version, or no checkpoint.
    ModelFileError
        If the file is damaged, or no file of chainrule.
    """

    def __init__(self, path: Any, fingerprint: str, seed: int, parameters: Mapping[str, str]) -> None:
        self.path, self.fingerprint, self.seed, self.parameters = Path(path), fingerprint, seed, dict(parameters)
        self._found: Checkpoint | None = None
        self._written, self._took = time.perf_counter(), 0.0
        folder = self.path.absolute().parent
        if not folder.is_dir():
            raise FileNotFoundError(f"checkpoint: the folder {folder} does not exist")
        if self.path.exists():
            self._found = checkpoint_at(self.path, fingerprint, parameters)
            self.seed = self._found.seed

    def restore(self, run: Run) -> None:
        """Put the run where the checkpoint was written, if one was found."""
        if self._found is None:
            return
        run.theta[...] = as_like(self._found.theta, run.theta)
        run.best = as_like(self._found.best, run.theta)
        steps, run.epoch, run.samples_seen, run.rate_scale = self._found.counters
        run.solver_state = SolverState(self._found.vectors, steps)
        run.history = History(**self._found.history)
        run.begun = BegunEpoch(*self._found.begun)

    def keep(self, run: Run) -> None:
        """Write a checkpoint, unless the last one is very recent."""
        began = time.perf_counter()
        if began - self._written < SECONDS_BETWEEN * max(1.0, TIMES_AS_LONG * self._took):
            return
        checkpoint = Checkpoint(
            self.fingerprint,
            self.seed,
            to_numpy(run.theta),
            to_numpy(run.best),
            {name: to_numpy(vector) for name, vector in run.solver_state.vectors.items()},
            (run.solver_state.steps, run.epoch, run.samples_seen, run.rate_scale),
            vars(run.history),
            STREAMS,
            astuple(run.begun),
            self.parameters,
        )
        save(checkpoint, self.path)
        self._written = time.perf_counter()
        self._took = self._written - began

    def finished(self) -> None:
        """Remove the checkpoint: the fit has ended by itself."""
        self.path.unlink(missing_ok=True)


def checkpoint_at(path: Path, fingerprint: str, parameters: Mapping[str, str]) -> Checkpoint:
    """The checkpoint in a file; errors as in `Checkpointer`."""
    found = load(path)
    if not isinstance(found, Checkpoint):
        raise ValueError(f"{path}: expected a checkpoint, the file holds a {type(found).__name__}")
    if found.streams != STREAMS:
        writer = "version 0.1" if found.streams == 1 else "a later version"
        raise ValueError(
            f"{path}: this checkpoint was written by {writer} of chainrule, which draws order, dropout and "
            "first weights from other random streams, so this version cannot continue the fit bit for bit. Finish "
            "it with that version, or delete the file to start again"
        )
    if found.fingerprint != fingerprint:
        then, differences = found.parameters, None
        if then:
            names = sorted(name for name in {*then, *parameters} if then.get(name) != parameters.get(name))
            differences = {name: (then.get(name, "absent"), parameters.get(name, "absent")) for name in names}
        listed = ", ".join(f"{name} was {old} and is {new}" for name, (old, new) in (differences or {}).items())
        other = "with other parameters or other samples" if differences is None else "to other samples"
        raise OtherFitError(
            f"{path}: this checkpoint is of a fit {f'with other parameters: {listed}' if listed else other}; delete "
            "it, or name another file, to start again",
            differences,
        )
    return found


def parameters_of(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The parameters that a fit depends on, as they are written in Python.

    >>> parameters_of({"alpha": 0.1, "solver": "adam", "verbose": True})
    {'alpha': '0.1', 'solver': "'adam'"}
    """
    return {name: repr(value) for name, value in _of_the_fit(parameters).items()}


def fingerprint_of(parameters: Mapping[str, Any], *arrays: Any) -> str:
    """A digest of an estimator's parameters and of the arrays it is fitted to, the same in every process.

    Of samples in files, only a few rows are part of it, besides all labels and weights.
    """
    kept = _of_the_fit(parameters)
    known = tuple(array.sample() if isinstance(array, StoredRows) else array for array in arrays)
    digest: str = joblib.hash((kept, known), hash_name="sha1")
    return digest


def _of_the_fit(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a fit depends on; functions are their names, since a lambda cannot be pickled."""
    kept = {name: value for name, value in parameters.items() if name not in NOT_OF_THE_FIT}
    for name, value in kept.items():
        if callable(value) and not isinstance(value, Rule):
            kept[name] = f"{value.__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    return kept
