"""Cross entropy on probabilities and negative log-likelihood on log-probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule.arrays import one_hot, random_stream
from chainrule.checking import assert_rule
from chainrule.rules import cross_entropy, log_softmax, nll, softmax, softmax_cross_entropy

ROWS = hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(-20, 20))


def weights(shape, dtype=np.float64):
    """Target weights of any sum, without zeros."""
    return (0.1 + random_stream(5, *shape).random(shape)).astype(dtype)


def usable(x, dtype):
    """Whether no probability underflows to 0."""
    return np.ptp(x, axis=-1).max(initial=0) < (80 if dtype == np.float32 else 700)


@pytest.mark.parametrize("kind", ["weights of any sum", "one-hot"])
def test_derivatives_of_cross_entropy_are_right(logits, kind):
    if usable(logits, np.float64):
        targets = weights(logits.shape, logits.dtype)
        if kind == "one-hot":
            targets = (targets == targets.max(axis=-1, keepdims=True)).astype(logits.dtype)
        left = assert_rule(cross_entropy, softmax(logits), targets).unchecked
        assert not [reason for reason in left if reason.check not in ("vjp float32", "jvp float32")]


def test_derivatives_of_nll_are_right(logits):
    left = assert_rule(nll, log_softmax(logits), weights(logits.shape, logits.dtype)).unchecked
    assert not [reason for reason in left if "largest float" not in str(reason)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_source_runs_on_pytorch(logits, dtype, same_on_torch):
    targets = weights(logits.shape, dtype)
    if usable(logits, dtype):
        same_on_torch(cross_entropy, softmax(logits.astype(dtype)), targets)
    if np.abs(logits).max(initial=0) < 1e30:
        same_on_torch(nll, log_softmax(logits.astype(dtype)), targets)


@pytest.mark.parametrize(("rule", "head"), [(cross_entropy, softmax), (nll, log_softmax)])
def test_autograd_through_the_pure_forward_agrees(rule, head, autograd_agrees, gradcheck):
    x = np.array([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]])
    autograd_agrees(rule, head(x), weights(x.shape))
    gradcheck(rule, head(x), weights(x.shape))


@pytest.mark.parametrize("form", ["value float64", "vjp float64", "value float32", "vjp float32"])
@pytest.mark.parametrize(("rule", "head"), [(cross_entropy, softmax), (nll, log_softmax)])
def test_errors_are_within_the_claimed_bound(rule, head, form, tail_logits):
    z = head(tail_logits / 4)
    assert assert_rule(rule, z, weights(z.shape)).worst_ulp[form] <= rule.error_bound


def test_known_values(shows, in_balls):
    t = np.array([0.2, 0.3, 0.5])
    probs = in_balls(softmax, [1.0, 2.0, 3.0])
    assert float(cross_entropy(softmax([1.0, 2.0, 3.0]), t)) == pytest.approx(1.10760596444438, rel=1e-14, abs=0)
    assert float(nll(log_softmax([1.0, 2.0, 3.0]), t)) == pytest.approx(1.10760596444438, rel=1e-14, abs=0)
    shows(in_balls(cross_entropy, probs, [0.0, 1.0, 0.0]), "1.40760596444438")


def test_the_entropy_of_the_targets_is_the_least_cross_entropy():
    t = np.array([0.2, 0.3, 0.5])
    assert cross_entropy(t, t) == pytest.approx(1.029653014064574, rel=1e-15, abs=0)
    assert cross_entropy(np.array([0.25, 0.3, 0.45]), t) > cross_entropy(t, t)


@given(ROWS, st.integers(0, 9))
def test_no_prediction_beats_the_targets_themselves(x, k):
    targets = softmax(np.cos(k + np.arange(len(x))))
    assert cross_entropy(softmax(x), targets) >= cross_entropy(targets, targets) - 1e-14


def test_zero_times_log_zero_is_zero():
    probs, targets = np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]])
    assert cross_entropy(probs, targets).tolist() == [0.0]
    by_probs, by_targets = cross_entropy.vjp(probs, targets, [1.0])
    assert by_probs.tolist() == [[-1.0, 0.0]]
    assert by_targets.tolist() == [[0.0, np.inf]]


def test_weight_on_an_impossible_class_costs_infinity():
    probs, targets = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    assert cross_entropy(probs, targets) == np.inf
    assert cross_entropy.vjp(probs, targets, 1.0)[0].tolist() == [0.0, -np.inf]


def test_a_class_without_weight_may_have_log_probability_minus_infinity():
    log_probs, targets = np.array([[-0.25, -np.inf, -0.75]]), np.array([[0.5, 0.0, 0.5]])
    assert nll(log_probs, targets).tolist() == [0.5]
    assert nll.vjp(log_probs, targets, [1.0])[0].tolist() == [[-0.5, 0.0, -0.5]]


def test_the_gradient_of_nll_is_minus_the_targets_without_division():
    z, t = log_softmax([0.0, -800.0]), np.array([0.25, 0.75])
    assert nll.vjp(z, t, 1.0)[0].tolist() == [-0.25, -0.75]


@given(ROWS, st.integers(0, 9))
def test_both_heads_give_the_loss_and_gradient_of_the_fused_rule(x, k):
    t = 0.5 + np.cos(k + np.arange(len(x))) ** 2
    expected = softmax_cross_entropy(x, t)
    probs, log_probs = softmax(x), log_softmax(x)
    assert cross_entropy(probs, t) == pytest.approx(expected, rel=1e-12)
    assert nll(log_probs, t) == pytest.approx(expected, rel=1e-12)
    gradient = softmax_cross_entropy.vjp(x, t, 1.0)[0]
    through_probs = softmax.vjp(x, cross_entropy.vjp(probs, t, 1.0)[0])
    through_log_probs = log_softmax.vjp(x, nll.vjp(log_probs, t, 1.0)[0])
    assert through_probs == pytest.approx(gradient, rel=1e-8, abs=1e-13)
    assert through_log_probs == pytest.approx(gradient, rel=1e-9, abs=1e-14)


def test_the_head_on_probabilities_breaks_down_where_the_fused_rule_does_not():
    x, t = np.array([0.0, -800.0]), np.array([0.0, 1.0])
    pulled = cross_entropy.vjp(softmax(x), t, 1.0)[0]
    assert pulled.tolist() == [0.0, -np.inf]
    with np.errstate(invalid="ignore"):
        assert np.isnan(softmax.vjp(x, pulled)).all()
    assert softmax_cross_entropy.vjp(x, t, 1.0)[0].tolist() == [1.0, -1.0]


def labels_for(x):
    return random_stream(6, *x.shape).integers(0, x.shape[-1], x.shape[:-1])


@pytest.mark.parametrize(("rule", "head"), [(cross_entropy, softmax), (nll, log_softmax)])
def test_derivatives_with_labels_are_right(logits, rule, head):
    if usable(logits, np.float64):
        left = assert_rule(rule, head(logits), labels_for(logits)).unchecked
        assert not [reason for reason in left if reason.check not in ("vjp float32", "jvp float32")]


@pytest.mark.parametrize(("rule", "head"), [(cross_entropy, softmax), (nll, log_softmax)])
def test_a_label_is_a_row_with_a_single_one(rule, head):
    z, labels = head(random_stream(7).standard_normal((2, 3, 4))), np.array([[0, 3, 1], [2, 2, 0]])
    rows, v = one_hot(labels, 4), random_stream(8).standard_normal((2, 3))
    assert rule(z, labels).tolist() == rule(z, rows).tolist()
    by_z, by_targets = rule.vjp(z, labels, v)
    assert by_z.tolist() == rule.vjp(z, rows, v)[0].tolist()
    assert by_targets is None
    assert rule.jacobian(z, labels)[0].tolist() == rule.jacobian(z, rows)[0].tolist()
    assert rule.jacobian(z, labels)[1] is None


def test_the_log_loss_of_a_label_and_its_gradient():
    probs = np.array([0.125, 0.5, 0.375])
    assert cross_entropy(probs, np.array(0)) == -np.log(0.125)
    assert cross_entropy.vjp(probs, np.array(0), 1.0)[0].tolist() == [-8.0, 0.0, 0.0]
    # Other probabilities may be 0; the labelled one costs infinity then.
    certain = np.array([1.0, 0.0])
    assert cross_entropy(certain, np.array(0)) == 0
    assert cross_entropy(certain, np.array(1)) == np.inf
    assert cross_entropy.vjp(certain, np.array(1), 1.0)[0].tolist() == [0.0, -np.inf]
    assert nll(np.array([0.0, -np.inf]), np.array(0)) == 0


@pytest.mark.parametrize(("rule", "head"), [(cross_entropy, softmax), (nll, log_softmax)])
def test_labels_run_on_pytorch_and_through_autograd(rule, head, same_on_torch, autograd_agrees, gradcheck):
    z, labels = head(np.array([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]])), np.array([2, 0])
    same_on_torch(rule, z, labels)
    autograd_agrees(rule, z, labels)
    gradcheck(rule, z, labels)


@pytest.mark.parametrize("rule", [cross_entropy, nll])
def test_labels_out_of_range_or_of_another_shape_are_refused(rule):
    z = np.full((2, 3), 0.5)
    with pytest.raises(ValueError, match=r"targets: labels lie in 0..2 for 3 classes, got 0..3"):
        rule(z, np.array([0, 3]))
    with pytest.raises(ValueError, match=r"targets \(labels\): expected shape \(2,\), got \(3,\)"):
        rule(z, np.array([0, 1, 2]))
    with pytest.raises(ValueError, match="labels have no tangent"):
        rule.jvp(z, np.array([0, 1]), None, np.ones(2))


def test_targets_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"targets \(rows of class weights\): expected shape \(2, 3\), got \(3,\)"):
        cross_entropy(np.ones((2, 3)), np.ones(3))
    with pytest.raises(ValueError, match=r"targets \(rows of class weights\): expected shape \(2, 3\), got \(2, 2\)"):
        nll(np.ones((2, 3)), np.ones((2, 2)))
