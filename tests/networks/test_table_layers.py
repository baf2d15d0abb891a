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
    "smooth clip": "smooth clip, linear 5, smooth clip limit 0.5, linear 3",
}


@pytest.fixture(params=STACKS)
def network(request):
    return network_of_layers(STACKS[request.param], (4,))


def batch():
    return random_stream(6).standard_normal((7, 4)), np.arange(7) % 3


def test_gradients_of_a_plan_are_central_differences(network):
    x, labels = batch()
    theta = network.initial_parameters(1) + 0.1 * random_stream(7).standard_normal(network.n_parameters)
    plan = Plan(network, len(x), theta, input_gradient=True)
    plan.loss_and_gradient(x, labels)
    gradient, by_x, step = plan.gradient.copy(), plan.input_gradient.copy(), 1e-4
    # The error of this difference is step^4 / 30 of a fifth derivative, of size (2 pi)^5, and 1e-16 / step of rounding.
    for array, expected in ((theta, gradient), (x, by_x)):
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
    (x, labels), theta = batch(), network.initial_parameters(2)
    ours, theirs = Plan(network, 7, theta), Plan(network, 7, on_device(theta, "cpu"))
    loss = ours.loss_and_gradient(x, labels)
    assert theirs.loss_and_gradient(on_device(x, "cpu"), on_device(labels, "cpu")) == pytest.approx(loss, rel=1e-13)
    np.testing.assert_allclose(theirs.gradient.numpy(), ours.gradient, rtol=1e-11, atol=1e-13)


def test_a_model_file_keeps_them(network, tmp_path):
    x, labels = batch()
    words = f"flatten, {', '.join(map(str, network.layers[:-1]))}"
    fitted = ConvClassifier(words, max_iter=2, random_state=0).fit(x.reshape(7, 1, 2, 2), labels)
    fitted.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.predict_proba(x.reshape(7, 1, 2, 2)).tolist() == fitted.predict_proba(x.reshape(7, 1, 2, 2)).tolist()
