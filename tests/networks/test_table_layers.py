"""Layers for tables in networks: gradients of plans against central differences, first values, model files."""

import numpy as np
import pytest

from chainrule import ConvClassifier, load
from chainrule.arrays import random_stream
from chainrule.networks import Plan, network_of_layers

STACKS = {
    "scale": "scale, linear 5, tanh, scale, linear 3",
    "mish": "linear 5, mish, linear 4, selu, linear 3",
    "parametric activation": "linear 5, parametric mish, linear 4, parametric selu, linear 3",
    "periodic": "periodic 3, linear 4, periodic 2 sigma 0.5, linear 3",
    "embedding": "embedding 6 3, tanh, linear 3",
    "smooth clip": "smooth clip, linear 5, smooth clip limit 0.5, linear 3",
}


@pytest.fixture(params=STACKS)
def network(request):
    return network_of_layers(STACKS[request.param], (4,))


def batch(network):
    stream, codes = random_stream(6), network.layers[0].takes_codes
    return stream.integers(0, 6, (7, 4)) * 1.0 if codes else stream.standard_normal((7, 4)), np.arange(7) % 3


def test_gradients_of_a_plan_are_central_differences(network):
    x, labels = batch(network)
    theta = network.initial_parameters(1) + 0.1 * random_stream(7).standard_normal(network.n_parameters)
    moves = not network.layers[0].takes_codes
    plan = Plan(network, len(x), theta, input_gradient=moves)
    plan.loss_and_gradient(x, labels)
    arrays, step = [(theta, plan.gradient.copy())], 1e-4
    arrays += [(x, plan.input_gradient.copy())] if moves else []
    # The error of this difference is step^4 / 30 of a fifth derivative, of size (2 pi)^5, and 1e-16 / step of rounding.
    for array, expected in arrays:
        for at in np.ndindex(array.shape):
            kept, losses = array[at], []
            for steps in (1, -1, 2, -2):
                array[at] = kept + steps * step
                losses.append(plan.loss_and_gradient(x, labels))
            array[at] = kept
            near, far = losses[0] - losses[1], losses[2] - losses[3]
            assert (8 * near - far) / (12 * step) == pytest.approx(expected[at], abs=1e-11)


def test_layers_are_written_as_they_are_read_and_run_on_torch(network):
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    from chainrule.arrays import on_device

    assert ", ".join(map(str, network_of_layers(", ".join(map(str, network.layers)), (4,)).layers)) == ", ".join(
        map(str, network.layers)
    )
    (x, labels), theta = batch(network), network.initial_parameters(2)
    ours, theirs = Plan(network, 7, theta), Plan(network, 7, on_device(theta, "cpu"))
    loss = ours.loss_and_gradient(x, labels)
    assert theirs.loss_and_gradient(on_device(x, "cpu"), on_device(labels, "cpu")) == pytest.approx(loss, rel=1e-13)
    np.testing.assert_allclose(theirs.gradient.numpy(), ours.gradient, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", [name for name in STACKS if name != "embedding"])
def test_a_model_file_keeps_them(name, tmp_path):
    """In a classifier of images, whose pixels are no codes."""
    network = network_of_layers(STACKS[name], (4,))
    x, labels = batch(network)
    words = f"flatten, {', '.join(map(str, network.layers[:-1]))}"
    fitted = ConvClassifier(words, max_iter=2, random_state=0).fit(x.reshape(7, 1, 2, 2), labels)
    fitted.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.predict_proba(x.reshape(7, 1, 2, 2)).tolist() == fitted.predict_proba(x.reshape(7, 1, 2, 2)).tolist()


def test_codes_stand_at_the_input_and_have_no_gradient():
    with pytest.raises(ValueError, match="the layer embedding 6 3 takes codes, which have no gradient: it must be"):
        network_of_layers("linear 2, embedding 6 3, linear 3", (4,))
    network = network_of_layers("embedding 6 3, linear 3", (4,))
    with pytest.raises(ValueError, match="input_gradient: the layer embedding 6 3 takes codes"):
        Plan(network, 7, network.initial_parameters(0), input_gradient=True)
    whole, labels = np.arange(28).reshape(7, 4) % 6, np.arange(7) % 3
    plan = Plan(network, 7, network.initial_parameters(0))
    loss = plan.loss_and_gradient(whole, labels)
    gradient = plan.gradient.copy()
    assert plan.loss_and_gradient(1.0 * whole, labels) == loss
    assert plan.gradient.tolist() == gradient.tolist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("smooth clip limit 0", "smooth clip: limit: expected a positive number, got 0"),
        ("periodic 0", "periodic: waves: expected at least 1, got 0"),
        ("embedding 0 3", r"embedding: expected at least 1 code and a width of at least 1, got \(0, 3\)"),
        ("embedding 3 0", r"embedding: expected at least 1 code and a width of at least 1, got \(3, 0\)"),
        ("parametric softmax", "activation: expected a rule that acts on every entry, got 'softmax'"),
        ("parametric swish", "no rule is named 'swish'"),
    ],
)
def test_what_a_layer_cannot_be_is_named(words, message):
    with pytest.raises(ValueError, match=message):
        network_of_layers(f"{words}, linear 2", (4,))


@pytest.mark.parametrize("words", ["scale", "parametric mish", "periodic 2", "embedding 3 2"])
def test_layers_of_features_refuse_images(words):
    with pytest.raises(ValueError, match=r"a .* layer takes rows of features: put flatten, or global pool, before it"):
        network_of_layers(f"{words}, flatten, linear 2", (1, 2, 2))
