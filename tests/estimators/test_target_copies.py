"""Columns that determine the target."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from chainrule import MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, TabularClassifier
from chainrule.arrays import random_stream
from chainrule.estimators.target_copies import determining

Y = np.array(["cat", "dog", "emu"] * 20)
CODES = np.array([7.0, np.nan, 3.0] * 20)  # missing for one class


def columns():
    stream = random_stream(4)
    words = np.array([None, "b", "c"] * 20, dtype=object)
    return {
        "size": stream.normal(size=60),
        "three": stream.integers(0, 3, 60).astype(float),
        "all but one": np.where(np.arange(60) == 59, 7.0, CODES),
        "two": (Y == "cat").astype(float),
        "finer in all but one": np.where(np.arange(60) == 59, 0.0, np.arange(60.0) % 6),
        "a value for each row": np.arange(60.0)[::-1],
        "three rows for each value": np.arange(60.0) // 9 * 3 + np.arange(60) % 3,
        "constant": np.ones(60),
        "lists": np.fromiter([[1]] * 60, dtype=object),
    }, {"code": CODES, "word": words, "same": Y.astype(object), "day": np.array([1, 2, 3] * 20, "datetime64[ms]")}


def told(table, y):
    return list(determining(table, y, "y"))


def test_copies_are_the_columns_with_one_value_for_each_class_in_every_row():
    others, copies = columns()
    assert told(others | copies, Y) == list(copies)
    assert told(others | copies, np.tile([1, 2, 0], 20)) == list(copies)
    assert told({"number": np.arange(60.0)}, np.arange(60)) == []  # a class for each row


def test_values_that_share_a_class_determine_it_too():
    """The boats of a ship wreck: those in one of them survived."""
    stream = random_stream(1)
    saved = stream.random(400) < 0.4
    boats = np.where(saved, stream.choice(["1", "2", "3"], 400), None)
    assert determining({"boat": boats}, saved, "y") == {
        "boat": "column 'boat' determines y: each of its 4 values has one class, in all 400 rows"
    }
    boats[np.flatnonzero(saved)[0]] = None
    assert told({"boat": boats}, saved) == []
    assert told({"finer": np.arange(60.0) % 6}, Y) == ["finer"]


@pytest.mark.parametrize(("rows", "found"), [(4, False), (5, True)])
def test_values_need_five_rows_each(rows, found):
    values = np.repeat([4.0, 1.0, 3.0, 2.0, 8.0, 7.0, 6.0, 5.0], rows)
    assert told({"code": values}, values % 2) == (["code"] if found else [])


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (np.arange(40.0), True),
        (np.arange(40)[::-1], True),
        (np.arange(40).astype("datetime64[D]"), True),
        (np.where(np.arange(40) < 20, np.nan, np.arange(40.0)), True),
        (np.where(np.arange(40) < 21, np.nan, np.arange(40.0)), False),
        (np.where(np.arange(40) == 20, 19.0, np.arange(40.0)), False),
        (np.where(np.arange(40) == 39, 10.5, np.arange(40.0)), False),
        (np.array([f"{number:02}" for number in range(40)]), False),
    ],
)
def test_numbers_that_a_threshold_divides_into_the_classes_determine_them(column, found):
    y = np.repeat(["a", "b"], 20)
    order = random_stream(2).permutation(40)
    assert told({"id": column}, y) == told({"id": column[order]}, y[order]) == (["id"] if found else [])


def test_ranges_of_three_classes():
    y = np.repeat([2, 0, 1], 20)
    assert determining({"id": np.arange(60.0)}, y, "y") == {
        "id": "column 'id' determines y: each class has a range of its values of its own, in all 60 rows"
    }
    assert told({"id": np.arange(60.0)}, np.repeat([2, 0, 1, 2], 15)) == []


def test_usual_tables_have_no_such_column():
    for load in (load_iris, load_wine, load_breast_cancer, load_digits):
        X, y = load(return_X_y=True)
        assert told(dict(enumerate(X.T)), y) == []


def test_shuffled_columns_have_none():
    stream = random_stream(3)
    y = np.repeat([0, 1], [15, 5])
    values = [np.repeat(np.arange(4), 5), np.repeat([0, 1], [15, 5]), np.arange(20), np.repeat(np.arange(2), 10)]
    assert not any(told({"v": stream.permutation(column)}, y) for column in values for _ in range(500))


@pytest.mark.parametrize(
    ("counts", "found"),
    [((10, 9), False), ((10, 10), True), ((16, 4), False), ((15, 5), True), ((1,) * 18 + (2,), False)],
)
def test_there_are_none_where_chance_would_make_them(counts, found):
    # 1 / C(20, 4) = 2.1e-4 and 1 / C(20, 5) = 6.4e-5; of equal sizes 2 / C(20, 10) = 1.1e-5; 1 / C(20, 2) = 5.3e-3.
    y = np.repeat(np.arange(len(counts)), counts)
    assert told({"y": y}, y) == (["y"] if found else [])


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame, dict])
def test_tables_warn_with_the_name_of_the_column(frame):
    model = TabularClassifier(max_iter=2, random_state=0)
    others, _ = columns()
    table = {name: others[name] for name in ("size", "three")}
    with pytest.warns(UserWarning, match="column 'code' determines y: .* in all 60 rows") as caught:
        model.fit(frame(table | {"code": CODES}), Y)
    assert [warning.filename for warning in caught if "'code'" in str(warning.message)] == [__file__]
    assert [note.partition(":")[0] for note in model.column_notes_] == ["column 'code' determines y"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(frame(table), Y)
    assert model.column_notes_ == []


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    "model", [SoftmaxRegression(), SoftmaxRegressionCV(Cs=2, cv=2), MLPClassifier((4,), max_iter=2, random_state=0)]
)
def test_the_other_classifiers_warn_once_of_frames_and_never_of_arrays(model):
    frame = pd.DataFrame({"size": columns()[0]["size"], "code": np.nan_to_num(CODES)})
    with pytest.warns(UserWarning, match="column 'code' determines y") as caught:
        model.fit(frame, pd.Series(Y))
    assert sum("'code'" in str(warning.message) for warning in caught) == 1
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*determines y")
        model.fit(frame.to_numpy(), Y)
