"""Softmax over scores x(u): score functions, cross entropy and expected reward, by rules of u and by (scores, G)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule import rules
from chainrule.arrays import random_stream
from chainrule.checking import assert_rule
from chainrule.rules import (
    compose,
    cross_entropy_gradient,
    log_softmax,
    policy_gradient,
    score_function,
    score_function_vjp,
    softmax,
)

ROWS = hnp.arrays(np.float64, 5, elements=st.floats(-30, 30))
N, P = 5, 3


def scores_rule():
    """x(u) = tanh(u W) B, with W and B fixed at the call."""
    return compose(rules.linear, rules.tanh, rules.linear)


@pytest.fixture
def point():
    stream = random_stream(71)
    return stream.standard_normal(P), stream.standard_normal((P, 4)), stream.standard_normal((4, N))


@pytest.fixture
def scores(point):
    """The scores and G at the point."""
    rule = scores_rule()
    return rule(*point), rule.jacobian(*point)[0]


def test_the_rules_of_u_have_the_derivatives_of_the_functions_of_scores_and_g(point, scores):
    logits, jacobian = scores
    log_probs = compose(log_softmax, scores_rule())
    assert not assert_rule(log_probs, *point).unchecked
    assert score_function(logits, jacobian) == pytest.approx(log_probs.jacobian(*point)[0], rel=1e-12, abs=0)
    v = np.array([1.0, -2.0, 0.5, 0.0, 3.0])
    assert score_function_vjp(logits, jacobian, v) == pytest.approx(log_probs.vjp(*point, v)[0], rel=1e-12, abs=0)


@pytest.mark.parametrize("c", [np.array([0.2, 0.1, 0.4, 0.0, 0.3]), np.array([2.0, -1.0, 0.5, 1.0, 3.0])])
def test_the_cross_entropy_of_any_weights_has_gradient_g_transposed_s_sum_c_minus_c(point, scores, c):
    logits, jacobian = scores
    loss = compose(rules.softmax_cross_entropy, scores_rule())
    assert not assert_rule(loss, *point, c).unchecked
    probs = softmax(logits)
    got = cross_entropy_gradient(logits, c, jacobian)
    assert got == pytest.approx(loss.vjp(*point, c, 1.0)[0], rel=1e-12, abs=0)
    assert got == pytest.approx(jacobian.T @ (probs * c.sum() - c), rel=1e-12, abs=0)
    # The second form, -sum_i c_i (grad x_i - E grad x): the score functions weighted with -c.
    assert got == pytest.approx(-c @ score_function(logits, jacobian), rel=1e-12, abs=0)
    assert got == pytest.approx(-score_function_vjp(logits, jacobian, c), rel=1e-12, abs=0)


def test_labels_are_one_hot_weights(scores):
    logits, jacobian = scores
    one_hot = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
    labelled = cross_entropy_gradient(logits, np.array(2), jacobian)
    assert labelled == pytest.approx(cross_entropy_gradient(logits, one_hot, jacobian), rel=1e-14, abs=0)
    assert labelled == pytest.approx(-score_function(logits, jacobian)[2], rel=1e-12, abs=0)


def test_the_policy_gradient_is_the_derivative_of_the_expected_reward(point, scores):
    logits, jacobian = scores
    r = np.array([1.0, 0.0, -2.0, 0.5, 3.0])
    expected_reward = compose(rules.softmax_expectation, scores_rule())
    assert not assert_rule(expected_reward, *point, r).unchecked
    got = policy_gradient(logits, r, jacobian)
    assert got == pytest.approx(expected_reward.vjp(*point, r, 1.0)[0], rel=1e-12)
    probs = softmax(logits)
    assert got == pytest.approx((probs * (r - probs @ r)) @ jacobian, rel=1e-12)
    assert policy_gradient(logits, r).tolist() == rules.softmax_expectation.vjp(logits, r, 1.0)[0].tolist()


def test_the_policy_gradient_is_the_mean_of_reinforce_whatever_the_baseline(scores):
    logits, jacobian = scores
    r, probs = np.array([1.0, 0.0, -2.0, 0.5, 3.0]), softmax(logits)
    for baseline in (0.0, 7.5):
        estimates = [score_function_vjp(logits, jacobian, (r[a] - baseline) * np.eye(N)[a]) for a in range(N)]
        assert probs @ np.array(estimates) == pytest.approx(policy_gradient(logits, r, jacobian), rel=1e-11)


@given(ROWS)
def test_the_expected_score_is_zero(x):
    jacobian = random_stream(72).standard_normal((N, P))
    # Terms S_i |grad| of size up to 3, five of them.
    assert softmax(x) @ score_function(x, jacobian) == pytest.approx(np.zeros(P), abs=5e-15)


@given(ROWS)
def test_without_parameters_of_their_own_the_scores_have_the_jacobian_of_log_softmax(x):
    identity = np.eye(N)
    assert score_function(x, identity) == pytest.approx(log_softmax.jacobian(x), rel=1e-13, abs=1e-300)
    v = np.cos(np.arange(N))
    assert score_function_vjp(x, identity, v) == pytest.approx(log_softmax.vjp(x, v), rel=1e-13, abs=1e-15)


def test_nothing_divides_by_a_probability_that_underflows():
    x, jacobian = np.array([0.0, -800.0, -2000.0]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert softmax(x).tolist() == [1.0, 0.0, 0.0]
    assert score_function(x, jacobian).tolist() == [[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]]
    assert score_function_vjp(x, jacobian, np.array([0.0, 0.0, 1.0])).tolist() == [4.0, 4.0]


def test_the_score_of_the_likeliest_keeps_its_digits():
    """There grad x_i - E_S[grad x] is of size e^-40, and subtracting a mean would leave 0."""
    x, jacobian = np.array([40.0, 0.0]), np.array([[1.0], [3.0]])
    share = np.exp(-40.0) / (1 + np.exp(-40.0))
    assert score_function(x, jacobian)[0, 0] == pytest.approx(-2 * share, rel=1e-15, abs=0)
    by_v = score_function_vjp(x, jacobian, np.array([1.0, 0.0]))
    assert by_v[0] == pytest.approx(-2 * share, rel=1e-15, abs=0)
    assert (jacobian - softmax(x) @ jacobian)[0, 0] == 0


def test_what_all_gradients_have_in_common_drops_out_before_it_is_rounded():
    """Adding 2^40 to every row of G is exact here and must not change the last place of any result."""
    x, jacobian = np.array([0.5, -1.0, 2.0]), np.array([[1.0], [-3.0], [0.5]])
    v = np.array([1.0, -2.0, 0.25])
    moved = jacobian + 2.0**40
    assert score_function(x, moved).tolist() == score_function(x, jacobian).tolist()
    assert score_function_vjp(x, moved, v).tolist() == score_function_vjp(x, jacobian, v).tolist()
    assert policy_gradient(x, v, moved).tolist() == policy_gradient(x, v, jacobian).tolist()
    assert cross_entropy_gradient(x, v, moved).tolist() == cross_entropy_gradient(x, v, jacobian).tolist()


def test_leading_axes_of_scores_and_g_broadcast():
    stream = random_stream(73)
    x, shared, own = stream.standard_normal((2, 4, N)), stream.standard_normal((N, P)), None
    own = stream.standard_normal((2, 4, N, P))
    r = stream.standard_normal((2, 4, N))
    for jacobian in (shared, own):
        at = jacobian if jacobian.ndim == 2 else jacobian[1, 2]
        assert score_function(x, jacobian).shape == (2, 4, N, P)
        assert score_function(x, jacobian)[1, 2] == pytest.approx(score_function(x[1, 2], at), rel=1e-13, abs=0)
        for function in (score_function_vjp, lambda x, g, r: policy_gradient(x, r, g)):
            assert function(x, jacobian, r).shape == (2, 4, P)
            assert function(x, jacobian, r)[1, 2] == pytest.approx(function(x[1, 2], at, r[1, 2]), rel=1e-12, abs=0)
        labels = np.array([[0, 1, 2, 3], [4, 0, 2, 2]])
        assert cross_entropy_gradient(x, labels, jacobian).shape == (2, 4, P)


def test_tensors_give_what_arrays_give(scores):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    logits, jacobian = scores
    x, g, v = torch.tensor(logits), torch.tensor(jacobian), np.arange(N) / 2
    assert score_function(x, g).numpy() == pytest.approx(score_function(logits, jacobian), rel=1e-13, abs=0)
    for function in (score_function_vjp, lambda x, g, v: policy_gradient(x, v, g)):
        assert function(x, g, torch.tensor(v)).numpy() == pytest.approx(function(logits, jacobian, v), rel=1e-13, abs=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda g: score_function(np.ones(3), g),
        lambda g: score_function_vjp(np.ones(3), g, np.ones(3)),
        lambda g: cross_entropy_gradient(np.ones(3), np.array(0), g),
        lambda g: policy_gradient(np.ones(3), np.ones(3), g),
    ],
)
def test_a_jacobian_without_one_row_per_score_is_named(call):
    assert call(np.ones((3, 2))) is not None
    with pytest.raises(ValueError, match=r"jacobian: expected shape \(..., 3, p\), one row for each of the 3 scores"):
        call(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"got \(3,\)"):
        call(np.ones(3))
