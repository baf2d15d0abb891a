"""Columns that determine the target."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from chainrule import MLPClassifier, SoftmaxRegression, SoftmaxRegressionCV, TabularClassifier
from chainrule.arrays import random_stream
from chainrule.estimators.target_copies import copies_of_target

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
        "finer": np.arange(60.0) % 6,
        "constant": np.ones(60),
        "lists": np.fromiter([[1]] * 60, dtype=object),
    }, {"code": CODES, "word": words, "same": Y.astype(object), "day": np.array([1, 2, 3] * 20, "datetime64[ms]")}


def test_copies_are_the_columns_with_one_value_for_each_class_in_every_row():
    others, copies = columns()
    assert copies_of_target(others | copies, Y) == list(copies)
    assert copies_of_target(others | copies, np.tile([1, 2, 0], 20)) == list(copies)
    assert copies_of_target({"number": np.arange(60.0)}, np.arange(60)) == []  # a class for each row


@pytest.mark.parametrize(
    ("counts", "found"),
    [((10, 9), False), ((10, 10), True), ((16, 4), False), ((15, 5), True), ((1,) * 18 + (2,), False)],
)
def test_there_are_none_where_chance_would_make_them(counts, found):
    # 1 / C(20, 4) = 2.1e-4 and 1 / C(20, 5) = 6.4e-5; of equal sizes 2 / C(20, 10) = 1.1e-5; 1 / C(20, 2) = 5.3e-3.
    y = np.repeat(np.arange(len(counts)), counts)
    assert copies_of_target({"y": y}, y) == (["y"] if found else [])


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
