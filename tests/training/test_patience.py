"""When to stop: epochs in a row without an improvement of at least the tolerance, and which epoch was the best."""

import math

import pytest

from chainrule.training import Patience


def answers(patience, figures):
    return [patience.exhausted_after(figure) for figure in figures]


def test_losses_that_keep_falling_never_exhaust_it():
    patience = Patience(tolerance=0.1, epochs=1, larger_is_better=False)
    assert not any(answers(patience, [10.0 - 0.2 * i for i in range(40)]))
    assert patience.waited == 0


@pytest.mark.parametrize("epochs", [1, 2, 10])
def test_it_bears_so_many_epochs_in_a_row_and_no_more(epochs):
    patience = Patience(tolerance=0.1, epochs=epochs, larger_is_better=False)
    assert answers(patience, [1.0] * (epochs + 2)) == [False] * (epochs + 1) + [True]


def test_an_improvement_starts_the_count_anew():
    patience = Patience(tolerance=0.1, epochs=2, larger_is_better=False)
    assert answers(patience, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]) == [False] * 6 + [True]


@pytest.mark.parametrize(("larger", "sign"), [(False, 1), (True, -1)])
def test_an_improvement_below_the_tolerance_counts_as_none_but_moves_the_best(larger, sign):
    patience = Patience(tolerance=0.25, epochs=10, larger_is_better=larger)
    patience.exhausted_after(sign * 2.0)
    for figure, waited in ((1.875, 1), (1.75, 2), (1.5, 0), (1.375, 1), (1.125, 0)):
        patience.exhausted_after(sign * figure)
        assert (patience.best, patience.waited) == (sign * figure, waited)
        assert patience.improved


def test_a_worse_figure_leaves_the_best():
    patience = Patience(tolerance=0.0, epochs=10, larger_is_better=True)
    answers(patience, [0.5, 0.75, 0.25])
    assert (patience.best, patience.improved, patience.waited) == (0.75, False, 1)


def test_without_tolerance_an_equal_figure_is_patience_kept():
    # As in scikit-learn, whose count grows where loss > best - tol.
    patience = Patience(tolerance=0.0, epochs=1, larger_is_better=False)
    assert not any(answers(patience, [1.0] * 20))


def test_a_tie_of_scores_is_the_best_so_far_and_a_tie_of_losses_is_not():
    for larger in (True, False):
        patience = Patience(tolerance=0.0, epochs=5, larger_is_better=larger)
        patience.exhausted_after(0.5)
        assert patience.improved
        patience.exhausted_after(0.5)
        assert patience.improved == larger


@pytest.mark.parametrize("first", [-math.inf, -1e300, 0.0, 1e300, math.inf])
@pytest.mark.parametrize("larger", [True, False])
def test_the_first_figure_is_the_best_whatever_it_is(larger, first):
    patience = Patience(tolerance=1.0, epochs=1, larger_is_better=larger)
    assert not patience.exhausted_after(first)
    assert (patience.best, patience.improved, patience.waited) == (first, True, 0)


def test_a_figure_that_is_no_number_is_no_improvement():
    patience = Patience(tolerance=0.1, epochs=1, larger_is_better=False)
    assert answers(patience, [1.0, math.nan, math.nan]) == [False, False, True]
    assert (patience.best, patience.improved) == (1.0, False)


def test_endless_patience_is_never_exhausted():
    patience = Patience(tolerance=0.1, epochs=math.inf, larger_is_better=False)
    assert not any(answers(patience, [1.0] * 100))
    assert patience.waited == 99
