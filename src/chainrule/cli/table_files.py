"""CSV and Parquet files as columns of numbers, dates and text; text keeps its spelling."""

from __future__ import annotations

import gzip
import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

from chainrule.arrays import Array
from chainrule.cli.errors import CommandError, one_line
from chainrule.estimators.columns import MOST_WORDS, column_values

DECIMAL_COMMAS = r"[-+]?\d+,\d+|[-+]?\d+"


def read_columns(path: Path, as_written: Collection[str] = ()) -> tuple[list[str], list[Array]]:
    """The column names and columns of a file; files whose names do not end in .parquet are read as text.

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
    return [str(name) for name in frame.columns], [column_values(frame.iloc[:, i]) for i in range(len(frame.columns))]


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
    frame = _read_typed(pd, path, options, as_written)
    if not isinstance(frame.index, pd.RangeIndex):
        # Rows have one field more than the header: they end with a separator or begin with a row name.
        frame = pd.read_csv(path, dtype=str, **options)
        trailing = bool(frame.iloc[:, -1].isna().all())
        frame = pd.read_csv(path, dtype=str, index_col=False, **options) if trailing else frame.reset_index(drop=True)
    if options["sep"] == ";":
        for name in [name for name in frame.columns if frame[name].dtype.kind not in "iuf"]:
            values = frame[name].dropna()
            written = values.str.fullmatch(DECIMAL_COMMAS)
            if len(values) and written.mean() >= 1 - MOST_WORDS:
                frame.loc[written[written].index, name] = values[written].str.replace(",", ".", regex=False)
    return frame


def _read_typed(pd: Any, path: Path, options: dict[str, Any], as_written: Collection[str]) -> Any:
    """A frame whose columns are numbers if every cell is a number, and text otherwise.

    pandas guesses types chunk by chunk and converts true and false to booleans. Columns that lost their spelling are
    read a second time as text. Columns of numbers, which take most of the time, are read once.
    """
    # Before pandas 3.1, read_csv may round the last digit unless float_precision is set.
    exact = {} if _version(pd) >= (3, 1) else {"float_precision": "round_trip"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.DtypeWarning)
        frame = pd.read_csv(path, dtype=dict.fromkeys(as_written, str), **options, **exact)
    if not isinstance(frame.index, pd.RangeIndex):
        return frame
    lost = [i for i, dtype in enumerate(frame.dtypes) if dtype.kind not in "iuf" and not _is_text(pd, frame.iloc[:, i])]
    if lost:
        text = pd.read_csv(path, dtype=str, usecols=lost, **options)
        columns = {position: text.iloc[:, k] for k, position in enumerate(lost)}
        names = frame.columns
        frame = pd.concat([columns.get(i, frame.iloc[:, i]) for i in range(len(names))], axis=1)
        frame.columns = names
    return frame


def _is_text(pd: Any, column: Any) -> bool:
    if isinstance(column.dtype, pd.StringDtype):
        return True
    return bool(column.dtype == object and pd.api.types.infer_dtype(column, skipna=True) == "string")


def _version(pd: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in pd.__version__.split(".")[:2])
