"""Networks that are continued: of the same shapes, or with more classes; networks in files."""

from dataclasses import dataclass

import numpy as np
import pytest

from chainrule import ConvClassifier, MLPClassifier, rules
from chainrule.estimators import ModelFileError, load, save
from chainrule.estimators.network_classifier import check_same_shapes, with_more_classes
from chainrule.networks import Layer, LayerSpec, Plan, mlp, register_layer, unregister_layer


def test_a_network_of_other_shapes_is_refused_by_the_name_of_the_block():
    check_same_shapes(mlp(4, (5,), 3), mlp(4, (5,), 3, activation="tanh"), ("activation",))
    with pytest.raises(ValueError, match=r"has W1 of shape \(4, 5\).*with W1 of shape \(4, 6\): put hidden, loss back"):
        check_same_shapes(mlp(4, (5,), 3), mlp(4, (6,), 3), ("hidden", "loss"))


@pytest.mark.parametrize(("before", "loss"), [(3, "softmax_cross_entropy"), (1, "binary_cross_entropy")])
def test_known_classes_keep_their_odds(before, loss):
    narrow, wide = mlp(4, (5,), before, loss=loss), mlp(4, (5,), 5)
    old, x = narrow.initial_parameters(1), np.random.default_rng(0).normal(size=(7, 4))
    columns = np.array([0, 2, 4]) if before == 3 else np.array([1, 3])
    theta = with_more_classes(narrow.unpack(old), wide, columns, seed=1)
    logits = Plan(narrow, 7, old, forward_only=True).logits(x).copy()
    known = Plan(wide, 7, theta, forward_only=True).logits(x)[:, columns]
    differences = logits - logits[:, :1] if before == 3 else np.hstack([np.zeros((7, 1)), logits])
    # Differences of logits that are rounded otherwise.
    np.testing.assert_allclose(known - known[:, :1], differences, rtol=1e-12, atol=1e-14)


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
