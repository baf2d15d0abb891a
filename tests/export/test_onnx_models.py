"""What `to_onnx` takes and returns: inputs, outputs, metadata, dtypes and mistakes."""

import json
import re
import sys

import numpy as np
import pandas as pd
import polars
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import chainrule
from chainrule import ConvClassifier, MLPClassifier, SoftmaxRegression, TabularClassifier, onnx_inputs, to_onnx
from chainrule.estimators import TableEncoder
from chainrule.export.onnx_files import described

TABLE = pd.DataFrame({"size": [1.0, 2.0, np.nan, 4.0] * 5, "label": ["a", "b", None, "a"] * 5, "empty": [None] * 20})
LABELS = np.array([0, 1, 1, 0] * 5)


@pytest.fixture(scope="module")
def tabular():
    return TabularClassifier(folds=2, max_iter=2, random_state=0).fit(TABLE, LABELS)


def notes(exported):
    return {note.key: note.value for note in exported.metadata_props}


def test_a_table_has_one_input_per_used_column(tabular):
    exported = to_onnx(tabular)
    assert described(exported.graph.input) == [
        {"name": "size", "dtype": "double", "shape": ["rows", 1]},
        {"name": "column_label", "dtype": "string", "shape": ["rows", 1]},
    ]
    assert described(exported.graph.output) == [
        {"name": "label", "dtype": "int64", "shape": ["rows"]},
        {"name": "probabilities", "dtype": "float", "shape": ["rows", 2]},
    ]
    assert described(to_onnx(tabular, dtype="float32").graph.input)[0]["dtype"] == "float"
    assert notes(exported) == {
        "chainrule": chainrule.__version__,
        "estimator": "TabularClassifier",
        "classes": "[0, 1]",
        "columns": json.dumps({"size": "size", "column_label": "label"}),
    }


def test_the_notes_of_a_network_of_images_say_what_a_row_is():
    images = np.zeros((4, 3, 2, 2), np.uint8)
    images[::2] = 9
    model = ConvClassifier("flatten", max_iter=1).fit(images, [0, 1, 0, 1])
    image = json.loads(notes(to_onnx(model))["image"])
    assert image["shape"] == [3, 2, 2]
    assert image["channels"] == "red, green, blue"
    assert image["layout"].endswith("channels, height, width")


def test_a_matrix_with_names_keeps_them_in_the_notes():
    X = pd.DataFrame({"b": np.arange(6.0), "a": np.arange(6.0) ** 2})
    model = SoftmaxRegression().fit(X, ["no", "yes"] * 3)
    assert notes(to_onnx(model))["features"] == '["b", "a"]'
    assert notes(to_onnx(model))["classes"] == '["no", "yes"]'
    scaled = make_pipeline(StandardScaler(), "passthrough", SoftmaxRegression()).fit(X, [0, 1] * 3)
    assert notes(to_onnx(scaled))["features"] == '["b", "a"]'
    assert "features" not in notes(to_onnx(SoftmaxRegression().fit(X.to_numpy(), [0, 1] * 3)))


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [
        (["a", "b"], "string"),
        (np.array(["a", "b"], dtype=object), "string"),
        (np.array([3, 5], np.uint8), "int64"),
        ([3.0, 5.0], "double"),
        ([False, True], "bool"),
    ],
)
def test_labels_keep_their_kind(labels, dtype, session):
    X = np.arange(6.0)[:, None]
    model = SoftmaxRegression().fit(X, np.resize(labels, 6))
    exported = to_onnx(model)
    assert described(exported.graph.output)[0]["dtype"] == dtype
    found = session(exported).run(None, {"X": X})[0]
    assert found.tolist() == model.predict(X).tolist()


def test_the_precision_can_be_chosen(session):
    X = np.random.default_rng(0).normal(size=(30, 3))
    model = SoftmaxRegression().fit(X, np.arange(30) % 3)
    for dtype, bound in (("auto", 1e-15), ("float64", 1e-15), ("float32", 1e-6)):
        probabilities = session(to_onnx(model, dtype=dtype)).run(None, onnx_inputs(model, X, dtype=dtype))[1]
        assert probabilities.dtype == np.dtype("float64" if dtype == "auto" else dtype)
        assert np.abs(probabilities - model.predict_proba(X)).max() < bound


def test_inputs_of_polars_tables_mappings_and_lists(tabular):

    expected = onnx_inputs(tabular, TABLE)
    for table in (polars.from_pandas(TABLE), {name: TABLE[name].to_numpy() for name in ("label", "size")}):
        found = onnx_inputs(tabular, table)
        assert list(found) == list(expected)
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values)
    with pytest.raises(ValueError, match="the table lacks the column 'label'; it has"):
        onnx_inputs(tabular, TABLE[["size"]])


def test_pipelines_and_searches(difference):
    X = TABLE[["size", "label"]]
    network = MLPClassifier((4,), solver="lbfgs", max_iter=200, random_state=0)
    model = make_pipeline(TableEncoder(), network).fit(X, LABELS)
    assert difference(model, X) < 1e-6
    search = GridSearchCV(SoftmaxRegression(), {"C": [0.1, 1.0]}, cv=2).fit(np.arange(20.0)[:, None], LABELS)
    assert difference(search, np.arange(20.0)[:, None]) < 1e-14


def test_a_tabular_classifier_behind_a_scaler(difference):
    X = np.random.default_rng(0).normal(size=(40, 3))
    model = make_pipeline(StandardScaler(), TabularClassifier(folds=2, max_iter=2, random_state=0)).fit(
        X, LABELS.repeat(2)
    )
    assert difference(model, X) < 1e-6
    model[-1].set_params(words=["x1"]).fit(np.round(X), LABELS.repeat(2))
    with pytest.raises(ValueError, match=r"reads the columns 'x1', made by earlier steps, as words.*encode=False"):
        to_onnx(model)


def test_mistakes_are_named():
    model = SoftmaxRegression()
    with pytest.raises(NotFittedError):
        to_onnx(model)
    with pytest.raises(TypeError, match=r"expected a fitted classifier of chainrule.* got LogisticRegression"):
        to_onnx(make_pipeline(StandardScaler(), LogisticRegression()))
    model.fit([[0.0], [1.0]], [0, 1])
    with pytest.raises(ValueError, match=re.escape("dtype: expected 'auto', 'float32' or 'float64', got 'half'")):
        to_onnx(model, dtype="half")


def test_without_onnx_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"the extra 'onnx': pip install 'chainrule\[onnx\]'"):
        to_onnx(SoftmaxRegression().fit([[0.0], [1.0]], [0, 1]))
