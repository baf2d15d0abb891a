"""S6: K classes, scores s, a hard label y; R = -log g_y with g = softmax(s), by two routes and summand by summand."""

import numpy as np
import pytest

from chainrule import rules
from chainrule.networks import mlp

ONE = np.float64(1)
SCORES = {
    "ordinary": np.array([0.4, -1.7, 2.2, 0.9, -0.3]),
    "of scale 40": np.array([-3.0, 40.0, 1.5, -37.25]),
    "all very negative": np.array([-1000.0, -1001.5, -1004.0]),
    "far beyond the exponential": np.array([1000.0, 998.0]),
    "one class": np.array([2.5]),
}
CASES = [pytest.param(s, y, id=f"{name}, label {y}") for name, s in SCORES.items() for y in range(len(s))]
N15 = np.array([0.09003057317038046, 0.2447284710547977, 0.6652409557748219])


def shifted_softmax(s):
    e = np.exp(s - s.max())
    return e / e.sum()


def naive_risk(y):
    """R as it is defined, for balls."""
    return lambda s: -(np.exp(s)[y] / sum(np.exp(s))).log()


@pytest.mark.parametrize(("s", "y"), CASES)
def test_the_jacobian_and_the_gradient_by_g_match_the_table(s, y, differences):
    g = shifted_softmax(s)
    one_hot = np.eye(len(s))[y]
    (row_y,) = differences(lambda s: np.exp(s)[y] / sum(np.exp(s)), s)
    found = rules.softmax.jacobian(s)[y]
    np.testing.assert_allclose(found, row_y, rtol=1e-13, atol=0)
    np.testing.assert_allclose(found, g[y] * (one_hot - g), rtol=1e-13, atol=2e-16)  # 1 - g rounds to 2^-53
    by_g, _ = rules.cross_entropy.vjp(rules.softmax(s), one_hot, ONE)
    # With scores of scale 40 the exponentials, and so g_y, are right to 40 x 2^-52 relatively.
    np.testing.assert_allclose(by_g, -one_hot / g, rtol=1e-13)


@pytest.mark.parametrize(("s", "y"), CASES)
def test_both_routes_lead_to_g_minus_e_y_and_to_the_differences(s, y, differences):
    one_hot = np.eye(len(s))[y]
    (slope,) = differences(naive_risk(y), s)
    by_g, _ = rules.cross_entropy.vjp(rules.softmax(s), one_hot, ONE)
    through_g = rules.softmax.vjp(s, by_g)
    through_lse = rules.log_sum_exp.vjp(s, ONE) - one_hot
    direct, by_label = rules.softmax_cross_entropy.vjp(s, y, ONE)
    # The fused rule loses no digit of any entry, the two subtractions above lose those below 2^-53.
    np.testing.assert_allclose(direct, slope, rtol=1e-13, atol=0)
    np.testing.assert_allclose(direct, shifted_softmax(s) - one_hot, rtol=1e-13, atol=5e-16)
    np.testing.assert_allclose(through_g, slope, rtol=1e-13, atol=5e-16)
    np.testing.assert_allclose(through_lse, slope, rtol=1e-13, atol=5e-16)
    assert by_label is None
    assert abs(direct.sum()) < 1e-15
    assert direct.shape == s.shape


@pytest.mark.parametrize(("s", "y"), CASES)
def test_the_risk_is_log_sum_exp_minus_the_score_of_the_label(s, y, exactly):
    risk = rules.softmax_cross_entropy(s, y)
    # The subtraction below rounds at the size of the scores; the rule keeps every digit of a risk near e^-38 too.
    assert risk == pytest.approx(rules.log_sum_exp(s) - s[y], rel=1e-15, abs=1e-15 * abs(s).max())
    assert risk == pytest.approx(exactly(naive_risk(y), s), rel=1e-13, abs=0)
    assert -rules.log_softmax(s)[y] == pytest.approx(risk, rel=1e-13, abs=0)


@pytest.mark.parametrize("targets", [np.eye(5)[3], np.array([0.1, 0.4, 0.0, 0.7, 0.3])], ids=["label", "any weights"])
def test_the_contributions_of_the_summands_add_up(targets, agree):
    s = SCORES["ordinary"]
    g, classes = shifted_softmax(s), range(5)
    summands = targets * np.eye(5)  # row k: the targets with all but entry k removed
    contributions, _ = rules.softmax_cross_entropy.vjp(np.stack([s] * 5), summands, np.ones(5))
    expected = [[-targets[k] * (1 - g[k]) if k == j else targets[k] * g[j] for j in classes] for k in classes]
    agree(contributions, expected)
    whole, _ = rules.softmax_cross_entropy.vjp(s, targets, ONE)
    agree(contributions.sum(axis=0), whole)
    agree(whole, g * targets.sum() - targets)


@pytest.mark.parametrize("label", [-1, 5])
def test_a_label_that_is_no_class_raises_and_its_neighbour_does_not(label):
    with pytest.raises(ValueError, match=r"0\.\.4"):
        rules.softmax_cross_entropy(SCORES["ordinary"], label)
    rules.softmax_cross_entropy(SCORES["ordinary"], min(max(label, 0), 4))


def linear_head():
    """W, b, x, labels and weights of a softmax regression with three features and five classes."""
    draw = np.random.default_rng(601)
    W, b, x = draw.normal(0, 1.5, (5, 3)), draw.normal(0.2, 1, 5), draw.normal(-0.4, 1.1, (4, 3))
    return W, b, x, np.array([4, 0, 2, 2]), np.array([0.5, 4.0, 1.0, 1.25])


def test_a_linear_head_matches_its_matrix_form(plan_gradients, agree):
    W, b, x, y, weights = linear_head()
    probs = np.stack([shifted_softmax(row) for row in x @ W.T + b])
    D = (probs - np.eye(5)[y]) * (weights / weights.sum())[:, None]
    _, found = plan_gradients(mlp(3, (), 5), [W, b], x, y, weights)
    for name, formula in {"W1": D.T @ x, "b1": D.sum(axis=0), "x": D @ W}.items():
        agree(found[name], formula)


def test_a_linear_head_matches_autograd(plan_gradients, autograd, agree):
    W, b, x, y, weights = linear_head()

    def risk(W, b, x):
        log_probs = (x @ W.T + b).log_softmax(-1)
        return -(log_probs.new_tensor(weights) * log_probs[range(4), y]).sum() / weights.sum()

    _, found = plan_gradients(mlp(3, (), 5), [W, b], x, y, weights)
    for name, slope in zip(("W1", "b1", "x"), autograd(risk, W, b, x), strict=True):
        agree(found[name], slope)


def test_scores_as_inputs_of_a_plan_receive_g_minus_e_y(plan_gradients, differences):
    network, s = mlp(4, (), 4, bias=False), SCORES["of scale 40"]
    for y in range(4):
        loss, found = plan_gradients(network, [np.eye(4)], s[None], np.array([y]))
        (slope,) = differences(naive_risk(y), s)
        np.testing.assert_allclose(found["x"][0], slope, rtol=1e-13, atol=0)
        assert loss == pytest.approx(rules.log_sum_exp(s) - s[y], rel=1e-13)


def test_n15_and_n22_softmax_of_1_2_3_and_of_its_multiples():
    # Sixteen digits are printed.
    x = np.array([1.0, 2, 3])
    np.testing.assert_allclose(rules.softmax(x), N15, rtol=2e-15)
    twice = [0.01587623997646677, 0.1173104278261984, 0.8668133321973349]
    half = [0.1863237232258476, 0.3071958857184984, 0.506480391055654]
    np.testing.assert_allclose(rules.softmax(np.stack([2 * x, x / 2])), [twice, half], rtol=2e-15)


def test_n19_cross_entropy_with_a_distribution_and_the_entropy_below_it():
    x, t = np.array([1.0, 2, 3]), np.array([0.2, 0.3, 0.5])
    gradient, by_targets = rules.softmax_cross_entropy.vjp(x, t, ONE)
    assert rules.softmax_cross_entropy(x, t) == pytest.approx(1.10760596444438, rel=2e-15, abs=0)
    # The entries are differences of numbers up to 0.67, right to an ulp of those.
    printed = [-0.1099694268296195, -0.05527152894520235, 0.1652409557748219]
    np.testing.assert_allclose(gradient, printed, rtol=0, atol=1.2e-16)
    np.testing.assert_allclose(by_targets, -np.log(N15), rtol=2e-15)
    entropy = rules.cross_entropy(t, t)
    assert entropy == pytest.approx(1.029653014064574, rel=2e-15, abs=0)
    at_the_targets, _ = rules.softmax_cross_entropy.vjp(np.log(t), t, ONE)
    np.testing.assert_allclose(at_the_targets, 0, atol=1.2e-16)
