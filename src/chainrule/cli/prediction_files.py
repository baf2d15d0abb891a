"""The files of `chainrule predict`: a row with the prediction and the probability of each class, as CSV or Parquet.

Rows of pictures begin with the name of the picture's file.
"""

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from chainrule.arrays import Array
from chainrule.cli.output_files import whole_file
from chainrule.extras import import_extra

Write = Callable[[Array], object]
"""A function that appends rows of probabilities."""


@contextmanager
def predictions_to(out: Path | None, labels: Sequence[Any], files: Sequence[str] = ()) -> Iterator[Write]:
    """A function that writes rows, to a file that appears when the block ends without an error.

    Parameters
    ----------
    out : Path, optional
        A file: Parquet if its name ends in .parquet or .pq, otherwise CSV. By default, CSV on standard output.
    labels : sequence
        The classes, in the order of the probabilities.
    files : sequence of str
        The name of the file of each row, for the column `file`; by default, there is no such column.

    Raises
    ------
    OSError
        If the file cannot be written.
    ImportError
        If pyarrow, the extra 'tables', is needed and not installed.
    """
    names = [*(["file"] if files else []), "prediction", *(f"probability_{label}" for label in labels)]
    named: Iterator[list[str]] = iter([[file] for file in files]) if files else repeat([])
    if out is not None and out.suffix.lower() in (".parquet", ".pq"):
        with whole_file(out, binary=True) as file, _as_parquet(file, names, labels, named) as write:
            yield write
        return
    with nullcontext(sys.stdout) if out is None else whole_file(out) as file:
        header, writer = iter([names]), csv.writer(file, lineterminator="\n")

        def write(rows: Array) -> None:
            writer.writerows(header)  # with the first rows: data that cannot be read leave standard output empty
            best = rows.argmax(axis=1).tolist()
            first = islice(named, len(best))
            writer.writerows([*file, labels[k], *row] for file, k, row in zip(first, best, rows.tolist(), strict=True))

        yield write


@contextmanager
def _as_parquet(file: Any, names: Sequence[str], labels: Sequence[Any], named: Iterator[list[str]]) -> Iterator[Write]:
    pa = import_extra("pyarrow", "tables", "writing Parquet files needs pyarrow")
    pq = import_extra("pyarrow.parquet", "tables", "writing Parquet files needs pyarrow")
    classes = pa.array(labels)
    with ExitStack() as stack:
        writers: list[Any] = []

        def write(rows: Array) -> None:
            files = map(pa.array, zip(*islice(named, len(rows)), strict=True))
            table = pa.table([*files, classes.take(pa.array(rows.argmax(axis=1))), *map(pa.array, rows.T)], names)
            if not writers:  # now the dtype is known
                writers.append(stack.enter_context(pq.ParquetWriter(file, table.schema)))
            writers[0].write_table(table)

        yield write
