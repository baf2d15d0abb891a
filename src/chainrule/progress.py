"""Progress of long work: a line that is rewritten in a terminal, a bar in a notebook, and plain lines in a log.

    with shown(verbose):                 a fit opens a line; without one, nothing below is shown or counted
        with stage("certificate"):       a name for the passes inside
            add = counted_pass(1000)     an engine begins a pass over 1000 rows
            add(250)                     and counts those that are done, in any thread
        tell("step 3, objective 0.5")    a line for the user, on standard output

Work and line find each other by the context of the thread that calls `counted` or `counted_pass`. A thread of the line
prints, so that counting waits for no terminal, and a line shows also while nothing is counted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token, copy_context
from dataclasses import dataclass, field
from typing import Self

from chainrule.progress_screens import screen

QUIET = 1.0
"""Seconds before a fit shows a line, and before a line shows work that has begun."""
BETWEEN_LINES = 5.0
"""Least seconds between two plain lines."""
REDRAWN = 0.2
"""Seconds after which a line in a terminal, or a bar in a notebook, is drawn again."""

_current: ContextVar[ProgressLine | None] = ContextVar("line", default=None)
_stage: ContextVar[str] = ContextVar("stage", default="")


@dataclass
class Work:
    """Rows, or other units, that are done, of all."""

    name: str
    rows: int
    done: int
    began: float
    unit: str = "rows"
    _first: int = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._first = self.done

    def add(self, rows: int) -> None:
        """Count more rows as done."""
        with self._lock:
            self.done = min(self.done + rows, self.rows)

    def text(self, now: float) -> str:
        """The name, the rows, and the time left if the others take as long each.

        >>> work = Work("pass 2", 5000, 0, began=10.0)
        >>> work.add(1000)
        >>> work.text(now=12.0)
        'pass 2: 1,000 of 5,000 rows, 8.0 s left'
        """
        done = self.done
        new, left = done - self._first, self.rows - done
        time_left = f", {duration((now - self.began) * left / new)} left" if new and left else ""
        return f"{self.name}: {done:,} of {self.rows:,} {self.unit}{time_left}"


class ProgressLine:
    """A line that shows the work of its thread while it is open: on standard error, or below a cell of a notebook.

    Parameters
    ----------
    quiet : float
        Seconds before the first line. Work that takes less prints nothing.
    """

    def __init__(self, quiet: float = QUIET) -> None:
        self._screen = screen()
        self._quiet, self._began = quiet, time.perf_counter()
        self._last, self._next = self._began, self._began + quiet
        self._between = REDRAWN if self._screen.live else BETWEEN_LINES
        self._said, self._passes = "", 0
        self._work: Work | None = None
        self._printed: tuple[str, Work | None, int] = "", None, 0
        self._keeps = False
        self._lock, self._ended = threading.RLock(), threading.Event()
        # In the context of this thread, by which a notebook finds the cell.
        run = copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name="chainrule progress", daemon=True)

    def __enter__(self) -> Self:
        self._before: Token[ProgressLine | None] = _current.set(self)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._thread.join()
        _current.reset(self._before)
        with self._lock:
            if self._keeps:
                self._work = None
                if time.perf_counter() >= self._began + self._quiet:
                    self._print()
            elif self._printed[1] and not self._screen.live:
                self._print()  # a log shows how the work ended
            self._screen.close(self._keeps)

    def show(self, text: str, *, at_once: bool = False) -> None:
        """Show a text beside the counted work; `at_once` alone and now. The last one stays when the line is closed."""
        with self._lock:
            self._said, self._keeps = text, True
            if at_once:
                self._work, self._next = None, 0.0
            self.refresh()

    def tell(self, text: str) -> None:
        """Print a text on standard output, and show it beside the counted work."""
        with self._lock:
            self._screen.make_room()
            print(text)
            self._said = text

    def begin(self, name: str, rows: int, done: int = 0, unit: str = "rows") -> Callable[[int], None]:
        """Show other work from now on. The result counts rows of it as done."""
        work = Work(name, rows, done, time.perf_counter(), unit)
        with self._lock:
            self._work = work
        return work.add

    def next_pass(self) -> int:
        """The number of the pass that begins."""
        with self._lock:
            self._passes += 1
            return self._passes

    def refresh(self) -> None:
        """Print the state if it is time for it, and if it has changed."""
        with self._lock:
            if time.perf_counter() >= self._next:
                self._print()

    # What follows is private.

    def _run(self) -> None:
        while not self._ended.wait(REDRAWN):
            self.refresh()

    def _print(self) -> None:
        now, work = time.perf_counter(), self._work
        # Short passes would flicker, but something has to show now and then.
        if work is not None and now - work.began < QUIET and now - self._last < BETWEEN_LINES:
            work = None
        parts = [work.text(now)] if work else []
        if self._keeps or (work and self._said):  # a text that was told stands above the line already
            parts.append(self._said)
        state = self._said, work, work.done if work else 0
        if not parts or (state == self._printed and not self._screen.live):
            return
        self._printed = state
        self._last, self._next = now, now + self._between
        self._screen.show("; ".join(parts), work.done / max(1, work.rows) if work else None)


def shown(verbose: object) -> AbstractContextManager[object]:
    """A line for the work inside; no line if `verbose` is false, or if the caller has opened one."""
    return ProgressLine() if verbose and _current.get() is None else nullcontext()


def tell(text: str) -> None:
    """Print a text on standard output, above the line of progress if there is one.

    >>> tell("step 1")
    step 1
    """
    line = _current.get()
    print(text) if line is None else line.tell(text)


def counted(name: str, rows: int, done: int = 0, unit: str = "rows") -> Callable[[int], None]:
    """A function that counts rows, or other units, of some work as done, after the first `done`.

    >>> add = counted("labels", 1000)
    >>> add(250)
    """
    line = _current.get()
    return _uncounted if line is None else line.begin(name, rows, done, unit)


def counted_pass(rows: int) -> Callable[[int], None]:
    """The same for a pass, which has a number and the name of its stage."""
    line, name = _current.get(), _stage.get()
    if line is None:
        return _uncounted
    return line.begin(f"pass {line.next_pass()}{name and f' ({name})'}", rows)


@contextmanager
def stage(name: str) -> Generator[None]:
    """A name for the passes inside."""
    token = _stage.set(name)
    try:
        yield
    finally:
        _stage.reset(token)


def duration(seconds: float) -> str:
    """A time in words.

    >>> duration(8), duration(80), duration(800), duration(8000)
    ('8.0 s', '80 s', '13 min 20 s', '2.2 h')
    """
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s" if seconds < 7200 else f"{seconds / 3600:.1f} h"


# What follows is private.


def _uncounted(_: int) -> None:
    """Nobody watches."""
