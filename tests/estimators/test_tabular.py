"""TabularClassifier on tables as people have them: missing values, categories, rare classes, other columns."""

import datetime
import functools
import itertools
import re
import signal
import threading
import time

import numpy as np
import pandas
import polars
import pyarrow
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import SoftmaxRegression, TabularClassifier, column_importances, load, save
from chainrule.estimators.class_encoding import encoding_of


def people(rows=200, seed=0):
    """A table of columns of every kind, and labels that depend on some of them."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows).astype(float)
    income = np.exp(rng.normal(10, 1, rows))
    town = rng.choice(["Ulm", "Bonn", "Kiel"], rows).astype(object)
    member = rng.random(rows) < 0.5
    since = [datetime.date(2000, 1, 1) + datetime.timedelta(days=int(days)) for days in rng.integers(0, 9000, rows)]
    score = (age > 50) + (town == "Bonn") + 0.3 * rng.normal(size=rows)
    age[rng.random(rows) < 0.1] = np.nan
    town[rng.random(rows) < 0.1] = None
    frame = pandas.DataFrame(
        {
            "age": age,
            "income": income,
            "town": town,
            "member": member,
            "since": pandas.to_datetime(since),
            "name": [f"person {number}" for number in range(rows)],
            "constant": 1,
            "copy": age,
        }
    )
    return frame, np.where(score > 0.5, "yes", "no")


@pytest.fixture(scope="module")
def fitted():
    frame, y = people()
    return TabularClassifier(random_state=0).fit(frame, y)


def test_columns_of_every_kind_are_used_or_reported(fitted):
    new, y = people(seed=1)
    assert fitted.score(new, y) > 0.8
    summary = fitted.summary()
    assert "age: numbers, scaled by median" in summary
    assert "missing values flagged" in summary
    assert "town: 4 categories" in summary
    assert "constant: constant" in summary
    assert "name: left out: text with 200 distinct values in 200 rows" in summary
    assert "networks on piecewise linear features: 64-64 relu" in summary


def test_columns_may_come_in_any_order_and_from_any_library(fitted):
    new, _ = people(seed=1)
    known = fitted.predict_proba(new)
    shuffled = new[list(new.columns)[::-1]].assign(other=1.0)
    np.testing.assert_array_equal(fitted.predict_proba(shuffled), known)
    for frame in (polars.from_pandas(new), pyarrow.Table.from_pandas(new)):
        np.testing.assert_array_equal(fitted.predict_proba(frame), known)


def test_a_missing_column_is_named(fitted):
    new, _ = people(seed=1)
    with pytest.raises(ValueError, match="the table lacks the columns 'age', 'town'"):
        fitted.predict(new.drop(columns=["age", "town"]))
    fitted.predict(new.drop(columns=["name"]))  # it was left out


def test_unseen_categories_and_missing_values_are_predicted(fitted):
    new, _ = people(20, seed=1)
    new["town"] = "Rome"
    new["age"] = np.nan
    with pytest.warns(UserWarning, match="column 'town': all 20 cells hold categories that were not seen") as caught:
        assert np.isfinite(fitted.predict_log_proba(new)).all()
    assert [each.filename for each in caught] == [__file__]


def test_explanations_name_cells_once(fitted):
    new, y = people(60, seed=1)
    new.loc[[3, 5], "town"] = "Rome"
    calls = (fitted.importances, fitted.gradient_importances, functools.partial(column_importances, fitted))
    for explain in calls:
        with pytest.warns(UserWarning, match=r"'Rome' \(2 cells, the first in row 4\)") as caught:
            explain(new, y)
        assert len(caught) == 1


def test_a_fit_names_cells_once():
    frame, y = people(60)
    frame["income"] = frame["income"].astype(object)
    frame.loc[2, "income"] = "much"
    with pytest.warns(UserWarning, match=r"'much' \(row 3\)") as caught:
        TabularClassifier(random_state=0, max_iter=1).fit(frame, y)
    assert [str(each.message).partition(":")[0] for each in caught] == [
        "column 'income'",
        "column 'name' is left out",
    ]
    with pytest.raises(ValueError, match="expected at least one row, got a table of 0 rows and 8 columns"):
        TabularClassifier().fit(frame[:0], y[:0])


def test_probabilities_and_their_logarithms_agree(fitted):
    new, _ = people(seed=1)
    p = fitted.predict_proba(new)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(new)), p, rtol=1e-5)
    np.testing.assert_array_equal(fitted.predict(new), fitted.classes_[p.argmax(axis=1)])
    np.testing.assert_array_equal(fitted.decision_function(new) > 0, fitted.predict(new) == "yes")


def test_probabilities_are_the_weighted_mean_of_those_of_all_models():
    x, y = load_wine(return_X_y=True)
    model = TabularClassifier(random_state=0, max_iter=5).fit(x, y)
    features = model.encoder_.transform({f"x{column}": values for column, values in enumerate(x.T)}).astype(float)
    views = features, model.piecewise_.transform(features)
    softmax = encoding_of(np.arange(3)).probabilities
    mean = model.linear_weight_ * softmax(features @ model.linear_coef_.T + model.linear_intercept_)
    for group in model.groups_:
        for theta in group.parameters.astype(float):
            hidden, start = views[group.settings.piecewise], 0
            widths = [hidden.shape[1], *group.settings.hidden, 3]
            weights = []
            for size, width in itertools.pairwise(widths):
                weights.append(theta[start : start + size * width].reshape(size, width))
                start += size * width
            for number, weight in enumerate(weights):
                hidden = hidden @ weight + theta[start : start + weight.shape[1]]
                start += weight.shape[1]
                hidden = hidden if number == len(weights) - 1 else np.maximum(hidden, 0)
            mean += group.weight / len(group.parameters) * softmax(hidden)
    np.testing.assert_allclose(sum(group.weight for group in model.groups_) + model.linear_weight_, 1, rtol=1e-12)
    # Float32 networks against float64: logits of size 10 with some hundred roundings each.
    np.testing.assert_allclose(model.predict_proba(x), mean, rtol=1e-3, atol=1e-5)


def test_the_log_loss_of_rows_held_out_foretells_that_of_new_rows():
    x, y = load_breast_cancer(return_X_y=True)
    fit, new, y_fit, y_new = train_test_split(x, y, test_size=0.4, random_state=0, stratify=y)
    model = TabularClassifier(random_state=0).fit(fit, y_fit)
    found = log_loss(y_new, model.predict_proba(new))
    # The mean of 228 losses with a standard deviation of about 0.3 has a standard error of 0.02.
    assert abs(found - model.log_loss_) < 0.06


def test_the_mixture_is_no_worse_than_its_parts_on_average():
    # The weights have a greater likelihood than equal ones, and the logarithm is concave.
    x, y = load_wine(return_X_y=True)
    model = TabularClassifier(linear=False, max_iter=10, random_state=0).fit(x, y)
    assert model.log_loss_ <= np.mean([group.log_loss for group in model.groups_]) + 1e-6


@pytest.mark.parametrize("read", [load_iris, load_wine])
def test_on_small_tables_no_worse_than_softmax_regression(read):
    x, y = read(return_X_y=True)
    linear = make_pipeline(StandardScaler(), SoftmaxRegression())
    losses = {
        name: -np.log(cross_val_predict(model, x, y, cv=5, method="predict_proba")[np.arange(len(y)), y])
        for name, model in (("ours", TabularClassifier(random_state=0)), ("linear", linear))
    }
    difference = losses["ours"] - losses["linear"]
    assert difference.mean() <= difference.std() / np.sqrt(len(y))


def test_a_class_of_one_row_in_a_thousand():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(1000, 3)), rng.integers(0, 2, 1000)
    x[:, 0] += 4 * y
    y[17], x[17] = 2, [0.0, 50.0, 0.0]
    model = TabularClassifier(random_state=0).fit(x, y)
    p = model.predict_proba(x)
    assert p.shape == (1000, 3)
    assert p[17, 2] == p[:, 2].max()
    assert np.isfinite(model.predict_log_proba(x)).all()


def test_weights_of_zero_are_rows_left_out():
    x, y = load_wine(return_X_y=True)
    weights = np.arange(len(y)) % 5 != 0
    settings = {"random_state": 0, "max_iter": 5}
    weighted = TabularClassifier(**settings).fit(x, y, sample_weight=weights.astype(float))
    without = TabularClassifier(**settings)
    without.fit(x[weights], y[weights], sample_weight=np.ones(weights.sum()))
    # The encoder sees all rows, so that only features of the same scale would be equal.
    assert len(weighted.groups_) == len(without.groups_)
    scaled = TabularClassifier(**settings).fit(x, y, sample_weight=3.0 * weights)
    np.testing.assert_allclose(scaled.predict_proba(x).sum(axis=1), 1, rtol=1e-6)


def test_balanced_classes_find_more_of_a_rare_one():
    rng = np.random.default_rng(0)
    y = (rng.random(600) < 0.08).astype(int)
    x = rng.normal(size=(600, 4)) + 1.0 * y[:, None]
    plain, balanced = (
        TabularClassifier(class_weight=weights, random_state=0, max_iter=20).fit(x, y) for weights in (None, "balanced")
    )
    assert balanced.predict(x).sum() > 1.5 * plain.predict(x).sum()


def test_fits_repeat_bit_for_bit_and_survive_saving(tmp_path):
    frame, y = people(80)
    one, other = (TabularClassifier(random_state=3, max_iter=4).fit(frame, y) for _ in range(2))
    p = one.predict_proba(frame)
    np.testing.assert_array_equal(p, other.predict_proba(frame))
    again = load(save(one, tmp_path / "model.chainrule"))
    np.testing.assert_array_equal(again.predict_proba(frame), p)
    assert again.summary() == one.summary()


def test_pieces_can_be_left_out():
    x, y = load_iris(return_X_y=True)
    without_bins = TabularClassifier(bins=0, max_iter=3, random_state=0).fit(x, y)
    assert [group.settings.piecewise for group in without_bins.groups_] == [False]
    without_linear = TabularClassifier(linear=False, max_iter=3, random_state=0).fit(x, y)
    assert without_linear.linear_weight_ == 0
    assert without_linear.score(x, y) > 0.5
    flat = TabularClassifier(hidden_layer_sizes=(), max_iter=3, random_state=0).fit(x, y)
    assert flat.predict_proba(x).shape == (150, 3)


def test_text_is_used_where_asked_for():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 120)
    text = np.array([f"{'fine' if label else 'poor'} thing {n}" for n, label in enumerate(y)], dtype=object)
    model = TabularClassifier(text=["text"], max_iter=10, random_state=0).fit({"text": text[:80]}, y[:80])
    assert model.score({"text": text[80:]}, y[80:]) > 0.9


def test_wide_tables_have_fewer_bins_or_none():
    x, y = load_digits(return_X_y=True)
    model = TabularClassifier(max_iter=1, random_state=0).fit(x[:300], y[:300])
    assert 0 < len(model.piecewise_.columns_) <= 256
    wide = np.hstack([x[:100], x[100:200], x[200:300]])
    assert TabularClassifier(max_iter=1, random_state=0).fit(wide, y[:100]).piecewise_ is None


def test_a_search_weights_what_it_tried():
    x, y = load_wine(return_X_y=True)
    model = TabularClassifier(search=4, max_iter=8, random_state=0).fit(x, y)
    assert len(model.search_results_) == 6
    assert {tuple(found["hidden"]) for found in model.search_results_[:2]} == {(64, 64)}
    weights = [found["weight"] for found in model.search_results_]
    np.testing.assert_allclose(sum(weights) + model.linear_weight_, 1, rtol=1e-12)
    assert len(model.groups_) == sum(weight > 0 for weight in weights)
    gains = [found["gain"] for found in model.search_results_]
    assert gains[:2] == ["", ""]
    for gain, weight in zip(gains[2:], weights[2:], strict=True):
        mean, error = map(float, re.fullmatch(r"log-loss falls by (\S+), standard error (\S+)", gain).groups())
        assert mean > error or weight == 0
    assert model.score(x, y) > 0.95


def test_a_time_limit_ends_the_fit():
    x, y = load_digits(return_X_y=True)
    began = time.monotonic()
    model = TabularClassifier(time_limit=0.5, max_iter=100_000, search=2, random_state=0).fit(x, y)
    # An epoch takes milliseconds; the rest is softmax regression and the start.
    assert time.monotonic() - began < 30
    assert model.n_iter_ < 100_000
    assert model.score(x, y) > 0.5


def test_progress_is_told(capsys):
    x, y = load_iris(return_X_y=True)
    TabularClassifier(verbose=True, max_iter=2, folds=3, random_state=0).fit(x, y)
    told = capsys.readouterr()
    assert "Network 6 of 6: 2 epochs, log-loss = " in told.out + told.err


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"folds": 1}, "folds: expected a whole number of at least 2, got 1"),
        ({"max_iter": 0}, "max_iter: expected a whole number of at least 1, got 0"),
        ({"time_limit": 0}, "time_limit: expected a number above 0, got 0"),
        ({"alpha": -1}, "alpha: expected a number of at least 0, got -1"),
        ({"search": -1}, "search: expected a whole number of at least 0, got -1"),
        ({"bins": 1.5}, "bins: expected a whole number of at least 0, got 1.5"),
        ({"class_weight": "even"}, "class_weight: expected a dict, 'balanced' or None, got 'even'"),
    ],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(ValueError, match=message):
        TabularClassifier(**parameters).fit(np.eye(4), [0, 1, 0, 1])


def test_bad_tables_and_labels():
    with pytest.raises(ValueError, match="no column can be used as a feature"):
        TabularClassifier().fit({"id": np.array([f"row {number}" for number in range(50)], dtype=object)}, [0, 1] * 25)
    with pytest.raises(ValueError, match="expected at least two classes, got one class"):
        TabularClassifier().fit(np.eye(4), [1, 1, 1, 1])
    with pytest.raises(ValueError, match="requires y to be passed"):
        TabularClassifier().fit({"a": [1.0, 2.0]}, None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        TabularClassifier().fit({"a": [1.0, 2.0]}, [0, 1, 1])
    with pytest.raises(NotFittedError):
        TabularClassifier().predict(np.eye(3))


def test_a_fit_that_fails_leaves_the_model_as_it_was(fitted):
    frame, _ = people(50)
    before = dict(vars(fitted))
    with pytest.raises(ValueError, match="at least two classes"):
        fitted.fit(frame, np.zeros(50))
    assert vars(fitted) == before


def test_ctrl_c_keeps_the_best_weights_so_far():
    x, y = load_digits(return_X_y=True)
    timer = threading.Timer(2.0, signal.raise_signal, [signal.SIGINT])
    timer.start()
    try:
        with pytest.warns(UserWarning, match="Training interrupted by user after"):
            model = TabularClassifier(max_iter=1_000_000, random_state=0, linear=False, bins=0).fit(x, y)
    finally:
        timer.cancel()
    assert model.interrupted_
    assert model.n_iter_ < 1_000_000
    assert model.score(x, y) > 0.9


def test_it_works_where_scikit_learn_puts_classifiers():
    frame, y = people(120)
    model = TabularClassifier(max_iter=5, random_state=0)
    assert cross_val_score(model, frame, y, cv=3).shape == (3,)
    calibrated = CalibratedClassifierCV(model, cv=2).fit(frame, y)
    assert calibrated.predict_proba(frame).shape == (120, 2)
    assert clone(model).get_params() == model.get_params()
