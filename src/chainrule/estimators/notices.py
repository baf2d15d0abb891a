"""Warnings that name the line of the user's code that caused them."""

import sys
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

PACKAGE = __name__.partition(".")[0]

Notice = tuple[str, type[Warning]]
_kept: ContextVar[list[Notice] | None] = ContextVar("notices", default=None)


@contextmanager
def notices_kept() -> Generator[list[Notice]]:
    """A list of the arguments of `warn_caller` inside, which warns of nothing: other threads have another caller."""
    notices: list[Notice] = []
    token = _kept.set(notices)
    try:
        yield notices
    finally:
        _kept.reset(token)


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the innermost line outside chainrule, whatever the number of its functions in between."""
    kept = _kept.get()
    if kept is not None:
        kept.append((message, category))
        return
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
