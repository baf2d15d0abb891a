"""Data for the command line: scikit-learn's built-in sets by name, and CSV and Parquet files."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli.errors import CommandError
from chainrule.estimators.tables import column_values, is_missing

BUILT_IN = ("digits", "iris", "wine", "breast_cancer")
TEXT_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
ENDINGS = (*TEXT_ENDINGS, ".parquet")

Column = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Table:
    """Columns by name, and where they came from."""

    name: str
    columns: dict[str, Column]

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
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CommandError(f"{path}: several columns are named {twice[0]!r}; rename all but one")
    return Table(path.name, {name: column_values(frame.iloc[:, i]) for i, name in enumerate(names)})


def _read_text(pd: Any, path: Path) -> Any:
    """CSV with commas, semicolons or tabs, whichever the header line holds most of."""
    with pd.io.common.get_handle(path, "r", compression="infer", encoding="utf-8-sig") as handle:
        header = handle.handle.readline()
    separator = max(",;\t", key=header.count) if header else ","
    return pd.read_csv(path, sep=separator, encoding="utf-8-sig", compression="infer", low_memory=False)


def one_line(error: object) -> str:
    """The message of an error without line breaks."""
    text = " ".join(str(error).split())
    return text[:300] if text else type(error).__name__


def split_target(table: Table, target: str, *, what: str = "--target") -> tuple[dict[str, Column], Column]:
    """The features, and the labels as they are in the table: whole numbers as int, everything else as text.

    Raises
    ------
    CommandError
        If there is no such column, if labels are missing, or if they are continuous numbers.
    """
    if target not in table.columns:
        close = difflib.get_close_matches(target, list(table.columns), 1)
        there = ", ".join(map(repr, list(table.columns)[:20])) + (", ..." if len(table.columns) > 20 else "")
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise CommandError(f"{what}: {table.name} has no column {target!r}; {hint}it has {there}")
    features = {name: values for name, values in table.columns.items() if name != target}
    if not features:
        raise CommandError(f"{table.name}: there is no column besides the target {target!r}")
    values = table.columns[target]
    missing = int(is_missing(values).sum())
    if missing:
        raise CommandError(
            f"{table.name}: the target {target!r} is missing in {missing} of {table.n_rows} rows; drop or label them"
        )
    return features, as_labels(values, f"{table.name}: the target {target!r}")


def as_labels(values: Column, what: str) -> Column:
    """Labels as integers where they are whole numbers, else as text."""
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    if values.dtype.kind == "f":
        if not np.isfinite(values).all() or (values != np.round(values)).any() or np.abs(values).max() > 2**53:
            raise CommandError(f"{what} holds continuous numbers; a classifier needs classes")
        return values.astype(np.int64)
    return np.array([str(value) for value in values])
