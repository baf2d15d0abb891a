"""Output of the commands: errors, notes and progress on standard error, results on standard output."""

from __future__ import annotations

import difflib
import json
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from chainrule.progress import BETWEEN_LINES, ProgressLine, duration

if TYPE_CHECKING:
    from chainrule.estimators import Progress
    from chainrule.solvers.convex import StepTaken


USAGE = 64
"""The exit status of a wrong use of a command."""
MOST_CLASSES = 30
"""Most classes in a table of scores, which would otherwise scroll the accuracy away."""
LINES = 10
"""Lines of a log about a training with more than three times as many epochs; else there is a line for each epoch."""
SILENCE = 60.0
"""Seconds between two lines of a log that show how far a long epoch is; the first of them comes sooner."""


class CommandError(Exception):
    """An error that ends the command: a message of one line for the user, and the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def one_line(error: object) -> str:
    """The message of an error without line breaks; those of libraries end at a space before 300 characters."""
    message = " ".join(str(error).split())
    if len(message) > 300 and not isinstance(error, CommandError):
        message = f"{message[:296].rpartition(' ')[0] or message[:296]} ..."
    return message or type(error).__name__


def listed(names: Iterable[object], most: int = 20) -> str:
    """The first `most` names in quotes, and the number of the others."""
    names = list(names)
    return ", ".join(map(repr, names[:most])) + (f" and {len(names) - most} more" if len(names) > most else "")


def extra_arguments(message: str) -> str:
    """The message about unexpected words, with the first of them alone if they are many, as of a glob.

    >>> extra_arguments("Got unexpected extra arguments (a.png b.png)")
    'Got unexpected extra arguments (a.png b.png)'
    """
    return re.sub(r"\((.{60}).{20,}\)", r"(\1 ...)", message)


def near_names(option: str, known: Iterable[str] | None) -> list[str]:
    """The known options whose names are spelled nearly as an option; the dashes, which all have, do not count.

    >>> near_names("--curve", ["--curves"]), near_names("--cv", ["--curves"])
    (['--curves'], [])
    """
    words = {name.strip("-"): name for name in known or ()}
    return [words[word] for word in difflib.get_close_matches(option.strip("-"), words)]


def counted(count: int, kind: str) -> str:
    """A number of samples, the kind of which is a plural.

    >>> counted(1, "images of 1 x 8 x 8"), counted(2, "rows")
    ('1 image of 1 x 8 x 8', '2 rows')
    """
    word, space, rest = kind.partition(" ")
    return f"{count} {word.removesuffix('s') if count == 1 else word}{space}{rest}"


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A question that suggests the name most similar to the word; empty if no name is similar."""
    close = difflib.get_close_matches(word, list(names), 1)
    return f"did you mean {close[0]!r}? " if close else ""


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, allow_nan=False))


def note(text: str) -> None:
    """Print a remark on standard error."""
    print(f"note: {text}", file=sys.stderr)


def first_notes(texts: Sequence[str], rest: str, most: int = 20) -> None:
    """Print the first notes, and the number of the others, if they are more than one, before the words `rest`."""
    most = len(texts) if len(texts) == most + 1 else most
    for text in texts[:most]:
        note(text)
    if len(texts) > most:
        note(f"{len(texts) - most} more {rest}")


def print_table(
    columns: Mapping[str, Literal["left", "right"]],
    rows: Iterable[Sequence[str]],
    width: int | None = None,
    **options: Any,
) -> None:
    """Print a table with aligned columns, as wide as the terminal.

    Parameters
    ----------
    columns : mapping of str to {"left", "right"}
        The alignment of each column, by heading.
    rows : iterable of sequence of str
    width : int, optional
        Columns of text without a terminal; rich assumes 80.
    **options
        Keywords of `rich.table.Table`.
    """
    from rich.console import Console
    from rich.table import Column, Table

    table = Table(*(Column(name, justify=side, overflow="fold") for name, side in columns.items()), **options)
    for row in rows:
        table.add_row(*row)
    known = None if sys.stdout.isatty() else width
    Console(highlight=False, markup=False, emoji=False, width=known).print(table)


def print_metrics(results: dict[str, Any], title: str) -> None:
    """Print accuracy and log-loss, then a table with one row per class; of many classes, those of the lowest recall."""
    scores = "accuracy {accuracy:.2%}   log-loss {log_loss:.4f}"
    print(title)
    print(scores.format(**results))
    for key, words in (("seen", "trained on"), ("unseen", "not trained on")):
        if results.get(key):
            print(f"  {results[key]['n_rows']} {words}: {scores.format(**results[key])}")
    if "calibration" in results:
        print(calibration_line(results))
    classes = results["classes"]
    if len(classes) > MOST_CLASSES:
        print(f"the {MOST_CLASSES} of {len(classes)} classes with the lowest recall; --json prints all")
        judged = [row for row in classes if row["support"]]
        classes = sorted(judged, key=lambda row: row["recall"])[:MOST_CLASSES]
    print_table(
        {"class": "left", "precision": "right", "recall": "right", "rows": "right"},
        (
            (
                str(row["label"]),
                f"{row['precision']:.3f}" if row["predicted"] else "never predicted",
                f"{row['recall']:.3f}" if row["support"] else "-",
                str(row["support"]),
            )
            for row in classes
        ),
    )


def calibration_line(results: Mapping[str, Any]) -> str:
    """The calibration error with its verdict, and the rows that it is of, unless these are all that were scored.

    >>> told = {"error": 0.034, "high": 0.0932, "verdict": "within chance", "n_rows": 178, "trained_on": 0}
    >>> calibration_line({"calibration": told, "unseen": {"n_rows": 178}})
    'calibration error 0.0340 of the 178 not trained on   by chance alone up to 0.0932: within chance'
    """
    found = results["calibration"]
    rows = f" of the {found['n_rows']} not trained on" if results["unseen"] else ""
    rows = " of rows trained on" if found["trained_on"] else rows
    return (
        f"calibration error {found['error']:.4f}{rows}   by chance alone up to {found['high']:.4f}: {found['verdict']}"
    )


def print_confusion(classes: Sequence[object], counts: Sequence[Sequence[int]] | None) -> None:
    """Print the confusion matrix, if there is one, with dots in the place of zeros."""
    if counts is not None:
        print("confusion: a row for each class, a column for each prediction")
        columns: dict[str, Literal["left", "right"]] = {"true class": "left"}
        columns |= dict.fromkeys(map(str, classes), "right")
        rows = ([str(name), *(str(n or ".") for n in row)] for name, row in zip(classes, counts, strict=True))
        print_table(columns, rows)


def print_mistakes(mistakes: Iterable[Mapping[str, Any]]) -> None:
    """Print a table of misclassified samples, if there are any, with those that were trained on marked."""
    mistakes = list(mistakes)
    rows = [[str(m["where"]), str(m["label"]), f"{m['probability']:.2g}", str(m["predicted"])] for m in mistakes]
    columns: dict[str, Literal["left", "right"]] = {
        "where": "left", "class": "left", "its probability": "right", "predicted": "left",
    }  # fmt: skip
    if any(m.get("trained_on") for m in mistakes):
        columns["trained on"] = "left"
        rows = [[*row, "yes" if m["trained_on"] else ""] for row, m in zip(rows, mistakes, strict=True)]
    if rows:
        print("worst mistakes")
        print_table(columns, rows)


def print_importances(ranked: Sequence[Mapping[str, Any]], most: int = 5) -> None:
    """Print the most important columns, if there are any.

    >>> print_importances([{"column": "age", "mean": 0.31, "std": 0.02}])
    most important, by the growth of the log-loss if a column is shuffled: age 0.310
    """
    named = ", ".join(f"{row['column']} {row['mean']:.3f}" for row in ranked[:most])
    if named:
        print(f"most important, by the growth of the log-loss if a column is shuffled: {named}")


class TrainingProgress(ProgressLine):
    """A callback that shows epochs: in a terminal in one line, in a log in a line for each epoch or tenth of them."""

    scored = "validation"
    """The name of the scored samples."""

    def __init__(self) -> None:
        super().__init__(quiet=0.0)
        if not self._screen.live:
            self._between, self._next = SILENCE, self._began + BETWEEN_LINES

    def __call__(self, progress: Progress) -> None:
        """Show an epoch."""
        if not self._screen.live:
            epoch, epochs = progress.epoch, int(progress.epochs)
            every = 1 if epochs <= 3 * LINES else -(-epochs // LINES)
            due = epoch % every == 0 or epoch in (1, epochs)
            self.show(self._logged(progress), at_once=due)
            return
        score = self._score(progress)
        # Beside this stand the number of the next epoch and the time that is left in it.
        self.show(
            f"after epoch {progress.epoch:>{len(str(progress.epochs))}}/{progress.epochs}: loss {progress.loss:.4f}"
            f"{score}; {progress.samples_per_second:,.0f} samples/s, {duration(progress.time_left)} left in all"
        )

    def _logged(self, progress: Progress) -> str:
        """The line of a log about an epoch."""
        right = "" if progress.accuracy is None else f", accuracy {progress.accuracy:.2%}"
        return (
            f"epoch {progress.epoch:>{len(str(progress.epochs))}}/{progress.epochs}: loss {progress.loss:.4f}"
            f"{self._score(progress)}{right}; {progress.samples_per_second:,.0f} samples/s, "
            f"{duration(progress.time_left)} left"
        )

    def _score(self, progress: Progress) -> str:
        """The log-loss of the scored samples, and that of the class shares alone unless it is clearly higher."""
        score = "" if progress.validation_score is None else f", {self.scored} log-loss {progress.validation_score:.4f}"
        return score if progress.chance is None else f"{score} (class shares alone: {progress.chance:.4f})"


class SolverProgress(ProgressLine):
    """A callback that shows the steps of a convex fit; a cross-validation consists of several fits."""

    _steps = 0

    def __call__(self, step: StepTaken) -> None:
        """Show a step."""
        self._steps += 1
        self.show(
            f"{counted(self._steps, 'steps')} in {duration(time.perf_counter() - self._began)}  "
            f"objective {step.value:.6f}  gradient {step.gradient_norm:.1e}"
        )
