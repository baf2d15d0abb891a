"""What a fit reports and records."""

import math
from dataclasses import FrozenInstanceError

import pytest

from chainrule.training import History, Progress


def test_progress_extrapolates_the_last_epoch_and_cannot_be_changed():
    progress = Progress(4, 10, 0.5, None, 100.0, 9.0, 1.5)
    assert progress.time_left == 9.0
    with pytest.raises(FrozenInstanceError):
        progress.epoch = 5


def test_histories_share_nothing_and_begin_without_a_best():
    one, other = History(), History()
    one.losses.append(1.0)
    assert other.losses == []
    assert math.isnan(other.best)
    assert other.scores is None
