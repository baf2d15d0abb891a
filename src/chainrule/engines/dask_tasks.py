"""The tasks of passes on a Dask cluster: what runs on a worker, on one chunk of rows or on sums of several.

A chunk is a tuple of features, targets or None, and weights or None. A call is a pickled tuple, which begins with a
function and its state.
"""

from __future__ import annotations

import itertools
import pickle
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.engines.fingerprint import differences, fingerprint
from chainrule.engines.local import Leaves
from chainrule.engines.tree_sums import Lender, TreeSum
from chainrule.extras import import_extra
from chainrule.kernels.blas import single_threaded_products
from chainrule.storage.stored_rows import stacked
from chainrule.workspace import Workspace

_here = threading.local()
"""Buffers of this thread of a worker."""


class ClusterError(RuntimeError):
    """A pass that a cluster could not take; the message names the rows or the worker."""


def held(call: bytes) -> bytes:
    """The call itself: a task whose result workers fetch from each other."""
    return call


def mapped(call: bytes, chunk: tuple[Any, Any, Any], size: int) -> tuple[Any, Any, Any]:
    """A chunk with other features."""
    function, state = pickle.loads(call)
    x, targets, weights = chunk
    leaves = Leaves(x, targets, weights, size)
    with single_threaded_products():
        parts = [function(leaves.features(number), state) for number in leaves.numbers]
    return np.concatenate(parts), targets, weights


def chosen(chunk: tuple[Any, Any, Any], rows: Array) -> tuple[Any, Any, Any]:
    """Some rows of a chunk, by their numbers in it."""
    x, targets, weights = chunk
    return x[rows], None if targets is None else targets[rows], None if weights is None else weights[rows]


def joined(pieces: Sequence[tuple[Any, Any, Any]]) -> tuple[Any, Any, Any]:
    """One chunk of the rows of several pieces."""
    if len(pieces) == 1:
        return pieces[0]
    features, targets, weights = zip(*pieces, strict=True)
    sides = (None if part[0] is None else np.concatenate(part) for part in (targets, weights))
    return stacked(list(features)), *sides


Nodes = list[tuple[Any, int, int]]


def sum_of_chunk(
    call: bytes, chunk: tuple[Any, Array, Array | None], first: int, size: int, some: Any, position: int, count: int
) -> Nodes:
    """The sums of a function over the leaves of a chunk, or over some of them.

    Parameters
    ----------
    call : bytes
    chunk : tuple
    first : int
        The number of the chunk's first leaf.
    size : int
    some : list of int or None
        The numbers of leaves; None means all.
    position, count : int
        The position of the first of them in the sum, and the number of parts of the whole sum.
    """
    function, state, engine, expected = pickle.loads(call)
    different = differences(expected, fingerprint())
    if different:
        raise ClusterError(f"worker {_address()} has {different}: it would change the bits of the fit")
    x, targets, weights = chunk
    leaves = Leaves(x, targets, weights, size, first)
    buffers = getattr(_here, "buffers", None)
    if buffers is None:
        buffers = _here.buffers = [Workspace()], Lender()
    works, lender = buffers
    total, kept = TreeSum(count, lender), _taken_from_worker(x, engine)
    with single_threaded_products():
        for at, number in enumerate(leaves.numbers if some is None else some, position):
            try:
                leaf = leaves.leaf(number, leaves.features(number), works, lender, kept.setdefault(number, {}))
                part = function(replace(leaf, in_memory=False), state)
            except Exception as error:  # whatever a read or the function raises, the rows belong to it
                start, stop = number * size, min((number + 1) * size, first * size + x.shape[0])
                raise ClusterError(f"rows {start} to {stop - 1}: {type(error).__name__}: {error}") from error
            total.add(part, at)
    _left_on_worker(x, engine, kept)
    return total.nodes()


_kept: dict[int, tuple[weakref.ref[Any], str, dict[int, dict[Any, Any]]]] = {}
"""Results that leaves keep from pass to pass, by the identity of the features of their chunk, with a reference to these
features and the name of the engine. They go with the features: a chunk that moves, is spilled or is computed again has
none. They change no bit."""


def _taken_from_worker(x: Any, engine: str) -> dict[int, dict[Any, Any]]:
    """The results that the leaves of a chunk have kept for an engine; another thread does not find them any more."""
    found = _kept.pop(id(x), None)
    if found is None:
        return {}
    reference, owner, kept = found
    return kept if reference() is x and owner == engine else {}


def _left_on_worker(x: Any, engine: str, kept: dict[int, dict[Any, Any]]) -> None:
    """Keep the results for the next pass of the engine, in place of another engine's."""
    if any(kept.values()):
        key = id(x)
        _kept[key] = weakref.ref(x, lambda _: _kept.pop(key, None)), engine, kept


def added(found: Sequence[Nodes], count: int) -> Nodes:
    """The sums of larger nodes."""
    return sum_of_nodes(found, count).nodes()


def sum_of_nodes(found: Sequence[Nodes], count: int) -> TreeSum:
    """The sum of some nodes of several chunks. Tasks may run twice, so that arguments are not written to."""
    total = TreeSum(count)
    for part, position, level in itertools.chain.from_iterable(found):
        total.add(changed(_read_only, part), position, level)
    return total


def _read_only(array: Array) -> Array:
    """A view of an array that nobody may write to."""
    view = array.view()
    view.flags.writeable = False
    return view


def changed(function: Callable[[Array], Array], sums: Any) -> Any:
    """Sums with a function of each array in their place."""
    if isinstance(sums, tuple | list):
        return type(sums)(changed(function, part) for part in sums)
    return function(sums) if isinstance(sums, np.ndarray) else sums


def _address() -> str:
    """The address of this worker."""
    distributed = import_extra("distributed", "dask", "sums on a cluster need Dask")
    try:
        return str(distributed.get_worker().address)
    except ValueError:
        return "of this process"
