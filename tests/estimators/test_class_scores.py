"""Scores of predictions."""

import numpy as np
from sklearn.metrics import accuracy_score, log_loss, precision_score, recall_score

from chainrule.estimators.class_scores import class_scores


def test_scores_are_those_of_scikit_learn_and_classes_without_samples_count_zero():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(4), 50)
    actual, predicted = rng.integers(3, size=50), probabilities.argmax(axis=1)
    found = class_scores(np.array(list("abcd")), actual, predicted, np.log(probabilities[np.arange(50), actual]))
    assert found["accuracy"] == accuracy_score(actual, predicted)
    np.testing.assert_allclose(found["log_loss"], log_loss(actual, probabilities, labels=range(4)), rtol=1e-12)
    for name, score in (("precision", precision_score), ("recall", recall_score)):
        expected = score(actual, predicted, labels=range(4), average=None, zero_division=0)
        assert [row[name] for row in found["classes"]] == expected.tolist()
    assert [row["support"] for row in found["classes"]] == np.bincount(actual, minlength=4).tolist()
    assert [row["predicted"] for row in found["classes"]] == np.bincount(predicted, minlength=4).tolist()


def test_counts_are_whole_numbers_if_nothing_is_right():
    found = class_scores(np.array(["a", "b"]), np.array([0, 0]), np.array([1, 1]), np.log([0.1, 0.2]))
    assert [row["support"] for row in found["classes"]] == [2, 0]
    assert all(isinstance(row["support"], int) for row in found["classes"])
