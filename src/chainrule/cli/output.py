"""Output of the commands: progress and notes on standard error, results on standard output."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from types import TracebackType

    from chainrule.estimators import Progress
    from chainrule.solvers.convex import StepTaken

SECONDS_BETWEEN_LINES = 1.0


def listed(names: Iterable[object], most: int = 20) -> str:
    """The first `most` names in quotes."""
    names = list(names)
    return ", ".join(map(repr, names[:most])) + (", ..." if len(names) > most else "")


def print_line(text: str) -> None:
    """Print a line of results without wrapping or markup."""
    Console(soft_wrap=True, highlight=False, markup=False).print(text)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, allow_nan=False))


def note(text: str) -> None:
    """Print a remark on standard error."""
    print(f"note: {text}", file=sys.stderr)


def print_metrics(results: dict[str, Any], title: str) -> None:
    """Print accuracy and log-loss, then a table with one row per class."""
    console = Console(highlight=False, markup=False)
    console.print(title)
    console.print(f"accuracy {results['accuracy']:.2%}   log-loss {results['log_loss']:.4f}")
    for key, words in (("seen", "trained on"), ("unseen", "not trained on")):
        if part := results.get(key):
            scores = f"accuracy {part['accuracy']:.2%}   log-loss {part['log_loss']:.4f}"
            console.print(f"  {part['n_rows']} {words}: {scores}")
    table = Table()
    table.add_column("class")
    for heading in ("precision", "recall", "rows"):
        table.add_column(heading, justify="right")
    for row in results["classes"]:
        table.add_row(str(row["label"]), f"{row['precision']:.3f}", f"{row['recall']:.3f}", str(row["support"]))
    console.print(table)


class TrainingProgress:
    """A callback that prints epochs: one updated line in a terminal, elsewhere at most one line per second."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False)
        self._live = self._console.is_terminal
        self._printed = float("-inf")
        self._last: Progress | None = None

    def __enter__(self) -> TrainingProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._last is not None and self._live:
            self._console.print()
        elif self._last is not None and self._printed != self._last.seconds:
            self._line(self._last)

    def __call__(self, progress: Progress) -> None:
        """Show an epoch."""
        self._last = progress
        now = time.perf_counter()
        if self._live:
            # Update at most ten times a second.
            if now - self._printed >= 0.1 or progress.epoch == progress.epochs:
                self._console.print(f"\r{described(progress)}\x1b[K", end="", soft_wrap=True)
                self._printed = now
        elif now - self._printed >= SECONDS_BETWEEN_LINES:
            self._line(progress)
            self._printed = now

    def _line(self, progress: Progress) -> None:
        self._console.print(described(progress), soft_wrap=True)


class SolverProgress:
    """A callback that prints the steps of a convex fit in the same way as `TrainingProgress`."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False)
        self._live = self._console.is_terminal
        self._began = self._printed = time.perf_counter()
        self._steps = 0

    def __enter__(self) -> SolverProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._steps and self._live:
            self._console.print()

    def __call__(self, step: StepTaken) -> None:
        """Show a step."""
        self._steps += 1
        now = time.perf_counter()
        if now - self._printed < (0.1 if self._live else SECONDS_BETWEEN_LINES):
            return
        self._printed = now
        line = (
            f"{self._steps} steps in {_duration(now - self._began)}  objective {step.value:.6f}  "
            f"gradient {step.gradient_norm:.1e}"
        )
        self._console.print(f"\r{line}\x1b[K" if self._live else line, end="" if self._live else "\n", soft_wrap=True)


def described(progress: Progress) -> str:
    """One line about an epoch."""
    score = "" if progress.validation_score is None else f"  validation log-loss {progress.validation_score:.4f}"
    return (
        f"epoch {progress.epoch:>{len(str(progress.epochs))}}/{progress.epochs}  loss {progress.loss:.4f}{score}  "
        f"{progress.samples_per_second:,.0f} samples/s  {_duration(progress.time_left)} left"
    )


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s" if seconds < 7200 else f"{seconds / 3600:.1f} h"
