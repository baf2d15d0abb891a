"""Data for the command line: scikit-learn's built-in sets by name, and CSV and Parquet files."""

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
    """Columns by name, and where they came from."""

    name: str
    columns: dict[str, Column]
    repeated: frozenset[str] = frozenset()
    """Names that several columns of the file have."""

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))


def built_in(name: str) -> tuple[Table, str]:
    """One of scikit-learn's data sets, and the name of its target column."""
    from sklearn import datasets

    data = getattr(datasets, f"load_{name}")()
    columns: dict[str, Column] = {
        str(feature): data.data[:, i].astype(np.float64) for i, feature in enumerate(data.feature_names)
    }
    names = np.array([str(label) for label in data.target_names], dtype=object)
    columns["target"] = names[data.target] if not names[0].isdigit() else data.target
    return Table(name, columns), "target"


def read(source: str, as_written: Collection[str] = ()) -> tuple[Table, str | None]:
    """A built-in set or a file; the second is the target column that a built-in set has.

    `as_written` names columns whose cells are labels or categories: text, also where all are numbers.
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
    """The features, and the target column as it is in the table.

    Raises
    ------
    CommandError
        If there is no such column, or several, or if labels are missing.
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
    """Labels as integers where all are written as whole numbers, else as text.

    Raises
    ------
    CommandError
        For numbers that are not whole.
    """
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    texts, places = _label_texts(values)
    if all(_WHOLE_NUMBER.fullmatch(text) for text in texts):
        return np.array([int(text) for text in texts], dtype=np.int64)[places]
    numbers = as_numbers(np.array(texts, dtype=object))
    if numbers is not None and (not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any()):
        raise CommandError(f"{what} holds continuous numbers; a classifier needs classes")
    return np.array(texts)[places]


_WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")


def _label_texts(values: Column) -> tuple[list[str], Column]:
    """The different labels as text, and for every row the place of its label among them."""
    places: dict[str, int] = {}
    known: dict[Any, int] = {}
    found = np.empty(len(values), dtype=np.intp)
    for row, value in enumerate(values.tolist()):
        # A label is written once, not in every row; 1, 1.0 and True are one key, but not one text.
        key = value if type(value) is str else (type(value), str(value))
        if key not in known:
            known[key] = places.setdefault(_label_text(value), len(places))
        found[row] = known[key]
    return list(places), found


def _label_text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 2**53:
        return str(int(value))
    return str(value)


def labels_like(values: Column, classes: Column) -> tuple[Column, list[str]]:
    """Labels of a file in the type of a model's classes, and those among them that are no class."""
    texts, places = _label_texts(values)
    order = {str(label): number for number, label in enumerate(classes.tolist())}
    numbers = np.array([order.get(text, -1) for text in texts], dtype=np.intp)[places]
    unknown = sorted(text for text in texts if text not in order)
    return classes[numbers[numbers >= 0]], unknown
