"""Samples, labels and weights as users give them: what they become, and what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.classifier import (
    as_rows,
    checked_labels,
    checked_probabilities,
    checked_weights,
    class_mass,
    floats_of,
    joined_eval_set,
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


def test_labels_lie_in_one_dimension_and_matrices_are_dense():
    with pytest.warns(UserWarning, match="column-vector"):
        assert checked_labels([[1], [2]]).tolist() == [1, 2]
    assert checked_labels(sp.csr_matrix([[0, 1], [1, 1]])).tolist() == [[0, 1], [1, 1]]
    with pytest.raises(ValueError, match="continuous"):
        checked_labels([0.5, 0.25])


def test_a_row_may_miss_the_sum_of_one_by_rounding_only():
    assert checked_probabilities([[0.5, 0.50005]]).dtype == np.float64
    with pytest.raises(ValueError, match=r"row 1 is \[0.5, 0.6\], with the sum 1.1 \(1 such rows\)"):
        checked_probabilities([[0.5, 0.5], [0.5, 0.6]])
    with pytest.raises(ValueError, match="at least two classes"):
        checked_probabilities([[1.0]])


def test_samples_without_weight_are_left_out():
    kept = without_weightless("sample_weight", X, Y, np.array([0.0, 1.0, -2.0, 0.0]))
    assert [part.tolist() for part in kept] == [X[1:3].tolist(), ["b", "a"], [1, -2]]
    with pytest.raises(ValueError, match="class_weight: every sample has the weight zero"):
        without_weightless("class_weight", X, Y, np.zeros(4))


def test_parts_of_one_entry_are_added_in_a_copy():
    parts = sp.csr_matrix((np.ones(3), [1, 1, 0], [0, 2, 3]), shape=(2, 2))
    assert as_rows(parts).data.tolist() == [2, 1]
    assert parts.nnz == 3
    assert as_rows(X) is X
    assert as_rows(sp.csc_matrix(X)).format == "csr"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (((X, Y), X, Y, None), "and not both"),
        ((None, X, None, None), "y_val is None"),
        ((None, None, Y, None), "X_val is None"),
        (((X,), None, None, None), "expected a tuple"),
    ],
)
def test_held_out_samples_are_given_in_one_way(given, message):
    with pytest.raises(ValueError, match=message):
        joined_eval_set(*given)


def test_held_out_samples_given_apart_are_one_tuple():
    assert joined_eval_set(None, X, Y, None) == joined_eval_set((X, Y), None, None, None) == (X, Y, None)


def test_the_dtype_is_the_one_of_x_or_the_given_one():
    assert floats_of("auto") == (np.float64, np.float32)
    assert floats_of("auto", np.float32) == (np.float32, np.float64)
    assert floats_of("float32") == np.float32
    for wrong in ("float16", None, "numbers"):
        with pytest.raises(ValueError, match="dtype: expected 'auto', 'float32' or 'float64'"):
            floats_of(wrong)


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
