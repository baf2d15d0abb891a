"""Importances: shuffling a column costs what the model lost with it, and nothing where it does not look."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.pipeline import make_pipeline

from chainrule import SoftmaxRegression
from chainrule.estimators import SmoothScaler, TableEncoder
from chainrule.estimators.importances import (
    Importances,
    by_gradients,
    column_importances,
    importances,
    log_likelihood,
)


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


def test_repeats_are_those_of_scikit_learn_s_names(model):
    fitted, columns, y = model
    found = importances(fitted, columns, y, repeats=4, matrix=True)
    peer = permutation_importance(
        fitted, np.column_stack(list(columns.values())), y, scoring="neg_log_loss", n_repeats=30, random_state=0
    )
    assert found.importances.shape == (3, 4)
    assert (found.importances_mean == found.importances.mean(axis=1)).all()
    assert (found.importances_std == found.importances.std(axis=1)).all()
    assert dict(found) == dict(zip("abc", found.importances_mean.tolist(), strict=True))
    # Means of 4 and of 30 draws: 5 of their standard errors apart at most.
    error = peer.importances_std * (1 / 4 + 1 / 30) ** 0.5
    assert (abs(found.importances_mean - peer.importances_mean) <= 5 * error).all()


def test_printed_importances_are_a_table_with_the_largest_first():
    found = Importances(("b", "<a>", "c"), np.array([[-0.1, 0.1], [0.5, 1.5], [0.25, 0.25]]))
    lines = [line.split() for line in str(found).splitlines()]
    assert lines == [
        ["column", "mean", "std"],
        ["<a>", "1.0000", "0.5000"],
        ["c", "0.2500", "0.0000"],
        ["b", "0.0000", "0.1000"],
    ]
    assert "<th>&lt;a&gt;</th><td>1.0000 ± 0.5000</td>" in found._repr_html_()
    frame = found.to_frame()
    assert frame.index.tolist() == ["<a>", "c", "b"]
    assert frame["std"].tolist() == [0.5, 0.0, 0.1]
    with pytest.raises(KeyError, match="d"):
        found["d"]


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


@pytest.mark.parametrize("kind", ["pandas", "mapping"])
def test_importances_of_a_pipeline_are_of_the_columns_that_it_is_given(kind):
    frame = pd.DataFrame({"kind": ["a", "b"] * 30, "noise": np.arange(60.0), "key": [f"k{n}" for n in range(60)]})
    table = frame if kind == "pandas" else {name: frame[name].to_numpy() for name in frame}
    labels = frame["kind"].eq("a").to_numpy()
    pipeline = make_pipeline(TableEncoder(), SoftmaxRegression()).fit(table, labels)
    found = column_importances(pipeline, table, labels, repeats=2)
    assert list(found) == ["noise", "kind"]
    assert found["kind"] > 1 > found["noise"]


def test_importances_of_a_pipeline_of_numbers_have_the_names_of_a_frame():
    frame = pd.DataFrame({"wide": np.arange(40.0) % 2, "noise": np.arange(40.0)})
    pipeline = make_pipeline(SmoothScaler(), SoftmaxRegression()).fit(frame.to_numpy(), frame["wide"])
    assert list(column_importances(pipeline, frame.to_numpy(), frame["wide"], repeats=1)) == ["x0", "x1"]
    assert list(column_importances(pipeline, frame, frame["wide"], repeats=1)) == ["wide", "noise"]


def test_matrices_have_the_names_of_the_frame_that_the_model_was_fitted_to():
    frame = pd.DataFrame({"wide": np.arange(40.0) % 2, "noise": np.arange(40.0)})
    labels = np.where(frame["noise"] < 2, 0, frame["wide"])
    model = SoftmaxRegression(standardize=True).fit(frame, labels)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        assert list(column_importances(model, frame.to_numpy(), labels, repeats=1)) == ["wide", "noise"]
