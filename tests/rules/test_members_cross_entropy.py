"""The mean of the losses of an ensemble's members: against each member's own loss, tails, shapes."""

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.checking import assert_rule, balls, precision, ulp_errors
from chainrule.checking.definitions import DEFINITIONS
from chainrule.rules import members_cross_entropy, softmax_cross_entropy

STREAM = random_stream(23)
LOGITS = 3 * STREAM.standard_normal((3, 4, 5))
LABELS = np.array([0, 4, 2, 2])
ROWS = STREAM.dirichlet(np.full(5, 0.5), size=4)
V = np.array([1.0, -0.5, 2.0, 0.25])


@pytest.mark.parametrize("targets", [LABELS, ROWS, 2 * ROWS], ids=["labels", "rows", "rows of sum 2"])
@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.125}], ids=str)
def test_it_is_the_mean_of_the_members_losses(targets, options):
    losses = [softmax_cross_entropy(member, targets, **options) for member in LOGITS]
    np.testing.assert_allclose(members_cross_entropy(LOGITS, targets, **options), np.mean(losses, axis=0), rtol=1e-15)
    by_members, by_targets = members_cross_entropy.vjp(LOGITS, targets, V, **options)
    own = [softmax_cross_entropy.vjp(member, targets, V, **options) for member in LOGITS]
    np.testing.assert_allclose(3 * by_members, [by_logits for by_logits, _ in own], rtol=1e-15)
    if targets is LABELS:
        assert by_targets is None
    else:
        # Sums of three terms of one sign for each row, added in another order.
        np.testing.assert_allclose(by_targets, np.mean([pulled for _, pulled in own], axis=0), rtol=1e-15)


def test_it_is_at_least_the_loss_of_the_mean_probabilities():
    """By Jensen's inequality, as -log is convex; equal where the members agree."""
    exponentials = np.exp(LOGITS)
    mean = np.mean(exponentials / exponentials.sum(axis=-1, keepdims=True), axis=0)
    assert (members_cross_entropy(LOGITS, LABELS) > -np.log(mean[np.arange(4), LABELS])).all()
    alike = np.stack([LOGITS[0]] * 3)
    np.testing.assert_allclose(
        members_cross_entropy(alike, LABELS), softmax_cross_entropy(LOGITS[0], LABELS), rtol=1e-15
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_tails_keep_their_digits(dtype):
    logits = (40 * STREAM.standard_normal((3, 30, 6))).astype(dtype)
    labels = STREAM.integers(0, 6, 30)
    with precision(2000):
        losses = DEFINITIONS["members_cross_entropy"](balls(logits), labels)
        by_members, _ = members_cross_entropy.vjp(balls(logits), labels, balls(np.ones(30)))
    assert ulp_errors(members_cross_entropy(logits, labels), losses).max() <= members_cross_entropy.error_bound
    got, _ = members_cross_entropy.vjp(logits, labels, np.ones(30, dtype))
    # A gradient that underflows has few digits.
    normal = np.abs(got) > np.finfo(dtype).tiny
    assert ulp_errors(got, by_members)[normal].max() <= members_cross_entropy.error_bound


@pytest.mark.parametrize("targets", [LABELS, ROWS], ids=["labels", "rows"])
def test_derivatives_are_right_and_it_runs_on_pytorch(targets, same_on_torch, autograd_agrees):
    for logits, some in (
        (LOGITS, targets),
        (LOGITS[:, 0], targets[0]),
        (LOGITS[:1], targets),
        (LOGITS[:, :0], targets[:0]),
    ):
        assert not assert_rule(members_cross_entropy, logits, some).unchecked
    two_axes = LOGITS.reshape(3, 2, 2, 5), targets.reshape(2, 2, *targets.shape[1:])
    assert not assert_rule(members_cross_entropy, *two_axes).unchecked
    same_on_torch(members_cross_entropy, LOGITS, targets)
    autograd_agrees(members_cross_entropy, LOGITS, targets)


@pytest.mark.parametrize(
    ("logits", "targets", "message"),
    [
        (LOGITS[0, 0], np.array(0), r"expected logits of shape \(members, ..., classes\), got \(5,\)"),
        (LOGITS[:0], LABELS, r"expected logits of shape \(members, ..., classes\), got \(0, 4, 5\)"),
        (LOGITS, LABELS[:3], r"targets \(labels\): expected shape \(4,\), got \(3,\)"),
        (LOGITS, np.stack([ROWS] * 3), r"targets \(rows of class weights\): expected shape \(4, 5\), got \(3, 4, 5\)"),
        (LOGITS, LABELS + 1, r"labels lie in 0..4"),
    ],
)
def test_what_does_not_fit_is_named(logits, targets, message):
    with pytest.raises(ValueError, match=message):
        members_cross_entropy(logits, targets)
