"""What counts as samples in files."""

import numpy as np
import scipy.sparse as sp

from chainrule.storage import is_source


class Three:
    """Three samples of two features."""

    shape = (3, 2)
    dtype = np.dtype(np.float32)
    sparse = False
    feature_names = None

    def features(self, start, stop):
        return np.arange(6, dtype=np.float32).reshape(3, 2)[start:stop]

    def labels(self):
        return np.array([0, 1, 0])

    def weights(self):
        return None

    def place(self, row):
        return f"row {row}"

    def expect(self, start, stop):
        return None


def test_an_object_with_these_methods_is_a_source_and_arrays_are_none():
    assert is_source(Three())
    assert not is_source(np.zeros((3, 2)))
    assert not is_source(sp.csr_matrix((3, 2)))
    assert not is_source([[1.0]])
