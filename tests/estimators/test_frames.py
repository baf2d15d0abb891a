"""Columns of tables: frames of pandas, polars and Arrow, mappings and matrices give the same columns."""

import datetime

import numpy as np
import pandas
import polars
import pyarrow
import pytest
import scipy.sparse as sp
from sklearn import config_context
from sklearn.base import clone

from chainrule import MLPClassifier, SoftmaxRegression, TabularClassifier
from chainrule.estimators import PiecewiseLinearEncoder, SmoothScaler, TableEncoder
from chainrule.estimators.frames import as_columns, is_frame, lacking

COLUMNS = {
    "whole": [1, 2, 3, None, 5],
    "float": [0.5, None, -1e300, 2.0, float("inf")],
    "word": ["a", None, "b", "a", "12"],
    "flag": [True, False, True, True, False],
    "flag with gaps": [True, None, False, True, None],
    "day": [datetime.date(2020, 1, 1), None, datetime.date(1969, 12, 31), datetime.date(2021, 6, 5), None],
    "instant": [datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.UTC), None, None, None, None],
    "span": [datetime.timedelta(days=1, hours=6), None, datetime.timedelta(0), None, None],
}
EXPECTED = {
    "whole": np.array([1.0, 2, 3, np.nan, 5]),
    "float": np.array([0.5, np.nan, -1e300, 2.0, np.inf]),
    "word": np.array(["a", None, "b", "a", "12"], dtype=object),
    "flag": np.array([True, False, True, True, False]),
    "flag with gaps": np.array([True, None, False, True, None], dtype=object),
    "day": np.array(["2020-01-01", "NaT", "1969-12-31", "2021-06-05", "NaT"], dtype="M8[ms]"),
    "instant": np.array(["2020-01-01T12", "NaT", "NaT", "NaT", "NaT"], dtype="M8[ms]"),
    "span": np.array([30 * 3_600_000, "NaT", 0, "NaT", "NaT"], dtype="m8[ms]"),
}
MAKERS = {"polars": polars.DataFrame, "arrow": pyarrow.table}


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_other_libraries_have_the_values(maker, name):
    found = as_columns(MAKERS[maker]({name: COLUMNS[name]}))[name]
    assert found.dtype == EXPECTED[name].dtype
    np.testing.assert_array_equal(found, EXPECTED[name])


def test_categories_of_polars_are_words():
    frame = polars.DataFrame({"c": polars.Series(["u", "v", None, "u"], dtype=polars.Categorical)})
    assert as_columns(frame)["c"].tolist() == ["u", "v", None, "u"]


@pytest.mark.filterwarnings("ignore:column .* as missing:UserWarning")
@pytest.mark.parametrize("maker", MAKERS)
def test_features_are_those_of_pandas(maker):
    names = ["whole", "word", "flag", "float"]
    columns = {name: COLUMNS[name] for name in names}
    encoder = TableEncoder().fit(pandas.DataFrame(columns))
    features = encoder.transform(pandas.DataFrame(columns))
    np.testing.assert_array_equal(encoder.transform(MAKERS[maker](columns)), features)


def test_matrices_have_numbered_columns_or_the_given_names():
    matrix = np.array([[1.0, "a"], [2.0, None]], dtype=object)
    assert {name: column.tolist() for name, column in as_columns(matrix).items()} == {
        "x0": [1.0, 2.0],
        "x1": ["a", None],
    }
    assert list(as_columns([[1, 2], [3, 4]], ["p", "q"])) == ["p", "q"]


@pytest.mark.parametrize("make", [sp.csr_matrix, sp.coo_array, sp.dok_matrix])
def test_sparse_matrices_are_refused(make):
    with pytest.raises(TypeError, match="expected a dense table, got a sparse matrix"):
        as_columns(make(np.eye(2)))


def test_lazy_frames_are_refused():
    with pytest.raises(TypeError, match=r"expected a frame in memory, got a lazy one; its method collect\(\) reads it"):
        as_columns(polars.DataFrame({"a": [1]}).lazy())


def test_what_a_table_lacks_is_named_with_names_that_are_near():
    assert lacking(["a", "b"], ["b", "a", "c"]) == ""
    assert lacking(["Age"], ["town", "age"]) == "lacks the column 'Age'; did you mean 'age'? it has 'town', 'age'"
    assert lacking(["age", "x"], ["town"]) == "lacks the columns 'age', 'x'; it has 'town'"
    assert lacking(["age", "ages"], ["age"]) == "lacks the column 'ages'; it has 'age'", "age is in its place"
    assert lacking([f"x{n}" for n in range(12)], ["y"]).endswith("'x9' and 2 more; it has 'y'")


def test_a_row_of_single_values_is_told_what_to_give():
    row = pandas.DataFrame({"age": [4.0], "kind": ["a"]}).iloc[0].to_dict()
    with pytest.raises(ValueError, match=r"array for the column 'age', got the single value 4\.0; one row is a frame"):
        as_columns(row)
    assert as_columns({"age": [4.0]})["age"].tolist() == [4.0]


def test_several_columns_of_one_name_are_named():
    frame = pandas.DataFrame([[1.0, 2.0, 3.0]] * 4, columns=["a", "b", "a"])
    for call in (as_columns, TableEncoder().fit, lambda table: TabularClassifier().fit(table, ["x", "y"] * 2)):
        with pytest.raises(ValueError, match="X: expected a different name for each column, got several columns 'a'"):
            call(frame)


def test_what_is_a_frame():
    assert all(map(is_frame, (pandas.DataFrame(), polars.DataFrame(), pyarrow.table({}))))
    assert not any(map(is_frame, ({}, np.eye(2), [[1]], None)))


@pytest.mark.parametrize("encoder", [SmoothScaler(), PiecewiseLinearEncoder(2), TableEncoder()], ids=str)
@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_encoders_put_out_frames_with_the_names_of_features(encoder, output):
    X = pandas.DataFrame({"a": np.arange(6.0), "b": [0.0, 3.0, 1.0, 7.0, 2.0, 9.0]})
    plain = clone(encoder).fit(X).transform(X)
    for given in (X, polars.from_pandas(X), pyarrow.table(X)):
        framed = clone(encoder).set_output(transform=output).fit(given)
        found = framed.transform(given)
        assert type(found).__module__.startswith(output)
        assert list(found.columns) == list(framed.get_feature_names_out())
        assert list(found.columns)[:2] == ["a", "b"]
        np.testing.assert_array_equal(found.to_numpy(), plain)
    assert clone(encoder).fit(X.to_numpy()).get_feature_names_out().tolist()[:2] == ["x0", "x1"]


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_classifiers_of_tables_fit_alike_where_all_transformers_put_out_frames(output):
    rng = np.random.default_rng(0)
    X = pandas.DataFrame({"a": rng.normal(size=80), "b": rng.choice(["x", "y"], 80)})
    model = TabularClassifier(folds=2, max_iter=2, random_state=0)
    expected = clone(model).fit(X, X["a"] > 0).predict_proba(X)
    with config_context(transform_output=output):
        np.testing.assert_array_equal(clone(model).fit(X, X["a"] > 0).predict_proba(X), expected)


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
@pytest.mark.parametrize(
    "model",
    [
        SoftmaxRegression(),
        MLPClassifier((4,), learning_rate="cosine", max_iter=3, random_state=0),
        TabularClassifier(folds=2, max_iter=2, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_frames_labels_and_weights_of_every_library_fit_as_arrays_do(model, kind):
    rng = np.random.default_rng(0)
    X, weights = rng.normal(size=(60, 3)), rng.integers(1, 3, 60).astype(float)
    labels = np.array(["low", "high"])[(X[:, 0] > 0).astype(int)]
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    given = {
        "pandas": (frame, pandas.Series(labels), pandas.Series(weights)),
        "polars": (polars.from_pandas(frame), polars.Series(labels), polars.Series(weights)),
        "pyarrow": (pyarrow.table(frame), pyarrow.array(labels.tolist()), pyarrow.array(weights)),
    }[kind]
    fitted = clone(model).fit(*given)
    assert fitted.feature_names_in_.tolist() == ["a", "b", "c"]
    expected = clone(model).fit(X, labels, weights)
    np.testing.assert_allclose(fitted.predict_proba(given[0]), expected.predict_proba(X), rtol=0, atol=1e-6)
    assert fitted.predict(given[0]).tolist() == expected.predict(X).tolist()
