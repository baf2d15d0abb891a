"""Importances: shuffling a column costs what the model lost with it, and nothing where it does not look."""

import numpy as np
import pytest

from chainrule import SoftmaxRegression
from chainrule.estimators.importances import by_gradients, importances, log_likelihood


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = (x[:, 0] + 0.3 * x[:, 2] + 0.2 * rng.normal(size=400) > 0).astype(int)
    return SoftmaxRegression().fit(x, y), {name: x[:, column] for column, name in enumerate("abc")}, y


def test_the_order_is_that_of_the_weights(model):
    fitted, columns, y = model
    found = importances(fitted, columns, y, matrix=True)
    assert found["a"] > 5 * found["c"] > 0
    assert abs(found["b"]) < 0.02


def test_one_draw_by_hand(model):
    fitted, columns, y = model
    found = importances(fitted, columns, y, repeats=1, used=["c"], matrix=True)
    shuffled = columns | {"c": np.random.default_rng(0).permutation(columns["c"])}
    losses = [-log_likelihood(fitted, np.column_stack(list(one.values())), y) for one in (columns, shuffled)]
    np.testing.assert_allclose(found["c"], losses[1] - losses[0], rtol=1e-12)


def test_weights_of_the_likelihood(model):
    fitted, columns, y = model
    x = np.column_stack(list(columns.values()))
    weights = np.linspace(0, 1, len(y))
    expected = weights @ fitted.predict_log_proba(x)[np.arange(len(y)), y] / weights.sum()
    np.testing.assert_allclose(log_likelihood(fitted, x, y, weights), expected, rtol=1e-12)


def test_repeats_are_checked(model):
    with pytest.raises(ValueError, match="repeats: expected a whole number of at least 1, got 0"):
        importances(*model, repeats=0, matrix=True)


def test_features_of_a_column_are_added():
    gradients, features = np.array([[1.0, -2.0, 4.0], [3.0, 0.0, -4.0]]), np.array([[0.0, 1.0, 5.0], [2.0, 3.0, 7.0]])
    assert by_gradients(gradients, features, ["a", "b", "a"]) == {"a": 2.0 + 4.0, "b": 1.0}
