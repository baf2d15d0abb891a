"""Checkpoints of a fit: a killed run continues from its last checkpoint, bit for bit as if it had not been killed.

Order, dropout and the validation split depend on (seed, epoch, batch, layer) alone, so a checkpoint needs only the
parameters, the solver's vectors and the counters. It is a model file: nothing in it is executed when it is read.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import as_like, to_numpy
from chainrule.estimators.persistence import load, save
from chainrule.rules import Rule
from chainrule.solvers import SolverState
from chainrule.training import History, Run

SECONDS_BETWEEN = 1.0
"""Least time between two checkpoints."""

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
    counters: dict[str, Any] = field(default_factory=dict)
    """The numbers of steps, epochs and samples, and the state of patience and schedule."""
    history: dict[str, Any] = field(default_factory=dict)
    """The losses and scores of the epochs so far."""
    streams: int = 1
    """The version of the random streams that the fit draws from; files of version 0.1 have no entry, and mean 1."""


class Checkpointer:
    """Reads the checkpoint of a fit, if there is one, and writes new ones; see `chainrule.training.Checkpointing`.

    Parameters
    ----------
    path : path
    fingerprint : str
        See `fingerprint_of`.
    seed : int
        The seed of a fit that starts now; a checkpoint that is found has its own.

    Raises
    ------
    FileNotFoundError
        If the folder does not exist.
    ValueError
        If the file is a checkpoint of a fit with other parameters or samples.
    ModelFileError
        If the file is damaged, or no file of chainrule.
    """

    def __init__(self, path: Any, fingerprint: str, seed: int) -> None:
        self.path, self.fingerprint, self.seed = Path(path), fingerprint, seed
        self._found: Checkpoint | None = None
        self._written = time.perf_counter()
        folder = self.path.absolute().parent
        if not folder.is_dir():
            raise FileNotFoundError(f"checkpoint: the folder {folder} does not exist")
        if self.path.exists():
            self._found = self._read()
            self.seed = self._found.seed

    def _read(self) -> Checkpoint:
        found = load(self.path)
        if not isinstance(found, Checkpoint):
            raise ValueError(f"{self.path}: expected a checkpoint, the file holds a {type(found).__name__}")
        if found.streams != STREAMS:
            writer = "version 0.1" if found.streams == 1 else "a later version"
            raise ValueError(
                f"{self.path}: this checkpoint was written by {writer} of chainrule, which draws order, dropout and "
                "first weights from other random streams, so this version cannot continue the fit bit for bit. Finish "
                "it with that version, or delete the file to start again"
            )
        if found.fingerprint != self.fingerprint:
            raise ValueError(
                f"{self.path}: this checkpoint is of a fit with other parameters or other samples; delete it, or "
                "name another file, to start again"
            )
        return found

    def restore(self, run: Run) -> None:
        """Put the run where the checkpoint was written, if one was found."""
        if self._found is None:
            return
        counters, history = self._found.counters, self._found.history
        run.theta[...] = as_like(self._found.theta, run.theta)
        run.best = as_like(self._found.best, run.theta)
        run.solver_state = SolverState(self._found.vectors, counters["steps"])
        run.epoch, run.samples_seen, run.rate_scale = counters["epoch"], counters["samples_seen"], counters["scale"]
        run.history = History(
            losses=history["loss_curve_"],
            scores=history["validation_scores_"],
            loss=history["loss_"],
            best=counters["patience_best"],
            waited=counters["patience_waited"],
            epochs=history["n_iter_"],
        )

    def keep(self, run: Run) -> None:
        """Write a checkpoint, unless the last one is very recent."""
        if time.perf_counter() - self._written < SECONDS_BETWEEN:
            return
        state, history = run.solver_state, run.history
        checkpoint = Checkpoint(
            self.fingerprint,
            self.seed,
            to_numpy(run.theta),
            to_numpy(run.best),
            {name: to_numpy(vector) for name, vector in state.vectors.items()},
            {
                "steps": state.steps,
                "epoch": run.epoch,
                "samples_seen": run.samples_seen,
                "patience_best": history.best,
                "patience_waited": history.waited,
                "scale": run.rate_scale,
            },
            {
                "loss_curve_": history.losses,
                "validation_scores_": history.scores,
                "loss_": history.loss,
                "n_iter_": history.epochs,
            },
            STREAMS,
        )
        save(checkpoint, self.path)
        self._written = time.perf_counter()

    def finished(self) -> None:
        """Remove the checkpoint: the fit has ended by itself."""
        self.path.unlink(missing_ok=True)


def fingerprint_of(parameters: Mapping[str, Any], *arrays: Any) -> str:
    """A digest of an estimator's parameters and of the arrays it is fitted to."""
    digest = hashlib.sha256()
    for name, value in sorted(parameters.items()):
        if name not in NOT_OF_THE_FIT:
            digest.update(f"{name}={_written(value)};".encode())
    for array in arrays:
        parts = (array.data, array.indices, array.indptr) if hasattr(array, "indptr") else (array,)
        for part in parts:
            values = np.ascontiguousarray(() if part is None else part)
            digest.update(f"{values.dtype.str}{values.shape}".encode())
            digest.update(repr(values.tolist()).encode() if values.dtype.hasobject else values.tobytes())
    return digest.hexdigest()


def _written(value: Any) -> str:
    """A parameter as text that is the same in every process: rules, functions and classes by their names."""
    if isinstance(value, Rule):
        return f"rule {value.name}"
    if isinstance(value, np.random.RandomState):
        return hashlib.sha256(repr(value.get_state()).encode()).hexdigest()
    if callable(value):
        return f"{value.__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({', '.join(_written(getattr(value, f.name)) for f in fields(value))})"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    return repr(value)
