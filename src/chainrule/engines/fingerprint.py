"""What the bits of a sum depend on besides its numbers: the versions of packages and the kernels of BLAS."""

import platform
from functools import cache

import numpy as np
from threadpoolctl import threadpool_info


@cache
def fingerprint() -> tuple[str, ...]:
    """The versions and kernels of this process, such as ``numpy 2.4.6`` and ``openblas 0.3.31 SkylakeX``."""
    import scipy

    from chainrule import __version__

    libraries = {
        f"{library['internal_api']} {library['version']} {library.get('architecture', '')}".strip()
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }
    packages = (f"chainrule {__version__}", f"numpy {np.__version__}", f"scipy {scipy.__version__}")
    return (*packages, platform.machine(), *sorted(libraries))


def differences(expected: tuple[str, ...], found: tuple[str, ...]) -> str:
    """What two fingerprints do not share, for a message; empty if they are equal.

    >>> differences(("numpy 2.4.6", "x86_64"), ("numpy 2.4.5", "x86_64"))
    'numpy 2.4.5 instead of numpy 2.4.6'
    """
    if expected == found:
        return ""
    missing = [part for part in expected if part not in found]
    extra = [part for part in found if part not in expected]
    return f"{', '.join(extra) or 'nothing'} instead of {', '.join(missing) or 'nothing'}"
