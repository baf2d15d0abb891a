"""Data for the command line: scikit-learn's built-in sets by name, and CSV and Parquet files."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli.errors import CommandError
from chainrule.estimators.tables import as_numbers, column_values, is_missing

BUILT_IN = ("digits", "iris", "wine", "breast_cancer")
TEXT_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
ENDINGS = (*TEXT_ENDINGS, ".parquet")

Column = np.ndarray[Any, Any]


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


def read(source: str) -> tuple[Table, str | None]:
    """A built-in set or a file; the second is the target column that a built-in set has."""
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
    return _read_file(path, parquet=lower.endswith(".parquet")), None


def _read_file(path: Path, *, parquet: bool) -> Table:
    try:
        import pandas as pd

        if parquet:
            import pyarrow  # noqa: F401
    except ImportError:
        raise CommandError(
            "reading CSV and Parquet files needs the extra 'tables': pip install 'chainrule[tables]'"
        ) from None
    if path.stat().st_size == 0:
        raise CommandError(f"{path}: the file is empty")
    try:
        frame = pd.read_parquet(path) if parquet else _read_text(pd, path)
    except PermissionError:
        raise
    except Exception as error:  # readers of damaged files raise dozens of kinds
        raise CommandError(f"{path}: cannot be read as {'Parquet' if parquet else 'CSV'}: {one_line(error)}") from None
    if len(frame.columns) == 0:
        raise CommandError(f"{path}: the file has no columns")
    if len(frame) == 0:
        raise CommandError(f"{path}: the file has a header, but no rows")
    names = [str(name) for name in frame.columns]
    # Text files are read with repeated names made distinct: a, a.1, a.2.
    repeated = {name.rpartition(".")[0] for name in names if name.rpartition(".")[2].isdigit()} & set(names)
    columns = {name: column_values(frame.iloc[:, i]) for i, name in enumerate(names)}
    return Table(path.name, columns, frozenset(repeated | {name for name in names if names.count(name) > 1}))


def _read_text(pd: Any, path: Path) -> Any:
    """Text as it stands, without guessing types: what a value means must not depend on the other rows of its file.

    Commas, semicolons or tabs separate, whichever the header line holds most of.
    """
    with pd.io.common.get_handle(path, "r", compression="infer", encoding="utf-8-sig") as handle:
        header = handle.handle.readline()
    options: dict[str, Any] = {
        "sep": max(",;\t", key=header.count) if header else ",",
        "dtype": str,
        "encoding": "utf-8-sig",
        "compression": "infer",
        "skipinitialspace": True,
    }
    frame = pd.read_csv(path, **options)
    if not isinstance(frame.index, pd.RangeIndex):
        # Rows one field longer than the header: they end in a separator, or begin with a name.
        trailing = bool(frame.iloc[:, -1].isna().all())
        frame = pd.read_csv(path, index_col=False, **options) if trailing else frame.reset_index(drop=True)
    if options["sep"] == ";":
        for position, name in enumerate(frame.columns):
            values = frame.iloc[:, position].dropna()
            if len(values) and values.str.fullmatch(r"[-+]?\d+,\d+|[-+]?\d+").all():
                frame[name] = frame.iloc[:, position].str.replace(",", ".", regex=False)
    return frame


def one_line(error: object) -> str:
    """The message of an error without line breaks."""
    text = " ".join(str(error).split())
    return text[:300] if text else type(error).__name__


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
    texts = [_label_text(value) for value in values]
    if all(_WHOLE_NUMBER.fullmatch(text) for text in texts):
        return np.array([int(text) for text in texts], dtype=np.int64)
    numbers = as_numbers(np.array(texts, dtype=object))
    if numbers is not None and (not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any()):
        raise CommandError(f"{what} holds continuous numbers; a classifier needs classes")
    return np.array(texts)


_WHOLE_NUMBER = re.compile(r"0|-?[1-9]\d{0,17}")


def _label_text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 2**53:
        return str(int(value))
    return str(value)


def labels_like(values: Column, classes: Column) -> tuple[Column, list[str]]:
    """Labels of a file in the type of a model's classes, and those among them that are no class."""
    texts = [_label_text(value) for value in values]
    known = {str(label): label for label in classes.tolist()}
    unknown = sorted({text for text in texts if text not in known})
    return np.array([known[text] for text in texts if text in known], dtype=classes.dtype), unknown
