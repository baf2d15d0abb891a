"""What counts as samples in files."""

import numpy as np
import scipy.sparse as sp

from chainrule.storage import is_source


def test_an_object_with_these_methods_is_a_source_and_arrays_are_none(array_source):
    assert is_source(array_source(np.zeros((3, 2))))
    assert not is_source(np.zeros((3, 2)))
    assert not is_source(sp.csr_matrix((3, 2)))
    assert not is_source([[1.0]])
