"""Tables: scikit-learn's data sets by name, and CSV and Parquet files.

Columns are numbers, dates or text. Text keeps its spelling: `TRUE`, `01`, `1.50`.
"""

import gzip
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.cli.errors import CommandError, did_you_mean, listed, one_line
from chainrule.estimators.columns import MOST_WORDS, column_values, is_missing

BUILT_IN = ("digits", "iris", "wine", "breast_cancer")
ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")
DECIMAL_COMMAS = r"[-+]?\d+,\d+|[-+]?\d+"


@dataclass(frozen=True)
class Table:
    """Columns by name, and the name of their source."""

    name: str
    columns: dict[str, Array]
    target: str | None = None
    """The column of labels of a built-in data set."""


def read(source: str, as_written: Collection[str] = ()) -> Table:
    """The table of a built-in data set or a file.

    `as_written` names columns of labels or categories. Their cells stay text even if all are numbers.
    """
    if source in BUILT_IN:
        return _built_in(source)
    path = Path(source)
    expected = f"expected a file ending in {', '.join(ENDINGS)}"
    if not path.exists():
        hint = f"{did_you_mean(source, BUILT_IN)}the built-in data sets are {', '.join(BUILT_IN)}"
        raise CommandError(f"{source}: there is no such file; {hint}")
    if path.is_dir():
        raise CommandError(f"{source}: this is a directory; {expected}")
    if not path.name.lower().endswith(ENDINGS):
        raise CommandError(f"{source}: unknown kind of file; {expected}")
    return Table(path.name, _read_columns(path, as_written))


def _built_in(name: str) -> Table:
    from sklearn import datasets

    data = getattr(datasets, f"load_{name}")()
    columns: dict[str, Array] = {
        str(feature): data.data[:, i].astype(np.float64) for i, feature in enumerate(data.feature_names)
    }
    names = np.array([str(label) for label in data.target_names], dtype=object)
    columns["target"] = data.target if names[0].isdigit() else names[data.target]
    return Table(name, columns, "target")


def split_target(table: Table, target: str, *, what: str = "--target") -> tuple[dict[str, Array], Array]:
    """The feature columns and the target column.

    Raises
    ------
    CommandError
        If the table has no column or several columns of that name, or if labels are missing.
    """
    if target not in table.columns:
        hint = f"{did_you_mean(target, table.columns)}it has {listed(table.columns)}"
        raise CommandError(f"{what}: {table.name} has no column {target!r}; {hint}")
    # pandas makes repeated names of columns distinct: a, a.1, a.2.
    if f"{target}.1" in table.columns:
        raise CommandError(f"{what}: {table.name} has several columns named {target!r}; rename all but one")
    features = {name: values for name, values in table.columns.items() if name != target}
    if not features:
        raise CommandError(f"{table.name}: there is no column besides the target {target!r}")
    values = table.columns[target]
    missing = int(is_missing(values).sum())
    if missing:
        raise CommandError(
            f"{table.name}: the target {target!r} is missing in {missing} of {len(values)} rows; drop or label them"
        )
    return features, values


def _read_columns(path: Path, as_written: Collection[str] = ()) -> dict[str, Array]:
    """The columns of a file by name; files whose names do not end in .parquet are read as text.

    Parameters
    ----------
    path : Path
    as_written : collection of str
        Columns of CSV files that stay text even if all cells are numbers. For labels and categories, 01 and 1 differ.

    Raises
    ------
    CommandError
        If pandas is not installed or the file holds no table.
    """
    kind = "Parquet" if path.name.lower().endswith(".parquet") else "CSV"
    try:
        import pandas as pd

        if kind == "Parquet":
            import pyarrow  # noqa: F401
    except ImportError:
        raise CommandError(
            "reading CSV and Parquet files needs the extra 'tables': pip install 'chainrule[tables]'"
        ) from None
    if path.stat().st_size == 0:
        raise CommandError(f"{path}: the file is empty")
    try:
        frame = pd.read_parquet(path) if kind == "Parquet" else _read_text(pd, path, as_written)
    except PermissionError:
        raise
    except Exception as error:  # pandas and pyarrow raise many kinds of errors for damaged files
        raise CommandError(f"{path}: cannot be read as {kind}: {one_line(error)}") from None
    if len(frame.columns) == 0:
        raise CommandError(f"{path}: the file has no columns")
    if len(frame) == 0:
        raise CommandError(f"{path}: the file has a header, but no rows")
    return {str(name): column_values(column) for name, column in frame.items()}


def _read_text(pd: Any, path: Path, as_written: Collection[str]) -> Any:
    """A frame in which columns of numbers are numbers and other columns keep their text: `TRUE`, `01`, `1.50`.

    The separator is the most frequent of comma, semicolon and tab in the header line.
    """
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig") as file:
        header = file.readline()
    options: dict[str, Any] = {
        "sep": max(",;\t", key=header.count) if header else ",",
        "encoding": "utf-8-sig",
        "compression": "infer",
        "skipinitialspace": True,
    }
    # Before pandas 3.1, read_csv may round the last digit unless float_precision is set.
    version = [int(part) for part in pd.__version__.split(".")[:2]]
    exact = {} if version >= [3, 1] else {"float_precision": "round_trip"}
    with warnings.catch_warnings():
        # pandas warns if the parts of a column have different types; such columns are read again below.
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)
        frame = pd.read_csv(path, dtype=dict.fromkeys(as_written, str), **options, **exact)
    if isinstance(frame.index, pd.RangeIndex):
        # Read mixed columns and truth values again as text. Numbers, which take most of the time, are read once.
        lost = [i for i, (_, column) in enumerate(frame.items()) if not _is_text_or_numbers(pd, column)]
        if lost:
            text = pd.read_csv(path, dtype=str, usecols=lost, **options)
            for number, position in enumerate(lost):
                frame.isetitem(position, text.iloc[:, number])
    else:
        # Rows have one field more than the header: they end with a separator or begin with a row name.
        frame = pd.read_csv(path, dtype=str, **options)
        trailing = bool(frame.iloc[:, -1].isna().all())
        frame = pd.read_csv(path, dtype=str, index_col=False, **options) if trailing else frame.reset_index(drop=True)
    if options["sep"] == ";":
        for position in [i for i, dtype in enumerate(frame.dtypes) if dtype.kind not in "iuf"]:
            values = frame.iloc[:, position].dropna()
            written = values.str.fullmatch(DECIMAL_COMMAS)
            if len(values) and written.mean() >= 1 - MOST_WORDS:
                with_points = values.where(~written, values.str.replace(",", ".", regex=False))
                frame.isetitem(position, with_points.reindex(frame.index))
    return frame


def _is_text_or_numbers(pd: Any, column: Any) -> bool:
    return column.dtype.kind in "iuf" or pd.api.types.infer_dtype(column, skipna=True) == "string"
