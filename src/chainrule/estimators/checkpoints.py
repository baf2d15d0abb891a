"""Checkpoints of a fit: a run that was killed goes on from its last one, bit for bit as if nothing had happened.

Order, dropout and the validation split depend on (seed, epoch, batch, layer) alone, so the parameters, the solver's
vectors and the counters are all there is to keep. A checkpoint is a model file: it executes nothing when it is read.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array, on_device, to_numpy
from chainrule.estimators.persistence import load, save
from chainrule.rules import Rule
from chainrule.solvers import Adaptive, Schedule, Solver
from chainrule.training import Patience, Run

SECONDS_BETWEEN = 1.0
"""Epochs that end sooner after the last checkpoint are not worth one of their own."""

STREAMS = 2
"""The streams of `chainrule.streams`. In version 0.1 some purposes shared theirs."""

NOT_OF_THE_FIT = ("callbacks", "checkpoint", "verbose", "device")
"""Parameters that may differ between the run that was interrupted and the one that goes on."""


@dataclass
class Checkpoint:
    """All that a fit needs to go on."""

    fingerprint: str = ""
    """Of the parameters and the samples."""
    seed: int = 0
    theta: Any = None
    best: Any = None
    vectors: dict[str, Any] = field(default_factory=dict)
    counters: dict[str, Any] = field(default_factory=dict)
    """The numbers of steps, epochs and samples, and those of patience and schedule."""
    history: dict[str, Any] = field(default_factory=dict)
    """The estimator's curves and scores."""
    streams: int = 1
    """From which random streams the fit draws: 1, which files of version 0.1 do not say, or STREAMS."""


HISTORY = ("loss_curve_", "validation_scores_", "best_validation_score_", "best_loss_", "loss_", "n_iter_", "t_")


class Checkpointer:
    """Reads the checkpoint of a fit, if there is one, and writes new ones.

    Parameters
    ----------
    path : path
    fingerprint : str
        See `fingerprint_of`.

    Raises
    ------
    ValueError
        If the file is a checkpoint of a fit with other parameters or samples.
    ModelFileError
        If it is no checkpoint.
    """

    def __init__(self, path: Any, fingerprint: str) -> None:
        self.path, self.fingerprint = Path(path), fingerprint
        self.found: Checkpoint | None = None
        self._written = time.perf_counter()
        if self.path.exists():
            self.found = load(self.path)
            if not isinstance(self.found, Checkpoint):
                raise ValueError(f"{self.path}: expected a checkpoint, the file holds a {type(self.found).__name__}")
            if self.found.streams != STREAMS:
                raise ValueError(
                    f"{self.path}: this checkpoint was written by {_writer(self.found.streams)} of chainrule, which "
                    "draws order, dropout and first weights from other random streams, so that this version cannot go "
                    "on as if nothing had happened. Finish the fit with that version, or delete the file to start anew"
                )
            if self.found.fingerprint != fingerprint:
                raise ValueError(
                    f"{self.path}: this checkpoint is of a fit with other parameters or other samples; delete it, or "
                    "name another file, to start anew"
                )

    def restore(
        self, model: Any, solver: Solver, run: Run, best: Array, patience: Patience, schedule: Schedule
    ) -> None:
        """Put everything back as it was at the checkpoint found, if one was."""
        if self.found is None:
            return
        found, counters = self.found, self.found.counters
        run.theta[...] = on_device(found.theta, model.device)
        best[...] = on_device(found.best, model.device)
        vectors = {name: on_device(vector, model.device) for name, vector in found.vectors.items()}
        solver.resume(run.solver_state, vectors, counters["steps"])
        run.epoch, run.samples_seen = counters["epoch"], counters["samples_seen"]
        patience.best, patience.waited = counters["patience_best"], counters["patience_waited"]
        if isinstance(schedule, Adaptive):
            schedule.scale = counters["scale"]
        for name in HISTORY:
            if name in found.history:
                setattr(model, name, found.history[name])

    def epoch_ended(self, model: Any, run: Run, best: Array, patience: Patience, schedule: Schedule) -> None:
        """Write a checkpoint, unless the last one is very recent."""
        if time.perf_counter() - self._written < SECONDS_BETWEEN:
            return
        state = run.solver_state
        checkpoint = Checkpoint(
            self.fingerprint,
            model._seed,
            to_numpy(run.theta),
            to_numpy(best),
            {name: to_numpy(vector) for name, vector in state.vectors.items()},
            {
                "steps": state.steps,
                "epoch": run.epoch,
                "samples_seen": run.samples_seen,
                "patience_best": patience.best,
                "patience_waited": patience.waited,
                "scale": schedule.scale if isinstance(schedule, Adaptive) else 1.0,
            },
            {name: getattr(model, name) for name in HISTORY if hasattr(model, name)},
            STREAMS,
        )
        save(checkpoint, self.path)
        self._written = time.perf_counter()

    def finished(self) -> None:
        """Remove the checkpoint: the fit ended of itself."""
        self.path.unlink(missing_ok=True)


def _writer(streams: int) -> str:
    return "version 0.1" if streams == 1 else "a later version"


def check_folder(path: Any) -> None:
    """Raise FileNotFoundError before any work is done if the folder of a checkpoint does not exist."""
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise FileNotFoundError(f"checkpoint: the folder {folder} does not exist")


def fingerprint_of(model: Any, *arrays: Any) -> str:
    """A digest of an estimator's parameters and of the arrays it is fitted to."""
    digest = hashlib.sha256()
    for name, value in sorted(model.get_params(deep=False).items()):
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
