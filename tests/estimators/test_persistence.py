"""Estimators come back from a file as they were: bit-equal outputs, equal parameters, the same attributes."""

import json
import os
import subprocess
import sys
from collections import UserList

import numpy as np
import pandas as pd
import pytest
import sklearn.base
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import load_iris
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    LabelBinarizer,
    LabelEncoder,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from chainrule import MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, rules
from chainrule.estimators import saveable
from chainrule.estimators.persistence import load, read_about, register_saveable, save
from chainrule.estimators.tables import TableEncoder

NAN = float("nan")
NUMBERS = np.array([[1.0, 2.0, NAN], [4.0, NAN, 1.0], [0.5, 7.0, 3.0], [2.0, 2.5, -9.0]])
WORDS = np.array([["x", "häßlich"], ["Ω≠∅", None], [NAN, "b"], ["x", "b"]], dtype=object)
FRAME = pd.DataFrame(
    {
        "width": [1.0, 2.5, NAN, 4.0, 0.0, 2.0],
        "height": np.arange(6, dtype=np.int32),
        "kind": ["α", "b", None, "b", "α", "c"],
        "size": pd.Categorical(["S", "M", "L", "S", "M", "M"]),
    }
)


@register_saveable
class Shifted(TransformerMixin, BaseEstimator):
    """A user's own transformer, with attributes of many kinds."""

    def __init__(self, by=1):
        self.by = by

    def fit(self, X, y=None):
        self.table_ = {("a", 1): [np.float32(0.1), (None, True)], 2: b"\0\xff", NAN: slice(1, None)}
        self.offset_ = self.by + np.zeros(np.shape(X)[1])
        return self

    def transform(self, X):
        return np.asarray(X) + self.offset_


def through_file(value, folder, **options):
    return load(save(value, folder / "a.model", **options))


def assert_identical(actual, expected):
    """Equal, of the same types, to the last bit and in every attribute."""
    if isinstance(expected, UserList):  # older versions of scikit-learn have one
        expected = list(expected.data)
    assert type(actual) is type(expected)
    if isinstance(expected, np.ndarray):
        assert actual.dtype == expected.dtype
        assert actual.shape == expected.shape
        if expected.dtype == object:
            assert_identical(actual.ravel().tolist(), expected.ravel().tolist())
        else:
            assert actual.tobytes() == expected.tobytes()
    elif isinstance(expected, list | tuple):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_identical(one, other)
    elif isinstance(expected, dict):
        assert_identical(list(actual.items()), list(expected.items()))
    elif isinstance(expected, np.random.RandomState):
        assert_identical(actual.get_state(), expected.get_state())
    elif isinstance(expected, BaseEstimator):
        # A classifier's network is rebuilt from its other attributes.
        assert_identical(actual.__getstate__(), expected.__getstate__())
    elif isinstance(expected, make_column_selector):
        assert_identical(vars(actual), vars(expected))
    else:
        assert actual is expected or actual == expected or (actual != actual and expected != expected)


TRANSFORMERS = {
    "SimpleImputer of numbers": (SimpleImputer(add_indicator=True), NUMBERS),
    "SimpleImputer of words": (SimpleImputer(strategy="most_frequent", missing_values=None), WORDS[:, 1:]),
    "SimpleImputer of pandas.NA": (
        SimpleImputer(missing_values=pd.NA, strategy="constant", fill_value=-1),
        pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64")}),
    ),
    "MissingIndicator": (MissingIndicator(features="all"), NUMBERS),
    "StandardScaler": (StandardScaler(), NUMBERS),
    "StandardScaler in float32": (StandardScaler(with_mean=False), NUMBERS.astype(np.float32)),
    "RobustScaler": (RobustScaler(quantile_range=(10.0, 90.0), unit_variance=True), NUMBERS),
    "MinMaxScaler": (MinMaxScaler(feature_range=(-1, 1), clip=True), NUMBERS),
    "MaxAbsScaler": (MaxAbsScaler(), NUMBERS),
    "Normalizer": (Normalizer("l1"), np.nan_to_num(NUMBERS)),
    "TruncatedSVD": (TruncatedSVD(2, random_state=0), np.random.default_rng(0).normal(size=(9, 4))),
    "OneHotEncoder of words": (OneHotEncoder(handle_unknown="ignore"), WORDS),
    "OneHotEncoder of numbers": (OneHotEncoder(dtype=np.int8, sparse_output=False), NUMBERS),
    "OneHotEncoder of fixed-width strings": (OneHotEncoder(), np.array([["ä"], ["bcd"], [""]])),
    "OneHotEncoder with rare categories": (
        OneHotEncoder(min_frequency=2, handle_unknown="infrequent_if_exist", drop=["b", None]),
        np.array([["a", "b", "b", "c", "d"], ["z", "z", "y", None, None]], dtype=object).T,
    ),
    "OneHotEncoder dropping": (OneHotEncoder(drop="if_binary", categories=[[1, 2], [1, 2, 3]]), [[1, 2], [2, 3]]),
    "OrdinalEncoder": (
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
        WORDS,
    ),
    "OrdinalEncoder of rare": (OrdinalEncoder(max_categories=2), np.array([["a"], ["b"], ["b"], ["c"]])),
    "LabelEncoder": (LabelEncoder(), np.array(["ja", "nein", "ja"])),
    "LabelBinarizer": (LabelBinarizer(sparse_output=True), [3, 1, 2]),
    "FunctionTransformer without a function": (FunctionTransformer(), NUMBERS),
    "TableEncoder": (TableEncoder(), FRAME),
    "the user's own": (Shifted(by=np.int16(3)), NUMBERS),
}


def test_sparse_coefficients_are_refused_with_what_to_do_instead(tmp_path):
    model = SoftmaxRegression().fit([[0.0], [1.0], [3.0]], [0, 0, 1]).sparsify()
    with pytest.raises(TypeError, match=r"coef_ is of .*; for the coefficients of a classifier, densify\(\) makes"):
        save(model, tmp_path / "a.model")
    assert load(save(model.densify(), tmp_path / "a.model")).predict([[3.0]]) == [1]


def test_every_listed_class_is_tested():
    tested = {type(estimator).__name__ for estimator, _ in TRANSFORMERS.values()}
    elsewhere = {"Checkpoint", "ColumnTransformer", "MLPClassifier", "Pipeline", "SmoothScaler", "make_column_selector"}
    elsewhere |= {"SoftmaxRegression", "SoftmaxRegressionCV"}
    elsewhere |= {"Certificate"}  # in test_softmax_certificate.py
    elsewhere |= {"ConvClassifier", "Augmentation"}  # with their layers, in test_conv.py
    elsewhere |= {"Activation", "Conv", "Dropout", "Flatten", "GlobalPool", "Linear", "Pad", "Pool"}
    # In tests/networks/test_table_layers.py.
    elsewhere |= {"Embedding", "ParametricActivation", "PeriodicEmbedding", "Scale", "SmoothClip"}
    elsewhere |= {"NetworkGroup", "PiecewiseLinearEncoder", "Settings", "TabularClassifier"}  # in test_tabular.py
    listed = {name.rpartition(".")[2] for name in saveable._MODULES}
    assert listed == (tested | elsewhere) - {"Shifted"}


@pytest.mark.parametrize("model", [SoftmaxRegression(C=0.5), SoftmaxRegressionCV(Cs=[0.1, 1.0], cv=3)], ids=repr)
def test_a_fitted_softmax_regression_comes_back(model, tmp_path):
    X, y = load_iris(return_X_y=True)
    model = sklearn.base.clone(model).fit(X, np.array(["a", "b", "c"])[y])
    loaded = through_file(model, tmp_path)
    assert_identical(loaded, model)
    np.testing.assert_array_equal(loaded.predict_log_proba(X), model.predict_log_proba(X))
    assert loaded.predict(X).tolist() == model.predict(X).tolist()


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_fitted_transformer_comes_back(name, tmp_path):
    estimator, X = TRANSFORMERS[name]
    estimator = sklearn.base.clone(estimator).fit(X)
    loaded = through_file(estimator, tmp_path)
    assert_identical(loaded, estimator)
    assert_identical(list(loaded.get_params().items()), list(estimator.get_params().items()))
    actual, expected = loaded.transform(X), estimator.transform(X)
    if hasattr(expected, "indptr"):
        assert_identical(actual.indices, expected.indices)
        actual, expected = actual.toarray(), expected.toarray()
    assert_identical(np.asarray(actual), np.asarray(expected))
    if hasattr(estimator, "get_feature_names_out") and not isinstance(estimator, FunctionTransformer):
        assert_identical(loaded.get_feature_names_out(), estimator.get_feature_names_out())


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_an_unfitted_transformer_comes_back(name, tmp_path):
    estimator = sklearn.base.clone(TRANSFORMERS[name][0])
    assert_identical(through_file(estimator, tmp_path), estimator)


TABLE = FRAME.assign(size=np.arange(6.0))
COLUMNS = {
    "names": (["width", "height"], ["kind"]),
    "index": (TABLE.columns[:2], TABLE.columns[2:3]),
    "selector": (make_column_selector(dtype_include=np.number), make_column_selector(pattern="^kind$")),
    "slice": (slice("width", "height"), slice(2, 3)),
    "mask": (np.array([True, True, False, False]), [False, False, True, False]),
}


def columns(kind, remainder="drop"):
    numbers, words = COLUMNS[kind]
    return ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(add_indicator=True), RobustScaler()), numbers),
            ("words", OneHotEncoder(handle_unknown="ignore"), words),
            ("kept", "passthrough", ["height"]),
            ("left out", "drop", ["height"]),
        ],
        remainder=remainder,
        transformer_weights={"words": 0.5},
    )


@pytest.mark.parametrize("remainder", ["drop", "passthrough", StandardScaler()])
@pytest.mark.parametrize("kind", COLUMNS)
def test_a_pipeline_of_columns_comes_back(kind, remainder, tmp_path):
    steps = [("columns", columns(kind, remainder)), ("scale", StandardScaler(with_mean=False))]
    pipeline = Pipeline(steps).fit(TABLE)
    loaded = through_file(pipeline, tmp_path)
    assert_identical(loaded.transform(TABLE), pipeline.transform(TABLE))
    assert_identical(loaded.get_feature_names_out(), pipeline.get_feature_names_out())
    assert_identical(loaded.feature_names_in_, pipeline.feature_names_in_)
    assert loaded.get_params().keys() == pipeline.get_params().keys()
    if kind != "index":
        assert_identical(loaded, pipeline)
    assert_identical(loaded.fit(TABLE).transform(TABLE), pipeline.transform(TABLE))


def test_an_index_of_columns_comes_back_as_a_list(tmp_path):
    loaded = through_file(columns("index"), tmp_path)
    assert loaded.transformers[0][2] == ["width", "height"]


def test_output_as_a_data_frame_is_remembered(tmp_path):
    scaler = StandardScaler().set_output(transform="pandas").fit(FRAME[["height"]])
    pd.testing.assert_frame_equal(
        through_file(scaler, tmp_path).transform(FRAME[["height"]]), scaler.transform(FRAME[["height"]])
    )


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_classifier_predicts_the_same_and_trains_on_the_same(solver, dtype, tmp_path):
    X, y = load_iris(return_X_y=True)
    X, labels = X.astype(dtype), np.array(["setosa", "versicolor", "virginica"])[y]
    model = MLPClassifier((7, 5), activation=["tanh", rules.softplus], solver=solver, max_iter=20, random_state=3)
    pipeline = make_pipeline(StandardScaler(), model).fit(X, labels)
    loaded = through_file(pipeline, tmp_path)
    assert_identical(loaded, pipeline)
    assert_identical(loaded.predict_proba(X), pipeline.predict_proba(X))
    assert_identical(loaded.predict(X), pipeline.predict(X))
    assert loaded[-1].activation[1] is rules.softplus
    if solver == "adam":
        for one in (loaded[-1], pipeline[-1]):
            one.partial_fit(X, labels)
        assert_identical(loaded.predict_proba(X), pipeline.predict_proba(X))


def test_what_only_matters_while_fitting_comes_back_as_none(tmp_path):
    model = MLPClassifier((2,), callbacks=[lambda progress: False], max_iter=1)
    with pytest.warns(Warning, match="converge"):
        pipeline = Pipeline([("model", model)], memory=str(tmp_path / "cache")).fit(*load_iris(return_X_y=True))
    loaded = through_file(pipeline, tmp_path)
    assert (loaded.memory, loaded[-1].callbacks) == (None, None)
    assert pipeline.memory == str(tmp_path / "cache")
    assert model.callbacks


def test_a_random_state_continues(tmp_path):
    model = Shifted(by=np.random.RandomState(5))
    model.by.normal(size=3)
    loaded = through_file(model, tmp_path)
    assert_identical(loaded.by.normal(size=5), model.by.normal(size=5))


def test_another_version_of_scikit_learn_is_pointed_out(tmp_path, monkeypatch):
    monkeypatch.setattr(sklearn.base, "__version__", "1.0")
    path = save(StandardScaler().fit(NUMBERS), tmp_path / "old.model")
    monkeypatch.undo()
    with pytest.warns(InconsistentVersionWarning, match=r"StandardScaler from version 1\.0 when"):
        load(path)
    with pytest.raises(InconsistentVersionWarning):  # warnings are errors in these tests
        load(path)


def test_notes_are_kept_and_read_without_the_estimator(tmp_path, monkeypatch):
    notes = {"data": "Iris ü", "scores": [0.5, NAN], "seed": np.int64(3), 7: ("x", None), "$odd": {"deep": np.eye(2)}}
    path = save(StandardScaler(), tmp_path / "a.model", about=notes)
    monkeypatch.setattr("chainrule.estimators.object_tree.class_of", None)
    assert_identical(read_about(path), notes)
    assert read_about(save(StandardScaler(), path)) == {}


def test_equal_models_make_equal_files(tmp_path):
    one, other = (save(StandardScaler().fit(NUMBERS), tmp_path / name).read_bytes() for name in "ab")
    assert one == other


def test_numpy_opens_the_file_without_pickles(tmp_path):
    path = save(make_pipeline(StandardScaler()).fit(NUMBERS), tmp_path / "a.model")
    with np.load(path, allow_pickle=False) as content:
        manifest = json.loads(content["chainrule.json"].tobytes())
        np.testing.assert_array_equal(content["steps[0][1].mean_"], np.nanmean(NUMBERS, axis=0))
    assert (manifest["format"], manifest["version"]) == ("chainrule model", 1)
    assert manifest["estimator"]["$object"] == "sklearn.pipeline.Pipeline"


def test_importing_the_module_imports_neither_pandas_nor_torch_nor_scikit_learn():
    script = """
import sys, types, chainrule
package = types.ModuleType("chainrule.estimators")
package.__path__ = [chainrule.__path__[0] + "/estimators"]
sys.modules["chainrule.estimators"] = package  # its __init__ imports the estimators
import chainrule.estimators.persistence
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"pandas", "torch", "sklearn", "scipy", "numpy"}))
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert found.stdout.split() == ["numpy"]
