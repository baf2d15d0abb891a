"""The problem of samples: which of them count, and with what weight."""

import numpy as np
import pytest

from chainrule import SoftmaxRegression
from chainrule.estimators.softmax_problem import check_mass, inverse_strength, problem_of_samples

X = np.arange(12.0).reshape(6, 2) ** 1.5
Y = np.array([0, 0, 1, 1, 2, 2])
WEIGHTS = np.array([1.0, 2.0, 0.5, 0.0, 3.0, 1.0])


@pytest.fixture
def model():
    model = SoftmaxRegression(class_weight={0: 2.0, 2: 0.0}, label_smoothing=0.25)
    model._kind, model.classes_ = "multiclass", np.arange(3)
    return model


def test_samples_without_weight_are_left_out_unless_they_are_to_stay(model):
    problem = problem_of_samples(model, X, Y, WEIGHTS)
    assert problem.weights.tolist() == [2, 4, 0.5]
    assert (problem.n_outputs, problem.label_smoothing, problem.intercept) == (3, 0.25, True)
    problem = problem_of_samples(model, X, Y, WEIGHTS, weightless=True, rows_of_leaf=2)
    assert problem.weights.tolist() == [2, 4, 0.5, 0, 0, 0]
    assert problem.x is X
    assert problem.rows_of_leaf == 2


def test_other_weights_of_classes_may_take_the_place_of_the_model_s(model):
    assert problem_of_samples(model, X, Y, None, {1: 3.0}).weights.tolist() == [1, 1, 3, 3, 1, 1]


def test_sums_of_weights_are_smoothed_like_targets_before_they_are_judged(model):
    check_mass(model, np.array([-0.1, 4.0, 4.0]))
    with pytest.raises(ValueError, match="must sum to more than 0"):
        check_mass(model, np.array([-1.0, 4.0, 4.0]))


def test_no_penalty_is_an_infinite_C():
    assert inverse_strength(SoftmaxRegression(C=2)) == 2
    assert inverse_strength(SoftmaxRegression(penalty=None)) == np.inf
