"""Pipelines of imbalanced-learn resample rows before our estimators see them."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import recall_score

imblearn = pytest.importorskip("imblearn", reason="needs imbalanced-learn: pip install -e '.[interop]'")


def rare_class():
    y = (np.arange(400) % 20 == 0).astype(int)
    return np.random.default_rng(0).normal(size=(400, 4)) + y[:, None], y


def test_smote_fits_to_as_many_rows_of_each_class(model):
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import make_pipeline

    X, y = rare_class()
    pipeline = make_pipeline(SMOTE(random_state=0), model).fit(X, y)
    balanced, labels = SMOTE(random_state=0).fit_resample(X, y)
    assert np.bincount(labels).tolist() == [380, 380]
    expected = clone(model).fit(balanced, labels)
    np.testing.assert_array_equal(pipeline.predict_proba(X), expected.predict_proba(X))


def test_smote_raises_the_recall_of_a_rare_class(softmax):
    from imblearn.over_sampling import SMOTE
    from imblearn.pipeline import make_pipeline

    X, y = rare_class()
    with_more = make_pipeline(SMOTE(random_state=0), softmax).fit(X, y)
    assert recall_score(y, with_more.predict(X)) > 2 * recall_score(y, clone(softmax).fit(X, y).predict(X))
