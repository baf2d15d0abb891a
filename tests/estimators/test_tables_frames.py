"""Data frames of every kind of column give the features of the arrays they stand for."""

import numpy as np
import pandas
import pytest

from chainrule.estimators import TableEncoder

NUMBERS = [1.0, None, 3.0, 9.0, -2.0]
WORDS = ["a", None, "b", "a", "b"]
FLAGS = [True, None, False, True, False]


def features_of(frame, new=None):
    encoder = TableEncoder().fit(frame)
    features = encoder.transform(frame if new is None else new)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    return features


def as_array(values):
    if values is NUMBERS:
        return np.array([np.nan if value is None else value for value in values])
    return np.array(values, dtype=object)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (NUMBERS, "float64"),
        (NUMBERS, "float32"),
        (NUMBERS, "Float64"),
        (NUMBERS, "Int64"),
        (NUMBERS, "object"),
        (WORDS, "object"),
        (WORDS, None),
        (WORDS, "string"),
        (WORDS, "category"),
        (FLAGS, "object"),
        (FLAGS, "boolean"),
        (FLAGS, "category"),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value),
)
def test_a_column_gives_what_its_array_gives(values, dtype):
    frame = pandas.DataFrame({"c": pandas.Series(values, dtype=dtype)})
    assert (features_of(frame) == features_of({"c": as_array(values)})).all()


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (NUMBERS, "double[pyarrow]"),
        (NUMBERS, "int64[pyarrow]"),
        (WORDS, "string[pyarrow]"),
        (FLAGS, "bool[pyarrow]"),
    ],
)
def test_columns_of_pyarrow_give_what_their_arrays_give(values, dtype):
    frame = pandas.DataFrame({"c": pandas.array(values, dtype=dtype)})
    assert (features_of(frame) == features_of({"c": as_array(values)})).all()


def test_whole_columns_without_gaps_are_numbers_and_flags():
    frame = pandas.DataFrame({"n": np.arange(5, dtype=np.int16), "flag": [True, False, True, True, False]})
    encoder = TableEncoder().fit(frame)
    assert (encoder.numeric_, encoder.categorical_) == (["n"], ["flag"])


@pytest.mark.parametrize("unit", ["ns", "us", "s"])
def test_dates_are_days(unit):
    dates = pandas.Series(pandas.to_datetime(["2020-01-01", None, "2020-01-03", "2021-06-05"])).astype(f"M8[{unit}]")
    days = np.array([0.0, np.nan, 2.0, 521.0])
    assert (features_of(pandas.DataFrame({"c": dates})) == features_of({"c": days})).all()


def test_dates_of_pyarrow_are_days():
    dates = pandas.date_range("2020-01-01", periods=30)
    frame = pandas.DataFrame({"c": pandas.array(dates, dtype="timestamp[ns][pyarrow]")})
    assert (features_of(frame) == features_of({"c": np.arange(30.0)})).all()


def test_dates_in_a_time_zone_are_days_of_one_clock():
    # Days of 24 hours by the world's clock, over the night on which Berlin's loses an hour.
    dates = pandas.date_range("2020-03-15", periods=30, tz="UTC").tz_convert("Europe/Berlin")
    assert (features_of(pandas.DataFrame({"c": dates})) == features_of({"c": np.arange(30.0)})).all()


def test_a_frame_is_read_by_names_in_any_order_and_with_any_index():
    frame = pandas.DataFrame(
        {"size": [1.0, 2.5, np.nan, 4.0], "kind": ["a", "b", "a", None], "flag": [True, False, True, True]},
        index=[7, 7, -1, 0],
    )
    encoder = TableEncoder().fit(frame)
    features = encoder.transform(frame)
    moved = frame[["flag", "kind", "size"]].assign(new=1.0).reset_index(drop=True)
    assert (encoder.transform(moved) == features).all()
    with pytest.raises(ValueError, match="the table lacks the columns 'kind', 'flag'"):
        encoder.transform(frame[["size"]])


def test_names_that_are_no_text_are_found_by_their_text():
    frame = pandas.DataFrame({0: [1.0, 2.0, 4.0], ("a", 1): ["x", "y", "x"]})
    encoder = TableEncoder().fit(frame)
    assert encoder.numeric_ == ["0"]
    assert encoder.transform(frame).shape == (3, 3)


def test_a_column_that_turned_into_floats_keeps_its_categories():
    # One missing value elsewhere makes pandas read whole numbers as floats; among words they are categories.
    whole = pandas.DataFrame({"c": pandas.Series([3, 1, "x", 3], dtype=object)})
    floats = pandas.DataFrame({"c": pandas.Series([3.0, 1.0, "x", None], dtype=object)})
    encoder = TableEncoder().fit(whole)
    assert (encoder.transform(floats)[:3] == encoder.transform(whole)[:3]).all()
    assert encoder.transform(floats)[3].tolist() == [0, 0, 0]


def test_categories_that_are_declared_but_never_occur_have_no_column():
    kinds = pandas.Categorical(["a", "b", "a"], categories=["a", "b", "c", "d"])
    assert features_of(pandas.DataFrame({"c": kinds})).shape == (3, 2)


def test_a_frame_is_left_as_it_was():
    frame = pandas.DataFrame({"c": pandas.Series(NUMBERS, dtype="Float64"), "k": WORDS})
    before = frame.copy(deep=True)
    features_of(frame)
    pandas.testing.assert_frame_equal(frame, before)
