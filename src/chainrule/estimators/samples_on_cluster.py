"""Samples in Dask collections, as a fit takes them: checked, encoded and cut into leaves on the workers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from numbers import Number
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.engines import ClusterRows, leaf_rows
from chainrule.engines.dask_engine import all_results, kept_on_workers, leaves_of_chunk
from chainrule.engines.local import in_step
from chainrule.estimators.class_encoding import ClassEncoding
from chainrule.estimators.classifier import checked_probabilities
from chainrule.estimators.sample_weights import ROWS_OF_MASSES, class_mass
from chainrule.extras import import_extra
from chainrule.storage import OnDask
from chainrule.storage.stored_rows import first_not_finite

Weigh = Callable[[Array, Array | None], Any]
"""A function from labels and sample weights of some rows to their total weights, or None if all are 1."""


def is_on_cluster(x: object) -> bool:
    """True for a Dask array or dataframe, and for files that workers read."""
    return isinstance(x, OnDask) or (hasattr(x, "__dask_graph__") and hasattr(x, "shape"))


def in_this_process(values: Any) -> Any:
    """A Dask collection as an array in memory; anything else as it is."""
    return np.asarray(values.compute()) if is_on_cluster(values) else values


def lazily(x: Any, function: Callable[[Any], Array], empty: Array, step: int) -> Any:
    """A function of each block of rows, such as a prediction, as a Dask array that nobody has computed yet.

    Parameters
    ----------
    x : Dask array or dataframe
    function : callable
        From some rows to one result each.
    empty : array
        The function's result for no rows.
    step : int
        Rows that the function takes at once in memory: known blocks are cut to multiples, which gives the same bits.
    """
    dask = import_extra("dask", "dask", "predictions for Dask collections need Dask")
    da = import_extra("dask.array", "dask", "predictions for Dask collections need Dask")
    if hasattr(x, "to_dask_array"):  # a dataframe
        blocks, lengths = list(x.to_delayed()), (np.nan,) * x.npartitions
    else:
        known = not np.isnan(x.shape[0])
        rows = {0: step * max(1, max(x.chunks[0]) // step)} if known else {}
        cut = x.rechunk({**rows, 1: -1})
        blocks, lengths = list(cut.to_delayed().ravel()), cut.chunks[0]
    task = dask.delayed(_of_rows, pure=True)
    parts = [
        da.from_delayed(task(function, empty, block), (length, *empty.shape[1:]), meta=empty)
        for block, length in zip(blocks, lengths, strict=True)
    ]
    whole = da.concatenate(parts, allow_unknown_chunksizes=True)
    return whole if np.isnan(whole.shape[0]) else whole.rechunk({0: x.chunks[0]})


@dataclass(frozen=True, eq=False)
class ClusterSamples:
    """Samples in Dask arrays with equal blocks of rows, whose lengths are known.

    Attributes
    ----------
    x, y, weights : dask.array.Array
        Features of shape (n, d); labels of shape (n,), or rows of probabilities; weights of shape (n,) or None.
    names : sequence of str or None
        Names of features.
    client : distributed.Client or None
    """

    x: Any
    y: Any
    weights: Any
    names: Sequence[str] | None
    client: Any

    def each(self, function: Callable[[Array, Array | None], Any]) -> list[Any]:
        """A function of labels and weights for blocks of as many rows as in memory, in their order."""
        dask = import_extra("dask", "dask", "fits to Dask collections need Dask")
        task = dask.delayed(_of_sides, pure=False)
        return all_results(self.client, [task(function, *pair) for pair in self._sides(ROWS_OF_MASSES)])

    def sides(self) -> tuple[Array, Array | None]:
        """All labels and weights, in this process."""
        y, weights = zip(*self.each(_both), strict=True)
        return np.concatenate(y), None if self.weights is None else np.concatenate(weights)

    def labels(self) -> Array:
        """The sorted labels."""
        if self.y.ndim != 1:
            raise ValueError(f"y: expected one label per sample, got shape {self.y.shape}")
        return _sorted(np.concatenate(self.each(_labels_of_block)))

    def counted(self, name: str, total: Weigh) -> tuple["ClusterSamples", bool]:
        """The samples whose total weight is not zero, as in memory, and whether some weights are negative.

        Raises
        ------
        ValueError
            If there are none; the message begins with `name`.
        """
        found = self.each(partial(_signs_of_block, total))
        counted = np.concatenate([np.unpackbits(bits, count=count) for count, bits, _ in found]).astype(bool)
        signed = any(negative for *_, negative in found)
        if not counted.any():
            raise ValueError(f"{name}: every sample has the weight zero, so there is nothing to fit")
        if counted.all():
            return self, signed
        rows = np.flatnonzero(counted)
        weights = None if self.weights is None else self.weights[rows]
        return replace(self, x=self.x[rows], y=self.y[rows], weights=weights), signed

    def mass(self, encoding: ClassEncoding, total: Weigh) -> Array:
        """The total weight of the samples of each class, with the bits of memory."""
        return np.asarray(sum(self.each(partial(_mass_of_block, encoding, total))))

    def rows(self, prepare: Callable[[Array, Array | None], Any], dtype: Any, k: int) -> ClusterRows:
        """The samples as rows of a problem with k logits.

        Parameters
        ----------
        prepare : callable
            From labels and weights to targets and weights.
        dtype : dtype
            That of the features.
        """
        dask = import_extra("dask", "dask", "fits to Dask collections need Dask")
        n, d = self.x.shape
        sparse = is_sparse(self.x._meta)
        size = leaf_rows(d, k, sparse=sparse)
        leaves = leaves_of_chunk((n, d), dtype, size, sparse=sparse, client=self.client)
        chunk = leaves * size
        x = self.x.rechunk({0: chunk, 1: d}).to_delayed().ravel()
        encode, check = dask.delayed(_of_sides, pure=False), dask.delayed(_checked_chunk, pure=False)
        sides = [encode(prepare, *pair) for pair in self._sides(chunk)]
        if self.client is not None:  # even if there is no room for features
            sides = kept_on_workers(self.client, sides)
        chunks = [
            check(np.dtype(dtype), number * chunk, features, side)
            for number, (features, side) in enumerate(zip(x, sides, strict=True))
        ]
        return ClusterRows(chunks, (n, d), np.dtype(dtype), sparse, size, leaves, self.client).kept()

    # What follows is private.

    def _sides(self, rows: int) -> Iterator[tuple[Any, Any]]:
        """Labels and weights in blocks of so many rows."""
        y = self.y.rechunk({0: rows, **({1: -1} if self.y.ndim == 2 else {})}).to_delayed().ravel()
        weights = [None] * len(y) if self.weights is None else self.weights.rechunk(rows).to_delayed().ravel()
        return zip(y, weights, strict=True)


def cluster_samples(x: Any, y: Any, weights: Any) -> ClusterSamples:
    """The samples of Dask arrays, dataframes or `OnDask`, whose lengths are computed where they are not known.

    Raises
    ------
    ValueError
        If lengths differ, if there are no samples, or if a column does not hold numbers.
    """
    da = import_extra("dask.array", "dask", "fits to Dask collections need Dask")
    names: Sequence[str] | None = None
    if isinstance(x, OnDask):
        y, weights = x.labels() if y is None else y, x.weights() if weights is None else weights
        x, names = x.array(), x.feature_names
    elif hasattr(x, "to_dask_array"):
        names = [str(name) for name in x.columns]
        for name, kind in zip(names, x.dtypes, strict=True):
            if getattr(kind, "kind", "O") not in "fiub":
                raise ValueError(
                    f"X: column {name!r} holds {kind}, expected numbers; categories become numbers by "
                    "dask.dataframe.get_dummies after X.categorize()"
                )
        plain = {name: _plain(kind) for name, kind in x.dtypes.items() if not isinstance(kind, np.dtype)}
        x = (x.astype(plain) if plain else x).to_dask_array(lengths=True)
    x = _with_lengths(x)
    if x.ndim != 2 or not x.shape[0] or not x.shape[1]:
        raise ValueError(f"X: expected samples with features, got shape {x.shape}")
    y, weights = (None if part is None else _column(da, part, x) for part in (y, weights))
    if y is None:
        raise ValueError("y: expected labels, got None")
    for name, part in (("y", y), ("sample_weight", weights)):
        if part is not None and part.shape[0] != x.shape[0]:
            raise ValueError(f"{name}: expected one entry for each of {x.shape[0]} samples, got {part.shape[0]}")
    client = current_client()
    if client is not None:  # labels and weights are small, and looked at several times
        sides = kept_on_workers(client, [y] if weights is None else [y, weights])
        y, weights = sides[0], None if weights is None else sides[1]
    return ClusterSamples(x, y, weights, names, client)


def current_client() -> Any:
    """The client of this process, or None."""
    try:
        return import_extra("distributed", "dask", "fits to Dask collections need Dask").get_client()
    except (ImportError, ValueError):
        return None


# What follows is private.


def _of_rows(function: Callable[[Any], Array], empty: Array, rows: Any) -> Array:
    rows = in_step(rows) if isinstance(rows, np.ndarray) else rows
    return function(rows) if rows.shape[0] else empty


def _with_lengths(x: Any) -> Any:
    return x.compute_chunk_sizes() if any(np.isnan(size) for size in x.shape) else x


def _column(da: Any, part: Any, x: Any) -> Any:
    """Labels or weights as a Dask array with known lengths."""
    if not is_on_cluster(part):
        part = np.full(x.shape[0], part) if isinstance(part, Number) else np.asarray(part)
        return da.from_array(part, chunks=(x.chunks[0], *part.shape[1:]) if len(part) == len(x) else -1)
    if hasattr(part, "to_dask_array"):
        dtype = part.dtype
        if str(dtype) == "category":
            dtype = part.cat.categories.dtype if part.cat.known else np.dtype(object)
        part = part.astype(_plain(dtype)).to_dask_array(lengths=True)
    part = _with_lengths(part)
    return part[:, 0] if part.ndim == 2 and part.shape[1] == 1 else part


def _plain(dtype: Any) -> Any:
    """The NumPy dtype of the entries of a column of a dataframe."""
    return dtype if isinstance(dtype, np.dtype) else getattr(dtype, "numpy_dtype", np.dtype(object))


def _of_sides(function: Callable[[Array, Array | None], Any], y: Any, weights: Any) -> Any:
    return function(np.asarray(y), None if weights is None else np.asarray(weights))


def _both(y: Array, weights: Array | None) -> tuple[Array, Array | None]:
    return y, weights


def _labels_of_block(y: Array, _: Array | None) -> Array:
    return _sorted(y)


def _signs_of_block(total: Weigh, y: Array, weights: Array | None) -> tuple[int, Array, bool]:
    """The number of samples, a bit for each that is 1 if its weight is not zero, and whether one is negative."""
    found = total(y, weights)
    return len(found), np.packbits(found != 0), bool((found < 0).any())


def _mass_of_block(encoding: ClassEncoding, total: Weigh, y: Array, weights: Array | None) -> Array:
    return class_mass(encoding, checked_probabilities(y) if y.ndim == 2 else y, total(y, weights))


def _sorted(labels: Array) -> Array:
    """The sorted different labels.

    Raises
    ------
    ValueError
        For NaN, infinity or a missing label, and for labels that have no order.
    """
    try:
        found = np.unique(labels)
    except TypeError as error:  # words, and NaN or None for the missing ones
        raise ValueError(f"y: expected numbers or words, without missing ones: {error}") from None
    if found.dtype.kind == "f" and not np.isfinite(found).all():
        raise ValueError(f"y: a label is {found[~np.isfinite(found)][0]}, expected a number or a word")
    return np.asarray(found)


def _checked_chunk(dtype: Any, first: int, x: Any, side: tuple[Array, Array | None]) -> tuple[Any, Array, Array | None]:
    """The features, targets and weights of a chunk.

    Raises
    ------
    ValueError
        For NaN or infinity; the message names the sample.
    """
    x = x.tocsr() if is_sparse(x) else np.ascontiguousarray(x)
    wrong = first_not_finite(x)
    if wrong is not None:
        row, column, value = wrong
        raise ValueError(f"X: sample {first + row}: feature {column} is {value}, expected a number")
    return x.astype(dtype, copy=False), *side
