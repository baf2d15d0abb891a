"""Networks of classifiers in files."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from chainrule import ConvClassifier, MLPClassifier, rules
from chainrule.estimators import ModelFileError, load, save
from chainrule.networks import Layer, LayerSpec, register_layer, unregister_layer


def test_a_file_with_a_layer_that_is_not_registered_is_refused_when_it_is_loaded(tmp_path):
    @dataclass(frozen=True)
    class Same(LayerSpec):
        def layer(self, in_shape):
            return Layer(rules.get("identity"), (), in_shape, in_shape)

    register_layer("same again")(Same)
    try:
        model = ConvClassifier("same again, flatten, linear 4, relu", max_iter=2, learning_rate="cosine")
        X, y = np.random.default_rng(0).normal(size=(20, 4, 4)), np.arange(20) % 3
        path = save(model.fit(X, y), tmp_path / "a.model")
        np.testing.assert_array_equal(load(path).predict(X), model.predict(X))
        unfitted = save(ConvClassifier("same again, linear 4"), tmp_path / "b.model")
    finally:
        unregister_layer("same again")
    with pytest.raises(ModelFileError, match=r"a\.model: it needs a network .*Import .*no layer is called .same."):
        load(path)
    assert load(unfitted).layers == "same again, linear 4"


def test_the_squared_error_is_for_two_classes():
    X, model = np.random.default_rng(0).normal(size=(6, 2)), MLPClassifier((3,), loss="squared_error", solver="gd")
    model.set_params(max_iter=1, learning_rate="cosine").fit(X, [0, 1] * 3)
    assert model._network.loss is rules.get("half_squared_error")
    for y in (np.array([0, 1, 2] * 2), np.array([[0, 1, 1], [1, 0, 0]] * 3)):
        with pytest.raises(ValueError, match=r"squared_error.* is for two classes"):
            model.fit(X, y)


def test_another_precision_is_a_copy_that_predicts_in_it(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(3, 40, (60, 5)).astype(np.float32), np.arange(60) % 3
    model = MLPClassifier((7,), "tanh", max_iter=4, learning_rate="cosine", random_state=0).fit(X, y)
    single = model.predict_proba(X)
    double = load(save(model.astype(np.float64), tmp_path / "double"))
    (first, second), (b, c) = ([part.astype(np.float64) for part in each] for each in (model.coefs_, model.intercepts_))
    powers = np.exp(np.tanh(X.astype(np.float64) @ first + b) @ second + c)
    np.testing.assert_allclose(double.predict_proba(X), powers / powers.sum(axis=1, keepdims=True), rtol=1e-13)
    assert (single.dtype, double.input_gradient(X, y).dtype) == (np.float32, np.float64)
    np.testing.assert_array_equal(double.astype("float32").predict_proba(X), single)
    double.partial_fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), single)


def test_precisions_that_networks_do_not_have():
    model = MLPClassifier((3,), solver="lbfgs", max_iter=200).fit([[0.0], [1.0]], [0, 1])
    for dtype in ("auto", "float16", "bogus", None):
        with pytest.raises(ValueError, match=r"dtype: expected 'float32' or 'float64', got"):
            model.astype(dtype)
    with pytest.raises(NotFittedError):
        MLPClassifier().astype("float32")
