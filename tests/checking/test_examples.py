"""The points at which rules are judged."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.arrays import holds_labels
from chainrule.checking.examples import Example, example_inputs, examples


@pytest.mark.parametrize("name", rules.names())
def test_every_registered_rule_has_distinct_examples_of_its_inputs(name):
    points = examples(name)
    assert all(len(point.inputs) == len(rules.get(name).inputs) for point in points)
    drawn = points[0].inputs[0]
    assert len(np.unique(drawn)) == drawn.size or holds_labels(drawn)
    others = examples(name, seed=6)
    assert not np.array_equal(drawn, others[0].inputs[0])


def test_a_rule_of_several_inputs_without_examples_is_named():
    rule = rules.Rule("product", lambda x, y: (x * y, y), {"x": lambda y, v: v * y}, inputs=("x", "y"))
    rules.register(rule)
    try:
        with pytest.raises(LookupError, match="'product' has no example inputs"):
            example_inputs("product", (2, 3))
    finally:
        rules.unregister("product")


def test_an_example_is_shown_by_its_shapes_and_options():
    assert str(Example((np.zeros((2, 3)), np.zeros(3)), {"mode": "same"})) == "inputs of shape (2, 3), (3,), mode=same"
