"""Tables for the command line: scikit-learn's data sets by name, and CSV and Parquet files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chainrule.arrays import Array
from chainrule.cli.errors import CommandError, did_you_mean, listed
from chainrule.cli.table_files import read_columns
from chainrule.estimators.columns import is_missing

BUILT_IN = ("digits", "iris", "wine", "breast_cancer")
ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet")


@dataclass(frozen=True)
class Table:
    """Columns by name, and the name of their source."""

    name: str
    columns: dict[str, Array]
    target: str | None = None
    """The column of labels of a built-in data set."""
    repeated: frozenset[str] = frozenset()
    """Names that more than one column of the file has."""


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
    names, columns = read_columns(path, as_written)
    # pandas makes repeated names of CSV columns distinct: a, a.1, a.2.
    repeated = {name.rpartition(".")[0] for name in names if name.rpartition(".")[2].isdigit()} & set(names)
    if len(set(names)) < len(names):
        repeated |= {name for name in names if names.count(name) > 1}
    return Table(path.name, dict(zip(names, columns, strict=True)), repeated=frozenset(repeated))


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
    if target in table.repeated:
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
