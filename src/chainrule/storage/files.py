"""Files of samples by path: which ones, in which order, and whether they have changed since they were opened."""

import glob
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import IO


class DataFileError(ValueError):
    """A file of samples that cannot be used; the message names the file, a row that is at fault, and the reason.

    Examples
    --------
    >>> from chainrule import Blocks
    >>> Blocks("samples.npy")
    Traceback (most recent call last):
        ...
    chainrule.storage.files.DataFileError: samples.npy: there is no such file
    """


def find_files(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[str]:
    """The files that paths and globs name.

    Each glob stands for its files in natural order, where part-9 comes before part-10. Several paths keep their order.

    Raises
    ------
    DataFileError
        If a path names no file, or if a file is named twice.
    """
    given = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if not given:
        raise DataFileError("expected at least one path, got an empty list")
    found: list[str] = []
    for pattern in [os.fspath(path).rstrip("/") for path in given]:
        # A name that exists is itself, even if it contains characters of globs.
        here = [pattern] if os.path.exists(pattern) else sorted(glob.glob(pattern, recursive=True), key=natural_key)
        if not here:
            raise DataFileError(f"{pattern}: there is no such file")
        found += here
    seen: set[str] = set()
    for path in found:
        if os.path.realpath(path) in seen:
            raise DataFileError(f"{path}: the file is named twice; its samples would count twice")
        seen.add(os.path.realpath(path))
    return found


def natural_key(path: str) -> list[tuple[int, str]]:
    """A key that sorts runs of digits by their value.

    Examples
    --------
    >>> sorted(["part-10.npy", "part-9.npy"], key=natural_key)
    ['part-9.npy', 'part-10.npy']
    """
    words = re.split(r"([0-9]+)", path)
    return [(int(word), word) if word.isdecimal() else (-1, word) for word in words]


def size_of(path: str) -> int:
    """The size of a file in bytes; raises DataFileError if the file is missing or empty."""
    try:
        size = os.stat(path).st_size
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error.strerror}") from None
    if size == 0:
        raise DataFileError(f"{path}: the file is empty")
    return size


@contextmanager
def reading(path: str, size: int | None = None) -> Iterator[FileIO]:
    """Open a file to read it without a buffer.

    Raises
    ------
    DataFileError
        If the file cannot be opened or read, or if it does not have `size` bytes.
    """
    try:
        with open(path, "rb", buffering=0) as file:
            check_size(path, size, os.fstat(file.fileno()).st_size)
            yield file
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read: {error.strerror or error}") from None


def check_size(path: str, size: int | None, now: int) -> None:
    """Raise DataFileError if a file that had `size` bytes has another size now."""
    if size is not None and now != size:
        raise DataFileError(
            f"{path}: the file had {size} bytes when it was opened and has {now} now; do not write to it during a fit"
        )


def advise(path: str, start: int, length: int, advice: str) -> None:
    """Tell the system that bytes of a file will be needed soon (WILLNEED) or not (DONTNEED); length 0 is to the end.

    Systems without such advice do nothing. A file that is gone is an error only when it is read.
    """
    if hasattr(os, "posix_fadvise"):
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError:
            return
        try:
            os.posix_fadvise(file, start, length, getattr(os, f"POSIX_FADV_{advice}"))
        finally:
            os.close(file)


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a new file of bytes that takes the name `path` when the block ends, and is removed if it ends in an error.

    Raises
    ------
    OSError
        If the file cannot be written. An earlier file at `path` is unchanged.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(os.path.join(folder, "one")) as file:
    ...         count = file.write(b"whole")
    ...     os.listdir(folder)
    ['one']
    """
    target = Path(os.path.realpath(path))  # if `path` is a link, it still is one afterwards
    temporary = target.with_name(f".chainrule-{secrets.token_hex(8)}")
    try:
        with open(temporary, "x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
