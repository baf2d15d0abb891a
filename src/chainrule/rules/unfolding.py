"""Unfolding of images into the entries of windows, which convolutions and pools are built from.

    unfold:  P[.., e, i, j] = x[.., i s + a d - p, j s + b d - p]    entry e = (a, b) of window (i, j); outside x is 0
    fold:    x[.., h, w] = sum_e P[.., e, i, j]                      over all e, i and j that read (h, w)

Images are the last two axes. Fold is the transpose of unfold. Both are one look-up: at most one window reads (h, w) at
its entry e.
"""

import math
from typing import Any

import numpy as np

from chainrule.arrays import Array, look_up, namespace
from chainrule.rules.windows import Windows


def unfold(x: Array, windows: Windows, outside: float = 0.0) -> Array:
    """The entries of every window: (.., height, width) becomes (.., entries, rows, columns of windows).

    >>> from chainrule.rules.windows import windows_on
    >>> unfold(np.arange(3.0).reshape(1, 3), windows_on((1, 3), (1, 2)))
    array([[[0., 1.]],
    <BLANKLINE>
           [[1., 2.]]])
    """
    return look_up(x.reshape(*x.shape[:-2], math.prod(windows.size)), _pixels_read(windows), outside)


def fold(patches: Array, windows: Windows) -> Array:
    """The transpose of `unfold`: for every pixel the sum of all entries that read it."""
    entries = look_up(patches.reshape(*patches.shape[:-3], math.prod(patches.shape[-3:])), _readers(windows))
    return namespace(patches).sum(entries, axis=-3)


def _pixels_read(windows: Windows) -> np.ndarray[Any, Any]:
    """The number of the pixel that entry e of window (i, j) reads, row by row; -1 outside of the image."""
    (height, width), entries = windows.size, np.array(windows.entries)[:, :, None]
    top, left = (before for before, _ in windows.padding)
    rows = np.arange(windows.count[0]) * windows.stride[0] + entries[:, 0] * windows.dilation[0] - top
    columns = np.arange(windows.count[1]) * windows.stride[1] + entries[:, 1] * windows.dilation[1] - left
    rows, columns = rows[:, :, None], columns[:, None, :]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return np.where(inside, rows * width + columns, -1)


def _readers(windows: Windows) -> np.ndarray[Any, Any]:
    """For entry e and each pixel the number of the patch entry that reads it; -1 if none does."""
    read = _pixels_read(windows).reshape(len(windows.entries), -1)
    entry, window = np.nonzero(read >= 0)
    readers = np.full((len(windows.entries), windows.size[0] * windows.size[1]), -1)
    readers[entry, read[entry, window]] = entry * read.shape[1] + window
    return readers.reshape(-1, *windows.size)
