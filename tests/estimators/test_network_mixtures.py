"""Mixtures of networks: probabilities are weighted means, and gradients are those of differences."""

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine

from chainrule import SoftmaxRegression, TabularClassifier
from chainrule.estimators import PiecewiseLinearEncoder
from chainrule.estimators.class_encoding import encoding_of
from chainrule.estimators.network_mixtures import (
    SAME,
    NetworkInputs,
    WeightedNetwork,
    linear_part,
    mixture_gradients,
    mixture_logits,
)
from chainrule.networks import mlp

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 3)) ** 3


def parts_of(classes):
    """A linear part, a network, and a network on piecewise linear features."""
    encoder = PiecewiseLinearEncoder(4).fit(X)
    view = NetworkInputs(encoder.transform, encoder.pullback)
    networks = [mlp(3, (5,), classes, activation="softplus"), mlp(15, (4, 4), classes, activation="tanh")]
    thetas = [network.initial_parameters(seed) for seed, network in enumerate(networks)]
    rows = 1 if classes == 2 else classes
    return [
        linear_part(0.5, RNG.normal(size=(rows, 3)), RNG.normal(size=rows)),
        WeightedNetwork(0.2, networks[0], thetas[0], SAME),
        WeightedNetwork(0.3, networks[1], 3 * thetas[1], view),
    ]


@pytest.mark.parametrize("classes", [2, 4])
def test_gradients_are_those_of_differences(classes):
    parts, encoding = parts_of(classes), encoding_of(np.arange(classes))
    x, y = RNG.normal(size=(40, 3)), RNG.integers(0, classes, 40)
    x[0], x[1] = 50.0, -50.0  # outside of all bins
    found = mixture_gradients(parts, x, y)

    def losses(moved):
        logits = mixture_logits(parts, encoding, moved).results(np.copy)
        return -encoding.log_probabilities(logits)[np.arange(len(y)), y]

    step = 1e-6
    for column in range(3):
        move = step * (np.arange(3) == column)
        differences = (losses(x + move) - losses(x - move)) / (2 * step)
        # Losses of size 100 round by 1e-14, over 2e-6; the third derivative times step^2 is less. No row lies within
        # a step of an end of a bin.
        np.testing.assert_allclose(found[:, column], differences, rtol=1e-6, atol=1e-7)


def test_a_single_logit_becomes_two():
    x, y = load_iris(return_X_y=True)
    model = SoftmaxRegression().fit(x, y == 1)
    part = linear_part(1.0, model.coef_, model.intercept_)
    logits = mixture_logits([part], encoding_of(np.arange(2)), x).results(np.copy)
    np.testing.assert_allclose(logits[:, 0], model.decision_function(x), rtol=1e-12, atol=1e-12)


def test_the_classifier_gives_the_gradient_of_what_it_predicts():
    x, y = load_wine(return_X_y=True)
    model = TabularClassifier(encode=False, activation="tanh", max_iter=10, random_state=0).fit(x / x.std(axis=0), y)
    x = (x / x.std(axis=0))[:20]
    found = model.input_gradient(x, y[:20])
    step = 1e-2
    for column in (0, 6, 12):
        move = step * (np.arange(13) == column)
        ahead, behind = (model.predict_log_proba(x + sign * move)[np.arange(20), y[:20]] for sign in (1, -1))
        # Float32 logarithms near 1 round by 1e-7, over 2e-2; kinks of bins and curvature add more.
        assert np.median(np.abs(found[:, column] - (behind - ahead) / (2 * step))) < 2e-3


def test_names_of_the_gradient_are_those_of_the_features():
    table = {"size": np.array([1.0, np.nan, 3.0, 4.0] * 5), "kind": np.array(["a", "b", None, "a"] * 5, dtype=object)}
    model = TabularClassifier(max_iter=1, random_state=0).fit(table, [0, 1] * 10)
    names = model.encoder_.get_feature_names_out().tolist()
    assert names == ["size", "size is missing", "kind_(missing)", "kind_a", "kind_b"]
    assert model.input_gradient(table, [0, 1] * 10).shape == (20, 5)
