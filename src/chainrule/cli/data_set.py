"""Samples from one source, their split into training and held-out samples, and their labels as classes.

Classes are integers if all labels are whole numbers, otherwise text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from chainrule.arrays import Array
from chainrule.cli.errors import CommandError, listed
from chainrule.estimators.columns import as_numbers

_WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")


@dataclass(frozen=True)
class DataSet:
    """Samples from one source with their labels."""

    name: str
    X: Any
    """Columns by name, a dense or sparse matrix, or images of shape (n, channels, height, width)."""
    y: Any
    """The labels; None if they are not needed or the source has none."""
    target: str = "class"
    """The name of the labels."""
    kind: str = "rows"
    """The plural that names the samples in messages."""
    test: DataSet | None = None
    """The samples that the source itself provides for testing."""
    encoder: Any = None
    """The transformer to be fitted to the training samples; None if the classifier takes X as it is."""
    unreadable: Mapping[str, int] = field(default_factory=dict)
    """Number of cells that are not numbers, by numeric column."""
    notes: tuple[str, ...] = ()
    """Remarks on columns, to be printed when the encoder is fitted."""

    def rows(self, chosen: Array) -> DataSet:
        """The chosen samples."""
        by_name = isinstance(self.X, dict)
        X = {name: values[chosen] for name, values in self.X.items()} if by_name else self.X[chosen]
        return replace(self, X=X, y=self.y[chosen])

    def split(self, test_size: float, seed: int) -> tuple[DataSet, DataSet]:
        """Training samples and held-out samples: those that the source provides, otherwise a stratified random share.

        A class with one sample goes to the training samples. Equal labels and seed give an equal split; `chainrule
        evaluate` relies on this.

        Raises
        ------
        CommandError
            If there are too few samples.
        """
        if self.test is not None:
            return self, self.test
        classes, numbers, counts = np.unique(self.y, return_inverse=True, return_counts=True)
        single = counts[numbers] < 2
        rows = np.flatnonzero(~single)
        if len(rows) < 2:
            raise CommandError(
                f"too few rows: {len(self.y)} rows of {len(classes)} classes leave none to hold out for the evaluation"
            )
        # A split cannot be stratified if one side has fewer rows than there are classes.
        for classes_of_rows in (self.y[rows], None):
            try:
                kept, others = train_test_split(rows, test_size=test_size, random_state=seed, stratify=classes_of_rows)
            except ValueError:
                continue
            kept = np.sort(np.concatenate([kept, np.flatnonzero(single)]))
            return self.rows(kept), self.rows(np.sort(others))
        raise CommandError(f"too few rows: {len(rows)} rows cannot be split with --test-size {test_size}")


def as_classes(values: Array, source: str, what: str) -> Array:
    """Labels for training.

    Parameters
    ----------
    values : array
    source, what : str
        The source and the labels, as messages name them.

    Raises
    ------
    CommandError
        If a number is not whole, if there is a single class, or if no class has two samples.
    """
    texts, positions = _texts(values)
    numbers = as_numbers(np.array(texts, dtype=object))
    if all(_WHOLE_NUMBER.fullmatch(text) for text in texts):
        y = np.array([int(text) for text in texts], dtype=np.int64)[positions]
    elif numbers is not None and not all(number.is_integer() for number in numbers.tolist()):
        raise CommandError(f"{source}: the {what} holds continuous numbers; a classifier needs classes")
    else:
        y = np.array(texts)[positions]
    check_classes(y, what)
    return y


def check_classes(y: Array, what: str) -> None:
    """Raise CommandError unless the labels have several classes, at least one of them twice."""
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise CommandError(f"the {what} holds a single class ({classes[0]!r}); a classifier needs at least two")
    if counts.max() == 1:
        raise CommandError(f"the {what} is different in every row; a classifier needs repeated classes")


def as_known_classes(values: Array, source: str, classes: Array) -> Array:
    """Labels as classes of a model; raises CommandError if the model does not know a label."""
    texts, positions = _texts(values)
    known = {str(label): number for number, label in enumerate(classes.tolist())}
    unknown = sorted(text for text in texts if text not in known)
    if unknown:
        raise CommandError(
            f"{source}: the model was not trained on the labels {listed(unknown)}; it knows {listed(classes.tolist())}"
        )
    return classes[[known[text] for text in texts]][positions]


def _texts(values: Array) -> tuple[list[str], Array]:
    """The distinct labels as text, and for each row the index of its label."""
    numbers: dict[str, int] = {}
    positions = [numbers.setdefault(_text(value), len(numbers)) for value in values.tolist()]
    return list(numbers), np.array(positions, dtype=np.intp)


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 2**53:
        return str(int(value))
    return str(value)
