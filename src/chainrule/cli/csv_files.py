"""The text of CSV files: separator, names of columns, cells of a row, and bytes that are not UTF-8."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from chainrule.cli.array_files import TABLE_ENDINGS
from chainrule.cli.output import CommandError, listed, one_line

UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""The first bytes of files in UTF-16."""


def is_csv(path: str) -> bool:
    """True if the name is that of a table in text.

    >>> [is_csv(name) for name in ("a.csv", "a.TSV.gz", "a.parquet")]
    [True, True, False]
    """
    return path.lower().endswith(TABLE_ENDINGS) and not path.lower().endswith(".parquet")


def separator(path: Path) -> str:
    """The most frequent of the usual separators in the header line."""
    with _text(path) as text:
        header = text.readline()
    return max(",;\t", key=header.count) if header else ","


def check_names(path: Path) -> None:
    """Raise CommandError if columns have the same name. Columns without a name, as of row numbers, may be several."""
    with _rows(path) as rows:
        repeated = [name for name, count in Counter(next(rows, [])).items() if name and count > 1]
    if repeated:
        raise CommandError(f"{path.name}: several columns are named {listed(repeated)}; rename all but one")


def too_few_cells(path: Path, number: int) -> str:
    """Words that say so if a data row has fewer cells than the header; rows are counted from 0. Empty otherwise."""
    with _rows(path) as rows:
        header = len(next(rows, []))
        found = len(next(islice(rows, number, None), [])) or header
    return f"has too few cells ({found} of {header})" if found < header else ""


def reason(path: Path, error: Exception) -> str:
    """Why a file cannot be read: where its bytes are not UTF-8 and what to do, or else the message of the error."""
    if not isinstance(error, UnicodeDecodeError):
        return one_line(error)
    return f"{_not_utf8(path)}; save it as UTF-8, which spreadsheets call CSV UTF-8"


# What follows is private.


def _not_utf8(path: Path) -> str:
    with _opened(path) as file:
        for number, line in enumerate(file, start=1):
            if number == 1 and line.startswith(UTF_16):
                return "the file is in UTF-16"
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return f"line {number} has the byte 0x{line[error.start]:02x}, which is not UTF-8"
    return "the file is not in UTF-8"


def _opened(path: Path) -> IO[bytes]:
    opened: Any = gzip.open if path.name.lower().endswith(".gz") else open
    file: IO[bytes] = opened(path, "rb")
    return file


@contextmanager
def _text(path: Path) -> Iterator[io.TextIOWrapper]:
    with _opened(path) as file, io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
        yield text


@contextmanager
def _rows(path: Path) -> Iterator[Iterator[list[str]]]:
    """The cells of the rows, with the header; lines without text are no rows."""
    sep = separator(path)
    with _text(path) as text:
        rows = csv.reader(text, delimiter=sep, skipinitialspace=True)
        yield (row for row in rows if len(row) > 1 or "".join(row).strip())
