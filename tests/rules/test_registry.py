"""Rules by name."""

import pytest

from chainrule import rules

OWN = rules.Rule("own", lambda x: (x, ()), lambda _, v: v)


def test_a_registered_rule_is_found_until_it_is_forgotten():
    assert rules.register(OWN) is OWN
    assert rules.register(OWN) is OWN
    assert rules.get("own") is OWN
    assert "own" in rules.names()
    assert "own" in rules.activation_names()
    rules.unregister("own")
    assert "own" not in rules.names()
    with pytest.raises(ValueError, match="no rule is named 'own'; there are affine, "):
        rules.get("own")


def test_a_name_belongs_to_one_rule():
    with pytest.raises(ValueError, match="a rule named 'softmax' exists already"):
        rules.register(rules.Rule("softmax", lambda x: (x, ()), lambda _, v: v))


def test_losses_and_maps_are_no_activations():
    assert {"softmax", "relu"} <= set(rules.activation_names())
    assert not {"linear", "heaviside", "nll", "dropout"} & set(rules.activation_names())
