"""One mutant in place, for a limited time, and the record of what became of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from chainrule.checking.mutation.mutants import Mutant
from chainrule.checking.mutation.report import Fate, Outcome


def runs(mutant: Mutant, lines: Collection[tuple[str, int]]) -> bool:
    """Whether the mutant's line is one of those that the unmutated program ran."""
    return (mutant.source.file, mutant.line) in lines


def outcome(mutant: Mutant, fate: Fate, reason: str) -> Outcome:
    """The record of a mutant's fate."""
    source = mutant.source
    return Outcome(
        str(mutant), source.file, mutant.line, source.name, mutant.before, mutant.after, fate, reason.split("\n")[0]
    )


@contextmanager
def changed(mutant: Mutant, empty_caches: Sequence[Callable[[], None]]) -> Iterator[None]:
    """Inside the block the program has the edit, and nothing is remembered from before or after."""
    try:
        with mutant.in_place():
            for empty in empty_caches:
                empty()
            yield
    finally:
        for empty in empty_caches:
            empty()


class TooSlow(BaseException):
    """A mutant ran for too long. No `Exception`, so that no check takes it for an answer."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooSlow in the block after that much processor time; without a limit where the system has no such timer."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TooSlow(f"still running after {seconds:g} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
