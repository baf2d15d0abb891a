"""Files that are no models are refused in one line, and so are data that do not fit a model."""

import io
import os
import pickle
import random
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, TabularClassifier
from chainrule.cli.model_files import Scored, metrics
from chainrule.estimators import save


class Trap:
    """Writes a file when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("sprung",))


def zip_bytes(**members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def npz_bytes(**arrays):
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@pytest.fixture(scope="module")
def not_models(flowers_csv):
    """Return names and contents of files that are no models."""
    return {
        "empty": b"",
        "junk": random.Random(5).randbytes(5000),
        "text": b"weights: none\n",
        "table": flowers_csv.read_bytes(),
        "json": b'{"classes": ["a", "b"], "weights": []}',
        "nested json": b"[" * 100_000,
        "pickle": pickle.dumps({"weights": [1, 2, 3]}),
        "trap": pickle.dumps(Trap()),
        "zip": zip_bytes(readme="hello"),
        "empty zip": zip_bytes(),
        "npz": npz_bytes(weights=np.ones(3)),
        "npz with a trap": npz_bytes(weights=np.array([Trap()], dtype=object)),
        "npz named like one": npz_bytes(meta=np.array("{}"), header=np.array("{}"), classes=np.array(["a"])),
        "numpy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'",
    }


NOT_MODELS = [
    *("empty", "junk", "text", "table", "json", "nested json", "pickle", "trap", "zip", "empty zip", "npz"),
    *("npz with a trap", "npz named like one", "numpy"),
]


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize("name", NOT_MODELS)
def test_files_that_are_no_models(chainrule, not_models, new_flowers_csv, command, name):
    Path("thing.chainrule").write_bytes(not_models[name])
    chainrule(command, "thing.chainrule", new_flowers_csv).complaint("thing.chainrule")
    assert not Path("sprung").exists(), "reading a model ran code from it"


@pytest.mark.parametrize("command", ["predict", "evaluate"])
def test_models_that_are_not_there(chainrule, new_flowers_csv, command):
    chainrule(command, "absent.chainrule", new_flowers_csv).complaint("absent.chainrule")
    chainrule(command, "no/absent\n.chainrule", new_flowers_csv).complaint("absent")
    Path("folder.chainrule").mkdir()
    chainrule(command, "folder.chainrule", new_flowers_csv).complaint("folder.chainrule")


def test_model_and_data_the_wrong_way_round(chainrule, flowers_model, new_flowers_csv):
    chainrule("predict", new_flowers_csv, flowers_model).complaint()
    chainrule("evaluate", "iris", flowers_model).complaint()
    chainrule("train", flowers_model, "--target", "species").complaint(flowers_model.name)


@pytest.mark.parametrize("kept", [1, 10, 0.25, 0.5, 0.9, -1000, -30, -1])
def test_truncated_models(chainrule, flowers_model, new_flowers_csv, kept):
    whole = flowers_model.read_bytes()
    size = int(kept * len(whole)) if isinstance(kept, float) else kept % len(whole)
    Path("m.chainrule").write_bytes(whole[:size])
    chainrule("predict", "m.chainrule", new_flowers_csv).complaint("m.chainrule")
    chainrule("evaluate", "m.chainrule", new_flowers_csv).complaint("m.chainrule")


def test_damaged_models_never_crash(chainrule, flowers_model, new_flowers_csv):
    whole = flowers_model.read_bytes()
    refused = 0
    for seed in range(60):
        rng = random.Random(seed)
        damaged = bytearray(whole)
        damaged[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        Path("m.chainrule").write_bytes(damaged)
        outcome = chainrule("predict", "m.chainrule", new_flowers_csv)
        if outcome.survived():
            outcome.predictions(40)
        else:
            refused += 1
    assert refused > 0


def test_the_target_column_is_needed(chainrule, write, flower_header, flowers_model, new_flowers):
    data = write(Path("garden.csv"), flower_header[:-1], [row[:-1] for row in new_flowers])
    chainrule("evaluate", flowers_model, data).complaint("species")
    chainrule("evaluate", flowers_model, data, "--json").complaint("species")


def test_evaluate_names_a_missing_feature_column(chainrule, write, flower_header, flowers_model, new_flowers):
    data = write(Path("garden.csv"), flower_header[1:], [row[1:] for row in new_flowers])
    chainrule("evaluate", flowers_model, data).complaint("stem")


def test_evaluate_refuses_another_data_set(chainrule, digits_model, iris_model, flowers_model):
    chainrule("evaluate", digits_model, "iris").complaint()
    chainrule("evaluate", iris_model, "wine").complaint()
    chainrule("evaluate", flowers_model, "iris").complaint()


@pytest.mark.parametrize("absent", range(4))
def test_predict_names_a_missing_feature_column(chainrule, write, flower_header, flowers_model, new_flowers, absent):
    keep = [index for index in range(5) if index != absent]
    rows = [[row[index] for index in keep] for row in new_flowers]
    data = write(Path("garden.csv"), [flower_header[index] for index in keep], rows)
    chainrule("predict", flowers_model, data).complaint(flower_header[absent])


def test_two_missing_feature_columns_are_both_named(chainrule, write, flowers_model):
    data = write(Path("garden.csv"), ("stem", "fenced"), [[1.0, True]] * 4)
    chainrule("predict", flowers_model, data).complaint("leaf", "colour")


def test_of_many_missing_columns_ten_are_named_and_the_others_counted(chainrule, digits_model, write):
    data = write(Path("d.csv"), ("other",), [[1.0]] * 4)
    chainrule("predict", digits_model, data).complaint("'pixel_1_1' and 54 more; it has 'other'")


def test_predict_refuses_another_data_set(chainrule, digits_model, iris_model, flowers_model):
    chainrule("predict", digits_model, "iris").complaint()
    chainrule("predict", iris_model, "digits").complaint()
    chainrule("predict", flowers_model, "iris").complaint("stem")


def test_rows_are_counted_in_whole_numbers_even_if_no_prediction_is_right():
    actual, predicted, sure = np.array([0, 0]), np.array([1, 1]), np.array([0.75, 0.75])
    scores = metrics(Scored(np.array(["a", "b"]), actual, predicted, np.log(1 - sure), sure), None)
    assert scores["accuracy"] == 0
    assert [repr(entry["support"]) for entry in scores["classes"]] == ["2", "0"]


@pytest.fixture
def whole_flowers(flowers_csv):
    """Return the numbers and the labels in the file of flowers; whole.csv holds both, without gaps."""
    table = pd.read_csv(flowers_csv)
    X, y = table.select_dtypes("number").fillna(1.0), table["species"].astype(object)
    X.assign(species=y).to_csv("whole.csv", index=False)
    return X, y


@pytest.mark.parametrize(
    "make",
    [
        lambda: TabularClassifier(max_iter=2, random_state=0),
        SoftmaxRegression,
        lambda: SoftmaxRegressionCV(Cs=2, cv=2),
        lambda: MLPClassifier(max_iter=2, early_stopping=True, random_state=0),
    ],
)
@pytest.mark.filterwarnings("ignore:.*[Mm]aximum")
def test_models_that_a_program_fitted_to_a_frame_and_saved(chainrule, whole_flowers, flowers_csv, make):
    X, y = whole_flowers
    model = make().fit(X, y)
    model.save("saved.chainrule")
    found = chainrule("predict", "saved.chainrule", "whole.csv").predictions(len(y), set(y))
    np.testing.assert_allclose(found.probabilities, model.predict_proba(X), rtol=1e-15)  # as decimals
    scores = chainrule("evaluate", "saved.chainrule", "whole.csv", "--target", "species", "--json").metrics()
    assert scores["accuracy"] == np.mean(model.predict(X) == y)
    assert "--target: name the column of labels" in chainrule("evaluate", "saved.chainrule", "whole.csv").err
    X.iloc[:, :1].to_csv("few.csv", index=False)
    assert "few.csv lacks the column" in chainrule("predict", "saved.chainrule", "few.csv").err
    with_gaps = chainrule("predict", "saved.chainrule", flowers_csv)
    if isinstance(model, TabularClassifier):
        with_gaps.predictions(len(y))
    else:
        with_gaps.complaint("NaN")


def test_saved_models_of_rows_take_arrays(chainrule, whole_flowers):
    X, y = whole_flowers
    rows = X.to_numpy()
    model = make_pipeline(StandardScaler(), SoftmaxRegression()).fit(rows, y)
    save(model, "saved.chainrule")
    np.save("rows.npy", rows)
    found = chainrule("predict", "saved.chainrule", "rows.npy").predictions(len(y), set(y))
    np.testing.assert_allclose(found.probabilities, model.predict_proba(rows), rtol=1e-15)
    assert "the model takes rows of numbers without names" in chainrule("predict", "saved.chainrule", "whole.csv").err
    save(make_pipeline(StandardScaler(), StandardScaler(), SoftmaxRegression()).fit(rows, y), "three.chainrule")
    told = chainrule("predict", "three.chainrule", "rows.npy").err
    assert "Pipeline of StandardScaler, StandardScaler, SoftmaxRegression; expected one of an encoder" in told
    save(StandardScaler().fit(rows), "scaler.chainrule")
    assert "holds a StandardScaler, not a classifier" in chainrule("predict", "scaler.chainrule", "rows.npy").err


@pytest.mark.parametrize("fitted_to", ["array", "frame"])
@pytest.mark.parametrize(
    "make",
    [SoftmaxRegression, lambda: make_pipeline(StandardScaler(), SoftmaxRegression()), TabularClassifier],
    ids=["rows", "pipeline", "table"],
)
def test_saved_models_take_built_in_data_sets(chainrule, fitted_to, make):
    wine = load_wine(as_frame=fitted_to == "frame")
    model = make()
    if isinstance(model, TabularClassifier):
        model.set_params(max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(wine.data, wine.target)
    save(model, "wine.model")
    found = chainrule("evaluate", "wine.model", "wine", "--mistakes", "3", "--json").metrics()
    assert found["n_rows"] == 178
    assert found["accuracy"] == pytest.approx(model.score(wine.data, wine.target))
    shown = chainrule("predict", "wine.model", "wine").succeeded().out.splitlines()
    assert [shown[1].split(",")[0], shown[-1].split(",")[0]] == ["1", "178"]
    chainrule("evaluate", "wine.model", "iris").complaint("iris")


def test_saved_models_of_names_of_classes_take_built_in_data_sets(chainrule):
    wine = load_wine()
    save(
        make_pipeline(StandardScaler(), SoftmaxRegression()).fit(wine.data, wine.target_names[wine.target]),
        "wine.model",
    )
    assert chainrule("evaluate", "wine.model", "wine", "--json").metrics()["accuracy"] > 0.95
