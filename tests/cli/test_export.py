"""`chainrule export`: the file runs elsewhere with the same predictions, and mistakes."""

import csv
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline

from chainrule import SoftmaxRegression, TabularClassifier, load, onnx_inputs, save
from chainrule.estimators import TableEncoder


def run(path, inputs):
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, inputs)


def test_a_model_of_a_table_predicts_the_same_elsewhere(chainrule, flowers_model, new_flowers_csv):
    shown = chainrule("export", flowers_model, "flowers.onnx").succeeded().out.splitlines()
    assert shown == [
        "inputs: stem double, leaf double, colour string, fenced string",
        "outputs: label string, probabilities float",
        "written to flowers.onnx, opset 13",
    ]
    with Path(new_flowers_csv).open(newline="") as file:
        rows = list(csv.DictReader(file))
    inputs = {name: np.array([[float(row[name] or "nan")] for row in rows]) for name in ("stem", "leaf")}
    inputs |= {name: np.array([[row[name] or "(missing)"] for row in rows], object) for name in ("colour", "fenced")}
    expected = chainrule("predict", flowers_model, new_flowers_csv).predictions(len(rows))
    label, probabilities = run("flowers.onnx", inputs)
    assert label.tolist() == expected.predicted
    np.testing.assert_allclose(probabilities, expected.probabilities, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["mlp", "softmax", "tabular", "conv"])
def test_models_of_rows_and_images(chainrule, kind):
    X, y = load_digits(return_X_y=True)
    np.savez("digits.npz", X=X[:300], y=y[:300])
    data = "digits" if kind == "conv" else "digits.npz"
    options = {"softmax": ("--C", "1"), "tabular": ()}.get(kind, ("--epochs", "1"))
    chainrule("train", data, "--model", kind, *options, "--out", "m.chainrule").succeeded()
    found = chainrule("export", "m.chainrule", "m.onnx", "--json").json()
    assert found["opset"] == 13
    assert [one["shape"] for one in found["inputs"]] == [["rows", 64]]
    model = load("m.chainrule")
    label, probabilities = run("m.onnx", onnx_inputs(model, X))
    np.testing.assert_array_equal(label, model.predict(X))
    np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=0, atol=1e-6)


def test_float64_on_both_sides_agrees_on_all_rows(chainrule):
    X = load_digits().data
    chainrule("train", "digits", "--model", "conv", "--epochs", "2", "--out", "m.chainrule").succeeded()
    chainrule("export", "m.chainrule", "m.onnx", "--dtype", "float64").succeeded()
    predicted = chainrule("predict", "m.chainrule", "digits", "--dtype", "float64").predictions(len(X))
    label, probabilities = run("m.onnx", onnx_inputs(load("m.chainrule"), X, dtype="float64"))
    assert label.astype(str).tolist() == predicted.predicted
    np.testing.assert_allclose(probabilities, predicted.probabilities, rtol=0, atol=1e-13)


def test_tables_are_not_predicted_in_another_precision(chainrule):
    SoftmaxRegression().fit([[0.0], [1.0]], [0, 1]).save("m.chainrule")
    np.save("x.npy", np.zeros((2, 1)))
    chainrule("predict", "m.chainrule", "x.npy", "--dtype", "float64").succeeded()
    rows = np.arange(40.0)[:, None]
    TabularClassifier(max_iter=1, random_state=0).fit(rows, rows[:, 0] > 20).save("t.chainrule")
    chainrule("predict", "t.chainrule", "x.npy", "--dtype", "float64").complaint("--dtype", "t.chainrule")


def test_the_precision_and_an_existing_file(chainrule):
    SoftmaxRegression().fit([[0.0], [1.0]], [0, 1]).save("m.chainrule")
    chainrule("export", "m.chainrule", "m.onnx", "--dtype", "float32").succeeded()
    before = Path("m.onnx").read_bytes()
    chainrule("export", "m.chainrule", "m.onnx").complaint("m.onnx exists", "--overwrite")
    assert Path("m.onnx").read_bytes() == before
    chainrule("export", "m.chainrule", "m.onnx", "--overwrite").succeeded()
    assert Path("m.onnx").read_bytes() != before


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("m.chainrule", "m.bin"), ("m.bin: expected a name that ends in .onnx, such as m.onnx",)),
        (("m.chainrule", "no/m.onnx"), ("the directory no does not exist",)),
        (("none.chainrule", "m.onnx"), ("none.chainrule: No such file",)),
        (("encoder.chainrule", "m.onnx"), ("encoder.chainrule: expected a fitted classifier", "got TableEncoder")),
        (("text.chainrule", "m.onnx"), ("the columns 'review' are texts", "fit without them")),
    ],
)
def test_a_mistake_is_named_in_one_line_and_leaves_nothing(chainrule, words, names):
    table = {"review": np.array(["good", "bad"] * 5, dtype=object)}
    SoftmaxRegression().fit([[0.0], [1.0]], [0, 1]).save("m.chainrule")
    save(TableEncoder().fit(table), "encoder.chainrule")
    save(make_pipeline(TableEncoder(text=["review"]), SoftmaxRegression()).fit(table, [0, 1] * 5), "text.chainrule")
    before = sorted(Path().iterdir())
    chainrule("export", *words).complaint(*names)
    assert sorted(Path().iterdir()) == before
