"""Training rows from tables and arrays, with notes on columns left out and on cells that are not numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from chainrule.arrays import Array
from chainrule.cli import array_files, output, table_files
from chainrule.cli.data_set import DataSet, as_classes
from chainrule.cli.errors import CommandError, did_you_mean, listed
from chainrule.estimators import TableEncoder
from chainrule.estimators.columns import Numbers, mostly_numbers, named_cells, read_numbers, unreadable_cells

LISTED = 20
"""Largest number of columns whose unreadable cells are reported; further columns are counted."""


def read(data: str, target: str | None, labels: Path | None, drop: Sequence[str] = ()) -> DataSet:
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
    source = Path(data).name
    if target is None and data in table_files.BUILT_IN:
        target = table_files.BUILT_IN_TARGET
    table = table_files.read(data, as_written=[] if target is None else [target])
    if target is None:
        raise CommandError(f"--target: name the column to predict; {source} has {listed(table)}")
    columns, values = table_files.split_target(table, target, source)
    for name in drop:
        if name not in columns:
            hint = f"{did_you_mean(name, columns)}it has {listed(columns)}"
            raise CommandError(f"--drop: {source} has no column {name!r} besides the target; {hint}")
        del columns[name]
    if not columns:
        raise CommandError(f"--drop: no column is left besides the target {target!r}")
    y = as_classes(values, source, f"target {target!r}")
    # All rows decide how a column is read, not only the training rows.
    text = {name: mostly_numbers(values) for name, values in columns.items() if values.dtype.kind == "O"}
    words = [name for name, numbers in text.items() if numbers is None]
    found = with_numbers(
        DataSet(source, columns, y, target, encoder=TableEncoder(words)),
        {name: numbers for name, numbers in text.items() if numbers is not None},
    )
    return replace(found, notes=(*found.notes, *filter(None, (_mixed(name, columns[name]) for name in words))))


def _read_arrays(data: str, target: str | None, labels: Path | None) -> DataSet:
    found = array_files.read(data, target, labels)
    if found.y is None:
        raise CommandError(f"{data}: there are no labels; give a file of them with --labels")
    values = found.X.data if hasattr(found.X, "tocsr") else found.X
    wrong = np.count_nonzero(~np.isfinite(values))
    if wrong:
        raise CommandError(f"{found.name}: the features hold NaN or infinity in {wrong} entries")
    return replace(found, y=as_classes(found.y, found.name, "array of labels"), target=target or "y")


def with_numbers(samples: DataSet, numeric: Mapping[str, Numbers]) -> DataSet:
    """The samples with some columns read as numbers. Cells that are not numbers are counted and noted."""
    unreadable = {name: len(numbers.unreadable) for name, numbers in numeric.items() if len(numbers.unreadable)}
    notes = [unreadable_cells(name, samples.X[name], numeric[name].unreadable, "data row") for name in unreadable]
    X = samples.X | {name: numbers.values for name, numbers in numeric.items()}
    return replace(samples, X=X, unreadable=unreadable, notes=tuple(notes))


def encoded(samples: DataSet) -> Array:
    """Fit the encoder of the samples, print the notes, and return the features in float32.

    Raises
    ------
    CommandError
        If no column can be used; the message says how to proceed.
    """
    try:
        features = samples.encoder.fit_transform(samples.X)
    except ValueError as error:
        reasons = "; ".join([*samples.notes[:1], str(error)])
        raise CommandError(
            f"{reasons}; text has to become numbers first: save what scikit-learn's TfidfVectorizer or a model of "
            "embeddings makes of it with numpy.savez('rows.npz', X=..., y=...) or dump_svmlight_file, and train on that"
        ) from None
    print_notes(samples.notes)
    if isinstance(samples.encoder, TableEncoder):
        for name, reason in samples.encoder.left_out_.items():
            then = "; turn it into numbers or into fewer categories if it matters" if reason.startswith("text") else ""
            output.note(f"column {name!r} is left out: {reason}{then}")
    return np.asarray(features, dtype=np.float32)


def print_notes(notes: Sequence[str]) -> None:
    """Print the first notes on columns and the number of the rest."""
    output.first_notes(notes, LISTED, "columns have such cells")


def _mixed(name: str, values: Array) -> str:
    """A note that a column is read as words although at least half of its cells are numbers, or an empty text."""
    numbers = read_numbers(values)
    there = int(np.count_nonzero(~np.isnan(numbers.values)))
    if not there or there < len(numbers.unreadable):
        return ""
    cells = named_cells(values, numbers.unreadable, "data row")
    return (
        f"column {name!r} is read as words: {there} of its cells are numbers, and {len(numbers.unreadable)} are not, "
        f"such as {cells}; a column of numbers has at most one such cell in ten"
    )
