"""Groups of networks: what they predict of rows held out, the settings that are drawn, and errors."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_iris

from chainrule import rules
from chainrule.estimators import network_groups
from chainrule.estimators.blocks_of_rows import network_logits
from chainrule.estimators.fold_networks import Settings, Training, folds_of, network_of
from chainrule.estimators.network_groups import drawn, trained_groups

SETTINGS = [Settings(False, (8,), "relu", 0.02, 0.01), Settings(True, (5, 4), "tanh", 0.02, 0.01)]
TRAINING = Training(epochs=6, batch_size=16, beta_2=0.95, seed=3, deadline=math.inf, done=lambda rows: None)


def test_each_row_is_predicted_by_the_plain_network_that_has_not_seen_it():
    x, y = load_iris(return_X_y=True)
    views, folds, told = [x, np.hstack([x, x > 2])], folds_of(y, 3, seed=0), []
    found = trained_groups(SETTINGS, TRAINING, 3, (views, y, None), folds, threads=1, told=told.append)
    assert not found.interrupted
    assert len(told) == 6
    assert "of 6: 6 epochs, log-loss = " in told[0]
    for group, logs, settings, view in zip(found.groups, found.at_labels, SETTINGS, views, strict=True):
        assert (group.settings, group.epochs) == (settings, [6] * 3)
        assert group.log_loss == -logs.mean()
        network = network_of(settings, view.shape[1], 3)
        for theta, (_, held) in zip(group.parameters, folds, strict=True):
            logits = network_logits(network, theta, view[held]).results(np.copy)
            # 150 rows in three folds: each is held out once. The same products, in blocks of other sizes.
            np.testing.assert_allclose(
                logs[held], rules.log_softmax(logits)[np.arange(50), y[held]], rtol=1e-12, atol=1e-12
            )


def test_settings_are_drawn_around_the_first():
    first = SETTINGS[0]
    found = drawn(first, (False, True), 50, seed=0)
    assert found == drawn(first, (False, True), 50, seed=0)
    assert {one.piecewise for one in found} == {False, True}
    assert {one.hidden[0] for one in found} == {32, 64, 128, 256}
    assert {len(one.hidden) for one in found} == {1, 2, 3}
    assert all(10**-0.7 <= one.learning_rate / first.learning_rate <= 10**0.5 for one in found)
    assert all(1e-2 <= one.alpha / first.alpha <= 10 for one in found)


def test_ctrl_c_comes_before_other_errors(monkeypatch):
    x, y = load_iris(return_X_y=True)
    errors = [None, ValueError("first"), KeyboardInterrupt()]
    monkeypatch.setattr(network_groups, "train_many", lambda *arguments, **options: errors)
    with pytest.raises(KeyboardInterrupt):
        trained_groups(SETTINGS[:1], TRAINING, 3, ([x], y, None), folds_of(y, 3, seed=0))
    del errors[2]
    with pytest.raises(ValueError, match="first"):
        trained_groups(SETTINGS[:1], TRAINING, 3, ([x], y, None), folds_of(y, 3, seed=0))
