"""CSV and Parquet files as columns of numbers, dates and text as it is written."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.cli.errors import CommandError, one_line
from chainrule.estimators.columns import MOST_WORDS, column_values

DECIMAL_COMMAS = r"[-+]?\d+,\d+|[-+]?\d+"

Column = np.ndarray[Any, Any]


def read_columns(path: Path, *, parquet: bool, as_written: Collection[str] = ()) -> tuple[list[str], list[Column]]:
    """The names and the columns of a file.

    Parameters
    ----------
    path : Path
    parquet : bool
        Whether it is a Parquet file, else it is text.
    as_written : collection of str
        Columns of text files that are given as text also where all cells are numbers: labels and categories, for which
        01 and 1 are different.

    Raises
    ------
    CommandError
        If pandas is not installed, or the file holds no table.
    """
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
        frame = pd.read_parquet(path) if parquet else _read_text(pd, path, as_written)
    except PermissionError:
        raise
    except Exception as error:  # readers of damaged files raise dozens of kinds
        raise CommandError(f"{path}: cannot be read as {'Parquet' if parquet else 'CSV'}: {one_line(error)}") from None
    if len(frame.columns) == 0:
        raise CommandError(f"{path}: the file has no columns")
    if len(frame) == 0:
        raise CommandError(f"{path}: the file has a header, but no rows")
    return [str(name) for name in frame.columns], [column_values(frame.iloc[:, i]) for i in range(len(frame.columns))]


def _read_text(pd: Any, path: Path, as_written: Collection[str]) -> Any:
    """Columns of numbers as numbers, others as text as it stands: `TRUE`, `01` and `1.50` keep their spelling there.

    Commas, semicolons or tabs separate, whichever the header line holds most of.
    """
    with pd.io.common.get_handle(path, "r", compression="infer", encoding="utf-8-sig") as handle:
        header = handle.handle.readline()
    options: dict[str, Any] = {
        "sep": max(",;\t", key=header.count) if header else ",",
        "encoding": "utf-8-sig",
        "compression": "infer",
        "skipinitialspace": True,
    }
    frame = _read_typed(pd, path, options, as_written)
    if not isinstance(frame.index, pd.RangeIndex):
        # Rows one field longer than the header: they end in a separator, or begin with a name.
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
    """A frame whose columns are numbers where every cell is one, and else text.

    pandas guesses chunk by chunk, and takes true and false for truth values. Where that has lost the spelling, those
    columns are read again as text: numbers, which take most of the time, are read once.
    """
    # The readers of pandas before 3.1 round the last digit, unless they are told to be exact.
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
