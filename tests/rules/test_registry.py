"""Rules by name."""

import pytest

from chainrule import rules
from chainrule.networks.layer_words import LAYERS
from chainrule.rules import registry

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


@pytest.mark.parametrize("name", ["pool", "conv", "pad", "scale"])
def test_a_word_for_layers_is_no_name(name):
    with pytest.raises(ValueError, match=f"a layer is called '{name}' in the words for networks"):
        rules.register(rules.Rule(name, lambda x: (x, ()), lambda _, v: v))


def test_the_words_for_layers_are_known():
    assert {name for name in LAYERS if " " not in name} <= registry.layer_words


def test_rules_of_the_package_stay():
    with pytest.raises(ValueError, match="'tanh' is a rule of the package and stays"):
        rules.unregister("tanh")
    assert rules.get("tanh") is rules.tanh


def test_only_rules_are_registered():
    with pytest.raises(TypeError, match="register: expected a Rule, got function"):
        rules.register(lambda x: x)


def test_a_name_with_options_says_how_to_set_them():
    with pytest.raises(ValueError, match="a name sets no options") as refused:
        rules.get("softmax_cross_entropy(label_smoothing=0.1)")
    told = str(refused.value).partition("defaults, ")[2]
    made = eval(told, {"rules": rules})
    try:
        assert rules.get("my_softmax_cross_entropy") is made
    finally:
        rules.unregister("my_softmax_cross_entropy")
