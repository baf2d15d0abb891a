"""Tables for the command line: scikit-learn's data sets by name, and CSV and Parquet files."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli.errors import CommandError
from chainrule.cli.table_files import Column, read_columns
from chainrule.estimators.columns import as_numbers, is_missing

BUILT_IN = ("digits", "iris", "wine", "breast_cancer")
TEXT_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
ENDINGS = (*TEXT_ENDINGS, ".parquet")


@dataclass(frozen=True)
class Table:
    """Columns by name, and the name of their source."""

    name: str
    columns: dict[str, Column]
    repeated: frozenset[str] = frozenset()
    """Names that more than one column of the file has."""

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))


def built_in(name: str) -> tuple[Table, str]:
    """A data set of scikit-learn, and the name of its target column."""
    from sklearn import datasets

    data = getattr(datasets, f"load_{name}")()
    columns: dict[str, Column] = {
        str(feature): data.data[:, i].astype(np.float64) for i, feature in enumerate(data.feature_names)
    }
    names = np.array([str(label) for label in data.target_names], dtype=object)
    columns["target"] = names[data.target] if not names[0].isdigit() else data.target
    return Table(name, columns), "target"


def read(source: str, as_written: Collection[str] = ()) -> tuple[Table, str | None]:
    """The table of a built-in set or a file, and the target column of a built-in set (None for a file).

    `as_written` names columns of labels or categories. Their cells stay text even if all are numbers.
    """
    if source in BUILT_IN:
        return built_in(source)
    path = Path(source)
    lower = path.name.lower()
    if not path.exists():
        close = difflib.get_close_matches(source, BUILT_IN, 1)
        hint = f"; did you mean {close[0]}?" if close else f"; the built-in data sets are {', '.join(BUILT_IN)}"
        raise CommandError(f"{source}: there is no such file{hint}")
    if path.is_dir():
        raise CommandError(f"{source}: this is a directory; expected a file ending in {', '.join(ENDINGS)}")
    if not lower.endswith(ENDINGS):
        raise CommandError(f"{source}: unknown kind of file; expected one ending in {', '.join(ENDINGS)}")
    names, columns = read_columns(path, parquet=lower.endswith(".parquet"), as_written=as_written)
    # Text files are read with repeated names made distinct: a, a.1, a.2.
    repeated = {name.rpartition(".")[0] for name in names if name.rpartition(".")[2].isdigit()} & set(names)
    repeated |= {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    return Table(path.name, dict(zip(names, columns, strict=True)), frozenset(repeated)), None


def split_target(table: Table, target: str, *, what: str = "--target") -> tuple[dict[str, Column], Column]:
    """The feature columns and the target column.

    Raises
    ------
    CommandError
        If the table has no column or several columns of that name, or if labels are missing.
    """
    if target not in table.columns:
        close = difflib.get_close_matches(target, list(table.columns), 1)
        there = ", ".join(map(repr, list(table.columns)[:20])) + (", ..." if len(table.columns) > 20 else "")
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise CommandError(f"{what}: {table.name} has no column {target!r}; {hint}it has {there}")
    if target in table.repeated:
        raise CommandError(f"{what}: {table.name} has several columns named {target!r}; rename all but one")
    features = {name: values for name, values in table.columns.items() if name != target}
    if not features:
        raise CommandError(f"{table.name}: there is no column besides the target {target!r}")
    values = table.columns[target]
    missing = int(is_missing(values).sum())
    if missing:
        raise CommandError(
            f"{table.name}: the target {target!r} is missing in {missing} of {table.n_rows} rows; drop or label them"
        )
    return features, values


def as_labels(values: Column, what: str) -> Column:
    """Labels as integers if all are whole numbers, else as text.

    Raises
    ------
    CommandError
        If a number is not whole.
    """
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    texts, positions = _label_texts(values)
    if all(_WHOLE_NUMBER.fullmatch(text) for text in texts):
        return np.array([int(text) for text in texts], dtype=np.int64)[positions]
    numbers = as_numbers(np.array(texts, dtype=object))
    if numbers is not None and (not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any()):
        raise CommandError(f"{what} holds continuous numbers; a classifier needs classes")
    return np.array(texts)[positions]


_WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")


def _label_texts(values: Column) -> tuple[list[str], Column]:
    """The distinct labels as text, and for each row the index of its label."""
    numbers: dict[str, int] = {}
    known: dict[Any, int] = {}
    found = np.empty(len(values), dtype=np.intp)
    for row, value in enumerate(values.tolist()):
        # Convert each label to text once. The type is part of the key, because 1, 1.0 and True are equal keys.
        key = value if type(value) is str else (type(value), str(value))
        if key not in known:
            known[key] = numbers.setdefault(_label_text(value), len(numbers))
        found[row] = known[key]
    return list(numbers), found


def _label_text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 2**53:
        return str(int(value))
    return str(value)


def labels_like(values: Column, classes: Column) -> tuple[Column, list[str]]:
    """The labels converted to the model's classes, and the labels that are not among the classes."""
    texts, positions = _label_texts(values)
    order = {str(label): number for number, label in enumerate(classes.tolist())}
    numbers = np.array([order.get(text, -1) for text in texts], dtype=np.intp)[positions]
    unknown = sorted(text for text in texts if text not in order)
    return classes[numbers[numbers >= 0]], unknown
