"""Held-out samples: which ones, and the score that judges epochs by them."""

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score
from sklearn.metrics import log_loss as their_log_loss

from chainrule.estimators.class_encoding import BINARY, MULTILABEL, ClassEncoding, encoding_of
from chainrule.estimators.validation import METRICS, hold_out, judge_of
from chainrule.networks import Plan, mlp

RANDOM = np.random.default_rng(2)


@pytest.mark.parametrize(("labels", "counts"), [(["a", "b", "c", "d"], [80, 40, 20, 10]), ([0, 1, 2], [100, 30, 20])])
def test_every_class_has_its_share_of_the_held_out_samples(labels, counts):
    y = np.repeat(labels, counts)
    kept, held = hold_out(y, encoding_of(y), fraction=0.3, seed=5)
    assert np.unique(y[held], return_counts=True)[1].tolist() == [count * 3 // 10 for count in counts]
    assert sorted([*kept, *held]) == list(range(150))
    again = hold_out(y, encoding_of(y), fraction=0.3, seed=6)[1]
    assert sorted(again) != sorted(held)


def test_classes_of_one_sample_are_named():
    y = np.where(np.arange(150) == 0, "e", np.repeat(["a", "b"], 75))
    with pytest.raises(ValueError, match=r"only 1 member.*\['e'\]. Give an eval_set instead"):
        hold_out(y, encoding_of(y), fraction=0.3, seed=5)


def test_too_few_samples_for_all_classes_are_not_stratified():
    y = np.repeat(np.arange(10), 2)
    assert len(hold_out(y, encoding_of(y), fraction=0.1, seed=0)[1]) == 2
    with pytest.raises(ValueError, match="The validation set is too small"):
        hold_out(y, encoding_of(y), fraction=0.01, seed=0)


def test_metrics_are_those_of_scikit_learn():
    encoding, logits = encoding_of(np.array(["a", "b", "c"])), RANDOM.normal(size=(40, 3))
    y, weights = RANDOM.choice(["a", "b", "c"], 40), RANDOM.integers(1, 4, 40)
    accuracy, larger_is_better = METRICS["accuracy"]
    assert accuracy(encoding, logits, y, weights) == accuracy_score(y, encoding.labels(logits), sample_weight=weights)
    assert larger_is_better
    log_loss, larger_is_better = METRICS["log_loss"]
    theirs = their_log_loss(y, encoding.probabilities(logits), sample_weight=weights)
    # The mean over the samples in another order.
    assert log_loss(encoding, logits, y, weights) == pytest.approx(theirs, rel=1e-14)
    assert not larger_is_better


def test_the_log_loss_of_several_labels_is_a_sum_over_them():
    encoding, logits = ClassEncoding(MULTILABEL, np.arange(2)), np.array([[0.0, 3.0]])
    expected = math.log(2) + math.log1p(math.exp(3))
    # One rounding of the sum.
    assert METRICS["log_loss"][0](encoding, logits, np.array([[1, 0]]), None) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("kind", [BINARY, MULTILABEL])
def test_the_log_loss_of_single_logits_is_weighted_by_sample(kind):
    encoding, logits = ClassEncoding(kind, np.arange(2)), RANDOM.normal(size=(5, 1 if kind == BINARY else 2))
    y = RANDOM.integers(0, 2, logits.shape)
    weights, labels = np.array([1.0, 0.0, 2.0, 0.5, 3.0]), y[:, 0] if kind == BINARY else y
    each = np.logaddexp(0, np.where(y == 1, -logits, logits)).sum(axis=1)
    expected = np.average(each, weights=weights)
    # The mean over the samples in another order.
    assert METRICS["log_loss"][0](encoding, logits, labels, weights) == pytest.approx(expected, rel=1e-14)


def test_a_judge_scores_the_parameters_on_the_held_out_samples():
    network, x = mlp(4, (5,), 3), RANDOM.normal(size=(30, 4))
    theta, y = network.initial_parameters(1), RANDOM.integers(0, 3, 30)
    encoding = encoding_of(np.arange(3))
    logits = Plan(network, 30, theta, forward_only=True).logits(x)
    judge = judge_of(network, encoding, x, y, metric="log_loss")
    assert judge.score(theta) == METRICS["log_loss"][0](encoding, logits, y, None)
    assert (judge.metric, judge.larger_is_better, judge.may_be_nan) == ("log_loss", False, False)

    def least(true, probabilities):
        return probabilities[np.arange(len(true)), true].min()

    judge = judge_of(network, encoding, x, y, metric=least)
    assert judge.score(theta) == least(y, encoding.probabilities(logits.copy()))
    assert (judge.metric, judge.larger_is_better, judge.may_be_nan) == ("least", True, True)
