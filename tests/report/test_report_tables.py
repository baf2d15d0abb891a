"""The tables of a report."""

import numpy as np
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

from chainrule import MLPClassifier, TabularClassifier
from chainrule.estimators import TableEncoder
from chainrule.report.report_tables import as_written, baseline, features_of, mistakes, parameters
from chainrule.training import Chance

CLASSES = np.array(["a", "b", "c"])


def test_mistakes_are_ordered_by_the_probability_of_the_true_class():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.05, 0.9, 0.05]])
    found = mistakes(CLASSES, np.array(["a", "b", "c", "a"]), np.log(probabilities), range(10, 14))
    assert [row["place"] for row in found] == [13, 11]
    known = {"place": 13, "label": "a", "predicted": "b", "surely": 0.9}
    assert found[0] == known | {"probability": found[0]["probability"]}
    np.testing.assert_allclose([row["probability"] for row in found], [0.05, 0.3])


def test_features_have_their_range_and_count_what_is_missing():
    columns = {"x": np.array([3.0, np.nan, 1.0, 2.0]), "word": np.array(["a", "b", "a", "b"], object)}
    (found,) = features_of(None, columns)
    assert found == {"name": "x", "low": 1.0, "middle": 2.0, "high": 3.0, "missing": 1}


def test_parameters_are_those_that_were_changed():
    assert parameters(MLPClassifier((8,), activation="tanh")) == {"hidden_layer_sizes": "(8,)", "activation": "'tanh'"}


def test_the_baseline_is_what_shares_of_classes_reach():
    labels = np.array(["a"] * 2 + ["b"] * 5 + ["c"] * 3)
    found = baseline(labels, Chance.of(np.unique(labels, return_inverse=True)[1], 3))
    assert (found["label"], found["share"]) == ("b", 0.5)
    np.testing.assert_allclose(found["log_loss"], log_loss(labels, [[0.2, 0.5, 0.3]] * 10), rtol=1e-12)


def test_models_are_written_as_calls():
    pipeline = make_pipeline(TableEncoder(words=["zip"]), TabularClassifier(encode=False, random_state=0))
    written = "make_pipeline(TableEncoder(words=['zip']), TabularClassifier(encode=False, random_state=0))"
    assert as_written(pipeline) == written
