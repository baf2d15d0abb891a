"""Samples in files that are read a block at a time, because they may be larger than memory."""

import glob
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.cli.data_set import DataSet, as_classes
from chainrule.cli.output import USAGE, CommandError, did_you_mean, listed
from chainrule.cli.table_blocks import TableBlocks
from chainrule.estimators.frames import lacking
from chainrule.estimators.notices import notices_kept
from chainrule.progress import shown
from chainrule.storage import KINDS, Blocks, DataFileError, StoredRows, columns_of, vectors_of
from chainrule.training.processes import is_rank_0

SHARE_OF_MEMORY = 0.25
"""Larger .npy and .parquet files are read in blocks, as a share of the machine's memory."""
WHOLE = 1 << 26
"""Bytes of .npy files that are read whole for predictions."""
USUAL_MEMORY = 8 << 30
"""Bytes of memory, on systems that do not say how many they have."""
RESULTS_OF_A_PART = 1 << 20
"""About the number of probabilities that are computed at a time."""

MOST_IN_JSON = 10_000_000
"""Most probabilities of rows in files that one JSON object holds."""


def is_in_blocks(data: str, wanted: bool = False) -> bool:
    """True if the source is read in blocks: a glob, a .csr folder, Arrow files, and large .npy and Parquet files.

    Raises
    ------
    CommandError
        If this is `wanted` and the kind of file cannot be read in blocks.
    """
    path = Path(data)
    if not path.exists() and glob.has_magic(data):
        return True
    kind = KINDS.get(path.suffix.lower())
    if wanted and kind is None:
        raise CommandError(f"--blocks: expected files ending in {', '.join(KINDS)}, got {data}", status=USAGE)
    if wanted or kind is None:
        return wanted
    return kind in (".csr", "Arrow") or (path.is_file() and path.stat().st_size > SHARE_OF_MEMORY * _memory())


def has_vectors(data: str, drop: Sequence[str] = ()) -> bool:
    """True if a column of a Parquet file that is not to `drop` holds vectors; pandas would read these as text.

    Whoever reads the file says what is wrong with a damaged one.
    """
    try:
        return not set(vectors_of(data)).issubset(drop)
    except (DataFileError, ImportError):
        return False


def is_predicted_in_blocks(data: str) -> bool:
    """True if the source is read in blocks for predictions: as above, and all but small .npy and Parquet files."""
    if is_in_blocks(data) or data.lower().endswith(".parquet"):
        return True
    if not data.lower().endswith(".npy") or not Path(data).is_file() or Path(data).stat().st_size <= WHOLE:
        return False
    try:
        return bool(np.load(data, mmap_mode="r").flags.c_contiguous)
    except (ValueError, EOFError):
        return False  # whoever reads it says what is wrong


def read_training_blocks(data: str, target: str | None, labels: Path | None, drop: Sequence[str] = ()) -> DataSet:
    """Samples for training, whose features stay in their files.

    Raises
    ------
    CommandError
        If options do not fit the kind of file, or the labels are not classes.
    DataFileError
        If files cannot be read, or differ.
    """
    names, columns = columns_of(data), None
    if names is None and (target is not None or drop):
        raise CommandError(f"--{'drop' if drop else 'target'}: {data} has no named columns; it is for tables")
    if names is not None:
        if labels is not None:
            raise CommandError("--labels: only for .npy files and .csr folders; a table has a --target column")
        if target is None:
            raise CommandError(f"--target: name the column to predict; {data} has {listed(names)}")
        for option, name in (("--target", target), *(("--drop", name) for name in drop)):
            if name not in names:
                hint = f"{did_you_mean(name, names)}it has {listed(names)}"
                raise CommandError(f"{option}: {data} has no column {name!r}; {hint}")
        columns = [name for name in names if name not in (target, *drop)]
        if not columns:
            raise CommandError(f"--drop: no column is left besides the target {target!r}")
    source = _opened(data, "--drop COLUMN", target=target, labels=labels, columns=columns)
    with shown(is_rank_0()):
        y = source.labels()
    if y is None:
        raise CommandError(f"{data}: there are no labels; give a file of them with --labels")
    what = "array of labels" if target is None else f"target {target!r}"
    X = StoredRows(source, source.dtype)
    return DataSet(data, X, as_classes(y, data, what), target or "y", columns=source.columns, where=source.place)


def read_blocks(
    data: str, target: str | None, labels: Path | None, names: Sequence[str] | None, n_features: int
) -> DataSet:
    """Samples with the features of a model, which stay in their files.

    Parameters
    ----------
    data : str
    target : str, optional
        The name of the labels. Without it, labels are not read.
    labels : Path, optional
    names : sequence of str, optional
        The columns of a model of tables.
    n_features : int

    Raises
    ------
    CommandError, DataFileError
        As above, or if the files have other features than the model.
    """
    present = columns_of(data)
    if present is None:
        options: dict[str, Any] = {"labels": labels, "n_features": n_features}
    else:
        if what := lacking(names or (), present):
            raise CommandError(f"{data} {what}")
        if labels is None and target is not None and target not in present:
            raise CommandError(f"evaluate: {data} has no column {target!r}; it has {listed(present)}")
        sides = {"target": target} if labels is None else {"labels": labels}
        options = {**sides, "columns": names, "n_features": n_features}
    source = _opened(data, "another file", **options)
    y = None if target is None else source.labels()
    return DataSet(data, StoredRows(source, source.dtype), y, where=source.place)


def parts_of(model: Any, X: Any, method: str) -> Iterator[tuple[slice, Array]]:
    """The results of a method of a model for all rows of X; for rows in files, part by part, with the rows."""
    if isinstance(X, TableBlocks):
        first = 0
        for block in X:
            yield slice(first, first + len(block.X)), _called(model, method, block.X)
            first += len(block.X)
        return
    if not isinstance(X, StoredRows):
        yield slice(None), _called(model, method, X)
        return
    count = X.shape[0]
    rows = max(X.rows_of_a_block, RESULTS_OF_A_PART // len(model.classes_))
    for start in range(0, count, rows):
        part = slice(start, min(start + rows, count))
        yield part, _called(model, method, X[np.arange(part.start, part.stop)])


# What follows is private.


def _called(model: Any, method: str, X: Any) -> Array:
    """The result of a method; the command has said what there is to say about names of features and about cells."""
    with warnings.catch_warnings(), notices_kept():
        warnings.filterwarnings("ignore", message="X (does not have valid|has no|has) feature names")
        results: Array = getattr(model, method)(X)
    return results


def _opened(data: str, instead: str, **options: Any) -> Blocks:
    """The files as blocks; messages name the options of the command line instead of `columns`."""
    try:
        return Blocks(data, **options)
    except ValueError as error:
        raise CommandError(str(error).replace("columns=[...]", instead)) from None


def _memory() -> int:
    """The bytes of the machine's memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return USUAL_MEMORY
