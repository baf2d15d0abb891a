"""Chosen samples of a source, in the form in which fits and predictions take an array X."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_sparse
from chainrule.storage.source import RowSource

NUMBERS_OF_A_BLOCK = 1 << 20
"""Numbers in a block of consecutive rows: 4 MB in float32."""
ENTRIES_OF_A_SPARSE_ROW = 256
"""A sparse row counts as at most that many numbers, since most of its features are 0."""
ROWS_OF_A_SAMPLE = 16


@dataclass(frozen=True)
class StoredRows:
    """Samples of a source: a slice of them reads features, and an index or mask chooses among them without reading.

    They are a `RowSource` themselves, so that a fit to chosen samples of a source is a fit to these.

    Parameters
    ----------
    source : RowSource
    dtype : dtype
        float32 or float64: the dtype that features are converted to when they are read.
    chosen : array of int, optional
        The ascending numbers of the chosen samples; all of them if absent.
    checked : bool
        True if all samples are known to be finite, so that they are not looked at again.
    change : callable, optional
        A function of blocks of features that have been read and checked, with as many features.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import Blocks
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/x.npy", np.arange(10.0).reshape(5, 2))
    ...     rows = StoredRows(Blocks(f"{folder}/x.npy"), np.dtype(np.float32))[np.array([1, 4])]
    ...     rows.shape, rows[0:2]
    ((2, 2), array([[2., 3.],
           [8., 9.]], dtype=float32))
    """

    source: RowSource
    dtype: np.dtype[Any]
    chosen: Array | None = None
    checked: bool = False
    change: Callable[[Array], Array] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """The number of chosen samples and of features."""
        rows, features = self.source.shape
        return (rows if self.chosen is None else len(self.chosen)), features

    @property
    def sparse(self) -> bool:
        """True if slices are CSR matrices."""
        return self.source.sparse

    @property
    def feature_names(self) -> Sequence[str] | None:
        """The names of the features, if the source has them."""
        return self.source.feature_names

    @property
    def rows_of_a_block(self) -> int:
        """The number of rows that are read at once, which depends on the number of features alone."""
        features = self.shape[1]
        return max(1, NUMBERS_OF_A_BLOCK // max(1, min(features, ENTRIES_OF_A_SPARSE_ROW) if self.sparse else features))

    def __getitem__(self, rows: Any) -> Any:
        """The features of a slice, or the samples at an ascending index or under a mask."""
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(self.shape[0])
            return self.read(start, stop)
        numbers = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(self, chosen=numbers if self.chosen is None else self.chosen[numbers])

    def astype(self, dtype: Any, copy: bool = True) -> StoredRows:
        """The same samples, whose features are converted to another dtype when they are read."""
        return replace(self, dtype=np.dtype(dtype))

    def read(self, start: int, stop: int) -> Array:
        """The features of the chosen samples start, ..., stop - 1, which nobody may write to.

        Raises
        ------
        ValueError
            For NaN or infinity; the message names the place of the sample.
        """
        read = self.source.features if self.checked else partial(finite_features, self.source)
        if self.chosen is None:
            return self._changed(read(start, stop))
        numbers, step = self.chosen[start:stop], self.rows_of_a_block
        parts = []
        while len(numbers):
            # Samples that are far apart are read in several blocks, of bounded size.
            inside = numbers[: np.searchsorted(numbers, numbers[0] + step)]
            block = read(int(inside[0]), int(inside[-1]) + 1)
            parts.append(self._changed(block[inside - inside[0]]))
            numbers = numbers[len(inside) :]
        return parts[0] if len(parts) == 1 else stacked(parts)

    def features(self, start: int, stop: int) -> Array:
        """The same as `read`."""
        return self.read(start, stop)

    def labels(self) -> Array | None:
        """The labels of the chosen samples; None if the source has none."""
        return self._of_chosen(self.source.labels())

    def weights(self) -> Array | None:
        """The weights of the chosen samples; None if the source has none."""
        return self._of_chosen(self.source.weights())

    def place(self, row: int) -> str:
        """The place of a chosen sample in the files."""
        return self.source.place(row if self.chosen is None else int(self.chosen[row]))

    def changed(self, change: Callable[[Array], Array]) -> StoredRows:
        """The same samples, to whose blocks a function is applied after the earlier ones."""
        earlier = self.change
        return replace(self, change=change if earlier is None else lambda block: change(earlier(block)))

    def expect(self, start: int, stop: int) -> None:
        """Tell the source that `read` will be asked for these samples soon."""
        if self.chosen is not None and start < stop:
            start, stop = int(self.chosen[start]), int(self.chosen[stop - 1]) + 1
        self.source.expect(start, stop)

    def sample(self) -> tuple[Any, ...]:
        """Facts that identify these samples without reading all: shape, dtype, names, choice, and a few rows."""
        names = self.source.feature_names
        starts = {0, self.source.shape[0] // 2, max(0, self.source.shape[0] - ROWS_OF_A_SAMPLE)}
        rows = [
            self.source.features(start, min(start + ROWS_OF_A_SAMPLE, self.source.shape[0])) for start in sorted(starts)
        ]
        parts = [(rows.data, rows.indices) if is_sparse(rows) else np.array(rows) for rows in rows]
        return self.source.shape, str(self.dtype), None if names is None else list(names), self.chosen, parts

    # What follows is private.

    def _changed(self, block: Array) -> Array:
        return (block if self.change is None else self.change(block)).astype(self.dtype, copy=False)

    def _of_chosen(self, values: Array | None) -> Array | None:
        return values if values is None or self.chosen is None else values[self.chosen]


def stacked(blocks: list[Array]) -> Array:
    """The rows of several blocks, which are all dense or all CSR."""
    if not is_sparse(blocks[0]):
        return np.concatenate(blocks)
    import scipy.sparse as sp

    return sp.vstack(blocks, format="csr")


def finite_features(source: RowSource, start: int, stop: int) -> Array:
    """The features of samples start, ..., stop - 1 of a source.

    Raises
    ------
    ValueError
        For NaN or infinity; the message names the place of the first such sample, and the feature.
    """
    block = source.features(start, stop)
    wrong = first_not_finite(block)
    if wrong is None:
        return block
    row, column, value = wrong
    name = column if source.feature_names is None else repr(source.feature_names[column])
    raise ValueError(f"{source.place(start + row)}: feature {name} is {value}, expected a finite number")


def first_not_finite(block: Array) -> tuple[int, int, float] | None:
    """The row, the column and the value of the first NaN or infinity in a dense or CSR block; None if all are finite.

    Examples
    --------
    >>> first_not_finite(np.array([[1.0, 2.0, 3.0], [4.0, np.inf, np.nan]]))
    (1, 1, inf)
    """
    values = block.data if is_sparse(block) else block.reshape(-1)
    if values.dtype.kind != "f":
        return None
    # Squares do not cancel, so their sum is finite if all entries are, unless squares overflow.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.dot(values, values)):
            return None
    wrong = np.flatnonzero(~np.isfinite(values))
    if not len(wrong):
        return None
    first = int(wrong[0])
    if is_sparse(block):
        row, column = int(np.searchsorted(block.indptr, first, side="right")) - 1, int(block.indices[first])
    else:
        row, column = divmod(first, block.shape[1])
    return row, column, float(values[first])
