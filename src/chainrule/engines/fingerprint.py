"""The versions of packages, the kernels of BLAS and the loops, on which the bits of a sum depend beside its numbers."""

import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from chainrule.kernels.compiling import available


@cache
def fingerprint() -> tuple[str, ...]:
    """The versions and kernels of this process, such as ``numpy 2.4.6`` and ``openblas 0.3.31 SkylakeX``.

    Losses of many classes are compiled where numba is installed, so that its version counts, too.

    Of several libraries of BLAS, those that NumPy and SciPy brought count, since other packages load their own.
    """
    import scipy.linalg  # loads SciPy's library, which other modules may or may not have done

    from chainrule import __version__

    folders = tuple(str(Path(str(module.__file__)).parent) for module in (np, scipy))
    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    own = [library for library in found if library["filepath"].startswith(folders)]
    libraries = {
        f"{library['internal_api']} {library['version']} {library.get('architecture', '')}".strip()
        for library in own or found
    }
    packages = (f"chainrule {__version__}", f"numpy {np.__version__}", f"scipy {scipy.__version__}")
    loops = f"loops by numba {version('numba')}" if available() else "loops by numpy"
    return (*packages, loops, platform.machine(), *sorted(libraries))


def differences(expected: tuple[str, ...], found: tuple[str, ...]) -> str:
    """The difference of two fingerprints, for a message; empty if they are equal.

    >>> differences(("numpy 2.4.6", "x86_64"), ("numpy 2.4.5", "x86_64"))
    'numpy 2.4.5 instead of numpy 2.4.6'
    """
    if expected == found:
        return ""
    missing = [part for part in expected if part not in found]
    extra = [part for part in found if part not in expected]
    return f"{', '.join(extra) or 'nothing'} instead of {', '.join(missing) or 'nothing'}"
