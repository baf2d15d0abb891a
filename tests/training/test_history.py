"""The record of a training: losses, scores, and reports to callbacks."""

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


def taken(figures, *, tolerance=0.1, patience=1, larger=False):
    """A history that took these figures, with whether each was the best, and whether each exhausted the patience."""
    history, best, exhausted = History(), [], []
    for figure in figures:
        best.append(history.take(figure, tolerance=tolerance, larger_is_better=larger))
        exhausted.append(history.waited > patience)
    return history, best, exhausted


def test_losses_that_keep_falling_never_exhaust_patience():
    history, _, exhausted = taken([10.0 - 0.2 * i for i in range(40)])
    assert not any(exhausted)
    assert history.waited == 0


@pytest.mark.parametrize("patience", [1, 2, 10])
def test_patience_bears_so_many_epochs_in_a_row_and_no_more(patience):
    assert taken([1.0] * (patience + 2), patience=patience)[2] == [False] * (patience + 1) + [True]


def test_an_improvement_starts_the_count_again():
    assert taken([1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5], patience=2)[2] == [False] * 6 + [True]


@pytest.mark.parametrize(("larger", "sign"), [(False, 1), (True, -1)])
def test_an_improvement_below_the_tolerance_is_the_best_but_does_not_reset_the_count(larger, sign):
    history = taken([sign * 2.0], larger=larger)[0]
    for figure, waited in ((1.875, 1), (1.75, 2), (1.5, 0), (1.375, 1), (1.125, 0)):
        assert history.take(sign * figure, tolerance=0.25, larger_is_better=larger)
        assert (history.best, history.waited) == (sign * figure, waited)


def test_a_worse_figure_leaves_the_best():
    history, best, _ = taken([0.5, 0.75, 0.25], tolerance=0.0, larger=True)
    assert (history.best, best, history.waited) == (0.75, [True, True, False], 1)


def test_without_tolerance_an_equal_figure_does_not_exhaust_patience():
    # As in scikit-learn, whose count grows where loss > best - tol.
    assert not any(taken([1.0] * 20, tolerance=0.0)[2])


@pytest.mark.parametrize("larger", [True, False])
def test_a_tie_of_scores_is_the_best_so_far_and_a_tie_of_losses_is_not(larger):
    assert taken([0.5, 0.5], tolerance=0.0, larger=larger)[1] == [True, larger]


@pytest.mark.parametrize("first", [-math.inf, -1e300, 0.0, 1e300, math.inf])
@pytest.mark.parametrize("larger", [True, False])
def test_the_first_figure_is_the_best_whatever_it_is(larger, first):
    history, best, exhausted = taken([first], tolerance=1.0, larger=larger)
    assert (history.best, best, exhausted, history.waited) == (first, [True], [False], 0)


def test_a_figure_that_is_no_number_is_no_improvement():
    history, best, exhausted = taken([1.0, math.nan, math.nan])
    assert (history.best, best, exhausted) == (1.0, [True, False, False], [False, False, True])


def test_endless_patience_is_never_exhausted():
    history, _, exhausted = taken([1.0] * 100, patience=math.inf)
    assert not any(exhausted)
    assert history.waited == 99
