"""Points with infinities and overflow."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.checking.limit_points import LIMITS


@pytest.mark.parametrize("name", LIMITS)
def test_each_limit_of_a_rule_has_the_shapes_of_the_inputs_with_the_same_results(name):
    for limit in LIMITS[name]:
        assert len(limit.inputs) == len(rules.get(name).inputs)
        assert list(map(np.shape, limit.inputs)) == list(map(np.shape, limit.same_as))
