"""S4: ten classes, two linear layers without bias, a sigmoid between them, and cross entropy with a row of targets t.

Nothing fixes the hidden width at ten, nor the sum of t at one: by the logits the gradient is y2 sum(t) - t.
"""

import numpy as np
import pytest

from chainrule import rules
from chainrule.networks import Plan, mlp

FEATURES, HIDDEN, CLASSES, ROWS = 5, 7, 10, 4
NAMES = ("W1", "W2", "x")


@pytest.fixture
def network():
    return mlp(FEATURES, (HIDDEN,), CLASSES, activation="sigmoid", bias=False)


@pytest.fixture
def blocks():
    draw = np.random.default_rng(401)
    return [draw.normal(0.1, 1.3, (HIDDEN, FEATURES)), draw.normal(-0.2, 1.5, (CLASSES, HIDDEN))]


@pytest.fixture
def batch():
    """x, targets whose rows sum to one (one of them a sharp label), and weights."""
    draw = np.random.default_rng(402)
    x, t = draw.normal(0.3, 1.5, (ROWS, FEATURES)), draw.uniform(0, 1, (ROWS, CLASSES)) ** 3
    x[1, 3], t[2] = -8.0, np.eye(CLASSES)[6]
    return x, t / t.sum(axis=1, keepdims=True), np.array([0.5, 2.0, 1.0, 3.5])


def longhand(W1, W2, x, t):
    """One example: every quantity of the table by name, gradients as rows."""
    y1 = 1 / (1 + np.exp(-(W1 @ x)))
    e = np.exp(W2 @ y1)
    y2 = e / e.sum()
    by_z2 = y2 * t.sum() - t
    by_z1 = by_z2 @ W2 @ np.diag(y1 * (1 - y1))
    return {
        "a1": W1 @ x,
        "h1": y1,
        "logits": W2 @ y1,
        "p": y2,
        "loss": -(t * np.log(y2)).sum(),
        "d logits": by_z2,
        "d h1": by_z2 @ W2,
        "d W2": np.outer(by_z2, y1),
        "d a1": by_z1,
        "d W1": np.outer(by_z1, x),
        "d x": by_z1 @ W1,
    }


def naive_loss(t, shares):
    """The loss as it is defined, for balls."""

    def loss(W1, W2, x):
        e = np.exp(1 / (1 + np.exp(-(x @ W1.T))) @ W2.T)
        return sum(
            share * -weight * (entry / sum(row)).log()
            for share, weights, row in zip(shares, t, e, strict=True)
            for weight, entry in zip(weights, row, strict=True)
        )

    return loss


def test_there_are_two_blocks_and_no_bias(network):
    assert [block.name for block in network.blocks] == ["W1", "W2"]
    assert network.n_parameters == HIDDEN * FEATURES + CLASSES * HIDDEN
    assert mlp(3, (11,), 10, activation="sigmoid", bias=False).n_parameters == 11 * 3 + 10 * 11


@pytest.mark.parametrize("total", [1.0, 2.5, 0.25])
@pytest.mark.parametrize("row", range(ROWS))
def test_a_trace_shows_every_row_of_the_table_whatever_the_targets_sum_to(
    network, blocks, batch, trace_steps, agree, row, total
):
    x, t = batch[0][row], total * batch[1][row]
    steps = trace_steps(network, blocks, x, t)
    expected = longhand(*blocks, x, t)
    assert set(steps) == {"x", "y", "W1", "W2", *expected}
    for name, value in expected.items():
        agree(steps[name], value)
    if total == 1:
        agree(steps["d logits"], steps["p"] - t)


def test_the_row_chain_equals_the_column_form(network, blocks, batch, trace_steps, agree):
    (W1, W2), x, t = blocks, batch[0][0], batch[1][0]
    steps = trace_steps(network, blocks, x, t)
    y1, delta = steps["h1"], (steps["p"] - t)[:, None]
    column = (W2.T @ delta) * (y1 * (1 - y1))[:, None]
    agree(steps["d a1"], column[:, 0])
    agree(steps["d W2"], delta @ y1[None, :])
    agree(steps["d W1"], column @ x[None, :])
    agree(steps["d x"], (W1.T @ column)[:, 0])


def test_the_local_derivatives_of_the_table_match_their_rules(blocks, batch, agree):
    x, t = batch[0][0], batch[1][0]
    found = longhand(*blocks, x, t)
    by_y2, by_t = rules.cross_entropy.vjp(found["p"], t, np.float64(1))
    agree(by_y2, -t / found["p"])
    agree(by_t, -np.log(found["p"]))
    agree(rules.sigmoid.jacobian(found["a1"]), np.diag(found["h1"] * (1 - found["h1"])))
    agree(rules.softmax.vjp(found["logits"], by_y2), found["d logits"])


@pytest.mark.parametrize("total", [1.0, 2.5], ids=["sum 1", "sum 2.5"])
def test_a_weighted_batch_matches_the_matrix_form_and_differences(
    network, blocks, batch, plan_gradients, differences, agree, total
):
    x, t, weights = batch[0], total * batch[1], batch[2]
    shares = weights / weights.sum()
    each = [longhand(*blocks, *row) for row in zip(x, t, strict=True)]
    expected = {
        name: sum(share * one[f"d {name}"] for share, one in zip(shares, each, strict=True)) for name in ("W1", "W2")
    }
    expected["x"] = np.stack([share * one["d x"] for share, one in zip(shares, each, strict=True)])
    for name, slope in zip(NAMES, differences(naive_loss(t, shares), *blocks, x), strict=True):
        agree(expected[name], slope)
    loss, found = plan_gradients(network, blocks, x, t, weights)
    assert loss == pytest.approx(sum(share * one["loss"] for share, one in zip(shares, each, strict=True)), rel=1e-12)
    for name in NAMES:
        agree(found[name], expected[name])


def test_a_weighted_batch_matches_autograd(network, blocks, batch, plan_gradients, autograd, agree):
    x, t, weights = batch

    def loss(W1, W2, x):
        log_probs = ((x @ W1.T).sigmoid() @ W2.T).log_softmax(-1)
        return -(log_probs.new_tensor(weights[:, None] * t) * log_probs).sum() / weights.sum()

    _, found = plan_gradients(network, blocks, x, t, weights)
    for name, slope in zip(NAMES, autograd(loss, *blocks, x), strict=True):
        agree(found[name], slope)


def test_gradients_have_the_shapes_of_their_parameters(network, blocks, batch, packed):
    plan = Plan(network, ROWS, packed(network, blocks), input_gradient=True)
    plan.loss_and_gradient(*batch)
    assert [g.shape for g in network.unpack(plan.gradient)] == [(FEATURES, HIDDEN), (HIDDEN, CLASSES)]
    assert plan.input_gradient.shape == (ROWS, FEATURES)


def test_a_saturated_hidden_unit_keeps_its_small_slope_in_a_trace(
    network, blocks, batch, trace_steps, differences, agree
):
    # W1 x reaches 45 in size, where y1 (1 - y1) is 0 for a positive unit; the entries are compared unit by unit.
    (W1, W2), x, t = blocks, batch[0][0], batch[1][0]
    steep = W1 * (np.array([45, -45, 40, -30, 3, 1, 20.0]) / (W1 @ x))[:, None]
    steps = trace_steps(network, [steep, W2], x, t)
    (slopes,) = differences(lambda W1: naive_loss([t], [1])(W1, W2, x[None]), steep)
    naive = longhand(steep, W2, x, t)
    for unit in range(HIDDEN):
        agree(steps["d W1"][unit], slopes[unit], relative=1e-11)
    assert np.all(naive["d W1"][0] == 0)
    assert np.all(steps["d W1"][0] != 0)


def test_n21_and_n24_sigmoid_and_tanh_and_their_slopes():
    # Sixteen digits are printed; the rules claim 6 and 8 ulp.
    one = np.array([1.0])
    values = rules.sigmoid(one), rules.sigmoid.vjp(one, one), rules.tanh(one), rules.tanh.vjp(one, one)
    printed = 0.7310585786300049, 0.1966119332414819, 0.7615941559557649, 0.4199743416140261
    np.testing.assert_allclose(np.concatenate(values), printed, rtol=2e-15)
    np.testing.assert_allclose(rules.sigmoid.vjp([40.0], one), 4.248354255291589e-18, rtol=2e-15)
    np.testing.assert_allclose(rules.tanh.vjp([20.0], one), 1.699341702116636e-17, rtol=2e-15)
    np.testing.assert_array_equal(rules.tanh([800.0, -800.0]), [1, -1])
    y = 1 / (1 + np.exp(-40.0))
    assert y * (1 - y) == 0
    assert 1 - np.tanh(20.0) ** 2 == 0
    with np.errstate(over="ignore", invalid="ignore"):
        up, down = np.exp([800.0, -800.0])
        assert np.isnan((up - down) / (up + down))
