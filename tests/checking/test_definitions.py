"""Textbook definitions of the registered rules."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking import balls, midpoints
from chainrule.checking.definitions import DEFINITIONS


def test_every_registered_rule_has_a_definition():
    assert [name for name in rules.names() if name not in DEFINITIONS] == []


@pytest.mark.parametrize(
    ("name", "inputs", "options", "value"),
    [
        ("softmax", ([0.0, 0.0],), {}, [0.5, 0.5]),
        ("convolve1d", ([1.0, 2.0, 3.0], [1.0, 10.0]), {"mode": "full"}, [1, 12, 23, 30]),
        ("convolve1d", ([1.0, 2.0, 3.0], [1.0, 10.0]), {"mode": "valid"}, [12, 23]),
        ("correlate2d", ([[[1.0, 2.0, 3.0]]], [[[[1.0, 10.0]]]]), {}, [[[21, 32]]]),
        ("convolve2d", ([[[1.0, 2.0, 3.0]]], [[[[1.0, 10.0]]]]), {}, [[[12, 23]]]),
        ("max_pool2d", ([[[1.0, 4.0], [3.0, 2.0]]],), {}, [[[4]]]),
        ("avg_pool2d", ([[[1.0, 4.0], [3.0, 2.0]]],), {"kernel": (2, 1)}, [[[2, 3]]]),
        ("zero_pad2d", ([[[1.0]]],), {"padding": ((1, 0), (0, 2))}, [[[0, 0, 0], [1, 0, 0]]]),
    ],
)
def test_values_by_hand(name, inputs, options, value):
    np.testing.assert_array_equal(midpoints(DEFINITIONS[name](*map(balls, inputs), **options)), value)
