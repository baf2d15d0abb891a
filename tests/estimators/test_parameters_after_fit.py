"""Parameters that are set after a fit are for the next one: predictions are those of what was fitted."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from sklearn.datasets import load_iris

from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, load
from chainrule.networks import Conv
from chainrule.training import Augmentation

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
IMAGES = np.random.default_rng(0).normal(size=(60, 1, 6, 6)).astype(np.float32)
DIGITS = np.arange(60) % 3

ROUTES = {
    "as it is": lambda model, path: model,
    "pickled": lambda model, path: pickle.loads(pickle.dumps(model)),
    "copied": lambda model, path: deepcopy(model),
    "saved": lambda model, path: load(model.save(path / "a.model")),
}


def mlp(**given):
    return MLPClassifier(**{"hidden_layer_sizes": (5, 4), "activation": ["tanh", "relu"], "random_state": 0} | given)


def conv(**given):
    usual = {"layers": [Conv(3, 3), "relu", "pool 2"], "augment": "crop 5x5", "random_state": 0, "max_iter": 2}
    return ConvClassifier(**usual | given)


CHANGES = [
    (mlp, X, Y, {"hidden_layer_sizes": (7,)}),
    (mlp, X, Y, {"activation": "relu"}),
    (mlp, X, Y, {"dropout": 0.5, "solver": "lbfgs", "alpha": 3.0, "label_smoothing": 0.1}),
    (mlp, X, Y, {"dtype": "float32"}),
    (mlp, X, Y, {"dtype": "float16"}),
    (mlp, X, Y, {"loss": "squared_error"}),
    (mlp, X, Y, {"targets": "proba"}),
    (mlp, X, Y % 2, {"loss": "squared_error", "hidden_layer_sizes": ()}),
    (conv, IMAGES, DIGITS, {"layers": "flatten"}),
    (conv, IMAGES, DIGITS, {"augment": None}),
    (conv, IMAGES, DIGITS, {"augment": Augmentation(crop=(3, 3))}),
    (conv, IMAGES, DIGITS, {"standardize": False}),
    (conv, IMAGES, DIGITS, {"image_shape": (2, 3, 6), "dropout": 0.3}),
    (SoftmaxRegression, X, Y, {"C": -1.0, "solver": "newton", "fit_intercept": False, "standardize": True}),
    (SoftmaxRegression, X, Y, {"dtype": "float16", "targets": "proba", "temperature_scaling": True}),
    (SoftmaxRegressionCV, X, Y, {"Cs": [], "dtype": "float32", "targets": "proba"}),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("make", "x", "y", "changes"), CHANGES, ids=[str(one[3]) for one in CHANGES])
def test_predictions_are_those_of_the_fit(make, x, y, changes, route, tmp_path):
    model = make().fit(x, y)
    calls = [model.predict, model.predict_proba, model.predict_log_proba, model.decision_function]
    before = [call(x) for call in calls]
    model.set_params(**changes)
    model = ROUTES[route](model, tmp_path)
    calls = [model.predict, model.predict_proba, model.predict_log_proba, model.decision_function]
    for call, values in zip(calls, before, strict=True):
        assert np.array_equal(call(x), values)
        assert call(x).dtype == values.dtype


def test_a_list_that_its_owner_changes_is_not_what_was_fitted():
    sizes, activations = [5, 4], ["tanh", "relu"]
    model = mlp(hidden_layer_sizes=sizes, activation=activations).fit(X, Y)
    probs = model.predict_proba(X)
    sizes.append(3)
    activations[:] = ["relu"]
    assert np.array_equal(model.predict_proba(X), probs)


def test_the_next_fit_takes_what_was_set():
    model = mlp().fit(X, Y).set_params(hidden_layer_sizes=(7,), activation="relu").fit(X, Y)
    assert np.array_equal(
        model.predict_proba(X), mlp(hidden_layer_sizes=7, activation="relu").fit(X, Y).predict_proba(X)
    )
    images = conv().fit(IMAGES, DIGITS).set_params(standardize=False, augment=None).fit(IMAGES, DIGITS)
    assert not hasattr(images, "mean_")
    fresh = conv(standardize=False, augment=None).fit(IMAGES, DIGITS)
    assert np.array_equal(images.predict_proba(IMAGES), fresh.predict_proba(IMAGES))


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
def test_going_on_with_another_shape_is_an_error_and_changes_nothing(go_on):
    model = mlp(warm_start=True).fit(X, Y)
    probs = model.predict_proba(X)
    model.set_params(hidden_layer_sizes=(7,), activation="relu")
    with pytest.raises(ValueError, match=r"has W1 of shape \(4, 5\).* W1 of shape \(4, 7\).*fit a new estimator"):
        getattr(model, go_on)(X, Y)
    assert np.array_equal(model.predict_proba(X), probs)
    images = conv(warm_start=True).fit(IMAGES, DIGITS).set_params(image_shape=(6, 6, 1))
    with pytest.raises(ValueError, match=r"image_shape: the earlier fit is of images of shape \(1, 6, 6\)"):
        getattr(images, go_on)(IMAGES, DIGITS)
    getattr(images.set_params(image_shape=(6, 6)), go_on)(IMAGES, DIGITS)


@pytest.mark.parametrize("go_on", ["fit", "partial_fit"])
def test_going_on_with_another_network_of_the_same_shape(go_on):
    model = mlp(warm_start=True, max_iter=1).fit(X, Y).set_params(activation=["relu", "tanh"])
    weights = [*model.coefs_, *model.intercepts_]
    getattr(model, go_on)(X, Y)
    probs = model.predict_proba(X)
    plain = mlp(activation=["relu", "tanh"], max_iter=1).fit(X, Y)
    plain.coefs_, plain.intercepts_ = model.coefs_, model.intercepts_
    assert np.array_equal(plain.predict_proba(X), probs)
    assert not np.array_equal(model.coefs_[0], weights[0])


@pytest.mark.parametrize("first", [False, True])
def test_going_on_with_images_standardized_or_no_longer(first):
    model = conv(warm_start=True, standardize=first, max_iter=1).fit(IMAGES, DIGITS)
    model.set_params(standardize=not first).fit(IMAGES, DIGITS)
    assert hasattr(model, "mean_") != first
    assert np.isfinite(model.predict_proba(IMAGES)).all()


def test_files_from_before_the_structure_was_kept_have_that_of_their_parameters(tmp_path):
    model = mlp().fit(X, Y)
    probs = model.predict_proba(X)
    del model._structure
    assert np.array_equal(load(model.save(tmp_path / "old.model")).predict_proba(X), probs)
