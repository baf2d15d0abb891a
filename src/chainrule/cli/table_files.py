"""Tables: scikit-learn's data sets by name, and CSV and Parquet files.

A column holds numbers, dates or text. Text keeps its spelling: `TRUE`, `01`, `1.50`.
"""

import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.cli import csv_files
from chainrule.cli.array_files import TABLE_ENDINGS
from chainrule.cli.completion import BUILT_IN
from chainrule.cli.output import CommandError, did_you_mean, listed, one_line
from chainrule.estimators.columns import MOST_WORDS, column_values, is_missing
from chainrule.estimators.reading_notes import DECIMAL_COMMAS
from chainrule.extras import import_extra

BUILT_IN_TARGET = "target"
"""The column of labels of the built-in data sets."""


def read(source: str, as_written: Collection[str] = ()) -> dict[str, Array]:
    """The columns of a built-in data set or a file, by name.

    Parameters
    ----------
    source : str
    as_written : collection of str
        Columns of CSV files that stay text even if all cells are numbers. For labels and categories, 01 and 1 differ.

    Raises
    ------
    CommandError
        If the file does not exist or holds no table.
    ImportError
        If pandas or pyarrow, the extra 'tables', is needed and not installed.
    """
    if source in BUILT_IN:
        return _built_in(source)
    check_there(source)
    path = Path(source)
    expected = f"expected a file ending in {', '.join(TABLE_ENDINGS)}"
    if path.is_dir():
        raise CommandError(f"{source}: this is a directory; {expected}")
    if not path.name.lower().endswith(TABLE_ENDINGS):
        raise CommandError(f"{source}: unknown kind of file; {expected}")
    kind = "CSV" if csv_files.is_csv(source) else "Parquet"
    pd = import_extra("pandas", "tables", "reading CSV and Parquet files needs pandas")
    if kind == "Parquet":
        import_extra("pyarrow", "tables", "reading Parquet files needs pyarrow")
    if path.stat().st_size == 0:
        raise CommandError(f"{path}: the file is empty")
    with explained(source, kind):
        frame = pd.read_parquet(path) if kind == "Parquet" else _read_text(pd, path, as_written)
    if len(frame.columns) == 0:
        raise CommandError(f"{path}: the file has no columns")
    if len(frame) == 0:
        raise CommandError(f"{path}: the file has a header, but no rows")
    return {str(name): column_values(column) for name, column in frame.items()}


@contextmanager
def explained(path: str, kind: str) -> Iterator[None]:
    """Raise CommandError instead of the errors of pandas and pyarrow, of which there are many kinds."""
    try:
        yield
    except (CommandError, ImportError, PermissionError, MemoryError):
        raise
    except Exception as error:  # they have no class in common
        why = csv_files.reason(Path(path), error) if kind == "CSV" else one_line(error)
        raise CommandError(f"{path}: cannot be read as {kind}: {why}") from None


def columns_of(source: str) -> list[str]:
    """The names of the columns of a file, of which only the beginning is read; none if this is no table.

    What is wrong with a file is told by `read`.
    """
    path = Path(source)
    pd = import_extra("pandas", "tables", "reading CSV and Parquet files needs pandas")
    try:
        if path.name.lower().endswith(".parquet"):
            return list(map(str, import_extra("pyarrow.parquet", "tables", "").read_schema(path).names))
        if csv_files.is_csv(source):
            return list(map(str, pd.read_csv(path, nrows=0, **text_options(pd, path)).columns))
    except Exception:  # pandas and pyarrow raise many kinds of errors for damaged files
        return []
    return []


@contextmanager
def from_standard_input(data: str) -> Iterator[str]:
    """The name of the data; for `-`, that of a file with the bytes of standard input, a CSV table.

    Tables are opened twice, for their header and for their rows, which a pipe does not allow.
    """
    if data != "-":
        yield data
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin.csv"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield str(path)


def data_row(number: int) -> str:
    """The name of a row of a table in messages, by its number from 0.

    >>> data_row(0)
    'data row 1'
    """
    return f"data row {number + 1}"


def check_there(source: str) -> None:
    """Raise CommandError if there is no file or folder of this name."""
    if not Path(source).exists():
        hint = f"{did_you_mean(source, BUILT_IN)}the built-in data sets are {', '.join(BUILT_IN)}"
        raise CommandError(f"{source}: there is no such file; {hint}")


def _built_in(name: str) -> dict[str, Array]:
    from sklearn import datasets

    data = getattr(datasets, f"load_{name}")()
    names = np.array(data.target_names, dtype=object)
    columns: dict[str, Array] = dict(zip(map(str, data.feature_names), data.data.T.astype(np.float64), strict=True))
    columns[BUILT_IN_TARGET] = data.target if name == "digits" else names[data.target]
    return columns


def built_in_labels(name: str, labels: Array, classes: Array) -> Array:
    """The labels of a built-in data set by name, or as scikit-learn's numbers, if a model knows these."""
    if classes.dtype.kind not in "iu" or labels.dtype.kind in "iu":
        return labels
    from sklearn import datasets

    numbers: Array = getattr(datasets, f"load_{name}")().target
    return numbers


def split_target(
    columns: Mapping[str, Array], target: str, source: str, *, what: str = "--target"
) -> tuple[dict[str, Array], Array]:
    """The feature columns and the target column.

    Raises
    ------
    CommandError
        If there is no column of that name, or no other column.
    """
    check_target(columns, target, source, what=what)
    features = {name: values for name, values in columns.items() if name != target}
    if not features:
        raise CommandError(f"{source}: there is no column besides the target {target!r}")
    return features, columns[target]


def check_target(names: Collection[str], target: str, source: str, *, what: str) -> None:
    """Raise CommandError if there is no column of this name."""
    if not target:
        raise CommandError(f"--target: name the column of labels; {source} has {listed(names)}")
    if target not in names:
        hint = f"{did_you_mean(target, names)}it has {listed(names)}"
        raise CommandError(f"{what}: {source} has no column {target!r}; {hint}")


def check_ids(ids: Collection[str], names: Collection[str], source: str) -> None:
    """Raise CommandError if a column that predictions carry along is absent."""
    for name in ids:
        if name not in names:
            raise CommandError(
                f"--id: {source} has no column {name!r}; {did_you_mean(name, names)}it has {listed(names)}"
            )


def column_of_keys(values: Array) -> list[Any]:
    """The cells of a column that predictions carry along, with None for missing ones.

    >>> column_of_keys(np.array([1.5, np.nan]))
    [1.5, None]
    """
    return [None if gone else value for value, gone in zip(values.tolist(), is_missing(values), strict=True)]


def labelled_rows(labels: Array, target: str, path: str, *, drop: bool, first: int = 0) -> Array:
    """The positions of the rows with a label in a file; `first` is the number of the first row.

    Raises
    ------
    CommandError
        If rows have none, unless these are to be dropped.
    """
    missing = is_missing(labels)
    if missing.any() and not drop:
        number = first + int(missing.argmax())
        rows = f"{missing.sum()} of {len(missing)} rows, the first of which is {data_row(number)}"
        # A short row lacks its last cells, of which the target may be one.
        short = csv_files.too_few_cells(Path(path), number) if csv_files.is_csv(path) else ""
        raise CommandError(
            f"{Path(path).name}: the target {target!r} is missing in {rows}{short and f', which {short}'}; label them, "
            "or leave them out with --drop-unlabelled"
        )
    return np.flatnonzero(~missing)


def left_out(count: int, target: str) -> str:
    """The note on rows that are dropped.

    >>> left_out(168, "vote")
    "168 rows are left out, in which the target 'vote' is missing"
    """
    return f"{count:,} row{'s are' if count > 1 else ' is'} left out, in which the target {target!r} is missing"


def text_options(pd: Any, path: Path) -> dict[str, Any]:
    """The options of pandas.read_csv for a file; raises CommandError if columns have the same name."""
    csv_files.check_names(path)
    # Before pandas 3.1, read_csv may round the last digit unless float_precision is set.
    version = [int(part) for part in pd.__version__.split(".")[:2]]
    exact = {} if version >= [3, 1] else {"float_precision": "round_trip"}
    return exact | {
        "sep": csv_files.separator(path),
        "encoding": "utf-8-sig",
        "compression": "infer",
        "skipinitialspace": True,
        # With low_memory, pandas would choose the type of each part of a column by itself.
        "low_memory": False,
    }


def _read_text(pd: Any, path: Path, as_written: Collection[str]) -> Any:
    """A frame in which columns of numbers are numbers and other columns keep their text: `TRUE`, `01`, `1.50`."""
    options = text_options(pd, path)
    frame = pd.read_csv(path, dtype=dict.fromkeys(as_written, str), **options)
    if isinstance(frame.index, pd.RangeIndex):
        # Read truth values again as text. Numbers, which take most of the time, are read once.
        truths = [
            position
            for position, (_, column) in enumerate(frame.items())
            if column.dtype.kind not in "iuf" and pd.api.types.infer_dtype(column, skipna=True) != "string"
        ]
        if truths:
            text = pd.read_csv(path, dtype=str, usecols=truths, **options)
            for number, position in enumerate(truths):
                frame.isetitem(position, text.iloc[:, number])
    else:
        # Rows have one field more than the header: they end with a separator or begin with a row name.
        frame = pd.read_csv(path, dtype=str, **options)
        if frame.iloc[:, -1].isna().all():
            frame = pd.read_csv(path, dtype=str, index_col=False, **options)
        frame = frame.reset_index(drop=True)
    if options["sep"] == ";":
        for position in [i for i, dtype in enumerate(frame.dtypes) if dtype.kind not in "iuf"]:
            values = frame.iloc[:, position].dropna()
            written = values.str.fullmatch(DECIMAL_COMMAS)
            if len(values) and written.mean() >= 1 - MOST_WORDS:
                with_points = values.where(~written, values.str.replace(",", ".", regex=False))
                frame.isetitem(position, with_points.reindex(frame.index))
    return frame
