"""A record of all that the bytes of a model file depend on besides options: versions, loops, threads, the data."""

import glob
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chainrule.cli.train_options import RunOptions

TABLE = "made-with"
"""The table of a configuration file that records this."""
DATA = "data-sha256"
MOST_BYTES = 1 << 30
"""Larger data are not hashed, since that would take longer than many fits."""


def made_with(options: RunOptions) -> dict[str, str]:
    """The versions, the loops and threads of training, and the SHA-256 of the training files.

    A built-in data set has no such files, and files of more than MOST_BYTES together are not hashed. The digest is that
    of the bytes of all files of the data and the labels, one after another in the order of their names.
    """
    from importlib.metadata import version

    from chainrule import __version__
    from chainrule.kernels.blas import available_threads
    from chainrule.kernels.compiling import loops

    digest = _digest([options.data, *([str(labels)] if (labels := vars(options).get("labels")) else [])])
    versions = {name: version(name) for name in ("numpy", "scipy", "scikit-learn")}
    # Threads add up parts of the rows, so another number of them adds in another order.
    how = {"loops": loops(), "threads": str(available_threads())}
    return {"chainrule": __version__, **versions, **how, **({} if digest is None else {DATA: digest})}


def differences(recorded: Mapping[str, Any], now: Mapping[str, str], data: str) -> str:
    """The differences between two such records, in words; empty if nothing that both of them have differs.

    >>> differences({"numpy": "2.3.0", "loops": "NumPy"}, {"numpy": "2.4.6", "loops": "NumPy"}, "voters.csv")
    'numpy 2.4.6 (then 2.3.0)'
    """
    found = [name for name in now if name in recorded and recorded[name] != now[name]]
    named = [f"{name} {now[name]} (then {recorded[name]})" for name in found if name != DATA]
    return ", ".join([*named, *([f"the contents of {data}"] if DATA in found else [])])


# What follows is private.


def _digest(sources: list[str]) -> str | None:
    """The SHA-256 of the bytes of the files; None if there are none, or too many bytes."""
    import hashlib

    total, paths = 0, list[Path]()
    for path in (path for source in sources for path in _files(source)):
        total += path.stat().st_size
        paths.append(path)
        if total > MOST_BYTES:
            return None
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest() if paths else None


def _files(source: str) -> Iterator[Path]:
    """The files of a source: itself, those in a folder, or those of a glob; none if there is no such source."""
    whole = Path(source)
    found = [whole] if whole.exists() else map(Path, sorted(glob.glob(source)))
    for path in found:
        yield from (each for each in (sorted(path.rglob("*")) if path.is_dir() else [path]) if each.is_file())
