"""Two data sets of scikit-learn at mean 0 and variance 1, and quick models of each kind."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, TabularClassifier


def scaled(data):
    X, y = data
    return (X - X.mean(axis=0)) / X.std(axis=0), y


@pytest.fixture(scope="session")
def wine():
    return scaled(load_wine(return_X_y=True))


@pytest.fixture(scope="session")
def tumours():
    return scaled(load_breast_cancer(return_X_y=True))


def quick():
    return {
        "softmax": SoftmaxRegression(),
        "softmax cv": SoftmaxRegressionCV(Cs=2, cv=2),
        "mlp": MLPClassifier(
            (8,), learning_rate="cosine", learning_rate_init=0.03, batch_size=20, max_iter=10, random_state=0
        ),
        "conv": ConvClassifier("conv 2 1, relu, flatten", max_iter=3, random_state=0),
        "tabular": TabularClassifier(folds=2, max_iter=4, random_state=0),
    }


@pytest.fixture(params=quick())
def model(request):
    """An unfitted model of each kind."""
    return quick()[request.param]


@pytest.fixture
def softmax():
    return quick()["softmax"]


@pytest.fixture
def mlp():
    return quick()["mlp"]


@pytest.fixture
def same_predictions(wine):
    """Checks that two models give the same probabilities, bit for bit."""

    def check(first, second):
        np.testing.assert_array_equal(first.predict_proba(wine[0]), second.predict_proba(wine[0]))

    return check
