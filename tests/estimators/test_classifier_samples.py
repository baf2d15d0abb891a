"""Samples and labels as users give them: what they become, and what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp

from chainrule.estimators.classifier import as_rows, checked_labels, checked_probabilities, floats_of, joined_eval_set

X = np.arange(8.0).reshape(4, 2)
Y = np.array(["a", "b", "a", "a"])


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
