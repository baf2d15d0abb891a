"""Traces: every intermediate and gradient of one example, against formulas written out and against a plan."""

import json

import numpy as np
import pytest

from chainrule.networks import Plan, Trace, TraceStep, mlp, network_of_layers, trace

NAMES = ["W1", "b1", "W2", "b2", "W3", "b3"]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture
def three_layers():
    """Makes a 3-6-5-out network with an activation for each hidden layer, its parameters and an example."""

    def make(outputs, loss):
        network = mlp(3, (6, 5), outputs, activation=["tanh", "softplus"], loss=loss)
        theta = 0.7 * np.random.default_rng(2).normal(size=network.n_parameters)
        return network, theta, np.array([0.5, -2.0, 1.0])

    return make


LOSSES = [
    ("softmax_cross_entropy", 4, 2, lambda z, y: np.log(np.exp(z).sum()) - z[y]),
    ("softmax_cross_entropy", 4, [0.1, 0.2, 0.7, 0.0], lambda z, y: np.log(np.exp(z).sum()) - z @ y),
    ("softmax_cross_entropy", 4, [1.0, 0.0, 2.0, 0.5], lambda z, y: 3.5 * np.log(np.exp(z).sum()) - z @ y),
    ("binary_cross_entropy", 1, 0.3, lambda z, y: (np.log1p(np.exp(z)) - y * z).sum()),
    ("binary_cross_entropy", 2, [1.0, 0.0], lambda z, y: (np.log1p(np.exp(z)) - y * z).sum()),
    ("half_squared_error", 1, 1.0, lambda z, y: ((sigmoid(z) - y) ** 2 / 2).sum()),
    ("half_squared_error", 2, [0.25, 1.0], lambda z, y: ((sigmoid(z) - y) ** 2 / 2).sum()),
]
SLOPES = {
    "softmax_cross_entropy": lambda z, y: np.exp(z) / np.exp(z).sum() * y.sum() - y,
    "binary_cross_entropy": lambda z, y: sigmoid(z) - y,
    "half_squared_error": lambda z, y: (sigmoid(z) - y) * sigmoid(z) * (1 - sigmoid(z)),
}


@pytest.mark.parametrize(("loss", "outputs", "target", "value"), LOSSES)
def test_every_step_of_three_layers_is_what_paper_says(three_layers, loss, outputs, target, value):
    network, theta, x = three_layers(outputs, loss)
    w1, b1, w2, b2, w3, b3 = network.unpack(theta)
    target = np.asarray(target)
    a1 = x @ w1 + b1
    h1 = np.tanh(a1)
    a2 = h1 @ w2 + b2
    h2 = np.log1p(np.exp(a2))
    logits = h2 @ w3 + b3
    y = np.eye(4)[target] if target.dtype.kind == "i" else target
    p = np.exp(logits) / np.exp(logits).sum() if loss == "softmax_cross_entropy" else sigmoid(logits)
    d_logits = SLOPES[loss](logits, y)
    d_h2 = w3 @ d_logits
    d_a2 = d_h2 * sigmoid(a2)
    d_h1 = w2 @ d_a2
    d_a1 = d_h1 / np.cosh(a1) ** 2
    wanted = {"a1": a1, "h1": h1, "a2": a2, "h2": h2, "logits": logits, "p": p, "loss": value(logits, target)}
    wanted |= {"d logits": d_logits, "d W3": np.outer(h2, d_logits), "d b3": d_logits, "d h2": d_h2, "d a2": d_a2}
    wanted |= {"d W2": np.outer(h1, d_a2), "d b2": d_a2, "d h1": d_h1, "d a1": d_a1}
    wanted |= {"d W1": np.outer(x, d_a1), "d b1": d_a1, "d x": w1 @ d_a1}
    steps = trace(network, theta, x, target)
    assert {step.name for step in (*steps.forward, *steps.backward)} == set(wanted)
    for name, expected in wanted.items():
        assert steps[name].shape == np.shape(expected), name
        # Longhand, p - y and cosh^-2 round at 1e-16 of 1 and sums of 6 terms follow: measured, 1e-15.
        np.testing.assert_allclose(steps[name], expected, rtol=1e-13, atol=1e-14, err_msg=name)


@pytest.mark.parametrize(("loss", "outputs", "target", "value"), LOSSES)
def test_a_trace_ends_in_the_gradients_of_a_plan(three_layers, loss, outputs, target, value):
    network, theta, x = three_layers(outputs, loss)
    steps = trace(network, theta, x, target)
    plan = Plan(network, 1, theta, input_gradient=True)
    row = np.asarray(target) if np.ndim(target) or loss == "softmax_cross_entropy" else np.array([target])
    # A plan's kernels round otherwise than the rules of a trace.
    assert steps["loss"] == pytest.approx(plan.loss_and_gradient(x[None], row[None]), rel=1e-13, abs=0)
    for name, gradient in zip(NAMES, network.unpack(plan.gradient), strict=True):
        np.testing.assert_allclose(steps[f"d {name}"], gradient, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(steps["d x"], plan.input_gradient[0], rtol=1e-13, atol=1e-14)


def test_steps_come_in_the_order_of_computation(three_layers):
    network, theta, x = three_layers(4, "softmax_cross_entropy")
    steps = trace(network, theta, x, 0)
    assert [step.name for step in steps.inputs] == ["x", "y", *NAMES]
    assert [step.name for step in steps.forward] == ["a1", "h1", "a2", "h2", "logits", "p", "loss"]
    backward = [step.name for step in steps.backward]
    assert backward[0] == "d logits"
    assert backward[-1] == "d x"
    assert backward.index("d h2") < backward.index("d a2") < backward.index("d W2") < backward.index("d h1")
    assert list(steps) == [*steps.inputs, *steps.forward, *steps.backward]


def test_formulas_name_the_quantities_they_are_made_of(three_layers):
    network, theta, x = three_layers(4, "softmax_cross_entropy")
    formulas = {step.name: step.formula for step in trace(network, theta, x, 0)}
    assert formulas["a1"] == "a1 = x W1 + b1"
    assert formulas["h2"] == "h2 = softplus(a2)"
    assert formulas["logits"] == "logits = h2 W3 + b3"
    assert formulas["d W2"] == "d W2 = h1^T d a2"
    assert formulas["d h1"] == "d h1 = d a2 W2^T"
    assert formulas["d a1"] == "d a1 = d h1 * tanh'(a1)"
    assert formulas["d x"] == "d x = d a1 W1^T"


def test_an_unknown_name_is_answered_with_those_that_exist(three_layers):
    network, theta, x = three_layers(4, "softmax_cross_entropy")
    with pytest.raises(KeyError) as raised:
        trace(network, theta, x, 0)["dW1"]
    message = raised.value.args[0]
    assert message.startswith("no step is named 'dW1'; there are x, y, W1, b1, ")
    assert message.endswith(", d x")
    assert "d W1" in message


@pytest.mark.parametrize("target", [4, -1])
def test_a_label_that_is_no_class_is_refused(three_layers, target):
    network, theta, x = three_layers(4, "softmax_cross_entropy")
    trace(network, theta, x, 3)
    with pytest.raises(ValueError, match=rf"labels lie in 0\.\.3 for 4 classes, got {target}"):
        trace(network, theta, x, target)


def test_arrays_of_other_shapes_are_refused(three_layers):
    network, theta, x = three_layers(4, "softmax_cross_entropy")
    with pytest.raises(ValueError, match=r"x: expected shape \(3,\), got \(4,\)"):
        trace(network, theta, np.zeros(4), 0)
    with pytest.raises(ValueError, match=r"x: expected shape \(3,\), got \(1, 3\)"):
        trace(network, theta, x[None], 0)
    with pytest.raises(ValueError, match=r"parameters of the network: expected shape"):
        trace(network, theta[1:], x, 0)
    with pytest.raises(ValueError, match=r"expected shape \(4,\), got \(3,\)"):
        trace(network, theta, x, [0.5, 0.5, 0.0])


def test_a_trace_has_no_dropout(three_layers):
    bare, theta, x = three_layers(4, "softmax_cross_entropy")
    dropped = mlp(3, (6, 5), 4, activation=["tanh", "softplus"], dropout_rate=0.5)
    one, other = trace(bare, theta, x, 1), trace(dropped, theta, x, 1)
    assert [step.name for step in one] == [step.name for step in other]
    assert all((one[step.name] == other[step.name]).all() for step in one)


def test_layers_without_bias_have_no_bias_in_the_trace():
    network = mlp(2, (3,), 2, activation="sigmoid", bias=False)
    steps = trace(network, network.initial_parameters(1), np.array([1.0, -2.0]), 1)
    assert not [step.name for step in steps if "b" in step.name.split()[-1]]
    assert next(step.formula for step in steps.forward) == "a1 = x W1"


def test_softmax_regression_has_one_product():
    network = mlp(2, (), 3)
    steps = trace(network, network.initial_parameters(1), np.array([1.0, -2.0]), 1)
    assert [step.name for step in steps.forward] == ["logits", "p", "loss"]


def test_every_step_has_a_name_of_its_own():
    network = network_of_layers("tanh, linear 5, tanh, relu, linear 2", (3,))
    names = [step.name for step in trace(network, network.initial_parameters(1), np.array([0.5, -2.0, 1.0]), 1)]
    assert len(names) == len(set(names))


def test_slopes_keep_their_digits_in_the_tails():
    # tanh'(20) = 4 e^-40 (1 + O(e^-40)), where 1 - tanh(20)^2 rounds to 0.
    network = network_of_layers("linear 1, tanh, linear 2", (1,))
    theta = network.pack([np.array([[20.0]]), np.zeros(1), np.array([[1.0, 0.0]]), np.zeros(2)])
    steps = trace(network, theta, np.array([1.0]), 1)
    assert steps["d a1"] == pytest.approx(steps["d h1"] * 4 * np.exp(-40), rel=1e-14, abs=0)


def test_whole_numbers_are_taken_as_floats():
    network = mlp(2, (3,), 2)
    theta = network.initial_parameters(1)
    assert (
        trace(network, theta, np.array([1, -2]), 1)["loss"] == trace(network, theta, np.array([1.0, -2.0]), 1)["loss"]
    )


def test_a_trace_as_a_dict_is_json(three_layers):
    network, theta, x = three_layers(4, "softmax_cross_entropy")
    steps = trace(network, theta, x, 0)
    read = json.loads(json.dumps(steps.as_dict()))
    assert [step["name"] for step in read["backward"]] == [step.name for step in steps.backward]
    first = read["forward"][0]
    assert (first["formula"], first["shape"]) == ("a1 = x W1 + b1", [6])
    assert first["value"] == steps["a1"].tolist()
    assert read["forward"][-1]["shape"] == []


def test_shapes_of_steps_are_tuples():
    step = TraceStep("a", "a = 1", np.zeros((2, 3)))
    assert step.shape == (2, 3)
    assert Trace((step,), (), ())["a"] is step.value


STACKS = [
    "conv 3 3x3 stride 2 pad 1, relu, dropout 0.3, pool 2, flatten, linear 4, tanh, linear 3",
    "conv 4 2x2 groups 2 dilation 2 no bias, softplus, average pool 3 stride 2 pad 1, flatten, linear 3",
    "pad 1, conv 2 3x3, global pool, linear 3",
]


@pytest.mark.parametrize("layers", STACKS)
@pytest.mark.parametrize("shape", [(2, 8, 8), (128,)])
def test_images_go_through_every_layer_with_its_options(layers, shape):
    network = network_of_layers(layers, (2, 8, 8))
    theta, x = network.initial_parameters(3), np.random.default_rng(0).standard_normal(shape)
    steps = trace(network, theta, x, 1)
    plan = Plan(network, 1, theta, input_gradient=True)
    # A plan's kernels round otherwise than the rules of a trace.
    assert steps["loss"] == pytest.approx(plan.loss_and_gradient(x.reshape(1, -1), np.array([1])), rel=1e-13, abs=0)
    assert steps["d x"].shape == (2, 8, 8)
    np.testing.assert_allclose(steps["d x"].reshape(1, -1), plan.input_gradient, rtol=0, atol=1e-14)
    for block, gradient in zip(network.blocks, network.unpack(plan.gradient), strict=True):
        np.testing.assert_allclose(steps[f"d {block.name}"], gradient, rtol=0, atol=1e-14)
    shapes = [step.shape for step in steps.forward][: network.n_image_layers]
    made = [shape for shape, layer in zip(network.shapes[1:], network.layers, strict=True) if layer.noise is None]
    assert shapes == made[: len(shapes)]


def test_a_formula_names_the_options():
    network = network_of_layers("conv 3 3x3 stride 2, flatten, linear 2", (1, 8, 8))
    formula = next(
        step.formula for step in trace(network, network.initial_parameters(0), np.ones((1, 8, 8)), 0).forward
    )
    assert formula.startswith("a1 = conv2d(x, W1, b1, stride=(2, 2), ")


def test_an_image_of_another_shape_is_refused():
    network = network_of_layers("conv 3 3x3, flatten, linear 2", (1, 8, 8))
    with pytest.raises(ValueError, match=r"x: expected shape \(1, 8, 8\), got \(8, 8\)"):
        trace(network, network.initial_parameters(0), np.ones((8, 8)), 0)
