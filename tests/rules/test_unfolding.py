"""Unfolding, and folding as its transpose."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.rules.unfolding import fold, unfold
from chainrule.rules.windows import windows_on

WINDOWS = windows_on((5, 4), (3, 2), (2, 1), ((1, 0), (0, 2)), (1, 2))
X = random_stream(95).standard_normal((2, 5, 4))


def test_unfold_reads_the_entries_of_every_window_and_zeros_outside():
    patches = unfold(X, WINDOWS)
    assert patches.shape == (2, 6, *WINDOWS.count)
    for e, (a, b) in enumerate(WINDOWS.entries):
        for i, j in np.ndindex(WINDOWS.count):
            row, column = 2 * i + a - 1, j + 2 * b
            inside = 0 <= row < 5 and column < 4
            assert patches[1, e, i, j] == (X[1, row, column] if inside else 0)
    assert np.isneginf(unfold(X, WINDOWS, outside=-np.inf)[0, 0, 0, 0])


def test_fold_is_the_transpose_of_unfold():
    v = random_stream(96).standard_normal((2, 6, *WINDOWS.count))
    assert np.sum(unfold(X, WINDOWS) * v) == pytest.approx(np.sum(X * fold(v, WINDOWS)), rel=1e-13)
