"""The columns of tables: data frames of pandas, polars or Arrow, mappings of names to arrays, and matrices.

Frames other than those of pandas are read by narwhals. pandas keeps code of its own (`columns.column_values`), because
its columns of objects hold mixtures that narwhals does not name.
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw
import numpy as np
import scipy.sparse
from sklearn.utils.validation import check_array

from chainrule.arrays import Array, refuse_bfloat16
from chainrule.estimators.columns import column_values
from chainrule.estimators.parameters import listed


def as_columns(table: Any, names: Iterable[str] | None = None) -> dict[str, Array]:
    """The columns of a table, by name.

    Parameters
    ----------
    table : data frame, mapping of names to arrays, or matrix
    names : iterable of str, optional
        The names of a matrix' columns; by default x0, x1, ...

    Raises
    ------
    TypeError
        For anything else, such as a sparse matrix.
    ValueError
        If several columns have one name, or a mapping holds single values.

    Examples
    --------
    >>> as_columns(np.array([[1.0, 2.0], [3.0, 4.0]]))
    {'x0': array([1., 3.]), 'x1': array([2., 4.])}
    """
    if scipy.sparse.issparse(table):
        raise TypeError("X: expected a dense table, got a sparse matrix, which MLPClassifier takes")
    if isinstance(table, Mapping):
        return {str(name): _listed_values(name, values) for name, values in table.items()}
    if nw.dependencies.is_pandas_dataframe(table):
        _check_distinct(map(str, table.columns))
        return {str(name): column_values(table.iloc[:, position]) for position, name in enumerate(table.columns)}
    if is_frame(table):
        return {column.name: series_values(column) for column in nw.from_native(table, eager_only=True).iter_columns()}
    if hasattr(table, "collect") and hasattr(table, "lazy"):
        raise TypeError("X: expected a frame in memory, got a lazy one; its method collect() reads it")
    if not isinstance(table, np.ndarray | list | tuple) and not hasattr(table, "__array__"):
        raise TypeError(
            f"expected a data frame, a mapping of column names to arrays, or a matrix, got {type(table).__name__}"
        )
    refuse_bfloat16(table)
    matrix = check_array(table, dtype=None, ensure_all_finite=False, input_name="X")
    names = (f"x{column}" for column in range(matrix.shape[1])) if names is None else names
    return dict(zip(names, matrix.T, strict=True))


def is_frame(table: Any) -> bool:
    """True for a data frame in memory that narwhals reads."""
    return bool(nw.dependencies.is_into_dataframe(table))


def lacking(needed: Iterable[str], present: Iterable[str]) -> str:
    """The columns that a table with those `present` lacks, in words; empty if it lacks none.

    >>> lacking(["age", "statusquo"], ["age", "StatusQuo"])
    "lacks the column 'statusquo'; did you mean 'StatusQuo'? it has 'age', 'StatusQuo'"
    """
    needed, present = list(needed), list(present)
    absent = [name for name in needed if name not in present]
    if not absent:
        return ""
    others = {name.casefold(): name for name in present if name not in needed}
    near = [others[key] for name in absent for key in difflib.get_close_matches(name.casefold(), others, 1)]
    hint = f"did you mean {listed(dict.fromkeys(near))}? " if near else ""
    return f"lacks the column{'s' * (len(absent) > 1)} {listed(absent)}; {hint}it has {listed(present)}"


def check_has_rows(columns: Mapping[str, Array]) -> None:
    """Raise ValueError for a table without rows."""
    if columns and not len(next(iter(columns.values()))):
        raise ValueError(f"X: expected at least one row, got a table of 0 rows and {len(columns)} columns")


def series_values(series: Any) -> Array:
    """The values of a column that narwhals reads: floats, booleans, dates, or objects with None for missing values."""
    dtype, gaps = series.dtype, series.null_count() > 0
    if dtype.is_numeric():
        return np.asarray(series.cast(nw.Float64()).to_numpy(), dtype=np.float64)
    if dtype == nw.Boolean and not gaps:
        return np.asarray(series.to_numpy(), dtype=bool)
    if isinstance(dtype, nw.Datetime | nw.Date):
        # Instants with a time zone become universal time.
        return np.array(series.cast(nw.Datetime("ms")).to_list(), dtype="datetime64[ms]")
    if isinstance(dtype, nw.Duration):
        return np.array(series.to_list(), dtype="timedelta64[ms]")
    values = series.to_list()
    return np.fromiter(values, dtype=object, count=len(values))


# What follows is private.


def _listed_values(name: Any, values: Any) -> Array:
    """The values of a column of a mapping."""
    column = np.asarray(values)
    if not column.ndim:
        raise ValueError(
            f"X: expected a list or an array for the column {name!r}, got the single value {values!r}; one row is a "
            "frame such as frame.iloc[[7]], or a mapping to lists of one value"
        )
    return column


def _check_distinct(names: Iterable[str]) -> None:
    """Raise ValueError if several columns have one name."""
    if repeated := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"X: expected a different name for each column, got several columns {listed(repeated)}")
