"""The files of `chainrule predict`: a row with the prediction and the probability of each class, as CSV or Parquet.

Rows begin with what says which sample each is: the file of a picture, the number of a row, columns of the input.
"""

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import repeat
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from chainrule.arrays import Array
from chainrule.cli.output import CommandError
from chainrule.cli.output_files import whole_file
from chainrule.extras import import_extra

Keys = Mapping[str, Sequence[Any]]
"""By name, columns at the beginning of the rows."""
NO_KEYS: Keys = MappingProxyType({})


class Write(Protocol):
    """A function that appends rows of probabilities, each with its values of the keys; all parts have the same keys."""

    def __call__(self, rows: Array, keys: Keys = NO_KEYS, /) -> object:
        """Append rows."""


@contextmanager
def predictions_to(out: Path | None, labels: Sequence[Any]) -> Iterator[Write]:
    """A function that writes rows, to a file that appears when the block ends without an error.

    Parameters
    ----------
    out : Path, optional
        A file: Parquet if its name ends in .parquet or .pq, otherwise CSV. By default, CSV on standard output.
    labels : sequence
        The classes, in the order of the probabilities.

    Raises
    ------
    OSError
        If the file cannot be written.
    ImportError
        If pyarrow, the extra 'tables', is needed and not installed.
    """
    if out is not None and out.suffix.lower() in (".parquet", ".pq"):
        with whole_file(out, binary=True) as file, _as_parquet(file, labels) as write:
            yield write
        return
    with nullcontext(sys.stdout) if out is None else whole_file(out) as file:
        writer, begun = csv.writer(file, lineterminator="\n"), list[object]()

        def write_text(rows: Array, keys: Keys = NO_KEYS, /) -> None:
            if not begun:  # with the first rows: data that cannot be read leave standard output empty
                begun.append(writer.writerow(_header(keys, labels)))
            best = rows.argmax(axis=1).tolist()
            first = zip(*keys.values(), strict=True) if keys else repeat((), len(best))
            writer.writerows([*key, labels[k], *row] for key, k, row in zip(first, best, rows.tolist(), strict=True))

        yield write_text


# What follows is private.


def _header(keys: Keys, labels: Sequence[Any]) -> list[str]:
    """The names of the columns."""
    names = ["prediction", *(f"probability_{label}" for label in labels)]
    taken = [name for name in keys if name in names]
    if taken:
        raise CommandError(f"--id: a column of the predictions is named {taken[0]!r}, too; rename the one of the input")
    return [*keys, *names]


@contextmanager
def _as_parquet(file: Any, labels: Sequence[Any]) -> Iterator[Write]:
    pa = import_extra("pyarrow", "tables", "writing Parquet files needs pyarrow")
    pq = import_extra("pyarrow.parquet", "tables", "writing Parquet files needs pyarrow")
    classes = pa.array(labels)
    with ExitStack() as stack:
        writers: list[Any] = []

        def write(rows: Array, keys: Keys = NO_KEYS, /) -> None:
            named = [pa.array(values if isinstance(values, range) else list(values)) for values in keys.values()]
            if writers:  # a part whose values are all missing has no type of its own
                named = [each.cast(field.type) for each, field in zip(named, writers[0].schema, strict=False)]
            predicted = classes.take(pa.array(rows.argmax(axis=1)))
            table = pa.table([*named, predicted, *map(pa.array, rows.T)], _header(keys, labels))
            if not writers:  # now the dtype is known
                writers.append(stack.enter_context(pq.ParquetWriter(file, table.schema)))
            writers[0].write_table(table)

        yield write
