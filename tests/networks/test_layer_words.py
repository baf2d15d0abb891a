"""The words for layers, and a user's own layer, which is one class and no more."""

import re
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pytest

from chainrule import ConvClassifier, rules
from chainrule.estimators.persistence import load, save
from chainrule.networks import (
    Layer,
    LayerSpec,
    Parameter,
    Plan,
    network_of_layers,
    register_layer,
    specs,
    summarise,
    trace,
    unregister_layer,
)
from chainrule.networks.layer_words import COUNT, LAYERS, PAIR, RATE, SIZE, option, switch, value
from chainrule.networks.stack import specs_of
from chainrule.rules.registry import activation_names

gain = rules.Rule(
    "gain",
    lambda x, gain, *, power=1: (x * gain**power, (x, gain, power)),
    {
        "x": lambda r, v: v * r[1] ** r[2],
        "gain": lambda r, v: (v * r[0] * r[2] * r[1] ** (r[2] - 1)).sum(axis=0),
    },
    inputs=("x", "gain"),
    kind="layer",
    options=("power",),
)


@dataclass(frozen=True)
class Gain(LayerSpec):
    """y = x gain^power, one learned gain per entry of the input."""

    start: float = field(metadata=value(RATE, "the first gain"))
    power: int = field(default=1, metadata=option("power", COUNT, "an exponent"))
    penalised: bool = field(default=True, metadata=switch("no penalty"))

    def layer(self, in_shape):
        """The layer, for inputs of any shape."""
        values = Parameter("gain", in_shape, self.penalised, lambda stream, shape: np.full(shape, self.start))
        return Layer(gain, (values,), in_shape, in_shape, {"power": self.power})


@pytest.fixture(autouse=True)
def registered():
    register_layer("gain", "amplify")(Gain)
    yield
    unregister_layer("gain", "amplify")


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("gain 0.5", Gain(0.5)),
        ("gain 0.5 power 2", Gain(0.5, 2)),
        ("gain 0.5 power 3 no penalty", Gain(0.5, 3, penalised=False)),
    ],
)
def test_a_layer_of_ones_own_is_read_and_written(text, spec):
    assert specs_of(text) == specs_of(text.replace("gain", "amplify")) == (spec,)
    assert str(spec) == text
    assert specs_of("gain 0.5 no penalty power 3") == (Gain(0.5, 3, penalised=False),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gain", "'gain': expected the first gain, and the words end"),
        ("gain much", "'gain much': expected the first gain, a number from 0 to below 1, got 'much'"),
        ("gain 0.5 power x", "expected an exponent, a whole number, got 'x'"),
        ("gain 0.5 no", "'no' is not understood here; there are power, no penalty"),
        ("conv 32 3x3 relu, pool 2", "'relu' is not understood here; a comma stands between layers: write ', relu'"),
        ("conv 32 3x3 max pool 2", "a comma stands between layers: write ', max pool'"),
        ("conv 32 3x3 padding 1", "'padding 1' is not understood here; did you mean 'pad'? there are stride, pad, "),
        ("gai 3", "no layer is called 'gai'; did you mean 'gain'? layers are conv, "),
    ],
)
def test_its_words_are_checked_as_those_of_other_layers(text, message):
    with pytest.raises(ValueError) as caught:
        specs_of(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shape"), [("gain 0.5 power 2, linear 3", (4,)), ("gain 0.5, flatten, linear 3", (1, 2, 2))]
)
def test_it_works_in_networks_summaries_and_traces(text, shape):
    network = network_of_layers(text, shape)
    sizes = summarise(text, shape)
    assert (sizes.layers[0].text, sizes.layers[0].weights) == (text.split(",")[0], 4)
    assert network.n_weights == 16
    theta, x = network.initial_parameters(1), np.array([0.5, -1.0, 2.0, 1.0])
    plan, steps = Plan(network, 1, theta, input_gradient=True), trace(network, theta, x, 2)
    loss = plan.loss_and_gradient(x[None], np.array([2]))
    # The plan and the lines below add the same terms in other orders.
    assert steps["loss"] == pytest.approx(loss, rel=1e-13, abs=0)
    by_gain, by_weight, _ = network.unpack(plan.gradient)
    np.testing.assert_allclose(steps["d gain1"], by_gain, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(steps["d W2"], by_weight, rtol=1e-13, atol=1e-14)
    power = 2 if "power" in text else 1
    values = x * 0.5**power @ network.unpack(theta)[1] + network.unpack(theta)[2]
    np.testing.assert_allclose(steps["logits"], values, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("layers", ["gain 0.5 power 2, flatten, linear 3", [Gain(0.5, 2), "flatten", "linear 3"]])
def test_it_is_saved_in_words_and_as_an_object(layers, tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), rng.integers(0, 3, 30)
    model = ConvClassifier(layers, max_iter=2, random_state=0).fit(X, y)
    loaded = load(save(model, tmp_path / "a.model"))
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.layers == layers


def test_a_file_that_names_a_layer_that_is_not_registered_is_refused(tmp_path):
    path = save(ConvClassifier([Gain(0.5)]), tmp_path / "a.model")
    unregister_layer("gain", "amplify")
    try:
        with pytest.raises(ValueError, match=r"names the class '.*Gain', which may not be loaded"):
            load(path)
    finally:
        register_layer("gain", "amplify")(Gain)


def test_a_name_cannot_be_taken_twice():
    with pytest.raises(ValueError, match="a layer named 'gain' exists already"):
        register_layer("gain")(Gain)


def test_an_activation_keeps_its_name():
    with pytest.raises(ValueError, match="a layer named 'relu' exists already"):
        register_layer("relu")(Gain)


@pytest.mark.parametrize("name", ["Gain", "gain in decibels", "gain,power", " gain", ""])
def test_a_name_that_words_cannot_begin_with_is_refused(name):
    with pytest.raises(ValueError, match=re.escape(f"in lower case without commas, got {name!r}")):
        register_layer(name)(Gain)


def test_a_layer_that_is_not_registered_is_written_without_a_name():
    @dataclass(frozen=True)
    class Other(LayerSpec):
        size: int = field(metadata=value(PAIR, "a size"))
        step: int = field(default=1, metadata=option("step", SIZE, "a step"))

        def layer(self, in_shape):
            raise AssertionError("only its words are asked for")

    assert str(Other(3, (1, 2))) == "3x3 step 1x2"


def test_a_layer_says_how_it_is_made():
    class Bare(LayerSpec):
        pass

    with pytest.raises(TypeError, match="abstract method"):
        Bare()


def test_the_page_on_images_lists_the_words_of_every_layer():
    page = (Path(__file__).parents[2] / "docs" / "guide" / "images.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.*?) \|.*\|.*\|$", page.partition("## Layers")[2], re.MULTILINE)
    listed = [re.findall("`(.+?)`", row) for row in rows]
    assert {"relu", "tanh"} <= {*listed[-1]} <= {*activation_names()}
    known = {name: spec for name, (spec, _) in LAYERS.items() if spec.__module__ == specs.__name__}
    names = [re.match(r"[a-z]+( [a-z]+)*", words).group() for row in listed[:-1] for words in row]
    assert sorted(names) == sorted(known)
    for first, *_ in listed[:-1]:
        name = re.match(r"[a-z]+( [a-z]+)*", first).group()
        words = [one.metadata["word"] for one in fields(known[name]) if "word" in one.metadata]
        assert re.findall(r"\[([a-z ]+?)(?: [A-Z])?\]", first) == [word.name for word in words if word.name], name
        assert len(re.findall("[A-Z]{2,}|P$", re.sub(r"\[.*", "", first))) == sum(not word.name for word in words), name
