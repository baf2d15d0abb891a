"""Networks of two layers: shapes of gradients, the mean over examples, a descent step with a penalty, and counts."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chainrule import rules
from chainrule.checking import balls, midpoints
from chainrule.networks import Plan, mlp, trace
from chainrule.solvers import descend

from .arithmetic import SIGMOID, softmax_roundings, total

WIDTHS = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))


def drawn(seed, *shape):
    """Sixty-fourths around 0, which every arithmetic holds exactly."""
    return np.round(64 * np.random.default_rng(seed).normal(0.125, 1, shape)) / 64


def problem(arithmetic, widths, rows, seed):
    """A network with softplus, its blocks [W1, b1, W2, b2] of shape in_features x out_features, inputs and labels."""
    d, hidden, m = widths
    network = mlp(d, (hidden,), m, activation="softplus")
    blocks = [arithmetic(drawn([seed, i], *block.parameter.shape)) for i, block in enumerate(network.blocks)]
    labels = (np.arange(rows) ** 2 + seed) % m
    return network, blocks, arithmetic(drawn([seed, 9], rows, d)), labels


def gradients(network, theta, x, labels):
    plan = Plan(network, len(x), theta)
    plan.loss_and_gradient(x, labels)
    return plan.gradient


def rounding_sizes(blocks, x, labels):
    """Bounds on the errors of the gradients [W1, b1, W2, b2] of the mean loss if every operation rounds once.

    They are the backward pass on absolute values, with probabilities plus targets and softplus' <= 1, times the
    roundings of a probability. Roundings of the logits, which are sums of products of hidden values, change exponents.
    """
    W1, b1, W2, b2 = (np.abs(midpoints(block)) for block in blocks)
    logits = np.log1p(np.exp(midpoints(x) @ midpoints(blocks[0]) + midpoints(blocks[1])))
    logits = logits @ midpoints(blocks[2]) + midpoints(blocks[3])
    by_logits = np.exp(logits) / np.sum(np.exp(logits), axis=-1, keepdims=True) + np.eye(len(b2))[labels]
    x = np.abs(midpoints(x))
    rows, hidden_width = len(x), len(W2)
    inner = x @ W1 + b1
    hidden = inner + 1  # softplus(a) < |a| + 1
    moved = ((hidden_width + SIGMOID + 2) * hidden + (len(W1) + 2) * inner) @ W2 + b2
    roundings = 2 * softmax_roundings(len(b2)) + 2 * SIGMOID + 2 * (hidden_width + rows) + 4 * np.max(moved)
    by_hidden = by_logits @ W2.T
    sums = (x.T @ by_hidden, np.sum(by_hidden, axis=0), hidden.T @ by_logits, np.sum(by_logits, axis=0))
    return [roundings * size / rows for size in sums]


@settings(max_examples=15)  # a difference quotient for every parameter
@given(WIDTHS, st.integers(0, 99))
@example((3, 2, 4), 1)
@example((1, 1, 1), 2)
def test_gradients_have_the_shapes_of_what_they_are_gradients_of(arithmetic, widths, seed):
    """dW2: that of W2, db2: m, dh: d_h, da: d_h, dW1: that of W1, db1: d_h, dx: d; and they are the derivatives."""
    d, hidden, m = widths
    network, blocks, x, labels = problem(arithmetic, widths, 1, seed)
    steps = trace(network, network.pack(blocks), x[0], int(labels[0]))
    shapes = {
        "d W2": (hidden, m),
        "d b2": (m,),
        "d h1": (hidden,),
        "d a1": (hidden,),
        "d W1": (d, hidden),
        "d b1": (hidden,),
        "d x": (d,),
    }
    assert {name: steps[name].shape for name in shapes} == shapes
    assert all(steps[name].shape == steps[name.removeprefix("d ")].shape for name in shapes)
    gradient = gradients(network, network.pack(blocks), x, labels)
    for i, (block, got, size) in enumerate(
        zip(network.blocks, network.unpack(gradient), rounding_sizes(blocks, x, labels), strict=True)
    ):

        def loss(value, i=i):
            W1, b1, W2, b2 = (value if j == i else balls(blocks[j]) for j in range(4))
            logits = np.log(1 + np.exp(balls(x[0]) @ W1 + b1)) @ W2 + b2
            return np.log(np.sum(np.exp(logits))) - logits[int(labels[0])]

        assert got.shape == block.parameter.shape == blocks[i].shape
        arithmetic.agree(got, arithmetic.derivative(loss, blocks[i]), size)
        arithmetic.agree(got, steps[f"d {block.name}"], size)


@given(WIDTHS, st.integers(1, 4), st.integers(0, 99))
@example((3, 2, 4), 3, 1)
@example((3, 2, 4), 4, 1)
@example((2, 3, 2), 1, 5)
def test_the_risk_has_the_mean_gradient_and_a_penalty_shrinks_the_parameters_at_every_step(
    arithmetic, widths, rows, seed
):
    """grad R = (1/n) sum_i grad L_i, and a descent step on R + a |theta|^2 gives (1 - 2 eta a) theta - eta grad R."""
    network, blocks, x, labels = problem(arithmetic, widths, rows, seed)
    theta = network.pack(blocks)
    risk = gradients(network, theta, x, labels)
    each = [gradients(network, theta, x[i : i + 1], labels[i : i + 1]) for i in range(rows)]
    size = network.pack(rounding_sizes(blocks, x, labels))
    arithmetic.agree(risk, sum(each[1:], each[0]) / rows, size)
    eta, strength = 0.25, 0.125
    options = {"learning_rate": eta, "steps": 1, "l2": strength, "penalise_biases": True}
    plan = Plan(network, rows, theta + 0)
    assert len(list(descend(plan, x, labels, **options))) == 1
    want = (1 - 2 * eta * strength) * theta - eta * risk
    arithmetic.agree(plan.theta, want, eta * size + 8 * np.abs(theta))
    # On the weights alone, which come first in theta, the biases do not shrink.
    plan = Plan(network, rows, theta + 0)
    list(descend(plan, x, labels, **(options | {"penalise_biases": False})))
    weights = network.n_weights
    arithmetic.agree(plan.theta[:weights], want[:weights], (eta * size + 8 * np.abs(theta))[:weights])
    unshrunk = (theta - eta * risk)[weights:]
    arithmetic.agree(plan.theta[weights:], unshrunk, (eta * size + 8 * np.abs(theta))[weights:])


def test_an_unweighted_sum_over_examples_is_not_the_risk(arithmetic):
    """The sum of n gradients is n times the gradient of the risk; rows of weight 2 count twice in the mean."""
    network, blocks, x, labels = problem(arithmetic, (3, 2, 4), 4, 1)
    theta, size = network.pack(blocks), network.pack(rounding_sizes(blocks, x, labels))
    each = [gradients(network, theta, x[i : i + 1], labels[i : i + 1]) for i in range(4)]
    summed = each[0] + each[1] + each[2] + each[3]
    risk = gradients(network, theta, x, labels)
    arithmetic.agree(4 * risk, summed, 4 * size)
    arithmetic.apart(risk, summed, 4 * size)
    plan = Plan(network, 4, theta)
    plan.loss_and_gradient(x, labels, arithmetic([1.0, 2.0, 1.0, 1.0]))
    arithmetic.agree(plan.gradient, (summed + each[1]) / 5, 2 * size)


@given(WIDTHS)
@example((4, 6, 3))
@example((784, 100, 10))
@example((2, 3, 2))
def test_the_parameters_of_two_layers_are_as_many_as_their_blocks_hold(widths):
    """n = d_h (d + 1) + m (d_h + 1), the total size of [W1, b1, W2, b2]."""
    d, hidden, m = widths
    network = mlp(d, (hidden,), m, activation="softplus")
    theta = network.initial_parameters()
    assert [block.name for block in network.blocks] == ["W1", "b1", "W2", "b2"]
    sizes = [block.size for block in network.unpack(theta)]
    assert sizes == [hidden * d, hidden, m * hidden, m]
    assert network.n_parameters == theta.size == sum(sizes) == hidden * (d + 1) + m * (hidden + 1)


@pytest.mark.parametrize(("widths", "count"), [((4, 6, 3), 51), ((784, 100, 10), 79510), ((2, 3, 2), 17)])
def test_counts_of_parameters_are_as_printed_and_smaller_by_the_biases_without_them(widths, count):
    """(d, d_h, m) = (4, 6, 3): 51; (784, 100, 10): 79510; (2, 3, 2): 17. Without biases it is d_h d + m d_h."""
    d, hidden, m = widths
    assert mlp(d, (hidden,), m).n_parameters == count
    assert mlp(d, (hidden,), m, bias=False).n_parameters == count - hidden - m


def test_a_network_of_two_layers_computes_what_is_printed(arithmetic):
    """W1 = ((1, -1), (2, 0)), b1 = (0, -1), W2 = ((1, 0), (-1, 2)), b2 = (0.5, 0), rows per output; x = (1, 2)."""
    network = mlp(2, (2,), 2, activation="softplus")
    on_paper = ([[1.0, -1.0], [2.0, 0.0]], [0.0, -1.0], [[1.0, 0.0], [-1.0, 2.0]], [0.5, 0.0])
    blocks = [arithmetic(block).T for block in on_paper]
    steps = trace(network, network.pack(blocks), arithmetic([1.0, 2.0]), 0)
    printed = {
        "a1": "-1 1",
        "h1": "0.313261687518 1.313261687518",
        "logits": "0.813261687518 2.313261687518",
        "p": "0.182425523806 0.817574476194",
        "loss": "1.701413277983",
        "d logits": "-0.817574476194 0.817574476194",
        "d W2": "-0.256114760084 -1.073689236278 0.256114760084 1.073689236278",
        "d a1": "-0.439759283407 1.195389668981",
        "d W1": "-0.439759283407 -0.879518566813 1.195389668981 2.390779337961",
        "d x": "1.951020054554 0.439759283407",
    }
    for name, text in printed.items():
        # Sums of at most 3 terms whose sizes are at most 8 times the sum's; the exponents are below 3.
        arithmetic.shows(steps[name].T, *text.split(), roundings=8 * (softmax_roundings(2) + 2 * SIGMOID))
    assert total(rules.softmax(steps["logits"]) - steps["p"])[0] == 0
