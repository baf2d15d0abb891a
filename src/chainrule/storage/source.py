"""The interface of samples that are not in memory: their number, and the reading of consecutive rows."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from chainrule.arrays import Array


@runtime_checkable
class RowSource(Protocol):
    """Samples in a fixed order, whose features are read a block at a time.

    Labels and weights are read whole, since they take a few bytes per sample. Several threads may read at once.

    Attributes
    ----------
    shape : tuple of int
        The number of samples and of features.
    dtype : dtype
        float32 or float64: the dtype of the features as they are read. Files in float16, bfloat16 or integers of one
        byte are widened to float32, other integers to float64.
    sparse : bool
        True if blocks are CSR matrices.
    feature_names : sequence of str, or None

    Examples
    --------
    Any class with these attributes and methods is one:

    >>> class Numbers:
    ...     shape, dtype, sparse, feature_names = (1000, 2), np.dtype(np.float64), False, None
    ...     def features(self, start, stop):
    ...         return np.arange(2.0 * start, 2.0 * stop).reshape(-1, 2)
    ...     def labels(self):
    ...         return np.arange(1000) % 2
    ...     def weights(self):
    ...         return None
    ...     def place(self, row):
    ...         return f"row {row}"
    ...     def expect(self, start, stop):
    ...         pass
    >>> isinstance(Numbers(), RowSource)
    True
    """

    shape: tuple[int, int]
    dtype: np.dtype[Any]
    sparse: bool
    feature_names: Sequence[str] | None

    def features(self, start: int, stop: int) -> Array:
        """The features of samples start, ..., stop - 1: a C-contiguous array or a CSR matrix that nobody may write to.

        Entries are not checked for NaN or infinity.
        """

    def labels(self) -> Array | None:
        """The labels of all samples; None if the files hold none."""

    def weights(self) -> Array | None:
        """The weights of all samples; None if the files hold none."""

    def place(self, row: int) -> str:
        """The place of a sample in the files, for messages, such as ``part-3.parquet, row 17``; rows count from 0."""

    def expect(self, start: int, stop: int) -> None:
        """Begin to read these samples ahead, if the system can: they will be asked for soon."""


def is_source(x: object) -> bool:
    """True if x is a `RowSource`, and not an array.

    >>> is_source(np.ones((2, 3)))
    False
    """
    return not hasattr(x, "__array__") and not hasattr(x, "tocsr") and isinstance(x, RowSource)
