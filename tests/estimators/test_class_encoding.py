"""Heads: classes to targets, logits to labels and probabilities, for one logit, several, and several labels at once."""

import numpy as np
import pandas
import pytest

from chainrule import MLPClassifier, SoftmaxRegression, TabularClassifier, rules
from chainrule.estimators.class_encoding import (
    BINARY,
    MULTICLASS,
    MULTILABEL,
    ClassEncoding,
    check_labels_present,
    encoding_of,
)

TWO = ClassEncoding(BINARY, np.array(["no", "yes"]))
THREE = ClassEncoding(MULTICLASS, np.array([-3, 0, 10]))
SEVERAL = ClassEncoding(MULTILABEL, np.arange(3))
TAILS = np.array([[-800.0], [-40.0], [-0.5], [0.0], [5e-324], [40.0], [800.0]])


@pytest.mark.parametrize(
    ("y", "kind", "outputs", "loss", "out"),
    [
        (np.array([5, -1, 5]), BINARY, 1, "binary_cross_entropy", "logistic"),
        (np.array([True, False]), BINARY, 1, "binary_cross_entropy", "logistic"),
        (np.array(["c", "a", "b", "a"]), MULTICLASS, 3, "softmax_cross_entropy", "softmax"),
        (np.array([[0, 1, 1, 0], [1, 0, 0, 0]]), MULTILABEL, 4, "binary_cross_entropy", "logistic"),
    ],
)
def test_the_head_is_found_from_the_labels(y, kind, outputs, loss, out):
    encoding = encoding_of(y)
    assert (encoding.kind, encoding.n_outputs, encoding.loss, encoding.out_activation) == (kind, outputs, loss, out)
    expected = np.arange(4) if kind == MULTILABEL else np.unique(y)
    assert encoding.classes.tolist() == expected.tolist()
    assert rules.get(encoding.loss)


def test_one_class_is_none():
    with pytest.raises(ValueError, match=r"at least two classes, got one class: \[7\]"):
        encoding_of(np.array([7, 7, 7]))
    with pytest.raises(ValueError, match=r"got one class: \[\]"):
        encoding_of(np.array([]))


@pytest.mark.parametrize("y", [np.array([[0, 1], [2, 1]]), np.array([[0.5, 0.5], [0.1, 0.9]])])
def test_a_matrix_of_other_numbers_than_0_and_1_is_refused(y):
    with pytest.raises(ValueError, match=r"one label per sample, or a 0/1 matrix, got .* of shape \(2, 2\)"):
        encoding_of(y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_targets_are_class_numbers_or_floats(dtype):
    dtype = np.dtype(dtype)
    labels = THREE.targets(np.array([10, -3, 0, 10]), dtype)
    assert labels.tolist() == [2, 0, 1, 2]
    assert labels.dtype.kind == "i"
    two = TWO.targets(np.array(["yes", "no", "yes"]), dtype)
    assert (two.tolist(), two.dtype) == ([[1], [0], [1]], dtype)
    several = SEVERAL.targets(np.asfortranarray([[0, 1, 1], [1, 0, 0]]), dtype)
    assert (several.tolist(), several.dtype, several.flags.c_contiguous) == ([[0, 1, 1], [1, 0, 0]], dtype, True)


@pytest.mark.parametrize("encoding", [TWO, THREE])
def test_labels_survive_the_way_to_targets_and_back(encoding):
    y = encoding.classes[np.array([1, 0, 0, 1, len(encoding.classes) - 1])]
    targets = encoding.targets(y, np.dtype(float))
    logits = 40 * targets - 20 if encoding.kind == BINARY else np.eye(3)[targets]
    assert encoding.labels(logits).tolist() == y.tolist()


def test_rows_of_probabilities_are_targets_too():
    rows = np.array([[0.25, 0.75], [1.0, 0.0]])
    assert encoding_of(rows, probabilities=True).kind == BINARY
    assert encoding_of(rows, probabilities=True).targets(rows, np.dtype(float)).tolist() == [[0.75], [0.0]]
    wide = np.array([[0.25, 0.75, 0.0], [0.5, 0.0, 0.5]])
    encoding = encoding_of(wide, probabilities=True)
    assert (encoding.kind, encoding.classes.tolist()) == (MULTICLASS, [0, 1, 2])
    assert encoding.targets(wide, np.dtype(np.float32)).tolist() == wide.tolist()


@pytest.mark.parametrize("encoding", [TWO, SEVERAL])
def test_smoothing_moves_targets_of_single_logits_towards_a_half(encoding):
    y = np.array(["yes", "no"]) if encoding is TWO else np.array([[1, 0, 1], [0, 0, 1]])
    plain, smooth = encoding.targets(y, np.dtype(float)), encoding.targets(y, np.dtype(float), 0.25)
    assert smooth.tolist() == (0.75 * plain + 0.125).tolist()
    assert encoding.targets(y, np.dtype(float), 1.0).tolist() == np.full(plain.shape, 0.5).tolist()


def test_a_logit_of_zero_is_the_first_class_and_a_tie_the_first_of_the_largest():
    assert TWO.labels(np.array([[0.0], [5e-324], [-5e-324]])).tolist() == ["no", "yes", "no"]
    assert SEVERAL.labels(np.array([[0.0, 5e-324, -1.0]])).tolist() == [[0, 1, 0]]
    assert THREE.labels(np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0]])).tolist() == [-3, 0]


def test_probabilities_of_two_classes_stand_in_the_order_of_the_classes():
    probs = TWO.probabilities(np.array([[np.log(3.0)]]))
    # log 3 is rounded, and so are the probabilities.
    np.testing.assert_allclose(probs, [[0.25, 0.75]], rtol=1e-15)


def test_two_classes_are_a_softmax_over_minus_and_plus_half_the_logit():
    halves = np.hstack([-TAILS / 2, TAILS / 2])
    # Both compute e^-|o| from o itself; halving and doubling lose nothing.
    np.testing.assert_allclose(TWO.probabilities(TAILS), rules.softmax(halves), rtol=4e-16)
    np.testing.assert_allclose(TWO.log_probabilities(TAILS), rules.log_softmax(halves), rtol=4e-16)


@pytest.mark.parametrize("encoding", [TWO, SEVERAL, THREE])
def test_log_probabilities_keep_their_digits_in_the_tails(encoding):
    logits = TAILS if encoding is TWO else np.hstack([TAILS, -TAILS, 0 * TAILS])
    probs, log_probs = encoding.probabilities(logits), encoding.log_probabilities(logits)
    assert np.isfinite(log_probs).all()
    assert (probs == 0).any()
    np.testing.assert_allclose(np.exp(log_probs), probs, rtol=1e-12)  # exp of -800 has 800 ulp, 2e-13
    if encoding is TWO:
        # log sigmoid(40) = -log1p(e^-40), which log(probability) rounds to 0.
        assert log_probs[5, 1] == pytest.approx(-np.exp(-40), rel=1e-14, abs=0)
        assert log_probs[0].tolist() == [0.0, -800.0]


def test_probabilities_sum_to_one_except_for_several_labels():
    logits = np.array([[1.0, -2.0, 0.5], [700.0, 0.0, -700.0]])
    # A sum of up to three rounded probabilities.
    np.testing.assert_allclose(THREE.probabilities(logits).sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(TWO.probabilities(TAILS).sum(axis=1), 1, rtol=1e-15)
    assert SEVERAL.probabilities(logits).sum() > 2.5


@pytest.mark.parametrize("kind", [SoftmaxRegression, MLPClassifier, TabularClassifier])
@pytest.mark.parametrize(
    "labels",
    [
        ["a", "b", None, "a", "b", None],
        [1, 2, None, 1, 2, float("nan")],
        pandas.Series(["a", "b", None, "a", "b", None], dtype="category"),
        pandas.array(["a", "b", None, "a", "b", None], dtype="string"),
    ],
)
def test_missing_labels_are_counted_and_the_first_is_named(kind, labels):
    with pytest.raises(ValueError, match=r"y: 2 of 6 labels are missing, the first in row 2 \(counted from 0\); drop"):
        kind().fit(np.eye(6), labels)
    with pytest.raises(ValueError, match="y: 2 of 6 labels are missing, the first in row 3; drop such rows or label"):
        kind().fit(pandas.DataFrame(np.eye(6)), labels)


@pytest.mark.parametrize("labels", [["a", 0, "a", 1, 0, 1], [0, "a", 1, "b", 0, "a"]])
def test_words_among_numbers_are_refused_as_labels(labels):
    with pytest.raises(ValueError, match="y: expected labels of one type, got words such as 'a' and numbers such as 0"):
        SoftmaxRegression().fit(np.eye(6), np.array(labels, dtype=object))


def test_labels_of_other_kinds_are_not_looked_at():
    for labels in ([1, 2], np.array([[0, 1], [1, 0]]), np.array(["a", "nan"]), ["nan", "None"], None):
        check_labels_present(labels)
