"""Notes on columns that number the rows and on classes that may be misspelt, as warnings of a fit."""

import warnings

import numpy as np
import pandas as pd
import pytest

from chainrule import TabularClassifier
from chainrule.arrays import random_stream
from chainrule.estimators.sample_notes import odd_classes, sample_notes, step_of

Y = np.array(["no", "yes"] * 30)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.arange(60), 1),
        (np.arange(100.0, 220.0, 2.0), 2),
        (np.arange(60) / 2, 0),
        (np.arange(60) + 0.5, 0),
        (np.arange(60)[::-1], 0),
        (np.ones(60), 0),
        (np.where(np.arange(60) == 30, np.nan, np.arange(60.0)), 0),
        (np.where(np.arange(60) == 30, 29, np.arange(60)), 0),
        (np.full(60, np.inf), 0),
        (np.arange(19), 0),
        (np.arange(60).astype(str), 0),
    ],
)
def test_whole_numbers_that_rise_evenly_number_the_rows(values, step):
    assert step_of(values) == step


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["Yes", "yes", "no"] * 2, "'Yes' and 'yes' differ only by upper and lower case"),
        (["a", "a", "b", "c"], "'b', 'c' have a single row"),
        ([1, 1, 0], "0 has a single row"),
        (["a", "b"] * 2, ""),
        ([True, False] * 2, ""),
    ],
)
def test_odd_classes_are_named(labels, told):
    assert odd_classes(np.array(labels)) == odd_classes(np.array(labels, dtype=object)) == told


def test_a_column_has_one_note():
    y = np.repeat(["a", "b"], 30)
    notes = sample_notes({"id": np.arange(60)}, y, "y", "remove {}".format)
    assert notes == [
        "column 'id' determines y: each class has a range of its values of its own, in all 60 rows; if it is made from "
        "the target, remove id"
    ]


def test_a_fit_warns_at_the_line_of_its_caller():
    sizes = random_stream(0).normal(size=60)
    frame = pd.DataFrame({"size": sizes, "id": np.arange(1, 61)})
    model = TabularClassifier(max_iter=1, random_state=0)
    labels = Y.copy()
    labels[:2] = "YES"
    with pytest.warns(UserWarning, match="'id' numbers the rows: its values rise by 1 from row to row") as caught:
        model.fit(frame, labels)
    assert [str(each.message) for each in caught] == model.column_notes_
    assert {each.filename for each in caught} == {__file__}
    assert model.column_notes_[1] == "y may have misspelt classes: 'YES' and 'yes' differ only by upper and lower case"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(frame.sample(60, random_state=0), Y)
