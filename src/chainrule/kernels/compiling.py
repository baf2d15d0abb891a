"""Compiling with numba, the extra `fast`: when it is used, how functions are compiled, and where they are kept.

Compiled loops run in one thread and release the interpreter lock. numba's own parallel loops are not used: beside
OpenBLAS, whose threads spin while they wait, each of them takes milliseconds.

numba stores the machine code beside its source, or in the user's cache folder, or in NUMBA_CACHE_DIR. If none of these
can be written to, each process compiles again.
"""

import os
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

Function = TypeVar("Function", bound=Callable[..., Any])

LOOPS = Path(__file__).parent / "loops"
SWITCH = "CHAINRULE_COMPILED"
"""The environment variable that switches compiled loops off if it is 0."""


@cache
def available() -> bool:
    """True if numba is installed and not switched off. Does not import numba."""
    return os.environ.get(SWITCH, "1") != "0" and find_spec("numba") is not None


def loops() -> str:
    """The library that runs the loops of training: numba with its version, or NumPy."""
    return f"numba {version('numba')}" if available() else "NumPy"


def described() -> str:
    """A line of text that says whether training uses compiled loops."""
    if available():
        return f"loops of training: compiled by {loops()}"
    missing = find_spec("numba") is None
    return f"loops of training: NumPy's ({'pip install chainrule[fast] compiles them' if missing else f'{SWITCH}=0'})"


def compiled(*, reassociate: bool = False, stored: bool = True, inline: bool = False) -> Callable[[Function], Function]:
    """A decorator that compiles a function when it is first called, for each dtype of its arguments.

    Products and sums may be contracted to fused multiply-adds. With `reassociate`, sums may also be taken in several
    parts, as vector units require; the bits are still the same in each run on one kind of processor. Nothing assumes
    finite numbers. Functions that only compiled code calls are `stored` with their callers, and cannot be called from
    Python; `inline` compiles them as part of each caller.
    """
    import numba

    _announce_once()
    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",  # a division by zero gives inf; a check for each would prevent vectors
        "fastmath": {"contract", "reassoc", "nsz"} if reassociate else {"contract"},
        "inline": "always" if inline else "never",
        # Wrappers for calls from Python and C take as long to compile as a short function.
        "no_cpython_wrapper": not stored,
        "no_cfunc_wrapper": not stored,
    }

    def decorate(function: Function) -> Function:
        # numba compiles a function again if its own file has changed. The digest in its name covers all other files.
        function.__qualname__ += f"_{_digest()}"
        try:
            made: Function = numba.njit(cache=stored, **options)(function)
        except RuntimeError:  # no folder is writable
            made = numba.njit(**options)(function)
        return made

    return decorate


@cache
def _digest() -> str:
    """A digest that changes with the source of any loop."""
    return f"{crc32(b''.join(path.read_bytes() for path in sorted(LOOPS.glob('*.py')))):08x}"


@cache
def _announce_once() -> None:
    """Say on standard error, at the first compilation of the process, why the fit does not start at once."""
    from numba.core import event

    class Announcement(event.Listener):  # type: ignore[misc] # mypy does not read numba
        told = False

        def on_start(self, started: Any) -> None:
            compiling = started.data["dispatcher"].py_func.__module__
            if not self.told and compiling.startswith("chainrule."):
                self.told = True
                print("chainrule: compiling loops for this machine, once; it takes about 3 s", file=sys.stderr)

        def on_end(self, ended: Any) -> None:
            """Nothing to say."""

    event.register("numba:compile", Announcement())
