"""What the windows of a convolution or a pool read, and its transpose, which gives back to where it was read.

    unfold:  P[.., e, i, j] = x[.., i s + a d - p, j s + b d - p]    entry e = (a, b) of window (i, j); outside x is 0
    fold:    x[.., h, w] = sum_e P[.., e, i, j]                      over all e, i and j that read (h, w)

Images are the last two axes. Both are one look-up: at most one window reads (h, w) at its entry e.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.arrays import Array, look_up, namespace
from chainrule.rules.windows import Windows

Positions = tuple[np.ndarray[Any, Any], ...]


def unfold(x: Array, windows: Windows, outside: float = 0.0) -> Array:
    """What every window holds: (.., height, width) becomes (.., entries, rows, columns of windows).

    >>> from chainrule.rules.windows import windows_on
    >>> unfold(np.arange(3.0).reshape(1, 3), windows_on((1, 3), (1, 2)))
    array([[[0., 1.]],
    <BLANKLINE>
           [[1., 2.]]])
    """
    return look_up(x, *_read(windows), outside=outside)


def fold(patches: Array, windows: Windows) -> Array:
    """The transpose of `unfold`: the sum of all that was read at one place."""
    return namespace(patches).sum(look_up(patches, *_readers(windows)), axis=-3)


@lru_cache(maxsize=512)
def _read(windows: Windows) -> Positions:
    """The rows, and the columns, that entry e of window (i, j) reads."""
    parts = []
    for axis, entry in enumerate(np.transpose(windows.entries)):
        steps = np.arange(windows.count[axis]) * windows.stride[axis] - windows.padding[axis][0]
        parts.append(steps + entry[:, None] * windows.dilation[axis])
    return parts[0][:, :, None], parts[1][:, None, :]


@lru_cache(maxsize=512)
def _readers(windows: Windows) -> Positions:
    """For entry e and each pixel: e itself, and the row and the column of the window that reads it; -1 if none does."""
    parts = []
    for axis, entry in enumerate(np.transpose(windows.entries)):
        pixels = np.arange(windows.size[axis]) + windows.padding[axis][0]
        window, rest = np.divmod(pixels - entry[:, None] * windows.dilation[axis], windows.stride[axis])
        parts.append(np.where(rest == 0, window, -1))
    return np.arange(len(windows.entries))[:, None, None], parts[0][:, :, None], parts[1][:, None, :]
