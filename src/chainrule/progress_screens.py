"""The places in which progress is shown: a terminal, a notebook, or a log.

A live screen shows one state, which the next one replaces. A log keeps all of them.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from html import escape
from typing import Any, Protocol


class Screen(Protocol):
    """A place that shows a text, and the share of the work that is done, if it is known."""

    live: bool
    """True if a state replaces the one before."""

    def show(self, text: str, share: float | None) -> None:
        """Show a state."""

    def make_room(self) -> None:
        """Before other output: take away what stands in its place."""

    def close(self, keep: bool) -> None:
        """The end of the work: leave the last state, or take it away."""


def screen() -> Screen:
    """The screen of this process: notebooks are known by the kernel of IPython, terminals by standard error."""
    # A module that nobody has imported has no kernel.
    ipython = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if ipython is not None and hasattr(ipython, "kernel"):
        return Notebook()
    return Terminal() if sys.stderr is not None and sys.stderr.isatty() else Log()


class Terminal:
    """One line on standard error, which is written again and again."""

    live = True

    def __init__(self) -> None:
        self._drawn = False

    def show(self, text: str, share: float | None) -> None:
        """Write over the line."""
        _write(f"\r{text[: shutil.get_terminal_size().columns - 1]}\x1b[K")
        self._drawn = True

    def make_room(self) -> None:
        """Clear the line."""
        if self._drawn:
            _write("\r\x1b[K")
            self._drawn = False

    def close(self, keep: bool) -> None:
        """End the line, or clear it."""
        if not keep:
            self.make_room()
        elif self._drawn:
            _write("\n")


class Log:
    """Plain lines on standard error."""

    live = False

    def show(self, text: str, share: float | None) -> None:
        """Write a line."""
        _write(text + "\n")

    def make_room(self) -> None:
        """Lines stand above one another."""

    def close(self, keep: bool) -> None:
        """Lines stay."""


class Notebook:
    """A bar and a text in the output of a cell."""

    live = True

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, text: str, share: float | None) -> None:
        """Draw the bar, or draw it anew.

        Examples
        --------
        >>> bar_of("pass 2: 1 of 4 rows", 0.25)
        '<progress max="1" value="0.2500"></progress> pass 2: 1 of 4 rows'
        """
        self._display({"text/html": bar_of(text, share), "text/plain": text})

    def make_room(self) -> None:
        """Other output stands below the bar."""

    def close(self, keep: bool) -> None:
        """Leave the bar, or an empty output."""
        if not keep and self._handle is not None:
            self._display({"text/html": "", "text/plain": ""})

    def _display(self, bundle: dict[str, str]) -> None:
        display = sys.modules["IPython"].display
        if self._handle is None:
            self._handle = display.display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


def bar_of(text: str, share: float | None) -> str:
    """A bar and a text as HTML. Without a share there is no bar.

    Examples
    --------
    >>> bar_of("a < b", None)
    'a &lt; b'
    """
    return escape(text) if share is None else f'<progress max="1" value="{share:.4f}"></progress> {escape(text)}'


def _write(text: str) -> None:
    """Write to standard error. A terminal that is gone ends no fit."""
    with suppress(AttributeError, OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
