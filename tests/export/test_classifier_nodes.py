"""Exported classifiers beside the estimators: labels, and probabilities in the dtype of the weights.

Probabilities in float32 differ by the rounding of logits, some 2^-24 of their size, so features of size 1 are compared
to 1e-6. In float64 the same is 1e-14.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits, load_wine

from chainrule import (
    ConvClassifier,
    MLPClassifier,
    SoftmaxRegression,
    SoftmaxRegressionCV,
    TabularClassifier,
    onnx_inputs,
    rules,
    to_onnx,
)
from chainrule.export.classifier_nodes import logits
from chainrule.export.onnx_graph import Graph

BOUNDS = {np.float32: 1e-6, np.float64: 1e-14}
DTYPES = pytest.mark.parametrize("dtype", BOUNDS)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), np.array(["barolo", "grignolino", "barbera"])[y]


@DTYPES
@pytest.mark.parametrize(
    "model", [SoftmaxRegression(), SoftmaxRegressionCV(Cs=3, cv=3)], ids=lambda one: type(one).__name__
)
def test_softmax_regression_of_digits_and_of_words(difference, digits, wine, model, dtype):
    for X, y in (digits, wine):
        X = X.astype(dtype)
        assert difference(model.fit(X, y), X) < BOUNDS[dtype]


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("C", [1.0, 100.0])
def test_embeddings_in_float32_differ_by_a_few_epsilons_and_one_for_each_unit_of_the_logits(difference, standardize, C):
    """Measured: up to 8.5 epsilons for logits of 8, and 19 for logits of 25."""
    rng = np.random.default_rng(0)
    y = rng.integers(24, size=1000)
    X = rng.normal(size=(24, 384))[y] + rng.normal(size=(1000, 384))
    X = (X / np.linalg.norm(X, axis=1, keepdims=True)).astype(np.float32)
    model = SoftmaxRegression(C=C, standardize=standardize).fit(X, y)
    largest = abs(model.decision_function(X)).max()
    assert difference(model, X) <= (10 + largest) * np.finfo(np.float32).eps
    assert difference(model.astype("float64"), X) < 1e-14


@DTYPES
def test_two_classes_sparse_coefficients_and_temperature(difference, wine, dtype):
    X, y = wine[0].astype(dtype), wine[1] == "barolo"
    model = SoftmaxRegression(temperature_scaling=True).fit(X[::2], y[::2], eval_set=(X[1::2], y[1::2]))
    assert model.temperature_ != 1
    assert difference(model, X) < BOUNDS[dtype]
    assert difference(model.sparsify(), X) < BOUNDS[dtype]
    assert to_onnx(model).graph.output[0].type.tensor_type.elem_type == Graph().onnx.TensorProto.BOOL


@DTYPES
@pytest.mark.parametrize("activation", rules.activation_names())
def test_networks_of_every_activation(difference, digits, activation, dtype):
    X = digits[0].astype(dtype)
    model = MLPClassifier((24, 12), activation, learning_rate="cosine", max_iter=4, random_state=0).fit(X, digits[1])
    # Values of log-softmax are negative and large, and cancel in the next layer's sums: measured 8e-7 after training
    # with compiled loops, and 1.01e-6 without.
    cancels = 2 if activation == "log_softmax" else 1
    assert difference(model, X) < cancels * BOUNDS[dtype]


@DTYPES
def test_several_labels_at_once(difference, digits, dtype):
    X, y = digits[0].astype(dtype), np.eye(10, dtype=int)[digits[1]]
    model = MLPClassifier((24,), learning_rate="cosine", max_iter=4, random_state=0).fit(X, y)
    assert difference(model, X) < BOUNDS[dtype]


@DTYPES
def test_the_default_convolutional_network(difference, digits, dtype):
    X = digits[0][:300].astype(dtype).reshape(-1, 8, 8)
    model = ConvClassifier(max_iter=2, random_state=0).fit(X, digits[1][:300])
    assert difference(model, X) < BOUNDS[dtype]


def test_single_precision_is_as_near_to_the_exact_values_as_the_estimator(digits, session):
    """At logits of some 40 the two differ by more than 1e-6, since both do from the same weights in float64."""
    X = (16 * digits[0]).astype(np.float32)
    model = ConvClassifier("conv 8 3x3, relu, flatten, linear 64, relu", max_iter=3, random_state=0).fit(X, digits[1])
    single, exact = (
        session(to_onnx(model, dtype=dtype)).run(None, onnx_inputs(model, X, dtype=dtype))[1]
        for dtype in ("float32", "float64")
    )
    estimator = np.abs(model.predict_proba(X) - exact).max()
    assert np.abs(single - exact).max() < 3 * estimator + 1e-7  # orders of summation are luck: 3 ulp of 1 more


@pytest.mark.parametrize("seed", range(2))
def test_image_networks_agree_in_float64_on_all_digits(difference, digits, seed):
    X = digits[0].astype(np.float32).reshape(-1, 8, 8)
    model = ConvClassifier(max_iter=3, random_state=seed).fit(X, digits[1]).astype("float64")
    assert difference(model, X) < BOUNDS[np.float64]


@pytest.fixture(scope="module")
def table():
    rng, n = np.random.default_rng(0), 300
    frame = pd.DataFrame(
        {
            "age": np.where(rng.random(n) < 0.1, np.nan, rng.normal(40, 12, n)),
            "income": rng.lognormal(9, 1, n),
            "kind": [f"k{number}" for number in np.minimum(rng.geometric(0.06, n), 80)],
            "label": rng.choice(["x", "y", None], n),
            "member": rng.random(n) < 0.5,
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 9e7, n), unit="s"),
            "code": rng.integers(100, 130, n),
        }
    )
    score = frame["age"].fillna(30) + 5 * frame["member"] + 3 * (frame["label"] == "x") + rng.normal(0, 5, n)
    return frame, score


@pytest.mark.filterwarnings("ignore:column .* as missing:UserWarning")
@pytest.mark.filterwarnings("ignore:column .* not seen in training:UserWarning")
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("options", [{}, {"linear": False, "bins": 0}, {"search": 1}])
def test_tables_with_gaps_categories_booleans_and_dates(difference, table, classes, options):
    frame, score = table
    y = np.array(["low", "mid", "high"])[np.digitize(score, [38, 48][: classes - 1])]
    model = TabularClassifier(folds=2, max_iter=4, words=["code"], random_state=0, **options).fit(frame, y)
    assert difference(model, frame) < BOUNDS[np.float32]
    assert difference(model, frame[frame.columns[::-1]], dtype="float64") < BOUNDS[np.float32]
    hostile = frame.head(8).copy()
    hostile["age"] = [1e300, -1e300, np.inf, -np.inf, np.nan, 0, 1e18, 5]
    hostile["income"] = [0, 1e308, np.nan, -1e308, 1, 2, np.inf, 3]
    hostile["kind"] = ["new", None, "k1", "k79", "", "(missing)", "k80", "K3"]
    hostile["label"] = [None] * 8
    hostile["when"] = pd.NaT
    assert difference(model, hostile) < BOUNDS[np.float32]


@pytest.mark.parametrize("encode", [True, False])
def test_a_table_that_is_a_matrix_has_one_input(difference, wine, encode):
    model = TabularClassifier(folds=2, max_iter=4, encode=encode, random_state=0).fit(*wine)
    assert difference(model, wine[0]) < BOUNDS[np.float32]
    assert [value.name for value in to_onnx(model).graph.input] == ["X"]


@DTYPES
def test_huge_features_that_networks_still_take(difference, wine, dtype):
    X = wine[0].astype(dtype)
    huge = np.outer([1e5, 1e15, 1e30, 1e38], X[0] / np.abs(X[0]).max()).astype(dtype)
    for model in (SoftmaxRegression(), MLPClassifier((9,), "tanh", learning_rate="cosine", max_iter=4, random_state=0)):
        assert difference(model.fit(X, wine[1]), huge) < BOUNDS[dtype]


def test_other_models_have_no_logits():
    with pytest.raises(TypeError, match="expected a fitted classifier of chainrule, or a Pipeline of one, got object"):
        logits(object(), Graph(), None)
