"""S1: affine, softplus, affine, softmax, cross entropy with a hard label. Labels count from 0 here, from 1 on paper."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.networks import Plan, mlp, trace

FEATURES, HIDDEN, CLASSES, ROWS = 4, 6, 3, 7
NAMES = ("W1", "b1", "W2", "b2", "x")


@pytest.fixture
def network():
    return mlp(FEATURES, (HIDDEN,), CLASSES, activation="softplus")


@pytest.fixture
def blocks():
    """W1, b1, W2, b2 as on paper."""
    draw = np.random.default_rng(101)
    shapes = (HIDDEN, FEATURES), (HIDDEN,), (CLASSES, HIDDEN), (CLASSES,)
    return [draw.normal(0.2, 1.0, shape) for shape in shapes]


@pytest.fixture
def batch():
    """x, labels and weights; one entry is far out, one weight is 0, and no class is as frequent as another."""
    draw = np.random.default_rng(102)
    x = draw.normal(-0.3, 1.5, (ROWS, FEATURES))
    x[2, 1] = -9.0
    return x, np.array([2, 0, 0, 1, 0, 2, 0]), np.array([1.0, 0.5, 3.0, 0.0, 2.0, 0.25, 1.5])


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def naive_loss(labels, shares):
    """The loss as it is defined, for balls."""

    def loss(W1, b1, W2, b2, x):
        hidden = np.log(1 + np.exp(x @ W1.T + b1))
        e = np.exp(hidden @ W2.T + b2)
        return sum(
            share * -(row[label] / sum(row)).log() for share, row, label in zip(shares, e, labels, strict=True) if share
        )

    return loss


@pytest.mark.parametrize(("widths", "count"), [((4, 6, 3), 51), ((784, 100, 10), 79510), ((2, 3, 2), 17)])
def test_n10_counts_the_parameters(widths, count):
    d, hidden, m = widths
    network = mlp(d, (hidden,), m, activation="softplus")
    assert network.n_parameters == count == hidden * (d + 1) + m * (hidden + 1)
    assert network.initial_parameters().shape == (count,)


def test_every_gradient_of_a_weighted_batch_is_its_matrix_form(network, blocks, batch, plan_gradients, agree):
    W1, b1, W2, b2 = blocks
    x, labels, weights = batch
    shares = weights / weights.sum()
    pre = x @ W1.T + b1
    hidden = np.log(1 + np.exp(pre))
    e = np.exp(hidden @ W2.T + b2)
    probs = e / e.sum(axis=1, keepdims=True)
    D2 = shares[:, None] * (probs - np.eye(CLASSES)[labels])
    D1 = (D2 @ W2) * sigmoid(pre)
    expected = {"W1": D1.T @ x, "b1": D1.sum(axis=0), "W2": D2.T @ hidden, "b2": D2.sum(axis=0), "x": D1 @ W1}

    loss, found = plan_gradients(network, blocks, x, labels, weights)
    assert loss == pytest.approx(-(shares @ np.log(probs[np.arange(ROWS), labels])), rel=1e-12)
    for name in NAMES:
        agree(found[name], expected[name])


def test_every_gradient_matches_differences_at_400_bits(network, blocks, batch, plan_gradients, differences, agree):
    x, labels, weights = batch
    _, found = plan_gradients(network, blocks, x, labels, weights)
    for name, gradient in zip(NAMES, differences(naive_loss(labels, weights / weights.sum()), *blocks, x), strict=True):
        agree(found[name], gradient)


def test_every_gradient_matches_autograd(network, blocks, batch, plan_gradients, autograd, agree):
    x, labels, weights = batch

    def loss(W1, b1, W2, b2, x):
        log_probs = ((x @ W1.T + b1).exp().log1p() @ W2.T + b2).log_softmax(-1)
        return -(log_probs.new_tensor(weights / weights.sum()) * log_probs[range(ROWS), labels]).sum()

    _, found = plan_gradients(network, blocks, x, labels, weights)
    for name, gradient in zip(NAMES, autograd(loss, *blocks, x), strict=True):
        agree(found[name], gradient)


@pytest.mark.parametrize("label", range(CLASSES))
def test_a_trace_shows_every_row_of_the_table_in_its_scalar_form(network, blocks, batch, trace_steps, agree, label):
    W1, b1, W2, b2 = blocks
    x = batch[0][2]
    a = [sum(W1[j, i] * x[i] for i in range(FEATURES)) + b1[j] for j in range(HIDDEN)]
    h = [np.log(1 + np.exp(value)) for value in a]
    o = [sum(W2[k, j] * h[j] for j in range(HIDDEN)) + b2[k] for k in range(CLASSES)]
    s = [np.exp(value) / sum(np.exp(other) for other in o) for value in o]
    d_o = [s[k] - (k == label) for k in range(CLASSES)]
    d_h = [sum(d_o[k] * W2[k, j] for k in range(CLASSES)) for j in range(HIDDEN)]
    d_a = [d_h[j] * sigmoid(a[j]) for j in range(HIDDEN)]
    expected = {
        "a1": a,
        "h1": h,
        "logits": o,
        "p": s,
        "loss": -np.log(s[label]),
        "d logits": d_o,
        "d W2": [[d_o[k] * h[j] for j in range(HIDDEN)] for k in range(CLASSES)],
        "d b2": d_o,
        "d h1": d_h,
        "d a1": d_a,
        "d W1": [[d_a[j] * x[i] for i in range(FEATURES)] for j in range(HIDDEN)],
        "d b1": d_a,
        "d x": [sum(W1[j, i] * d_a[j] for j in range(HIDDEN)) for i in range(FEATURES)],
    }
    steps = trace_steps(network, blocks, x, label)
    assert set(steps) == {"x", "y", "W1", "b1", "W2", "b2", *expected}
    for name, value in expected.items():
        agree(steps[name], value)


def test_gradients_have_the_shapes_of_their_parameters(network, blocks, batch, packed):
    plan = Plan(network, ROWS, packed(network, blocks), input_gradient=True)
    plan.loss_and_gradient(*batch)
    shapes = [gradient.shape for gradient in network.unpack(plan.gradient)]
    assert shapes == [block.T.shape for block in blocks]
    assert plan.input_gradient.shape == batch[0].shape
    steps = trace(network, plan.theta, batch[0][0], 1)
    for name in NAMES:
        assert steps[f"d {name}"].shape == steps[name].shape


@pytest.mark.parametrize("label", range(CLASSES))
def test_logits_of_scale_40_keep_every_gradient(
    network, blocks, batch, plan_gradients, trace_steps, differences, agree, label
):
    # The class of the largest logit leaves gradients near e^-40, which s - e_y would round to multiples of 2^-53.
    # Logits near 40 carry an absolute error of about 40 x 2^-53 x 10, a relative one of 1e-13 in the exponentials.
    W1, b1, W2, _ = blocks
    x = batch[0][4]
    hidden = np.log(1 + np.exp(W1 @ x + b1))
    steep = [W1, b1, W2, np.array([40.0, -1.0, -3.0]) - W2 @ hidden]
    _, found = plan_gradients(network, steep, x[None], np.array([label]))
    steps = trace_steps(network, steep, x, label)
    expected = dict(zip(NAMES, differences(naive_loss([label], [1]), *steep, x[None]), strict=True))
    assert (np.abs(expected["b2"]).max() < 1e-17) == (label == 0)
    for name in NAMES:
        agree(found[name], expected[name], relative=1e-11)
        agree(steps[f"d {name}"], expected[name].reshape(steps[f"d {name}"].shape), relative=1e-11)


def test_n23_appears_digit_by_digit_in_a_plan_and_in_a_trace(plan_gradients, trace_steps):
    network = mlp(2, (2,), 2, activation="softplus")
    blocks = [np.array(b) for b in ([[1.0, -1], [2, 0]], [0.0, -1], [[1.0, 0], [-1, 2]], [0.5, 0])]
    dW2 = [[-0.256114760084, -1.073689236278], [0.256114760084, 1.073689236278]]
    dW1 = [[-0.439759283407, -0.879518566813], [1.195389668981, 2.390779337961]]
    delta2, delta1 = [-0.817574476194, 0.817574476194], [-0.439759283407, 1.195389668981]
    printed = {
        "a1": [-1, 1],
        "h1": [0.313261687518, 1.313261687518],
        "logits": [0.813261687518, 2.313261687518],
        "p": [0.182425523806, 0.817574476194],
        "loss": 1.701413277983,
        "d logits": delta2,
        "d W2": dW2,
        "d b2": delta2,
        "d a1": delta1,
        "d W1": dW1,
        "d b1": delta1,
        "d x": [1.951020054554, 0.439759283407],
    }
    steps = trace_steps(network, blocks, np.array([1.0, 2.0]), 0)
    loss, found = plan_gradients(network, blocks, np.array([[1.0, 2.0]]), np.array([0]))
    half_a_digit = 5.01e-13  # twelve decimals are printed; the hundredth of it is for our own rounding
    for name, value in printed.items():
        np.testing.assert_allclose(steps[name], value, rtol=0, atol=half_a_digit)
    np.testing.assert_allclose(loss, printed["loss"], rtol=0, atol=half_a_digit)
    for name in NAMES:
        np.testing.assert_allclose(np.squeeze(found[name]), printed[f"d {name}"], rtol=0, atol=half_a_digit)


def test_n20_and_n24_softplus_is_right_where_the_naive_form_is_not():
    # Sixteen digits are printed; the rule claims 6 ulp.
    np.testing.assert_allclose(rules.softplus([1.0, -1.0]), [1.313261687518223, 0.3132616875182228], rtol=2e-15)
    assert np.subtract(*rules.softplus([1.0, -1.0])) == pytest.approx(1, rel=1e-15, abs=0)
    np.testing.assert_allclose(rules.softplus([800.0, -40.0]), [800, 4.248354255291589e-18], rtol=2e-15)
    with np.errstate(over="ignore"):
        naive = np.log(1 + np.exp([800.0, -40.0]))
    assert naive[0] == np.inf
    assert naive[1] == 0
