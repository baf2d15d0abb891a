"""Lines of a user's code: where an error was raised in it, and where it reads more than its inputs."""

from __future__ import annotations

import linecache
import sysconfig
import traceback
from pathlib import Path

import chainrule

INSTALLED = tuple(
    str(Path(sysconfig.get_paths()[name]).resolve()) for name in ("stdlib", "platstdlib", "purelib", "platlib")
)
"""Folders of packages that are no user's own code."""

_OURS = (str(Path(chainrule.__file__).resolve().parent), *INSTALLED)


def error_in_words(error: BaseException, *, quoted: bool = False) -> str:
    """The error with the last line of a user's code that led to it, which is `quoted` if wished.

    >>> try:
    ...     {}["width"]
    ... except KeyError as error:
    ...     print(error_in_words(error))
    KeyError: 'width' (line 2)
    """
    text = f"{type(error).__name__}: {error}"
    frames = reversed(traceback.extract_tb(error.__traceback__))
    frame = next((each for each in frames if _is_users(each.filename)), None)
    return text if frame is None else f"{text} ({_line(frame.filename, frame.lineno, quoted=quoted)})"


class Read(str):
    """A name that user code reads, equal to its text, with the `place` where it is read first, in words.

    >>> read = Read.at("dtype", "/home/me/mine.py", 3)
    >>> read == "dtype", read.in_words
    (True, 'dtype (mine.py, line 3)')
    """

    place: str = ""

    @classmethod
    def at(cls, name: str, file: str, line: int | None) -> Read:
        """The name, read in a line of a file."""
        read = cls(name)
        read.place = _line(file, line, quoted=True)
        return read

    @classmethod
    def by_caller(cls, name: str) -> Read:
        """The name, read in the innermost line of user code that now runs."""
        frames = reversed(traceback.extract_stack())
        frame = next((each for each in frames if _is_users(each.filename)), None)
        return cls(name) if frame is None else cls.at(name, frame.filename, frame.lineno)

    @property
    def in_words(self) -> str:
        """The name with its place."""
        return f"{self} ({self.place})" if self.place else str(self)


def _line(file: str, line: int | None, *, quoted: bool) -> str:
    """A line of a file in words, with its text if that is to be `quoted`."""
    name = "" if file.startswith("<") else f"{Path(file).name}, "
    text = linecache.getline(file, line or 0).strip() if quoted else ""
    return f"{name}line {line}{f': {text}' if text else ''}"


def _is_users(file: str) -> bool:
    """True for a file that is neither installed nor of this package, and for code at a prompt."""
    if file.startswith("<"):
        return not file.startswith("<__array_function__")
    return not str(Path(file).resolve()).startswith(_OURS)
