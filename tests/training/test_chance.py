"""The log-loss of the class shares, and when a network is near it."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from chainrule.training import Chance

LABELS = np.array([0, 0, 0, 1, 2, 2])
WEIGHTS = np.array([1.0, 2.0, 0.5, 1.0, 3.0, 1.0])


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_chance_is_the_log_loss_of_the_shares(weights):
    shares = np.average(np.eye(3)[LABELS], axis=0, weights=weights)
    expected = log_loss(LABELS, np.tile(shares, (6, 1)), sample_weight=weights)
    assert Chance.of(LABELS, 3, weights).loss == pytest.approx(expected, rel=1e-12)
    soft = Chance.of(np.eye(3)[LABELS], 3, weights)
    assert (soft.loss, soft.floor) == (pytest.approx(expected, rel=1e-12), 0.0)
    single = Chance.of((LABELS == 0).astype(float)[:, None], 1, weights)
    share = shares[0]
    assert single.loss == pytest.approx(-share * np.log(share) - (1 - share) * np.log(1 - share), rel=1e-12)


def test_rows_of_probabilities_are_taken_in_blocks(monkeypatch):
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 6)
    whole = [Chance.of(rows, 3, weights, smoothing=0.2) for weights in (None, WEIGHTS)]
    monkeypatch.setattr("chainrule.training.chance.BLOCK", 4)
    for expected, weights in zip(whole, (None, WEIGHTS), strict=True):
        found = Chance.of(rows, 3, weights, smoothing=0.2)
        assert (found.loss, found.floor) == (pytest.approx(expected.loss), pytest.approx(expected.floor))
        smooth = 0.8 * rows + 0.2 / 3
        assert found.floor == pytest.approx(np.average(-(smooth * np.log(smooth)).sum(axis=1), weights=weights))


def test_many_classes_need_no_square_of_their_number():
    assert Chance.of(np.arange(200_000), 200_000).loss == pytest.approx(np.log(200_000))


def test_only_what_is_possible_is_expected_of_smoothed_targets():
    smooth = Chance.of(np.repeat([0, 1], 500), 2, smoothing=0.9)
    assert 0 < smooth.loss - smooth.floor < 0.006
    assert smooth.is_near(smooth.loss - 0.00005)
    assert not smooth.is_near(smooth.floor)


def test_few_rows_need_a_larger_gain_than_many():
    for rows, near in ((720, True), (7200, False)):
        chance = Chance.of(np.repeat(np.arange(12), rows // 12), 12)
        assert chance.is_near(2.457) is near
        assert chance.is_near(2.485)
        assert not chance.is_near(2.43)


def test_the_sentence_does_not_call_a_higher_log_loss_lower():
    assert "the log-loss 2.000 is no lower than that of the class shares alone, 1.000" in Chance(1.0, 9, 3).told(2.0)
