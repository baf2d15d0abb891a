"""Passes of several fits over the same dense rows, with one product of x for all of them.

With one or few logits, a product of x waits for memory: x is read for a handful of columns. The passes of many fits
(see `chainrule.engines.meeting`) need x times the weights of each, and its transpose times the residuals of each. Both
are taken for all columns at once. Between the two, each fit's own function sees its own columns, as if it were alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.engines import Leaf, LocalEngine, Request
from chainrule.engines.engine import Sums
from chainrule.solvers.convex.row_blocks import FEW_OUTPUTS, Folded, LogitPoint, RowBlock, View
from chainrule.solvers.convex.rows import over_blocks, pulled_back

COLUMNS = 16
"""Products have a multiple of this many columns: as fits end, buffers of every size would pile up."""


def joint_sums(rows: LocalEngine, requests: Sequence[Request]) -> Sequence[Sums]:
    """The sums that several fits ask for, from one pass over the same leaves."""
    sums, gradients = rows.map_reduce(_of_leaf, requests, requests[0].keys)
    results = list(sums)
    for gradient, columns in zip(gradients, _columns(_shared(requests)).values(), strict=True):
        for number, own in columns.items():
            results[number] = results[number], np.ascontiguousarray(gradient[own].T)
    return results


def rank_of(request: Request) -> tuple[int, bool]:
    """The order of passes: those without a transposed product first, and float32 before float64.

    So fits whose line searches and last steps take different numbers of passes come together again.
    """
    view = request.state[0]
    return (view.dtype.itemsize if isinstance(view, View) else 0), request.function is pulled_back


# What follows is private.


@dataclass(frozen=True, eq=False)
class _Products:
    """Known products x W + b, by the id of W. It takes the place of `Narrowing` in a view."""

    known: dict[int, Array]

    def block(self, *fields: Any) -> "_BlockOfColumns":
        """A block with the fields of `RowBlock`, which knows the products."""
        return _BlockOfColumns(*fields)


class _BlockOfColumns(RowBlock):
    """Some rows as one of several fits sees them."""

    def times(self, weights: Array, offset: Array, out: Array) -> Array:
        """x W + b, into `out`."""
        known = self.view.narrow.known.get(id(weights))
        if known is None:
            return super().times(weights, offset, out)
        np.copyto(out, known)
        return out


def _shared(requests: Sequence[Request]) -> dict[int, Request]:
    """The requests whose products are taken together, by number; none if there is only one."""

    def has_few_columns(request: Request) -> bool:
        view: View = request.state[0]
        return view.n_outputs <= FEW_OUTPUTS and view.narrow is None

    dense = {
        number: request
        for number, request in enumerate(requests)
        if request.function in (over_blocks, pulled_back)
        and not is_sparse(request.engine.x)
        and has_few_columns(request)
    }
    return dense if len(dense) > 1 else {}


def _columns(shared: dict[int, Request]) -> dict[Any, dict[int, slice]]:
    """For each dtype of residuals, the columns of each request for a gradient, by its number."""
    found: dict[Any, dict[int, slice]] = {}
    for number, request in shared.items():
        if request.function is pulled_back:
            columns, k = found.setdefault(request.state[0].dtype, {}), request.state[0].n_outputs
            start = max((own.stop for own in columns.values()), default=0)
            columns[number] = slice(start, start + k)
    return found


def _of_leaf(leaf: Leaf, requests: Sequence[Request]) -> tuple[tuple[Sums, ...], tuple[Array, ...]]:
    """The result of each fit's function for a leaf, and the transposed gradients that are shared, by dtype."""
    parts = [
        engine.leaves.leaf(leaf.number, leaf.x, leaf.works, leaf.lender, engine.kept[leaf.number])
        for engine, *_ in requests
    ]
    shared = _shared(requests)
    wanted: dict[Any, dict[int, Folded]] = {}
    for request in shared.values():
        known = {version for version, _ in request.engine.kept[leaf.number].values()}
        for folded in _wanted(request.state[2], known):
            wanted.setdefault(folded[0].dtype, {})[id(folded[0])] = folded
    products = _Products({})
    for dtype, every in wanted.items():
        products.known.update(_multiplied(leaf, dtype, every))
    residuals: dict[int, Array] = {}
    buffers = []
    for dtype, columns in _columns(shared).items():
        buffers.append(_buffer(leaf, "joint residuals", dtype, columns))
        residuals |= {number: buffers[-1][own] for number, own in columns.items()}
    results: list[Any] = []
    for number, (part, (_, function, state, _)) in enumerate(zip(parts, requests, strict=True)):
        if number not in shared:
            results.append(function(part, state))
            continue
        found = over_blocks(part, (state[0]._replace(narrow=products), *state[1:3]))
        if number in residuals:
            found, own = found
            np.copyto(residuals[number], own.T)
        results.append(found)
    return tuple(results), tuple(_transposed_times(leaf, buffer) for buffer in buffers)


def _wanted(state: Any, known: set[int]) -> Iterator[Folded]:
    """The weights and offsets in a state whose products are not kept as logits at a known point.

    A function that needs another product takes it by itself.
    """
    if isinstance(state, LogitPoint):
        if state.version not in known and state.line is None:
            yield state.folded
    elif isinstance(state, tuple):
        arrays = len(state) == 2 and all(isinstance(part, np.ndarray) for part in state)
        if arrays and (state[0].ndim, state[1].shape) == (2, state[0].shape[1:]):
            yield state
        else:
            for part in state:
                yield from _wanted(part, known)


def _multiplied(leaf: Leaf, dtype: Any, every: dict[int, Folded]) -> dict[int, Array]:
    """x W + b for weights and offsets of one dtype, in columns of one buffer, by the same keys."""
    slices, start = {}, 0
    for key, (weights, _) in every.items():
        slices[key] = slice(start, start + weights.shape[1])
        start = slices[key].stop
    out = _buffer(leaf, "joint products", dtype, slices).T
    weights, offsets = np.zeros((leaf.x.shape[1], out.shape[1]), dtype), np.zeros(out.shape[1], dtype)
    for key, columns in slices.items():
        weights[:, columns], offsets[columns] = every[key]
    _rows_of(leaf).times(weights, offsets, out)
    return {key: out[:, columns] for key, columns in slices.items()}


def _transposed_times(leaf: Leaf, residuals: Array) -> Array:
    """R^T x for transposed residuals, with their sums as the last column."""
    gradient = leaf.lender.lend((len(residuals), leaf.x.shape[1] + 1), residuals.dtype)
    _rows_of(leaf).transposed_times(residuals.T, gradient[:, :-1].T)
    np.sum(residuals, axis=1, out=gradient[:, -1], dtype=residuals.dtype)
    return gradient


def _rows_of(leaf: Leaf) -> RowBlock:
    """A leaf as a block that only multiplies."""
    view, none = View(0, 1.0, leaf.x.dtype), np.empty(0)
    return RowBlock(leaf.rows, leaf.x, none, none, leaf.works[0], leaf.lender, None, view)


def _buffer(leaf: Leaf, name: str, dtype: Any, columns: dict[int, slice]) -> Array:
    """A buffer of the thread with a row for each column, and more rows, which are 0."""
    count = max((own.stop for own in columns.values()), default=0)
    padded = -(-count // COLUMNS) * COLUMNS
    buffer = leaf.works[0](name, (padded, leaf.x.shape[0]), leaf.x, np.dtype(dtype))
    buffer[count:] = 0
    return buffer
