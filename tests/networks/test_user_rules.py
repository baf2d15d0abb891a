"""A user's own rules, as activations, as layers with parameters and as losses, in networks and in the classifier."""

import pickle
import re
from dataclasses import replace

import numpy as np
import pytest

from chainrule import MLPClassifier, rules
from chainrule.kernels import kernel_of, register
from chainrule.networks import Layer, Parameter, Plan, mlp, network_of_layers, summarise, trace
from chainrule.networks.layers import uniform
from chainrule.networks.stack import specs_of, with_head

CENTRE = 0.25


def bump(**about):
    """y = x exp(-x^2), which needs its input for its slope, and knows of neither `out` nor `work`."""
    return rules.Rule(
        "bump",
        lambda x: (x * np.exp(-(x**2)), x),
        lambda x, v: v * (1 - 2 * x**2) * np.exp(-(x**2)),
        **about,
    )


def squashed():
    """y = x / (1 + |x|), with slope (1 - |y|)^2: its residual is the very output that the network keeps."""

    def forward(x):
        y = x / (1 + abs(x))
        return y, y

    return rules.Rule("squashed", forward, lambda y, v: v * (1 - abs(y)) ** 2, needs="output")


def leaky():
    """y = max(x, 0) + slope min(x, 0), one learned slope per feature."""
    return rules.Rule(
        "leaky",
        lambda x, slope: (np.maximum(x, 0) + slope * np.minimum(x, 0), (x, slope)),
        {
            "x": lambda kept, v: v * np.where(kept[0] > 0, 1, kept[1]),
            "slope": lambda kept, v: np.sum(v * np.minimum(kept[0], 0), axis=0),
        },
        inputs=("x", "slope"),
        kind="layer",
    )


def mirrored():
    """y = x V - b with V of shape in x out: a linear layer of one's own, under names of one's own."""
    return rules.Rule(
        "mirrored",
        lambda x, matrix, offset: (x @ matrix - offset, (x, matrix)),
        {
            "x": lambda kept, v: v @ kept[1].T,
            "matrix": lambda kept, v: kept[0].T @ v,
            "offset": lambda kept, v: -v.sum(axis=0),
        },
        inputs=("x", "matrix", "offset"),
        kind="layer",
    )


def cubed_error():
    """|logits - targets|^3 per entry, without a fused form and without options."""
    return rules.Rule(
        "cubed_error",
        lambda logits, targets: (abs(logits - targets) ** 3, logits - targets),
        {"logits": lambda miss, v: v * 3 * miss * abs(miss)},
        inputs=("logits", "targets"),
        kind="loss",
    )


def row_error():
    """The squared distance of each row: one loss per row, not per entry."""
    return rules.Rule(
        "row_error",
        lambda logits, targets: (((logits - targets) ** 2).sum(axis=-1), logits - targets),
        {"logits": lambda miss, v: 2 * v[:, None] * miss},
        inputs=("logits", "targets"),
        kind="loss",
    )


def by_differences(network, theta, x, targets, weights):
    """Central differences at h = 1e-5, off by h^2 times third derivatives and by 1e-16 / h: some 1e-10."""
    slopes = np.empty_like(theta)
    for i in range(len(theta)):
        sides = []
        for h in (1e-5, -1e-5):
            moved = theta.copy()
            moved[i] += h
            sides.append(Plan(network, len(x), moved).loss_and_gradient(x, targets, weights))
        slopes[i] = (sides[0] - sides[1]) / 2e-5
    return slopes


def check_gradient(network, targets, seed=0):
    rng = np.random.default_rng(seed)
    theta = network.initial_parameters(seed) + 0.1 * rng.normal(size=network.n_parameters)
    x, weights = rng.normal(size=(6, 3)), rng.random(6)
    plan = Plan(network, 6, theta)
    for _ in range(2):  # a second step must not be disturbed by what the first left in the buffers
        plan.loss_and_gradient(x, targets, weights)
        np.testing.assert_allclose(plan.gradient, by_differences(network, theta, x, targets, weights), atol=1e-8)


LABELS = np.array([0, 3, 1, 1, 2, 0])


@pytest.fixture
def registered():
    """Registers a rule for one test."""
    names = []

    def register(rule):
        names.append(rules.register(rule).name)
        return rule

    yield register
    for name in names:
        rules.unregister(name)


@pytest.mark.parametrize("make", [bump, squashed])
def test_a_rule_without_out_and_work_serves_as_activation(make):
    check_gradient(mlp(3, (5, 6), 4, activation=make()), LABELS)


def test_a_rule_may_be_mixed_with_built_in_activations_and_dropout_layers():
    check_gradient(mlp(3, (5, 6, 2), 4, activation=["tanh", bump(), "softplus"], dropout_rate=0.5), LABELS)


@pytest.mark.parametrize("penalised", [False, True])
def test_a_rule_with_a_parameter_serves_as_a_layer(penalised):
    slope = Parameter("slope", (5,), penalised=penalised, initial=lambda stream, shape: np.full(shape, CENTRE))
    network = network_of_layers(["linear 5", Layer(leaky(), (slope,)), "linear 4"], (3,))
    block = next(block for block in network.blocks if block.name == "slope2")
    assert (block.view(network.initial_parameters(0)) == CENTRE).all()
    # After 15 + 20 weights where it is a weight itself, else after them and the five biases of the first layer.
    assert block.start == (15 if penalised else 40)
    check_gradient(network, LABELS)


@pytest.mark.parametrize("activation", ["tanh", "softmax"])
def test_a_linear_rule_of_ones_own_serves_wherever_the_built_in_one_does(activation):
    """Before an activation that writes over its input, and as the last layer, whose logits the loss overwrites."""

    def layer(rows, columns):
        matrix = Parameter(
            "matrix", (rows, columns), penalised=True, initial=lambda stream, shape: stream.normal(size=shape)
        )
        offset = Parameter("offset", (columns,))
        return Layer(mirrored(), (matrix, offset), (rows,), (columns,))

    network = network_of_layers([layer(3, 5), activation, layer(5, 4)], (3,))
    check_gradient(network, LABELS)
    # The same numbers as the built-in layer with the bias turned round.
    built_in = network_of_layers(["linear 5", activation, "linear 4"], (3,))
    theta, x = network.initial_parameters(2), np.random.default_rng(2).normal(size=(6, 3))
    theta[35:] = np.random.default_rng(3).normal(size=9)
    flipped = np.concatenate([theta[:35], -theta[35:]])
    losses = [Plan(n, 6, t).loss_and_gradient(x, LABELS) for n, t in ((network, theta), (built_in, flipped))]
    # The built-in layer has a kernel, which rounds otherwise than the adapter.
    assert losses[0] == pytest.approx(losses[1], rel=1e-14, abs=0)


def test_the_penalty_takes_in_a_learned_parameter_exactly_where_it_is_a_weight():
    for penalised in (False, True):
        slope = Parameter("slope", (5,), penalised=penalised, initial=lambda stream, shape: np.full(shape, CENTRE))
        network = network_of_layers(["linear 5", Layer(leaky(), (slope,)), "linear 4"], (3,))
        theta = network.initial_parameters(0)
        plan, x = Plan(network, 6, theta), np.random.default_rng(0).normal(size=(6, 3))
        view = next(block for block in network.blocks if block.name == "slope2").view
        plan.loss_and_gradient(x, LABELS)
        before = view(plan.gradient).copy()
        plan.loss_and_gradient(x, LABELS, l2=3.0)
        # The penalty's gradient is rounded when it is added.
        np.testing.assert_allclose(view(plan.gradient) - before, 6 * CENTRE if penalised else 0, atol=1e-14)


@pytest.mark.parametrize("make", [cubed_error, row_error])
def test_a_loss_of_ones_own_needs_no_fused_form(make):
    targets = np.random.default_rng(1).normal(size=(6, 4))
    check_gradient(mlp(3, (5,), 4, activation="tanh", loss=make()), targets)


def test_a_kernel_of_a_loss_needs_no_fused_form():
    loss, targets = cubed_error(), np.random.default_rng(1).normal(size=(6, 4))
    register(loss, replace(kernel_of(loss), value_and_pullback=None))
    check_gradient(mlp(3, (5,), 4, activation="tanh", loss=loss), targets)


def test_a_rule_of_ones_own_appears_in_a_trace():
    network = mlp(3, (5,), 4, activation=bump())
    theta, x = network.initial_parameters(3), np.array([0.5, -1.0, 2.0])
    steps, plan = trace(network, theta, x, 2), Plan(network, 1, theta)
    loss = plan.loss_and_gradient(x[None], np.array([2]))
    # A plan's kernels round otherwise than the rules of a trace.
    assert steps["loss"] == pytest.approx(loss, rel=1e-14, abs=0)
    np.testing.assert_allclose(steps["d W1"], network.unpack(plan.gradient)[0], atol=1e-15)
    assert "bump's pullback" in next(step.formula for step in steps.backward if step.name == "d a1")


def test_a_loss_of_ones_own_for_each_row_appears_in_a_trace():
    network = mlp(3, (5,), 4, activation="tanh", loss=row_error())
    theta, x, target = network.initial_parameters(3), np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.0, -2.0, 0.5])
    steps, plan = trace(network, theta, x, target), Plan(network, 1, theta)
    loss = plan.loss_and_gradient(x[None], target[None])
    # A plan's kernels round otherwise than the rules of a trace.
    assert steps["loss"] == pytest.approx(loss, rel=1e-14, abs=0)
    np.testing.assert_allclose(steps["d logits"], 2 * (steps["logits"] - target), rtol=1e-15)
    np.testing.assert_allclose(steps["d W1"], network.unpack(plan.gradient)[0], atol=1e-15)


def test_the_classifier_takes_a_rule_and_the_name_of_a_registered_one(registered):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = np.array(["near", "far"])[(abs(x[:, 0]) > 0.7).astype(int)]
    rule = registered(bump())
    by_rule, by_name = (
        MLPClassifier((20,), activation=given, solver="lbfgs", random_state=0).fit(x, y) for given in (rule, "bump")
    )
    assert by_name.score(x, y) > 0.95
    assert (by_rule.predict_proba(x) == by_name.predict_proba(x)).all()


def test_an_unregistered_name_is_refused_by_the_classifier():
    with pytest.raises(ValueError, match="no activation is named 'bump'"):
        MLPClassifier((20,), activation="bump").fit([[0.0], [1.0]], [0, 1])


def test_a_registered_rule_survives_pickling_and_another_does_not(registered):
    with pytest.raises(TypeError, match="'bump' is not registered"):
        pickle.dumps(bump())
    rule = registered(bump())
    assert pickle.loads(pickle.dumps(rule)) is rule


def test_two_rules_cannot_share_a_name(registered):
    registered(bump())
    with pytest.raises(ValueError, match="a rule named 'bump' exists already"):
        rules.register(bump())


def tied():
    """y = x W 2, a linear-like rule of one's own, with the formulas that a trace shows."""
    return rules.Rule(
        "tied",
        lambda x, weight: (2 * (x @ weight), (x, weight)),
        {"x": lambda r, v: 2 * (v @ r[1].T), "weight": lambda r, v: 2 * (r[0].T @ v)},
        inputs=("x", "weight"),
        kind="layer",
        formula="y = x W 2",
        derivative="dx = v W^T 2, dW = x^T v 2",
    )


def tied_layer(width, outputs):
    weight = Parameter("weight", (width, outputs), penalised=True, initial=uniform(0.5))
    return Layer(tied(), (weight,), (width,), (outputs,), words=f"tied {outputs}")


def test_a_linear_like_rule_of_ones_own_is_first_class():
    network = network_of_layers(["linear 5, tanh", tied_layer(5, 4)], (3,))
    check_gradient(network, LABELS)
    linear = network_of_layers("linear 5, tanh, linear 4 no bias", (3,))
    assert (network.shapes, network.n_products) == (linear.shapes, linear.n_products)
    ours, theirs = (summarise(each.layers, each.in_shape) for each in (network, linear))
    assert [layer.text for layer in ours.layers] == ["linear 5", "tanh", "tied 4"]
    assert [(layer.weights, layer.biases, layer.multiply_adds) for layer in ours.layers] == [
        (layer.weights, layer.biases, layer.multiply_adds) for layer in theirs.layers
    ]
    plans = [Plan(one, 6, one.initial_parameters(0)) for one in (network, linear)]
    for plan in plans:
        assert [stage.in_place for stage in plan._back._stages] == [False, True, False]
        assert plan._logits_cotangent is plan._logits


def test_a_linear_like_rule_of_ones_own_ends_a_classifiers_layers():
    layers = ["linear 5, tanh", tied_layer(5, 4)]
    assert with_head(layers, (3,), 4) == specs_of(layers)
    with pytest.raises(ValueError, match=r"layer 3 \(tied 4\): the last linear layer puts out 4, and the labels need"):
        with_head(layers, (3,), 7)


def test_a_trace_writes_its_formulas_with_the_names_of_the_network():
    network = network_of_layers(["linear 5, tanh", tied_layer(5, 4)], (3,))
    steps = trace(network, network.initial_parameters(0), np.array([0.5, -1.0, 2.0]), 2)
    formulas = [step.formula for step in steps]
    for formula in ("logits = h1 W2 2", "d W2 = h1^T d logits 2", "d h1 = d logits W2^T 2", "d b1 = d a1"):
        assert formula in formulas


def test_an_activation_may_write_over_a_rule_that_keeps_its_output():
    # e^x, whose residual is the very output, and which does not say so.
    keeps = rules.Rule("keeps", lambda x: ((y := np.exp(x)), y), lambda y, v: v * y)
    check_gradient(network_of_layers(["linear 5", keeps, "tanh, linear 4"], (3,)), LABELS)
    check_gradient(network_of_layers(["linear 4", keeps], (3,)), LABELS)


def centred():
    """y = x minus its mean over the channels; it says that it needs its output, and is not elementwise."""
    return rules.Rule(
        "centred",
        lambda x: (x - x.mean(axis=-3, keepdims=True), ()),
        lambda _, v: v - v.mean(axis=-3, keepdims=True),
        needs="output",
    )


def own_convolution():
    """A convolution of one's own: conv2d's derivatives, under another name."""
    conv = rules.conv2d
    return rules.Rule(
        "own_convolution",
        lambda x, weight, bias: (conv(x, weight, bias), (x, weight, bias)),
        {name: lambda r, v, i=i: conv.vjp(*r, v)[i] for i, name in enumerate(("x", "weight", "bias"))},
        inputs=("x", "weight", "bias"),
        kind="layer",
    )


def test_rules_of_ones_own_work_among_layers_of_images():
    parameters = (
        Parameter("weight", (2, 1, 2, 2), penalised=True, initial=uniform(0.5)),
        Parameter("bias", (2,), initial=uniform(0.5)),
    )
    layer = Layer(own_convolution(), parameters, (1, 4, 4), (2, 3, 3))
    rest = [centred(), "tanh", centred(), "relu, pool 2 stride 1", bump(), "flatten, linear 4"]
    ours = network_of_layers(["identity", layer, *rest], (1, 4, 4))
    theirs = network_of_layers(["identity, conv 2 2x2", *rest], (1, 4, 4))
    assert [layer.multiply_adds for layer in summarise(ours.layers, ours.in_shape).layers] == [
        layer.multiply_adds for layer in summarise(theirs.layers, theirs.in_shape).layers
    ]
    rng = np.random.default_rng(3)
    theta, x, weights = rng.normal(size=ours.n_parameters), rng.normal(size=(6, 16)), rng.random(6)
    plans = [Plan(network, 6, theta, input_gradient=True) for network in (ours, theirs)]
    for _ in range(2):
        losses = [plan.loss_and_gradient(x, LABELS, weights) for plan in plans]
        # Both sum the same terms in other orders; `by_differences` tells its own error.
        assert losses[0] == pytest.approx(losses[1], rel=1e-13, abs=0)
        np.testing.assert_allclose(plans[0].gradient, plans[1].gradient, atol=1e-13)
        np.testing.assert_allclose(plans[0].input_gradient, plans[1].input_gradient, atol=1e-13)
        np.testing.assert_allclose(plans[0].gradient, by_differences(ours, theta, x, LABELS, weights), atol=1e-8)


@pytest.mark.parametrize("rule", [bump(), rules.tanh], ids=lambda rule: rule.name)
def test_a_layer_with_a_wrong_out_shape_is_named_with_both_shapes(rule):
    network = mlp(4, (4,), 3)
    layers = network.layers[0], Layer(rule, (), (4,), (5,)), *network_of_layers("linear 3", (5,)).layers
    wrong = type(network)(4, layers)
    plan = Plan(wrong, 2, wrong.initial_parameters(0))
    message = f"out_shape: expected (4,), the shape that {rule.name} puts out for (4,), got (5,)"
    with pytest.raises(ValueError, match=re.escape(message)):
        plan.logits(np.ones((2, 4)))
