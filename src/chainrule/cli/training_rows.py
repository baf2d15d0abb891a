"""Training rows from tables and arrays, with notes on columns left out and on cells that are not numbers."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli import array_files, output, table_sources
from chainrule.cli.errors import CommandError
from chainrule.cli.table_files import Column
from chainrule.estimators.columns import mostly_numbers, named_cells, read_numbers, unreadable_cells
from chainrule.estimators.tables import TableEncoder

LISTED = 20
"""Largest number of columns whose unreadable cells are reported; further columns are counted."""


@dataclass(frozen=True)
class TrainingRows:
    """Features, labels, and the encoder that turns the features into numbers."""

    name: str
    target: str
    X: Any
    """Columns by name, a dense matrix or a sparse matrix."""
    y: Column
    encoder: TableEncoder | None
    """The encoder of columns; None for rows of numbers."""
    unreadable: dict[str, int] = field(default_factory=dict)
    """Number of cells that are not numbers, by numeric column."""
    notes: tuple[str, ...] = ()
    """Remarks on columns, to be printed."""

    def rows(self, chosen: Column) -> Any:
        """The features of the chosen rows."""
        return {name: values[chosen] for name, values in self.X.items()} if isinstance(self.X, dict) else self.X[chosen]


def read(data: str, target: str | None, labels: Path | None, drop: Sequence[str] = ()) -> TrainingRows:
    """The rows of a table, a built-in set or an array file, with remarks on unusual columns.

    Raises
    ------
    CommandError
        If the rows cannot be read, or the labels are not classes.
    """
    if array_files.is_array_file(data):
        if drop:
            raise CommandError(f"--drop: {data} has no named columns; it is for tables")
        return _read_arrays(data, target, labels)
    if labels is not None:
        raise CommandError("--labels: only for .npy, .npz and svmlight files; a table has a --target column")
    table, known = table_sources.read(data, as_written=[] if target is None else [target])
    target = target or known
    if target is None:
        raise CommandError(f"--target: name the column to predict; {table.name} has {output.listed(table.columns)}")
    features, values = table_sources.split_target(table, target)
    for name in drop:
        if name not in features:
            close = difflib.get_close_matches(name, list(features), 1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; it has {output.listed(features)}"
            raise CommandError(f"--drop: {table.name} has no column {name!r} besides the target{hint}")
        del features[name]
    if not features:
        raise CommandError(f"--drop: no column is left besides the target {target!r}")
    y = table_sources.as_labels(values, f"{table.name}: the target {target!r}")
    check_classes(y, f"target {target!r}")
    unreadable, words, notes = _settle(features)
    # All rows decide how a column is read, not only the training rows.
    return TrainingRows(table.name, target, features, y, TableEncoder(words), unreadable, tuple(notes))


def _read_arrays(data: str, target: str | None, labels: Path | None) -> TrainingRows:
    found = array_files.read(data, target, labels)
    if found.y is None:
        raise CommandError(f"{data}: there are no labels; give a file of them with --labels")
    values = found.X.data if hasattr(found.X, "tocsr") else found.X
    if not np.isfinite(values).all():
        raise CommandError(
            f"{found.name}: the features hold NaN or infinity in {int((~np.isfinite(values)).sum())} entries"
        )
    y = table_sources.as_labels(found.y, f"{found.name}: the labels")
    check_classes(y, "array of labels")
    return TrainingRows(found.name, target or "y", found.X, y, None)


def check_classes(y: Any, what: str) -> None:
    """Raise CommandError unless the labels have several classes, at least one of them twice."""
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        raise CommandError(f"the {what} holds a single class ({classes[0]!r}); a classifier needs at least two")
    if counts.max() == 1:
        raise CommandError(f"the {what} is different in every row; a classifier needs repeated classes")


def encoded(encoder: TableEncoder, columns: Mapping[str, Column], notes: Sequence[str]) -> Any:
    """Fit the encoder to the columns, print the notes, and return the features.

    Raises
    ------
    CommandError
        If no column can be used; the message says how to proceed.
    """
    try:
        features = encoder.fit_transform(columns)
    except ValueError as error:
        reasons = "; ".join([*notes[:1], str(error)])
        raise CommandError(
            f"{reasons}; text has to become numbers first: save what scikit-learn's TfidfVectorizer or a model of "
            "embeddings makes of it with numpy.savez('rows.npz', X=..., y=...) or dump_svmlight_file, and train on that"
        ) from None
    _print(notes)
    for name, reason in encoder.left_out_.items():
        then = "; turn it into numbers or into fewer categories if it matters" if reason.startswith("text") else ""
        output.note(f"column {name!r} is left out: {reason}{then}")
    return features


def read_like(encoder: TableEncoder, columns: Mapping[str, Column]) -> tuple[dict[str, Column], dict[str, int]]:
    """Columns for a fitted encoder. In numeric columns, cells that are not numbers are reported and become missing."""
    found, unreadable = dict(columns), {}
    notes: list[str] = []
    for name in encoder.numeric_:
        numbers = read_numbers(found[name])
        if len(numbers.unreadable):
            notes.append(unreadable_cells(name, found[name], numbers.unreadable, "data row"))
            unreadable[name] = len(numbers.unreadable)
        found[name] = numbers.values
    _print(notes)
    return found, unreadable


def _settle(columns: dict[str, Column]) -> tuple[dict[str, int], list[str], list[str]]:
    """Convert text columns of numbers in place; return counts of other cells, the columns of words, and notes."""
    unreadable: dict[str, int] = {}
    words: list[str] = []
    notes: list[str] = []
    for name, values in columns.items():
        if values.dtype.kind != "O":
            continue
        numbers = mostly_numbers(values)
        if numbers is None:
            notes += _mixed(name, values)
            words.append(name)
            continue
        if len(numbers.unreadable):
            notes.append(unreadable_cells(name, values, numbers.unreadable, "data row"))
            unreadable[name] = len(numbers.unreadable)
        columns[name] = numbers.values
    return unreadable, words, notes


def _mixed(name: str, values: Column) -> list[str]:
    """A note that a column is read as words although at least half of its cells are numbers."""
    numbers = read_numbers(values)
    there = int(np.count_nonzero(~np.isnan(numbers.values)))
    if not there or there < len(numbers.unreadable):
        return []
    cells = named_cells(values, numbers.unreadable, "data row")
    return [
        f"column {name!r} is read as words: {there} of its cells are numbers, and {len(numbers.unreadable)} are not, "
        f"such as {cells}; a column of numbers has at most one such cell in ten"
    ]


def _print(notes: Sequence[str]) -> None:
    """Print the first notes and the number of the rest."""
    for text in notes[:LISTED]:
        output.note(text)
    if len(notes) > LISTED:
        output.note(f"{len(notes) - LISTED} more columns have such cells")
