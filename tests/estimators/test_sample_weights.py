"""Weights of samples and of classes: what they become, and what is refused."""

import numpy as np
import pytest

from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.sample_weights import (
    checked_weights,
    class_mass,
    weights_of_classes,
    with_class_weight,
    without_weightless,
)

X = np.arange(8.0).reshape(4, 2)
Y = np.array(["a", "b", "a", "a"])


def test_a_number_is_the_weight_of_every_sample():
    weights = checked_weights(2, X.astype(np.float32))
    assert (weights.tolist(), weights.dtype) == ([2, 2, 2, 2], np.float32)


def test_weights_of_another_length_and_negative_ones_are_refused():
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(3,\), expected \(4,\)"):
        checked_weights([1, 2, 3], X)
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        checked_weights([1, 2, 3, -1], X)
    assert checked_weights([1, 2, 3, -1], X, signed=True)[-1] == -1


def test_a_long_list_of_classes_says_how_many_more_there_are():
    y = np.arange(30)
    with pytest.raises(ValueError, match=r"'nope' is not a class; the classes are 0, 1, .*, 9 and 20 more$"):
        with_class_weight({"nope": 2}, encoding_of(y), np.eye(30), y, None)


def test_samples_without_weight_are_left_out():
    kept = without_weightless("sample_weight", X, Y, np.array([0.0, 1.0, -2.0, 0.0]))
    assert [part.tolist() for part in kept] == [X[1:3].tolist(), ["b", "a"], [1, -2]]
    with pytest.raises(ValueError, match="class_weight: every sample has the weight zero"):
        without_weightless("class_weight", X, Y, np.zeros(4))


def test_balanced_classes_have_equal_total_weights():
    weights = np.array([1.0, 5.0, 1.0, 2.0])
    encoding = encoding_of(Y)
    assert class_mass(encoding, Y, weights).tolist() == [4, 5]
    factors = weights_of_classes("balanced", encoding.classes, class_mass(encoding, Y, weights))
    assert (factors * [4, 5]).tolist() == [4.5, 4.5]
    rows = np.array([[0.25, 0.75], [1.0, 0.0]])
    assert class_mass(encoding_of(rows, probabilities=True), rows, np.array([2.0, 1.0])).tolist() == [1.5, 1.5]


def test_class_weights_multiply_sample_weights_and_zero_leaves_out():
    x, y, weights = with_class_weight({"b": 0, "a": 3.0}, encoding_of(Y), X, Y, np.array([1.0, 1.0, 2.0, 1.0]))
    assert (x.tolist(), y.tolist(), weights.tolist()) == (X[[0, 2, 3]].tolist(), ["a"] * 3, [3, 6, 3])
    with pytest.raises(ValueError, match="class_weight: 'c' is not a class; the classes are"):
        with_class_weight({"c": 1.0}, encoding_of(Y), X, Y, None)
    assert with_class_weight({"c": 1.0}, encoding_of(Y), X, Y, None, classes_to_come=True)[2].tolist() == [1] * 4
