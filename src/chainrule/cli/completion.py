"""Words that the shell completes: data sets, files, activations."""

import glob
from pathlib import Path

BUILT_IN = ("digits", "iris", "wine", "breast_cancer")
"""The data sets that have a name instead of a file."""


def paths(incomplete: str) -> list[str]:
    """The files and folders whose path begins so; folders end with a slash."""
    found = sorted(glob.glob(f"{glob.escape(incomplete)}*"))
    return [f"{path}/" if Path(path).is_dir() else path for path in found]


def data_names(incomplete: str) -> list[str]:
    """The built-in data sets, files and folders whose name begins so."""
    return [*(name for name in BUILT_IN if name.startswith(incomplete)), *paths(incomplete)]


def activations(incomplete: str) -> list[str]:
    """The activations whose name begins so."""
    from chainrule.rules import activation_names

    return [name for name in activation_names() if name.startswith(incomplete)]
