"""The tags of estimators for scikit-learn, compared with what the estimators accept under the same parameters."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_iris
from sklearn.utils import get_tags

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV

X, SPECIES = load_iris(return_X_y=True)

CONFIGURATIONS = [
    MLPClassifier(max_iter=2),
    MLPClassifier(max_iter=2, loss="squared_error"),
    MLPClassifier(max_iter=2, targets="proba"),
    MLPClassifier(max_iter=2, solver="lbfgs"),
    ConvClassifier("conv 2 1x1, relu, flatten", image_shape=(2, 2), max_iter=2),
    SoftmaxRegression(),
    SoftmaxRegression(solver="newton-cg"),
    SoftmaxRegression(solver="liblinear", fit_intercept=False),
    SoftmaxRegressionCV(Cs=2, cv=2),
]


def takes(estimator, X, y):
    try:
        estimator.fit(X, y)
    except (ValueError, TypeError):
        return False
    return True


def labels_for(estimator, labels):
    """Labels, or rows of probabilities."""
    return np.eye(labels.max() + 1)[labels] if estimator.targets == "proba" else labels


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("estimator", CONFIGURATIONS, ids=repr)
def test_tags_say_what_is_taken(estimator):
    tags = get_tags(estimator)
    two, three = labels_for(estimator, np.minimum(SPECIES, 1)), labels_for(estimator, SPECIES)
    assert takes(estimator, X, two)
    assert takes(estimator, sp.csr_array(X), two) == tags.input_tags.sparse
    assert takes(estimator, X, three) == tags.classifier_tags.multi_class
    several = np.stack([SPECIES > 0, SPECIES > 1], axis=1).astype(int)
    assert takes(estimator, X, several) == tags.classifier_tags.multi_label


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_on_a_device_sparse_samples_are_neither_claimed_nor_taken():
    pytest.importorskip("torch", reason="needs PyTorch: pip install -e '.[torch]'")
    estimator = MLPClassifier(max_iter=2, device="cpu")
    assert takes(estimator, X, SPECIES)
    assert not get_tags(estimator).input_tags.sparse
    assert not takes(estimator, sp.csr_array(X), SPECIES)
