"""A journal of a fit: the sum of each pass, so that a fit that was killed continues from its last pass.

A solver depends on nothing but its sums, whose bits are always the same. So a second run that is given the sums of the
first one repeats it, bit by bit, without a pass over the rows, and goes on where the first one ended.
"""

import hashlib
import json
import os
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

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
        What the fit depends on besides the states: a fingerprint of samples and versions.
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
        return JournaledEngine(self.engine.with_threads(count), self.folder, self.of, self._passes)

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
            result = self.engine.map_reduce(function, state, keys)
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
    """Pickles a state without the numbers of points, which differ from run to run."""

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
    _WithoutVersions(sink, protocol=4).dump(call)
    return sink.hash.hexdigest()


def _write(path: Path, digest: str, sums: Sums) -> None:
    """Write sums so that a process that is killed leaves either the whole file or none."""
    arrays: dict[str, Any] = {}

    def named(part: Any) -> Any:
        if isinstance(part, tuple | list):
            return [type(part).__name__, [named(one) for one in part]]
        if part is None:
            return None
        name = f"a{len(arrays)}"
        arrays[name] = part
        return [name if isinstance(part, np.ndarray) else f"{name}:{type(part).__name__}"]

    tree = json.dumps([digest, named(sums)])
    temporary = path.with_suffix(".npz.part")
    with temporary.open("wb") as file:
        np.savez(file, tree=np.array(tree), **arrays)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


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
                if rest:
                    parts = [part(one) for one in rest[0]]
                    return tuple(parts) if kind == "tuple" else parts
                name, _, number = kind.partition(":")
                return {"int": int, "float": float, "bool": bool}[number](arrays[name]) if number else arrays[name]

            return digest, part(tree)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise JournalError(f"{path}: this file of a journal cannot be read ({error}); remove it") from None
