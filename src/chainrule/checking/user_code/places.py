"""Errors of a user's code in words, with the line of his code that led to them."""

from __future__ import annotations

import linecache
import traceback
from pathlib import Path

import chainrule
from chainrule.checking.user_code.rebinding import INSTALLED

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
    frame = next((each for each in reversed(traceback.extract_tb(error.__traceback__)) if _is_users(each)), None)
    if frame is None:
        return text
    file = "" if frame.filename.startswith("<") else f"{Path(frame.filename).name}, "
    line = linecache.getline(frame.filename, frame.lineno or 0).strip() if quoted else ""
    return f"{text} ({file}line {frame.lineno}{f': {line}' if line else ''})"


def _is_users(frame: traceback.FrameSummary) -> bool:
    if frame.filename.startswith("<"):
        return not frame.filename.startswith("<__array_function__")
    return not str(Path(frame.filename).resolve()).startswith(_OURS)
