"""One prediction: effects are differences of log-odds, for all kinds of tables, and wrong tables are errors."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_matrix
from sklearn.pipeline import make_pipeline

from chainrule import MLPClassifier, SoftmaxRegression, TabularClassifier, explain_prediction, load, save
from chainrule.estimators import TableEncoder

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 3))
THREE = (X @ [[2.0, 0, 0], [0, 2, 0], [0, 0, 0]] + RNG.gumbel(size=(90, 3))).argmax(axis=1)
FRAME = pd.DataFrame(
    {
        "kind": pd.Categorical(RNG.choice(["a", "b", "c"], 90)),
        "size": X[:, 0],
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 90, 90), unit="D"),
        "key": [f"key {row}" for row in range(90)],
    },
    index=[f"row {row}" for row in range(90)],
)
FRAME.loc["row 3", "size"] = np.nan
LABELS = np.where((FRAME["kind"] == "a") ^ (X[:, 0] > 1), "yes", "no")


@pytest.fixture(scope="module")
def model():
    return TabularClassifier(max_iter=5, random_state=0).fit(FRAME, LABELS)


def test_effects_of_a_linear_model_are_its_coefficients_times_the_distance_from_the_mean():
    y = (THREE == 0).astype(int)
    model = SoftmaxRegression().fit(X, y)
    for row in (0, 5, 11):
        found = explain_prediction(model, X[row : row + 1], X[20:])
        sign = 1 if found.label == 1 else -1
        np.testing.assert_allclose(found.effects, sign * model.coef_[0] * (X[row] - X[20:].mean(axis=0)), rtol=1e-9)
        assert found.columns == ("x0", "x1", "x2")
        assert found.values == tuple(X[row])
        np.testing.assert_allclose(found.probability, model.predict_proba(X[row : row + 1]).max(), rtol=1e-12)


def test_effects_of_more_classes_are_differences_of_log_odds_of_the_predicted_one():
    model = MLPClassifier((5,), max_iter=20, tol=0.0, random_state=0, solver="lbfgs").fit(X, THREE)
    found = explain_prediction(model, X[:1], X[30:40])
    p = model.predict_proba(X[:1])[0, found.label]
    replaced = np.repeat(X[:1], 10, axis=0)
    replaced[:, 1] = X[30:40, 1]
    q = model.predict_proba(replaced)[:, found.label]
    np.testing.assert_allclose(found.effects[1], np.log(p / (1 - p)) - np.log(q / (1 - q)).mean(), rtol=1e-6)


def test_frames_and_mappings_give_the_same_and_only_columns_that_are_read(model):
    expected = explain_prediction(model, FRAME.iloc[[7]], FRAME.iloc[10:40])
    assert set(expected.columns) == {"kind", "size", "day"}
    tables = (
        pl.from_pandas(FRAME),
        FRAME.drop(columns="key")[["day", "size", "kind"]],
        {name: FRAME[name].to_numpy() for name in FRAME},
    )
    for table in tables:
        by_name = isinstance(table, dict)
        row = {name: values[7:8] for name, values in table.items()} if by_name else table[7:8]
        others = {name: values[10:40] for name, values in table.items()} if by_name else table[10:40]
        found = explain_prediction(model, row, others)
        assert found.columns == expected.columns
        np.testing.assert_array_equal(found.effects, expected.effects)


def test_pipelines_that_are_saved_and_loaded_are_explained(tmp_path):
    pipeline = make_pipeline(TableEncoder(), SoftmaxRegression()).fit(FRAME, LABELS)
    loaded = load(save(pipeline, tmp_path / "model"))
    found = explain_prediction(loaded, FRAME.iloc[[7]], FRAME)
    np.testing.assert_array_equal(found.effects, explain_prediction(pipeline, FRAME.iloc[[7]], FRAME).effects)
    assert found.columns == ("size", "day", "kind")


def test_a_category_that_is_new_is_named_once_and_not_in_copies_of_the_row(model):
    row = FRAME.iloc[[7]].assign(kind="new")
    with pytest.warns(UserWarning, match="column 'kind': 1 cell holds a category that was not seen") as caught:
        explain_prediction(model, row, FRAME)
    assert [each.filename for each in caught] == [__file__]


def test_the_largest_effect_stands_first(model):
    found = explain_prediction(model, FRAME.iloc[[3]], FRAME)
    title, heading, *lines = repr(found).splitlines()
    assert title == f"predicted {found.label!r} with probability {found.probability:.4f}"
    assert heading.split() == ["column", "value", "effect"]
    sizes = [abs(float(line.split()[-1])) for line in lines]
    assert sizes == sorted(sizes, reverse=True)
    assert any(line.split()[:2] == ["size", "nan"] for line in lines)
    assert f"<th>kind = {FRAME['kind'].iloc[3]}</th>" in found._repr_html_()


def test_a_row_like_its_background_has_no_effects(model):
    found = explain_prediction(model, FRAME.iloc[[3]], FRAME.iloc[[3, 3]])
    np.testing.assert_allclose(found.effects, 0.0, atol=1e-5)  # float32 networks round batches of other sizes otherwise


@pytest.mark.parametrize(
    ("row", "background", "error", "message"),
    [
        (
            FRAME.iloc[:2],
            FRAME,
            ValueError,
            r"row: expected one row, such as frame.iloc\[\[7\]\] or X\[7:8\], got 2 rows",
        ),
        (FRAME.iloc[3], FRAME, ValueError, r"row: expected a table of rows, such as .*, got the shape \(4,\)"),
        (FRAME.iloc[[3]], FRAME[:0], ValueError, "background: expected at least one row, got none"),
        (
            FRAME.iloc[[3]].drop(columns="size"),
            FRAME,
            ValueError,
            "row: lacks the column 'size'; it has 'kind', 'day', 'key'",
        ),
        (FRAME.iloc[[3]], FRAME[["size"]], ValueError, "background: lacks the columns 'day', 'kind'"),
        (FRAME.iloc[[3]], X, TypeError, "background: expected a data frame, as row is one, got a matrix"),
        ({"size": [1.0], "day": [1, 2]}, FRAME, TypeError, "background: expected a mapping"),
        (csr_matrix(X[:1]), X, TypeError, "row: expected a dense table, got a sparse matrix"),
    ],
)
def test_wrong_tables_are_errors_that_say_what_to_give(model, row, background, error, message):
    with pytest.raises(error, match=message):
        explain_prediction(model, row, background)


def test_columns_of_unequal_lengths_and_several_labels_per_row_are_errors(model):
    row = {"kind": ["a"], "size": [1.0, 2.0], "day": FRAME["day"].to_numpy()[:1]}
    with pytest.raises(ValueError, match=r"row: expected columns of one length, got the lengths \[1, 2\]"):
        explain_prediction(model, row, {name: FRAME[name].to_numpy() for name in FRAME})
    both = MLPClassifier((4,), max_iter=5, tol=0.0, solver="lbfgs").fit(X, np.stack([THREE > 0, THREE > 1], axis=1) * 1)
    with pytest.raises(ValueError, match="model: expected one class per row, got a model of several labels per row"):
        explain_prediction(both, X[:1], X)
