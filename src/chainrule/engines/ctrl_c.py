"""Ctrl-C as a call instead of an exception, which may arrive between any two operations of the main thread."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ctrl_c_calls(note: Callable[[], object]) -> Iterator[None]:
    """A context of the main thread in which Ctrl-C calls a function and raises nothing.

    In other threads, and where the program has a handler of its own, it changes nothing.

    Examples
    --------
    >>> before = signal.signal(signal.SIGINT, signal.default_int_handler)
    >>> with ctrl_c_calls(lambda: print("heard")):
    ...     signal.raise_signal(signal.SIGINT)
    heard
    >>> handler = signal.signal(signal.SIGINT, before)
    """
    heard = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if not heard:
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: note())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
