"""The arithmetics, and settings under which hypothesis draws the same examples in every run."""

import hypothesis
import numpy as np
import pytest

from chainrule.checking import precision

from .arithmetic import Arithmetic

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=40)
hypothesis.settings.load_profile("repeatable")

BITS = 300


@pytest.fixture(scope="module", params=[np.float64, np.float32, object], ids=["float64", "float32", "balls"])
def arithmetic(request):
    """Makes arrays of one kind of number and says when two of them are equal; balls work at 300 bits."""
    with precision(BITS):
        yield Arithmetic(request.param)
