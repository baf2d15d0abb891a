"""Samples from one source: their split into training and held-out samples, their labels as classes, rows for training.

Classes are integers if all labels are whole numbers, such as 1 or 1.0, otherwise text.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from chainrule.arrays import Array
from chainrule.cli import array_files, table_files
from chainrule.cli.completion import BUILT_IN
from chainrule.cli.output import CommandError, did_you_mean, first_notes, listed, note
from chainrule.estimators import TableEncoder
from chainrule.estimators.columns import (
    Numbers,
    as_numbers,
    mostly_numbers,
    without_infinite,
)
from chainrule.estimators.notices import notices_kept
from chainrule.estimators.odd_cells import not_numbers
from chainrule.estimators.reading_notes import left_out, odd_cells, why_words
from chainrule.estimators.sample_notes import sample_notes
from chainrule.storage import StoredRows

MORE_COLUMNS = "columns have such cells"
"""The words after the number of columns whose unreadable cells are not listed."""
NUMBERS_DRAWN = 1 << 22
"""Numbers in the rows in files whose quartiles are taken: 32 MB in float64."""
_WHOLE_NUMBER = re.compile(r"(0|-?[1-9]\d{0,17})(\.0+)?")
"""A missing label makes the others floats for pandas, so 1.0 in a file is the label 1; 01 is a label of its own."""


@dataclass(frozen=True)
class DataSet:
    """Samples from one source with their labels."""

    name: str
    X: Any
    """Columns by name, a dense or sparse matrix, `StoredRows`, or images of shape (n, channels, height, width)."""
    y: Any
    """The labels; None if they are not needed or the source has none."""
    target: str = "class"
    """The name of the labels."""
    kind: str = "rows"
    """The plural that names the samples in messages."""
    columns: list[str] | None = None
    """The columns of features of tables that are read in blocks."""
    test: DataSet | None = None
    """The samples that the source itself provides for testing."""
    encoder: Any = None
    """The transformer to be fitted to the training samples; None if the classifier takes X as it is."""
    fit_options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the encoder's `fit`."""
    unreadable: Mapping[str, int] = field(default_factory=dict)
    """Number of cells that are not numbers, by numeric column."""
    files: Sequence[str] = ()
    """The file of each sample, if there are no labels and each sample is a picture."""
    where: Callable[[int], str] = "row {}".format
    """The place of a sample in its source, by its number."""
    notes: tuple[str, ...] = ()
    """Remarks on columns, to be printed when the encoder is fitted."""
    keys: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    """By name, columns that say which sample each is: the file, the number of the data row, columns of the input."""

    def named(self) -> dict[str, Sequence[Any]]:
        """The `keys`; without them the files of pictures, or the numbers of the rows from 0."""
        return dict(self.keys) or ({"file": self.files} if self.files else {"row": range(self.X.shape[0])})

    def rows(self, chosen: Array) -> DataSet:
        """The chosen samples."""
        by_name = isinstance(self.X, dict)
        X = {name: values[chosen] for name, values in self.X.items()} if by_name else self.X[chosen]
        keys: dict[str, Any] = {name: np.asarray(values)[chosen] for name, values in self.named().items()}
        return replace(self, X=X, y=self.y[chosen], keys=keys, where=lambda number: self.where(int(chosen[number])))

    def whole(self) -> DataSet:
        """The samples with those that the source provides for testing behind them."""
        if self.test is None:
            return self
        count, test = len(self.y), self.test
        return replace(
            self,
            X=np.concatenate([self.X, test.X]),
            y=np.concatenate([self.y, test.y]),
            test=None,
            where=lambda number: self.where(number) if number < count else test.where(number - count),
        )

    def split(self, test_size: float, seed: int) -> tuple[DataSet, DataSet | None]:
        """Training samples and held-out samples: those that the source provides, otherwise a stratified random share.

        None is held out of a source without test samples if the share is 0. A class with one sample goes to the
        training samples. Equal labels and seed give an equal split; `chainrule evaluate` relies on this.

        Raises
        ------
        CommandError
            If there are too few samples.
        """
        if self.test is not None:
            return self, self.test
        if test_size == 0:
            return self, None
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
        y = np.array([int(_without_zeros(text)) for text in texts], dtype=np.int64)[positions]
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
        raise CommandError(f"the {what} holds a single class ({classes.item(0)!r}); a classifier needs at least two")
    if counts.max() == 1:
        raise CommandError(f"the {what} is different in every row; a classifier needs repeated classes")


def as_known_classes(values: Array, source: str, classes: Array, place: Callable[[int], str] | None = None) -> Array:
    """Labels as classes of a model; 1.0 is the label 1 unless the model knows both.

    Raises
    ------
    CommandError
        If the model does not know a label. The message names the place of the first one, if a function gives it.
    """
    texts, positions = _texts(values)
    exact = {str(label): number for number, label in enumerate(classes.tolist())}
    whole = {_without_zeros(label): number for label, number in exact.items()}
    found = {text: exact.get(text, whole.get(_without_zeros(text))) for text in texts}
    unknown = sorted(text for text, number in found.items() if number is None)
    if unknown:
        if place is not None:
            source = place(int(np.isin(positions, [texts.index(text) for text in unknown]).argmax()))
        raise CommandError(
            f"{source}: the model was not trained on the labels {listed(unknown)}; it knows {listed(classes.tolist())}"
        )
    return classes[[found[text] for text in texts]][positions]


def _without_zeros(text: str) -> str:
    """A label, of which a whole number loses the zeros after its point."""
    written = _WHOLE_NUMBER.fullmatch(text)
    return text if written is None else written[1]


def _texts(values: Array) -> tuple[list[str], Array]:
    """The distinct labels as text, and for each row the index of its label."""
    if values.dtype.kind in "biuf":
        distinct, places = np.unique(values, return_inverse=True)
        return [_text(value) for value in distinct.tolist()], places
    numbers: dict[str, int] = {}
    positions = [numbers.setdefault(_text(value), len(numbers)) for value in values.tolist()]
    return list(numbers), np.array(positions, dtype=np.intp)


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 2**53:
        return str(int(value))
    return str(value)


def read_training_rows(
    data: str,
    target: str | None,
    labels: Path | None,
    drop: Sequence[str] = (),
    words: Sequence[str] = (),
    text: Sequence[str] = (),
    drop_unlabelled: bool = False,
) -> DataSet:
    """The rows of a table, a built-in set or an array file for training, with remarks on unusual columns.

    Columns to `drop` are ignored, those of `words` hold categories, and the words in those of `text` are counted. With
    `drop_unlabelled`, rows without a label are left out.

    Raises
    ------
    CommandError
        If the rows cannot be read, or the labels are not classes.
    """
    if array_files.is_array_file(data):
        of_tables = {"drop": drop, "words": words, "text": text, "drop-unlabelled": drop_unlabelled}
        for option, given in of_tables.items():
            if given:
                raise CommandError(f"--{option}: {data} has no named columns; it is for tables")
        return _read_arrays(data, target, labels)
    if labels is not None:
        raise CommandError("--labels: only for .npy, .npz and svmlight files; a table has a --target column")
    source = Path(data).name
    if target is None and data in BUILT_IN:
        target = table_files.BUILT_IN_TARGET
    table = table_files.read(data, as_written=[*words, *([] if target is None else [target])])
    if target is None:
        raise CommandError(f"--target: name the column to predict; {source} has {listed(table)}")
    columns, values = table_files.split_target(table, target, source)
    labelled = table_files.labelled_rows(values, target, data, drop=drop_unlabelled)
    if not len(labelled):
        raise CommandError(f"{source}: the target {target!r} is missing in all rows")
    if len(labelled) < len(values):
        note(table_files.left_out(len(values) - len(labelled), target))
        values, columns = values[labelled], {name: cells[labelled] for name, cells in columns.items()}
    for option, names in (("drop", drop), ("words", words), ("text", text)):
        for name in names:
            if name not in columns:
                hint = f"{did_you_mean(name, columns)}it has {listed(columns)}"
                raise CommandError(f"--{option}: {source} has no column {name!r} besides the target; {hint}")
            if option == "drop":
                del columns[name]
    if not columns:
        raise CommandError(f"--drop: no column is left besides the target {target!r}")
    y = as_classes(values, source, f"target {target!r}")

    def where(number: int) -> str:
        return table_files.data_row(int(labelled[number]))

    # All rows decide how a column is read, not only the training rows.
    read = {name: values for name, values in columns.items() if name not in (*words, *text)}
    numbers_of = {
        name: mostly_numbers(values) for name, values in read.items() if values.dtype.kind == "O" or _infinite(values)
    }
    of_words = [name for name, numbers in numbers_of.items() if numbers is None]
    found = with_numbers(
        DataSet(
            source,
            columns,
            y,
            target,
            encoder=TableEncoder(list(words) or None, list(text) or None),
            fit_options={"known_words": of_words},
            where=where,
            keys={"row": labelled + 1},
        ),
        {name: without_infinite(numbers) for name, numbers in numbers_of.items() if numbers is not None},
    )
    odd = sample_notes(
        found.X, y, f"the target {target!r}", lambda name: f"leave it out with --drop {shlex.quote(name)}"
    )
    remarks = filter(None, (why_words(name, columns[name], where) for name in of_words))
    return replace(found, notes=(*odd, *found.notes, *remarks))


def _read_arrays(data: str, target: str | None, labels: Path | None) -> DataSet:
    name, (X, y) = Path(data).name, array_files.read(data, target, labels)
    if y is None:
        raise CommandError(f"{data}: there are no labels; give a file of them with --labels")
    wrong = np.count_nonzero(~np.isfinite(X.data if hasattr(X, "tocsr") else X))
    if wrong:
        raise CommandError(f"{name}: the features hold NaN or infinity in {wrong} entries")
    return DataSet(name, X, as_classes(y, name, "array of labels"), target or "y")


def drawn_rows(rows: StoredRows) -> StoredRows:
    """Some rows drawn at random, or all of them if they hold at most NUMBERS_DRAWN numbers."""
    most = max(1, NUMBERS_DRAWN // rows.shape[1])
    if rows.shape[0] <= most:
        return rows
    # Numbers that are drawn twice count once.
    drawn: StoredRows = rows[np.unique(np.random.default_rng(0).integers(rows.shape[0], size=most))]
    return drawn


def with_numbers(samples: DataSet, numeric: Mapping[str, Numbers]) -> DataSet:
    """The samples with some columns read as numbers. Cells that are not numbers are counted and noted."""
    unreadable = {name: len(numbers.unreadable) for name, numbers in numeric.items() if len(numbers.unreadable)}
    notes = [
        not_numbers(name, odd_cells(samples.X[name], numeric[name], samples.where), numeric[name].kind)
        for name in unreadable
    ]
    X = samples.X | {name: numbers.values for name, numbers in numeric.items()}
    return replace(samples, X=X, unreadable=unreadable, notes=tuple(notes))


def encoded(samples: DataSet) -> Array | StoredRows:
    """Fit the encoder of the samples, print the notes, and return the features in float32.

    For samples in files, the encoder is fitted to rows drawn at random, and applied when rows are read.

    Raises
    ------
    CommandError
        If no column can be used, or all are constant; the message says how to proceed.
    """
    if isinstance(samples.X, StoredRows):
        drawn = drawn_rows(samples.X)
        if drawn.shape[0] < samples.X.shape[0]:
            note(f"features are scaled by the medians and quartiles of {drawn.shape[0]:,} rows drawn at random")
        samples.encoder.fit(drawn[:])
        scaled: StoredRows = samples.encoder.transform(samples.X)
        return scaled
    try:
        with notices_kept():  # the notes below say it, of the rows of the file
            features = samples.encoder.fit(samples.X, **samples.fit_options).transform(samples.X)
    except ValueError as error:
        reasons = "; ".join([*samples.notes[:1], str(error)])
        raise CommandError(
            f"{reasons}; text has to become numbers first: save what scikit-learn's TfidfVectorizer or a model of "
            "embeddings makes of it with numpy.savez('rows.npz', X=..., y=...) or dump_svmlight_file, and train on that"
        ) from None
    if not np.ptp(features, axis=0).any():
        raise CommandError(f"{samples.name}: no column can be used as a feature: every one holds a single value")
    first_notes(samples.notes, MORE_COLUMNS)
    if isinstance(samples.encoder, TableEncoder):
        for name, reason in samples.encoder.left_out_.items():
            note(left_out(name, reason, f"--text {shlex.quote(name)}"))
    return np.asarray(features, dtype=np.float32)


def _infinite(values: Array) -> bool:
    """True if a column of numbers holds infinite ones, which pandas reads from words such as inf."""
    return values.dtype.kind == "f" and bool(np.isinf(values).any())
