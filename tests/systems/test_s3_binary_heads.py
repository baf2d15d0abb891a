"""S3: two logits with a softmax are one logit with a sigmoid; squared error and cross entropy on that logit.

The half of the squared error is in its definition here: (p - y)^2 / 2.
"""

import numpy as np
import pytest

from chainrule import rules
from chainrule.networks import mlp

FEATURES, HIDDEN, ROWS = 3, 5, 6
LOSSES = (rules.half_squared_error, rules.binary_cross_entropy)
LOGITS = np.array([-40.0, -3.25, -0.6, 0.0, 0.9, 2.5, 17.0, 40.0])


def draws():
    """W1, b1, then W2 and b2 for two logits, x, and targets in [0, 1]."""
    draw = np.random.default_rng(301)
    shapes = (HIDDEN, FEATURES), (HIDDEN,), (2, HIDDEN), (2,), (ROWS, FEATURES)
    return *(draw.normal(0.1, 1.1, shape) for shape in shapes), np.array([1.0, 0.0, 0.3, 1.0, 0.85, 0.0])


def naive_sigmoid(o):
    return 1 / (1 + np.exp(-o))


def naive_loss(rule, y):
    """The loss of one logit as it is defined, for balls."""
    if rule is rules.half_squared_error:
        return lambda o: (naive_sigmoid(o)[0] - y) ** 2 / 2
    return lambda o: -y * naive_sigmoid(o)[0].log() - (1 - y) * (1 - naive_sigmoid(o)[0]).log()


@pytest.mark.parametrize("offset", [-700.0, 0.0, 3.5])
def test_the_softmax_of_two_logits_is_the_sigmoid_of_their_difference(offset):
    pairs = np.stack([LOGITS + offset, np.full(LOGITS.shape, offset)], axis=-1)
    # Adding the offset rounds the difference by up to 2^-43 (an ulp at 740), a relative error of the tails.
    np.testing.assert_allclose(rules.softmax(pairs)[:, 0], rules.sigmoid(LOGITS), rtol=2.0**-43 + 1e-15)
    np.testing.assert_allclose(rules.softmax(pairs)[:, 1], rules.sigmoid(-LOGITS), rtol=2.0**-43 + 1e-15)


def test_both_heads_have_one_loss_and_one_set_of_gradients(plan_gradients, agree):
    W1, b1, W2, b2, x, y = draws()
    weights = np.array([1.0, 2.0, 0.5, 3.0, 0.25, 1.5])
    two = mlp(FEATURES, (HIDDEN,), 2, activation="softplus")
    one = mlp(FEATURES, (HIDDEN,), 1, activation="softplus", loss="binary_cross_entropy")
    both_loss, both = plan_gradients(two, (W1, b1, W2, b2), x, np.stack([y, 1 - y], axis=1), weights)
    difference = W2[:1] - W2[1:], b2[:1] - b2[1:]
    loss, found = plan_gradients(one, (W1, b1, *difference), x, y[:, None], weights)
    assert loss == pytest.approx(both_loss, rel=1e-13, abs=0)
    for name in ("W1", "b1", "x"):
        agree(found[name], both[name])
    for name in ("W2", "b2"):
        agree(np.concatenate([found[name], -found[name]]), both[name])


@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("rule", LOSSES, ids=lambda rule: rule.name)
def test_the_logit_gradients_match_the_table_and_differences(rule, y, differences):
    targets = np.full(LOGITS.shape, y)
    found, by_targets = rule.vjp(LOGITS, targets, np.full(LOGITS.shape, -2.0))
    # p - y as the table has it cancels in the tails; there the quotient, entry by entry, is the better witness.
    p = naive_sigmoid(LOGITS)
    table = (p - y) * p * (1 - p) if rule is rules.half_squared_error else p - y
    # 1 - p and p - y round to multiples of 2^-53; times the cotangent -2, and once more each: 4 x 2^-53 < 5e-16.
    np.testing.assert_allclose(found, -2 * table, rtol=1e-13, atol=5e-16)
    for o, gradient in zip(LOGITS, found, strict=True):
        (slope,) = differences(naive_loss(rule, y), np.array([o]))
        assert gradient == pytest.approx(-2 * slope[0], rel=1e-14, abs=0)
    np.testing.assert_allclose(
        by_targets, -2 * (y - p if rule is rules.half_squared_error else -LOGITS), rtol=1e-13, atol=5e-16
    )


@pytest.mark.parametrize("y", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("rule", LOSSES, ids=lambda rule: rule.name)
def test_the_second_derivatives_match_the_table(rule, y):
    # A central difference of the gradient: error h^2 / 6 |f''''| + 2^-53 / h, below 1e-10 with |f''''| < 1.
    o, h = LOGITS[np.abs(LOGITS) < 20], 1e-5
    slope = [rule.vjp(o + move, np.full(o.shape, y), np.ones(o.shape))[0] for move in (h, -h)]
    p = naive_sigmoid(o)
    q = p * (1 - p)
    table = q * (q + (p - y) * (1 - 2 * p)) if rule is rules.half_squared_error else q
    np.testing.assert_allclose((slope[0] - slope[1]) / (2 * h), table, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("y", "inflection", "p"), [(0.0, np.log(2), 2 / 3), (1.0, -np.log(2), 1 / 3)])
def test_the_squared_error_bends_the_other_way_beyond_two_thirds_and_cross_entropy_never_does(y, inflection, p):
    assert rules.sigmoid([inflection])[0] == pytest.approx(p, rel=1e-15, abs=0)
    o = inflection + np.linspace(-1, 1, 21) ** 3  # the inflection is the middle one; the closest others are 0.001 away
    curvature = {}
    for rule in LOSSES:
        gradient = rule.vjp(o, np.full(o.shape, y), np.ones(o.shape))[0]
        curvature[rule.name] = np.sign(np.diff(gradient))
    half = np.ones(10)
    turn = 1 if y == 0 else -1
    np.testing.assert_array_equal(curvature["half_squared_error"], np.concatenate([turn * half, -turn * half]))
    np.testing.assert_array_equal(curvature["binary_cross_entropy"], np.ones(20))


def test_the_intermediate_derivative_by_p_leads_to_the_same_logit_gradient():
    o, y = LOGITS[1:6], 0.3
    p = rules.sigmoid(o)
    outcomes, targets = np.stack([p, 1 - p], axis=-1), np.broadcast_to([y, 1 - y], (len(o), 2))
    by_outcomes, _ = rules.cross_entropy.vjp(outcomes, targets, np.ones(len(o)))
    by_p = by_outcomes[:, 0] - by_outcomes[:, 1]
    np.testing.assert_allclose(by_p, -y / p + (1 - y) / (1 - p), rtol=1e-13)
    direct, _ = rules.binary_cross_entropy.vjp(o, np.full(o.shape, y), np.ones(o.shape))
    np.testing.assert_allclose(rules.sigmoid.vjp(o, by_p), direct, rtol=1e-13)


def test_a_confidently_wrong_example_still_pulls_under_cross_entropy_alone():
    squared, _ = rules.half_squared_error.vjp([-40.0, 40.0], [1.0, 0.0], [1.0, 1.0])
    entropy, _ = rules.binary_cross_entropy.vjp([-40.0, 40.0], [1.0, 0.0], [1.0, 1.0])
    np.testing.assert_allclose(squared, [-4.248354255291589e-18, 4.248354255291589e-18], rtol=2e-15)
    np.testing.assert_allclose(entropy, [-1, 1], rtol=1e-15)
    assert np.all(rules.half_squared_error([-1e4, 1e4], [1.0, 0.0]) == 0.5)  # bounded by 1/2
    np.testing.assert_array_equal(rules.binary_cross_entropy([-1e4, 1e4], [1.0, 0.0]), [1e4, 1e4])


@pytest.mark.parametrize("rule", LOSSES, ids=lambda rule: rule.name)
def test_a_plain_number_is_a_logit_too(rule):
    row = rule([0.5], [1.0])[0]
    assert rule(0.5, 1.0) == row
    assert rule.vjp(0.5, 1.0, 1.0)[0] == rule.vjp([0.5], [1.0], [1.0])[0][0]


def test_n24_cross_entropy_from_the_logit_is_finite_where_it_is_not_from_p():
    assert rules.binary_cross_entropy([40.0], [0.0])[0] == pytest.approx(40, rel=1e-15, abs=0)
    with np.errstate(divide="ignore"):
        assert -np.log(1 - naive_sigmoid(40.0)) == np.inf


def test_n25_losses_and_gradients_at_10_for_y_0():
    o, y, one = np.array([10.0]), np.array([0.0]), np.array([1.0])
    assert rules.half_squared_error(o, y)[0] == pytest.approx(0.499954603, abs=0.5e-9)
    assert rules.half_squared_error.vjp(o, y, one)[0][0] == pytest.approx(4.5393747e-05, abs=0.5e-12)
    assert rules.binary_cross_entropy(o, y)[0] == pytest.approx(10.0000453989, abs=0.5e-10)
    assert rules.binary_cross_entropy.vjp(o, y, one)[0][0] == pytest.approx(0.9999546021, abs=0.5e-10)


def under(rule):
    """A network with that loss, its blocks, x, targets and weights."""
    W1, b1, W2, b2, x, y = draws()
    network = mlp(FEATURES, (HIDDEN,), 1, activation="softplus", loss=rule)
    return network, (W1, b1, W2[:1], b2[:1]), x, y[:, None], np.array([1.0, 2.0, 0.5, 3.0, 0.25, 1.5])


@pytest.mark.parametrize("rule", LOSSES, ids=lambda rule: rule.name)
def test_a_network_under_either_loss_matches_its_matrix_form_and_its_traces(rule, plan_gradients, trace_steps, agree):
    network, (W1, b1, W2, b2), x, y, weights = under(rule)
    shares = weights[:, None] / weights.sum()
    pre = x @ W1.T + b1
    hidden = np.log(1 + np.exp(pre))
    p = naive_sigmoid(hidden @ W2.T + b2)
    D2 = shares * ((p - y) * p * (1 - p) if rule is rules.half_squared_error else p - y)
    D1 = (D2 @ W2) * naive_sigmoid(pre)
    expected = {"W1": D1.T @ x, "b1": D1.sum(axis=0), "W2": D2.T @ hidden, "b2": D2.sum(axis=0), "x": D1 @ W1}
    _, found = plan_gradients(network, (W1, b1, W2, b2), x, y, weights)
    for name, formula in expected.items():
        agree(found[name], formula)
    steps = [trace_steps(network, (W1, b1, W2, b2), *row) for row in zip(x, y, strict=True)]
    for name in ("W1", "b1", "W2", "b2"):
        agree(sum(share * step[f"d {name}"] for share, step in zip(shares[:, 0], steps, strict=True)), expected[name])
    agree(np.stack([step["d x"] for step in steps]) * shares, expected["x"])


@pytest.mark.parametrize("rule", LOSSES, ids=lambda rule: rule.name)
def test_a_network_under_either_loss_matches_autograd(rule, plan_gradients, autograd, agree):
    network, blocks, x, y, weights = under(rule)

    def loss(W1, b1, W2, b2, x):
        p = ((x @ W1.T + b1).exp().log1p() @ W2.T + b2).sigmoid()
        target, weight = p.new_tensor(y), p.new_tensor(weights[:, None])
        squared = (p - target) ** 2 / 2
        each = squared if rule is rules.half_squared_error else -target * p.log() - (1 - target) * (1 - p).log()
        return (each * weight).sum() / weight.sum()

    _, found = plan_gradients(network, blocks, x, y, weights)
    for name, slope in zip(("W1", "b1", "W2", "b2", "x"), autograd(loss, *blocks, x), strict=True):
        agree(found[name], slope)
