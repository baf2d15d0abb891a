"""A journal of a fit: the sum of each pass, so that a fit that was killed continues from its last pass.

A solver depends on nothing but its sums, whose bits are always the same. So a second run that is given the sums of the
first one repeats it, bit by bit, without a pass over the rows, and goes on where the first one ended.
"""

import hashlib
import json
import os
import pickle
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import scipy.sparse

from chainrule.arrays import is_sparse
from chainrule.engines.engine import Engine, LeafFunction, Sums


class JournalError(ValueError):
    """A journal that belongs to another fit, or is damaged."""


@dataclass(eq=False)
class JournaledEngine:
    """An engine whose sums are written to a folder, and read from it where they are known.

    Parameters
    ----------
    engine : Engine
    folder : Path
        Made if it does not exist. Each pass writes a file of the size of its sum.
    of
        A fingerprint of samples and versions, on which the fit depends besides the states.
    """

    engine: Engine
    folder: Path
    of: Any = None
    _passes: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def threads(self) -> int:
        """The number of threads for work on vectors."""
        return self.engine.threads

    @property
    def x(self) -> Any:
        """The features of all rows."""
        return self.engine.x

    def with_threads(self, count: int) -> "JournaledEngine":
        """The same journal for an engine with this many threads."""
        return self.around(self.engine.with_threads(count))

    def around(self, engine: Engine) -> "JournaledEngine":
        """The same journal for another engine of the same fit, such as one of other features."""
        return JournaledEngine(engine, self.folder, self.of, self._passes)

    def blocks(self) -> Sequence[int]:
        """The numbers of all leaves."""
        return self.engine.blocks()

    def map_reduce(self, function: LeafFunction, state: Any, keys: Sequence[int] | None = None) -> Sums:
        """The sum of the journal, if it has this pass, or of the engine."""
        number, digest = self._passes[0], _digest(self.of, function, state, keys)
        path = self.folder / f"pass-{number:05d}.npz"
        if path.exists():
            known, result = _read(path)
            if known != digest:
                raise JournalError(
                    f"{path}: this pass is of another fit: other samples, parameters or versions. Give the same ones, "
                    "or another folder"
                )
        else:
            result = _as_read(self.engine.map_reduce(function, state, keys))
            _write(path, digest, result)
        self._passes[0] = number + 1
        return result

    def close(self) -> None:
        """Close the engine. The journal stays."""
        self.engine.close()

    def remove(self) -> None:
        """Remove the journal, after a fit that has ended."""
        for path in self.folder.glob("pass-*.npz*"):
            path.unlink()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


# What follows is private.


class _WithoutVersions(pickle.Pickler):
    """Pickles a state without the numbers of points, which differ from run to run.

    It is `fast`: two references to one object look like two equal objects.
    """

    def reducer_override(self, item: Any) -> Any:
        if isinstance(item, FunctionType):
            return str, (item.__qualname__,)
        content = getattr(item, "without_version", None)
        return NotImplemented if content is None or isinstance(item, type) else (tuple, (content(),))


def _digest(*call: Any) -> str:
    """A digest of a call."""

    class Sink:
        def __init__(self) -> None:
            self.hash = hashlib.blake2b(digest_size=16)

        def write(self, data: Any) -> int:
            self.hash.update(data)
            return len(memoryview(data))

    sink = Sink()
    pickler = _WithoutVersions(sink, protocol=4)
    pickler.fast = True
    pickler.dump(call)
    return sink.hash.hexdigest()


def _as_read(sums: Sums) -> Sums:
    """Sums with arrays in a layout that a file keeps, so that the bits of later products are those of a second run."""
    if isinstance(sums, tuple | list):
        return type(sums)(_as_read(part) for part in sums)
    if isinstance(sums, np.ndarray) and not (sums.flags.c_contiguous or sums.flags.f_contiguous):
        return np.ascontiguousarray(sums)
    return sums


def _write(path: Path, digest: str, sums: Sums) -> None:
    """Write sums so that a process that is killed leaves either the whole file or none."""
    arrays: dict[str, Any] = {}

    def stored(part: Any) -> str:
        name = f"a{len(arrays)}"
        arrays[name] = part
        return name

    def described(part: Any) -> Any:
        if part is None:
            return None
        if isinstance(part, tuple | list):
            return [type(part).__name__, *map(described, part)]
        if is_sparse(part):
            return [type(part).__name__, part.shape, *map(stored, (part.data, part.indices, part.indptr))]
        kind = "array" if isinstance(part, np.ndarray) else "scalar" if isinstance(part, np.generic) else "number"
        return [kind, stored(part)]

    tree = json.dumps([digest, described(sums)])
    temporary = path.with_suffix(".npz.part")
    try:
        with temporary.open("wb") as file:
            np.savez(file, tree=np.array(tree), **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:  # NumPy's errors name no file
        temporary.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _read(path: Path) -> tuple[str, Sums]:
    """The digest and the sums in a file.

    Raises
    ------
    JournalError
        If the file is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            digest, tree = json.loads(str(arrays["tree"]))

            def part(node: Any) -> Any:
                if node is None:
                    return None
                kind, *rest = node
                if kind in ("tuple", "list"):
                    return (tuple if kind == "tuple" else list)(map(part, rest))
                if kind in ("csr_array", "csr_matrix"):
                    shape, *names = rest
                    return getattr(scipy.sparse, kind)(tuple(arrays[name] for name in names), shape=tuple(shape))
                found = arrays[rest[0]]
                return found if kind == "array" else found[()] if kind == "scalar" else found.item()

            return digest, part(tree)
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise JournalError(f"{path}: this file of a journal cannot be read ({error}); remove it") from None
