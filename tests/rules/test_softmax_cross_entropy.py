"""Softmax and cross entropy in one rule: labels, soft targets, weights of any sum, label smoothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from chainrule.arrays import class_mask, random_stream
from chainrule.checking import assert_rule, balls, precision, ulp_errors
from chainrule.rules import log_softmax, log_sum_exp, softmax, softmax_cross_entropy

ROWS = hnp.arrays(np.float64, st.integers(2, 6), elements=st.floats(-20, 20))
SMOOTHING = pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}], ids=["plain", "smoothed"])


def labels_for(logits):
    """Labels that differ from row to row."""
    rows = int(np.prod(logits.shape[:-1]))
    return ((7 * np.arange(rows) + 1) % logits.shape[-1]).reshape(logits.shape[:-1])


def soft_for(logits):
    """Rows of weights of any sum, some of them 0."""
    weights = random_stream(6, *logits.shape).random(logits.shape)
    return np.where(weights < 0.2, 0, weights).astype(logits.dtype)


def one_hot_for(logits):
    return class_mask(labels_for(logits), logits.shape[-1]).astype(logits.dtype)


KINDS = pytest.mark.parametrize(
    "targets_for", [labels_for, soft_for, one_hot_for], ids=["labels", "weights", "one-hot"]
)


@SMOOTHING
@KINDS
def test_derivatives_are_right(logits, targets_for, options):
    left = assert_rule(softmax_cross_entropy, logits, targets_for(logits), options=options).unchecked
    expected = ("largest float", "rows of targets that sum to one")
    assert not [reason for reason in left if not any(known in str(reason) for known in expected)]


@SMOOTHING
@KINDS
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_source_runs_on_pytorch(logits, dtype, targets_for, options, same_on_torch):
    if np.abs(logits).max(initial=0) < np.finfo(dtype).max:
        x = logits.astype(dtype)
        same_on_torch(softmax_cross_entropy, x, targets_for(x), **options)


@SMOOTHING
@KINDS
def test_autograd_through_the_pure_forward_agrees(targets_for, options, autograd_agrees, gradcheck):
    x = np.array([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9]])
    autograd_agrees(softmax_cross_entropy, x, targets_for(x), **options)
    gradcheck(softmax_cross_entropy, x, targets_for(x), **options)


@pytest.mark.parametrize("form", ["value float64", "vjp float64", "value float32", "vjp float32"])
@pytest.mark.parametrize("targets_for", [labels_for, one_hot_for], ids=["labels", "one-hot"])
def test_tails_are_within_the_claimed_error(tail_logits, targets_for, form):
    """For hard labels. With soft ones s sum(t) - t can be arbitrarily small, and so can a pushforward, a signed sum."""
    report = assert_rule(softmax_cross_entropy, tail_logits, targets_for(tail_logits))
    assert report.worst_ulp[form] <= softmax_cross_entropy.error_bound


def test_tails_keep_their_digits_on_pytorch_too(tail_logits):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    y = labels_for(tail_logits)
    ones = np.ones(len(y))
    x, labels = torch.tensor(tail_logits), torch.tensor(y)
    with precision(600):
        loss = softmax_cross_entropy(balls(tail_logits), y)
        pulled, _ = softmax_cross_entropy.vjp(balls(tail_logits), y, balls(ones))
    got, _ = softmax_cross_entropy.vjp(x, labels, torch.tensor(ones))
    assert ulp_errors(softmax_cross_entropy(x, labels).numpy(), loss).max() <= softmax_cross_entropy.error_bound
    assert ulp_errors(got.numpy(), pulled).max() <= softmax_cross_entropy.error_bound


def test_known_values(shows):
    with precision(200):
        # The decimal fractions as quotients: 0.2 is no float.
        t = balls([2, 3, 5]) / 10
        loss = softmax_cross_entropy(balls([1, 2, 3]), t)
        gradient, _ = softmax_cross_entropy.vjp(balls([1, 2, 3]), t, 1)
    shows(loss, "1.10760596444438")
    shows(gradient, "-0.1099694268296195", "-0.05527152894520235", "0.1652409557748219")


def test_a_saturated_and_wrong_row_has_the_right_loss_and_gradient():
    x, y = np.array([0.0, -800.0]), np.array(1)
    assert softmax_cross_entropy(x, y) == 800
    assert softmax_cross_entropy.vjp(x, y, 1.0)[0].tolist() == [1.0, -1.0]


def test_a_saturated_and_right_row_keeps_its_digits():
    x, y = np.array([40.0, 0.0]), np.array(0)
    assert softmax_cross_entropy(x, y) == pytest.approx(4.248354255291589e-18, rel=1e-14, abs=0)
    gradient = softmax_cross_entropy.vjp(x, y, 1.0)[0]
    assert gradient.tolist() == pytest.approx([-4.248354255291589e-18, 4.248354255291589e-18], rel=1e-14, abs=0)


@given(ROWS, st.integers(0, 5))
def test_the_gradient_is_probabilities_minus_one_hot(x, k):
    y = np.array(k % len(x))
    gradient, by_labels = softmax_cross_entropy.vjp(x, y, 1.0)
    assert by_labels is None
    assert gradient == pytest.approx(softmax(x) - np.eye(len(x))[y], rel=1e-9, abs=1e-15)
    assert gradient.sum() == pytest.approx(0, abs=1e-15)


@given(ROWS, st.floats(0, 3))
def test_weighted_targets_of_any_sum(x, total):
    t = total * softmax(np.sin(x))
    gradient, by_targets = softmax_cross_entropy.vjp(x, t, 1.0)
    assert softmax_cross_entropy(x, t) == pytest.approx(-(t @ log_softmax(x)), rel=1e-12, abs=1e-14)
    assert gradient == pytest.approx(softmax(x) * t.sum() - t, rel=1e-9, abs=1e-14)
    assert by_targets == pytest.approx(-log_softmax(x), rel=1e-12, abs=1e-14)


@given(ROWS, st.integers(0, 5))
def test_the_loss_is_log_sum_exp_minus_the_labels_logit(x, k):
    y = k % len(x)
    assert softmax_cross_entropy(x, np.array(y)) == pytest.approx(log_sum_exp(x) - x[y], rel=1e-12, abs=1e-13)


@SMOOTHING
def test_a_soft_one_hot_row_equals_its_label_to_the_last_bit(tail_logits, options):
    y, t = labels_for(tail_logits), one_hot_for(tail_logits)
    v = np.linspace(-1, 2, len(y))
    assert (softmax_cross_entropy(tail_logits, y, **options) == softmax_cross_entropy(tail_logits, t, **options)).all()
    by_label, by_row = (softmax_cross_entropy.vjp(tail_logits, targets, v, **options)[0] for targets in (y, t))
    assert (by_label == by_row).all()


@KINDS
def test_label_smoothing_is_its_definition(targets_for):
    """t becomes (1 - e) t + e sum(t) / k."""
    x, e = np.array([[1.0, 2.0, 3.0], [0.3, -0.2, 0.9], [40.0, -40.0, 0.0]]), 0.3
    t = one_hot_for(x) if targets_for is labels_for else targets_for(x)
    smoothed = (1 - e) * t + e * t.sum(axis=-1, keepdims=True) / 3
    v = np.array([1.0, -2.0, 0.5])
    got = softmax_cross_entropy(x, targets_for(x), label_smoothing=e)
    assert got == pytest.approx(softmax_cross_entropy(x, smoothed), rel=1e-14, abs=0)
    by_logits, by_targets = softmax_cross_entropy.vjp(x, targets_for(x), v, label_smoothing=e)
    expected, by_smoothed = softmax_cross_entropy.vjp(x, smoothed, v)
    assert by_logits == pytest.approx(expected, rel=1e-12, abs=1e-15)
    if by_targets is not None:
        # The smoothing is a symmetric matrix, (1 - e) I + e/k.
        assert by_targets == pytest.approx(by_smoothed @ ((1 - e) * np.eye(3) + e / 3), rel=1e-13, abs=0)


def test_no_smoothing_is_the_default_and_full_smoothing_forgets_the_label():
    x = np.array([[1.0, 2.0, 3.0]])
    assert softmax_cross_entropy(x, [1], label_smoothing=0.0) == softmax_cross_entropy(x, [1])
    assert softmax_cross_entropy(x, [1], label_smoothing=1.0) == softmax_cross_entropy(x, [2], label_smoothing=1.0)


def test_reparametrised_logits_have_the_gradient_of_the_chain_rule():
    """With x = G u and weights c: d(-sum c_i log s_i)/du = G^T (s sum(c) - c) = -sum_i c_i (G[i] - sum_j s_j G[j])."""
    slopes, c = np.array([[1.0, -2.0], [0.5, 3.0], [-1.0, 0.25]]), np.array([0.5, 2.0, 0.25])
    x = slopes @ np.array([0.3, -0.7])
    pulled = slopes.T @ softmax_cross_entropy.vjp(x, c, 1.0)[0]
    assert pulled == pytest.approx(-c @ (slopes - softmax(x) @ slopes), rel=1e-13, abs=0)
    assert pulled == pytest.approx(-c @ log_softmax.jacobian(x) @ slopes, rel=1e-13, abs=0)


def test_a_masked_class_has_no_gradient_and_no_effect():
    x, y = np.array([[1.0, -np.inf, 2.0], [-np.inf, 0.5, -np.inf]]), np.array([0, 1])
    assert softmax_cross_entropy(x, y).tolist() == [softmax_cross_entropy([1.0, 2.0], 0), 0.0]
    gradient, _ = softmax_cross_entropy.vjp(x, y, [1.0, 1.0])
    assert gradient[0, [0, 2]].tolist() == softmax_cross_entropy.vjp([1.0, 2.0], 0, 1.0)[0].tolist()
    assert gradient[0, 1] == 0
    assert not gradient[1].any()
    assert not assert_rule(softmax_cross_entropy, x, y).unchecked


def test_a_label_on_a_masked_class_costs_infinity():
    assert softmax_cross_entropy(np.array([1.0, -np.inf]), np.array(1)) == np.inf


@pytest.mark.parametrize("wrong", [[0, 3], [-1, 0]])
def test_labels_out_of_range_are_refused(wrong):
    x = np.zeros((2, 3))
    assert softmax_cross_entropy(x, [0, 2]).shape == (2,)
    with pytest.raises(ValueError, match=rf"labels lie in 0..2 for 3 classes, got {min(wrong)}..{max(wrong)}"):
        softmax_cross_entropy(x, wrong)


def test_targets_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"targets \(labels\): expected shape \(2,\), got \(3,\)"):
        softmax_cross_entropy(np.zeros((2, 3)), [0, 1, 2])
    with pytest.raises(ValueError, match=r"targets \(rows of class weights\): expected shape \(2, 3\), got \(2, 2\)"):
        softmax_cross_entropy(np.zeros((2, 3)), np.ones((2, 2)))


@pytest.mark.parametrize("fraction", [-0.1, 1.5])
def test_smoothing_beyond_a_fraction_is_refused(fraction):
    with pytest.raises(ValueError, match=f"label_smoothing: expected a fraction from 0 to 1, got {fraction}"):
        softmax_cross_entropy(np.zeros((2, 3)), [0, 1], label_smoothing=fraction)


def test_labels_have_no_tangent():
    x, y = np.zeros((1, 3)), np.array([1])
    assert softmax_cross_entropy.jvp(x, y, np.array([[1.0, 0.0, 0.0]]), None) == pytest.approx([1 / 3])
    with pytest.raises(ValueError, match="labels have no tangent"):
        softmax_cross_entropy.jvp(x, y, None, np.ones(1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [800.0, 1e4, 1e30, "largest"])
def test_the_family_beyond_the_range_of_exp(size, dtype):
    """Logits whose exponentials overflow or vanish; nothing warns, and only log-probabilities are large."""
    size = np.finfo(dtype).max / 4 if size == "largest" else dtype(size)
    x = size * np.array([[1, 0, -1], [-1, -1, -1], [1, 1, 0]], dtype)
    one = np.ones(3, dtype)
    probs = np.array([[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0]], dtype)
    np.testing.assert_allclose(softmax(x), probs, rtol=2 * np.finfo(dtype).eps)
    below = x - x.max(axis=-1, keepdims=True)
    spread = np.log(np.array([[1], [3], [2]], dtype))
    np.testing.assert_allclose(log_softmax(x), below - spread, rtol=4 * np.finfo(dtype).eps)
    np.testing.assert_allclose(log_sum_exp(x), x.max(axis=-1) + spread[:, 0], rtol=4 * np.finfo(dtype).eps)
    for rule in (softmax, log_softmax):
        for v in (np.eye(3, dtype=dtype), np.ones((3, 3), dtype)):
            assert np.isfinite(rule.vjp(x, v)).all()
            assert np.isfinite(rule.jvp(x, v)).all()
        assert np.isfinite(rule.jacobian(x)).all()
    for label in range(3):
        labels = np.full(3, label)
        expected = spread[:, 0] - below[:, label]
        np.testing.assert_allclose(softmax_cross_entropy(x, labels), expected, rtol=4 * np.finfo(dtype).eps)
        gradient, _ = softmax_cross_entropy.vjp(x, labels, one)
        np.testing.assert_allclose(gradient, probs - np.eye(3, dtype=dtype)[label], atol=2 * np.finfo(dtype).eps)
