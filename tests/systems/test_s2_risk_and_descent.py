"""S2: the mean loss of S1 over a data set, with an L2 penalty, and full-batch gradient descent on it."""

import numpy as np
import pytest

from chainrule.networks import Plan, mlp
from chainrule.solvers import descend

FEATURES, HIDDEN, CLASSES, ROWS = 3, 5, 4, 6
ETA, STRENGTH = 0.25, 0.07
NAMES = ("W1", "b1", "W2", "b2")


@pytest.fixture
def network():
    return mlp(FEATURES, (HIDDEN,), CLASSES, activation="softplus")


@pytest.fixture
def blocks():
    draw = np.random.default_rng(201)
    return [draw.normal(-0.1, 1.2, shape) for shape in ((HIDDEN, FEATURES), (HIDDEN,), (CLASSES, HIDDEN), (CLASSES,))]


@pytest.fixture
def data():
    return np.random.default_rng(202).normal(0.4, 2.0, (ROWS, FEATURES)), np.array([3, 1, 1, 0, 3, 3])


def naive_objective(x, labels, strength, penalise_biases):
    """The mean loss plus strength times the squares, as they are defined, for balls."""

    def objective(W1, b1, W2, b2):
        e = np.exp(np.log(1 + np.exp(x @ W1.T + b1)) @ W2.T + b2)
        losses = [-(row[label] / sum(row)).log() for row, label in zip(e, labels, strict=True)]
        penalised = (W1, b1, W2, b2) if penalise_biases else (W1, W2)
        return sum(losses) / len(losses) + strength * sum((block * block).sum() for block in penalised)

    return objective


def test_parameters_pack_and_unpack_without_a_change_in_the_order_w1_b1_w2_b2(network, blocks, packed):
    theta = packed(network, blocks)
    assert theta.shape == (network.n_parameters,) == (sum(block.size for block in blocks),)
    assert [block.name for block in network.blocks] == list(NAMES)
    for unpacked, block in zip(network.unpack(theta), blocks, strict=True):
        np.testing.assert_array_equal(unpacked, block.T)
    np.testing.assert_array_equal(network.pack(network.unpack(theta)), theta)


def test_the_risk_and_its_gradient_are_means_over_the_examples(network, blocks, data, plan_gradients, agree):
    x, labels = data
    risk, found = plan_gradients(network, blocks, x, labels)
    each = [plan_gradients(network, blocks, x[i : i + 1], labels[i : i + 1]) for i in range(ROWS)]
    assert risk == pytest.approx(sum(loss for loss, _ in each) / ROWS, rel=1e-13)
    for name in NAMES:
        agree(found[name], sum(gradients[name] for _, gradients in each) / ROWS)


def test_a_row_of_weight_two_counts_as_two_rows(network, blocks, data, plan_gradients, agree):
    x, labels = data
    repeats = np.array([2, 1, 3, 1, 0, 1])
    risk, found = plan_gradients(network, blocks, x, labels, repeats.astype(float))
    again, repeated = plan_gradients(network, blocks, x.repeat(repeats, axis=0), labels.repeat(repeats))
    assert risk == pytest.approx(again, rel=1e-13)
    for name in NAMES:
        agree(found[name], repeated[name])


@pytest.mark.parametrize("penalise_biases", [True, False])
def test_the_penalty_has_no_half_and_takes_in_the_biases_where_asked(
    network, blocks, data, plan_gradients, differences, agree, penalise_biases
):
    x, labels = data
    options = {"l2": STRENGTH, "penalise_biases": penalise_biases}
    objective, found = plan_gradients(network, blocks, x, labels, **options)
    risk, plain = plan_gradients(network, blocks, x, labels)
    penalised = NAMES if penalise_biases else ("W1", "W2")
    squares = sum(np.sum(block**2) for name, block in zip(NAMES, blocks, strict=True) if name in penalised)
    assert objective == pytest.approx(risk + STRENGTH * squares, rel=1e-13)
    slopes = differences(naive_objective(x, labels, STRENGTH, penalise_biases), *blocks)
    for name, block, slope in zip(NAMES, blocks, slopes, strict=True):
        agree(found[name], plain[name] + (2 * STRENGTH * block if name in penalised else 0))
        agree(found[name], slope)


@pytest.mark.parametrize("penalise_biases", [True, False])
def test_a_step_shrinks_theta_by_one_minus_two_eta_lambda_and_moves_all_blocks_at_once(
    network, blocks, data, packed, differences, agree, penalise_biases
):
    x, labels = data
    slopes = differences(naive_objective(x, labels, 0, False), *blocks)
    plan = Plan(network, ROWS, packed(network, blocks))
    options = {"learning_rate": ETA, "steps": 1, "l2": STRENGTH, "penalise_biases": penalise_biases}
    assert len(list(descend(plan, x, labels, **options))) == 1
    for name, moved, block, slope in zip(NAMES, network.unpack(plan.theta), blocks, slopes, strict=True):
        kept = 1 - 2 * ETA * STRENGTH if penalise_biases or name in ("W1", "W2") else 1
        agree(moved.T, kept * block - ETA * slope)


def test_descent_repeats_theta_minus_eta_g_and_yields_the_objective_before_each_step(
    network, blocks, data, packed, agree
):
    plan, by_hand = (Plan(network, ROWS, packed(network, blocks)) for _ in range(2))
    objectives = list(descend(plan, *data, learning_rate=0.05, steps=12, l2=STRENGTH))
    expected = []
    for _ in range(12):
        expected.append(by_hand.loss_and_gradient(*data, l2=STRENGTH))
        by_hand.theta -= 0.05 * by_hand.gradient
    agree(objectives, expected, relative=1e-14)
    agree(plan.theta, by_hand.theta, relative=1e-14)


@pytest.mark.parametrize("strength", [0.0, STRENGTH])
def test_the_objective_falls_at_every_small_step(network, blocks, data, packed, strength):
    plan = Plan(network, ROWS, packed(network, blocks))
    objectives = list(descend(plan, *data, learning_rate=0.01, steps=200, l2=strength, penalise_biases=True))
    assert np.all(np.diff(objectives) < 0)
    assert objectives[-1] < 0.6 * objectives[0]


def test_an_empty_data_set_has_no_mean(network):
    with pytest.raises(ValueError, match="rows"):
        Plan(network, 0, network.initial_parameters())


def one_weight(start, loss):
    """N26: one weight, no bias, three examples."""
    plan = Plan(mlp(1, (), 1, bias=False, loss=loss), 3, np.array([start]))
    return plan, np.array([[-0.1], [-2.3], [-11.5]]), np.array([[0.0], [1.0], [0.0]])


@pytest.mark.parametrize(
    ("loss", "start", "eta", "weight", "value"),
    [
        # Near its left minimum the squared error is so flat (second derivative 0.018) that the steps may be large.
        ("half_squared_error", -1.5, 5.0, -1.06853, 0.2139356),
        ("half_squared_error", -0.4, 5.0, -1.06853, 0.2139356),
        ("half_squared_error", -0.38, 0.2, 0.13086, 0.1016687),
        ("half_squared_error", 0.5, 0.2, 0.13086, 0.1016687),
        ("binary_cross_entropy", -1.5, 0.2, 0.177, 0.57479),
        ("binary_cross_entropy", -0.4, 0.2, 0.177, 0.57479),
        ("binary_cross_entropy", -0.38, 0.2, 0.177, 0.57479),
        ("binary_cross_entropy", 0.5, 0.2, 0.177, 0.57479),
    ],
)
def test_n26_descent_ends_in_the_minimum_on_its_side_of_the_barrier(loss, start, eta, weight, value):
    plan, x, targets = one_weight(start, loss)
    list(descend(plan, x, targets, learning_rate=eta, steps=1000))
    reached = plan.loss_and_gradient(x, targets)
    assert abs(plan.gradient[0]) < 1e-14
    digits = 3 if weight == 0.177 else 5
    assert plan.theta[0] == pytest.approx(weight, abs=0.5 * 10.0**-digits)
    assert reached == pytest.approx(value, abs=0.5e-5 if weight == 0.177 else 0.5e-7)


def test_n26_the_barrier_between_the_minima_is_a_maximum():
    plan, x, targets = one_weight(-0.39102, "half_squared_error")
    assert plan.loss_and_gradient(x, targets) == pytest.approx(0.2202624, abs=0.5e-7)
    slopes = []
    for weight in (-0.391025, -0.391015):
        plan.theta[0] = weight
        plan.loss_and_gradient(x, targets)
        slopes.append(plan.gradient[0])
    assert slopes[0] > 0 > slopes[1]


def test_n26_beyond_a_second_barrier_the_squared_error_runs_off_to_infinity():
    # At w = 2.32 lies another maximum (0.19767); from there on the loss falls towards 1/6 and has no minimum.
    for start, moves_up in ((2.31, False), (2.33, True)):
        plan, x, targets = one_weight(start, "half_squared_error")
        plan.loss_and_gradient(x, targets)
        assert (plan.gradient[0] < 0) == moves_up
    plan, x, targets = one_weight(3.0, "half_squared_error")
    losses = list(descend(plan, x, targets, learning_rate=50.0, steps=300))
    assert np.all(np.diff(losses) < 0)
    assert plan.theta[0] > 15
    assert 1 / 6 < losses[-1] < 0.18
