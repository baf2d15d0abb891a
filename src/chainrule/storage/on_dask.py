"""Samples in files whose features the workers of a Dask cluster read."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.extras import import_extra
from chainrule.storage.blocks import Blocks
from chainrule.storage.files import DataFileError
from chainrule.storage.stored_rows import StoredRows

BLOCKS_OF_A_TASK = 16
"""Blocks of rows that a task reads: 64 MB in float32."""
OPEN_SOURCES = 8
"""Sets of files that a worker keeps open."""


class OnDask:
    """Samples in files that the workers of a Dask cluster read, in place of this process.

    Labels and weights are read in this process. Workers must see the files under the same absolute paths::

        with Client("scheduler:8786"):
            model = SoftmaxRegression().fit(OnDask(Blocks("run/*.parquet", target="y")))

    Parameters
    ----------
    source : Blocks, or StoredRows of Blocks
        The samples, or some of them.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    feature_names : sequence of str, or None

    Raises
    ------
    TypeError
        If the samples are not in files that a worker can open, such as a memory map.
    ImportError
        If Dask, the extra 'dask', is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/x.npy", np.ones((4, 3), np.float32))
    ...     OnDask(Blocks(f"{folder}/x.npy", labels=[0, 1, 1, 0])).shape
    (4, 3)
    """

    ndim = 2

    def __init__(self, source: Blocks | StoredRows) -> None:
        import_extra("dask.array", "dask", "OnDask needs Dask")
        rows = source if isinstance(source, StoredRows) else StoredRows(source, source.dtype)
        if not isinstance(rows.source, Blocks):
            raise TypeError(f"expected Blocks, whose files workers can open, got {type(rows.source).__name__}")
        if rows.source.is_mapped:
            raise TypeError(f"{rows.source.paths[0]}: workers cannot open a memory map; give the path of a .npy file")
        self._rows, self._files = rows, _Files.of(rows.source)
        self.shape, self.dtype, self.feature_names = rows.shape, rows.dtype, rows.feature_names

    def labels(self) -> Array | None:
        """The labels of all samples; None if the files hold none."""
        return self._rows.labels()

    def weights(self) -> Array | None:
        """The weights of all samples; None if the files hold none."""
        return self._rows.weights()

    def array(self) -> Any:
        """The features as a Dask array of parts that workers read, of CSR matrices for sparse files."""
        da = import_extra("dask.array", "dask", "OnDask needs Dask")
        dask = import_extra("dask", "dask", "OnDask needs Dask")
        rows, (count, features) = self._rows, self.shape
        step, read = BLOCKS_OF_A_TASK * rows.rows_of_a_block, dask.delayed(_read, pure=False)
        empty = rows.source.features(0, 0).astype(rows.dtype)
        parts = []
        for start in range(0, count, step):
            stop = min(start + step, count)
            chosen = (start, stop) if rows.chosen is None else rows.chosen[start:stop]
            task = read(self._files, rows.dtype, chosen, rows.checked, rows.change)
            parts.append(da.from_delayed(task, (stop - start, features), meta=empty))
        return da.concatenate(parts)


# What follows is private.


@dataclass(frozen=True)
class _Files:
    """The arguments with which a worker opens files. Stamps tell them from earlier files of the same names."""

    paths: tuple[str, ...]
    columns: tuple[str, ...] | None
    shape: tuple[int, int]
    dtype: str
    stamps: tuple[Any, ...]

    @classmethod
    def of(cls, blocks: Blocks) -> _Files:
        paths = tuple(map(os.path.abspath, blocks.paths))
        columns = None if blocks.columns is None else tuple(blocks.columns)
        return cls(paths, columns, blocks.shape, blocks.dtype.name, blocks.stamps)


@lru_cache(OPEN_SOURCES)
def _opened(files: _Files) -> Blocks:
    """The files, which a worker opens once.

    Raises
    ------
    DataFileError
        If they hold another number of samples here.
    """
    found = Blocks(files.paths, columns=files.columns, dtype=files.dtype, n_features=files.shape[1])
    if found.shape != files.shape:
        where = files.paths[0] if len(files.paths) == 1 else f"{files.paths[0]}, ... ({len(files.paths)} files)"
        raise DataFileError(f"{where}: a worker finds {found.shape[0]} samples, expected {files.shape[0]}")
    return found


def _read(
    files: _Files,
    dtype: np.dtype[Any],
    chosen: tuple[int, int] | Sequence[int],
    checked: bool,
    change: Callable[[Array], Array] | None,
) -> Array:
    """The features of some samples, a range of them or those with some numbers."""
    rows = StoredRows(_opened(files), dtype, None, checked, change)
    if isinstance(chosen, tuple):
        return rows.read(*chosen)
    return replace(rows, chosen=np.asarray(chosen)).read(0, len(chosen))
