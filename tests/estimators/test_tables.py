"""Tables to features: scales that no outlier moves, missing values, categories, dates, and columns that cannot help."""

import datetime

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

from chainrule.estimators import SmoothScaler, TableEncoder, load, save
from chainrule.estimators.tables import MOST_CATEGORIES

NAN, INF = float("nan"), float("inf")


def encoded(column, new=None):
    """The features of a table of one column, fitted to it, or of another one."""
    encoder = TableEncoder().fit({"c": column})
    features = encoder.transform({"c": column if new is None else new})
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    return features


def flagged(features):
    """Which rows the second column flags: the scaler moves flags, but keeps 1 above 0."""
    low, high = sorted(set(features[:, 1].tolist()))
    return [low + high < 2 * flag for flag in features[:, 1].tolist()]


def words(*values):
    return np.array(values, dtype=object)


class TestSmoothScaler:
    def test_columns_are_centred_scaled_and_bounded_each_by_itself(self):
        x = np.array([[0.0, 10.0], [1.0, 30.0], [2.0, 20.0], [4.0, 90.0], [8.0, 10.0]])
        z = np.stack([(x[:, 0] - 2) / 3, (x[:, 1] - 20) / 20], axis=1)
        # A few roundings.
        np.testing.assert_allclose(SmoothScaler().fit_transform(x), z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-14)

    def test_samples_in_files_are_scaled_when_they_are_read(self, array_source):
        x = np.random.default_rng(0).normal(size=(40, 3)) * [1, 100, 1e-3]
        scaler = SmoothScaler().fit(x)
        scaled = scaler.transform(array_source(x))
        assert scaled.dtype == np.float32
        np.testing.assert_array_equal(scaled[7:31], scaler.transform(x)[7:31].astype(np.float32))
        index = np.array([3, 20, 39])
        np.testing.assert_array_equal(scaled[index][:], scaler.transform(x)[index].astype(np.float32))
        with pytest.raises(ValueError, match="expected dense features"):
            scaler.transform(array_source(sp.csr_matrix(x)))

    def test_units_and_origin_do_not_matter(self):
        x = np.random.default_rng(0).normal(size=(50, 1)) ** 3
        scaled = SmoothScaler().fit_transform(x)
        for factor, offset in ((1e-200, 0.0), (1e200, 0.0), (2.0**30, 2.0**31)):
            moved = factor * x + offset
            # An offset twice the factor costs two bits of x, 1e-15, over a width of about 1.
            np.testing.assert_allclose(SmoothScaler().fit_transform(moved), scaled, rtol=0, atol=1e-14)

    def test_an_outlier_moves_nobody_else_and_stays_within_three(self):
        x = np.arange(101.0)[:, None]
        wild = x.copy()
        wild[100] = 1e300
        scaled, tamed = SmoothScaler().fit_transform(x), SmoothScaler().fit_transform(wild)
        assert (tamed[:100] == scaled[:100]).all()
        assert tamed[100, 0] == 3

    def test_half_the_range_stands_in_for_an_interquartile_range_of_zero(self):
        x = np.array([[0.0]] * 9 + [[8.0]])
        assert SmoothScaler().fit_transform(x)[-1, 0] == pytest.approx(2 / np.sqrt(1 + 4 / 9), rel=1e-15, abs=0)

    @pytest.mark.parametrize("value", [0.0, -7.5, 1e300, 5e-324])
    def test_a_constant_column_becomes_zero_and_stays_so(self, value):
        scaler = SmoothScaler().fit(np.full((5, 1), value))
        assert (scaler.transform(np.full((3, 1), value)) == 0).all()
        assert (scaler.transform(np.array([[1.0], [-1e5]])) == 0).all()

    @pytest.mark.parametrize("largest", [8e307, 1e-300, 1e-310])
    def test_numbers_at_the_ends_of_all_floats_are_scaled(self, largest):
        x = np.arange(-4, 5)[:, None] * (largest / 4)
        scaled = SmoothScaler().fit_transform(x)
        z = np.arange(-4, 5) / 4
        # At 1e-310 a number has 9 digits left.
        np.testing.assert_allclose(scaled[:, 0], z / np.sqrt(1 + (z / 3) ** 2), rtol=1e-8)

    def test_a_number_beyond_all_proportion_to_the_others_is_three(self):
        scaler = SmoothScaler().fit(np.arange(9.0)[:, None] * 1e-310)
        assert scaler.transform(np.array([[1e300], [-1.0]])).tolist() == [[3.0], [-3.0]]

    def test_it_must_be_fitted_first(self):
        with pytest.raises(NotFittedError):
            SmoothScaler().transform(np.zeros((2, 2)))


def test_missing_numbers_become_the_median_and_are_flagged():
    features = encoded(np.array([1.0, NAN, 3.0, 9.0]))
    assert features.shape == (4, 2)
    assert flagged(features) == [False, True, False, False]
    assert features[1, 0] == features[2, 0] == 0


def test_infinite_numbers_count_as_missing_with_a_warning():
    finite, infinite = np.array([1.0, NAN, 3.0, 9.0, NAN]), np.array([1.0, INF, 3.0, 9.0, -INF])
    with pytest.warns(UserWarning, match=r"2 cells are not numbers and count as missing: 'inf' \(row 2\), '-inf'"):
        found = encoded(infinite)
    assert (found == encoded(finite)).all()


def test_a_number_missing_for_the_first_time_is_the_median():
    features = encoded(np.array([1.0, 2.0, 3.0, 9.0]), np.array([NAN, 9.0]))
    assert features.shape == (2, 1)
    assert features[0, 0] == encoded(np.array([1.0, 2.0, 3.0, 9.0]), np.array([2.5]))[0, 0]


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (np.full(4, NAN), "no values"),
        (words(None, None, NAN, None), "no values"),
        (np.array(["NaT"] * 4, dtype="M8[D]"), "no values"),
        (np.array([INF, NAN, -INF, INF]), "no finite values"),
        (words(*[f"name {i}" for i in range(40)]), "text with 40 distinct values in 40 rows"),
    ],
    ids=["nan", "None", "NaT", "infinite", "names"],
)
def test_columns_that_cannot_help_are_left_out_with_the_reason(column, reason):
    table = {"kept": np.arange(len(column), dtype=float), "c": column}
    encoder = TableEncoder().fit(table)
    assert encoder.left_out_ == {"c": reason}
    assert encoder.transform(table).shape == (len(column), 1)
    with pytest.raises(ValueError, match=rf"no column can be used as a feature \('c': {reason}\)"):
        TableEncoder().fit({"c": column})


def test_text_is_left_out_where_it_has_many_values_and_most_differ():
    few = words(*[f"name {i}" for i in range(20)])
    assert encoded(few).shape == (20, 20)
    half = words(*[f"name {i // 2}" for i in range(60)])
    assert TableEncoder().fit({"c": half}).categorical_ == ["c"]
    with pytest.raises(ValueError, match="text with 31 distinct values in 61 rows"):
        TableEncoder().fit({"c": words(*half, "one more")})


def test_categories_beyond_the_most_are_one():
    frequent = [f"word {i}" for i in range(MOST_CATEGORIES - 1)] * 4
    rare = [f"rare {i}" for i in range(20)]
    with pytest.warns(UserWarning, match=r"counts as a rare category: 'never seen' \(row 4\)"):
        features = encoded(words(*frequent, *rare), words("word 3", "rare 0", "rare 19", "never seen"))
    assert features.shape == (4, MOST_CATEGORIES)
    assert (features.sum(axis=1) == 1).all()
    assert (features[1] == features[2]).all()
    assert (features[1] == features[3]).all()
    assert not (features[0] == features[1]).all()


def test_a_category_never_seen_is_none_of_those_known():
    with pytest.warns(
        UserWarning, match=r"column 'c': 1 cell holds a category .*counts as none of them: 'c' \(row 2\)"
    ):
        features = encoded(words("a", "b", "a"), words("b", "c", None))
    assert features.tolist() == [[0, 1], [0, 0], [0, 0]]


def test_missing_is_a_category_where_it_was_seen():
    features = encoded(words("a", None, "b", NAN))
    assert features.shape == (4, 3)
    assert (features[1] == features[3]).all()
    assert len({tuple(row) for row in features.tolist()}) == 3


def test_booleans_are_categories_and_may_be_missing():
    assert encoded(np.array([True, False, True])).shape == (3, 2)
    features = encoded(words(True, False, None, True, NAN))
    assert features.shape == (5, 3)
    assert (features[0] == features[3]).all()
    assert (features[2] == features[4]).all()


@pytest.mark.parametrize("new", [words(3, 1, "x"), words(3.0, 1.0, "x"), words(np.float32(3), np.int8(1), "x")])
def test_whole_floats_and_integers_are_the_same_category(new):
    features = encoded(words(3, 1, "x", 3.5), new)
    assert (features == encoded(words(3, 1, "x", 3.5), words(3, 1, "x"))).all()
    assert (features.sum(axis=1) == 1).all()
    assert encoded(words(3, 1, "x", 3.5)).shape == (4, 4)


@pytest.mark.parametrize("unit", ["D", "h", "s", "ms", "ns"])
def test_dates_are_numbers_of_days_whatever_their_unit(unit):
    days = np.array(["2020-01-01", "2020-01-03", "2020-01-02", "2020-03-01", "1970-01-01"], dtype="M8[D]")
    assert (encoded(days.astype(f"M8[{unit}]")) == encoded(days.astype(np.int64).astype(float))).all()


def test_dates_and_durations_may_be_missing():
    dates = np.array(["2020-01-01", "NaT", "1600-05-05"], dtype="M8[D]")
    assert flagged(encoded(dates)) == [False, True, False]
    spans = np.array([1, 5, 24], dtype="m8[h]")
    assert (encoded(spans) == encoded(np.array([1.0, 5.0, 24.0]))).all()


def test_dates_of_the_standard_library_are_dates():
    first = datetime.date(2020, 1, 1)
    days = words(*[first + datetime.timedelta(i) for i in range(30)])
    assert (encoded(days) == encoded(np.arange(30.0))).all()


def test_dates_as_text_are_the_dates_that_they_write():
    days = np.array(["2020-01-01", "NaT", "2020-01-03", "2021-06-05"], dtype="M8[D]")
    text = np.where(np.isnat(days), None, days.astype(str)).astype(object)
    both = [TableEncoder().fit({"day": values}) for values in (days, text)]
    expected = both[0].transform({"day": days})
    for encoder in both:
        assert encoder.described() == {
            "day": "dates, scaled by median 2020-01-03 and width 130.25 days, missing values flagged"
        }
        for values in (days, text):
            np.testing.assert_array_equal(encoder.transform({"day": values}), expected)
        encoder.transform({"day": np.full(3, np.nan)})
        with pytest.raises(ValueError, match="column 'day': expected dates, as in fit, got numbers"):
            encoder.transform({"day": np.arange(4.0)})
        with pytest.warns(UserWarning, match="column 'day': 1 cell is not a date and counts as missing: '3/1/2020' "):
            encoder.transform({"day": np.array(["2020-01-01", "3/1/2020"], dtype=object)})
    with pytest.raises(ValueError, match="column 'day': expected numbers, as in fit, got dates"):
        TableEncoder().fit({"day": np.arange(4.0)}).transform({"day": days})


def test_encoders_that_do_not_say_which_columns_are_dates_go_by_the_cells():
    days = np.array(["2020-01-01", "2020-01-03", "2021-06-05"], dtype="M8[D]")
    encoder = TableEncoder().fit({"day": days, "size": np.arange(3.0)})
    state = dict(encoder.__getstate__())
    del state["dates_"]
    old = TableEncoder.__new__(TableEncoder)
    old.__setstate__(state)
    for values in (days, days.astype(str).astype(object)):
        table = {"day": values, "size": np.arange(3.0)}
        np.testing.assert_array_equal(old.transform(table), encoder.transform(table))


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.float16, np.float32, object])
def test_numbers_of_every_type_are_numbers(dtype):
    column = np.array([1, 2, 3, 50])
    assert (encoded(column.astype(dtype)) == encoded(column.astype(float))).all()


@pytest.mark.parametrize("dtype", [object, str])
def test_numbers_written_as_text_are_numbers(dtype):
    column = np.array(["1.5", "-2e3", "7", "0.25"])
    assert (encoded(column.astype(dtype)) == encoded(column.astype(float))).all()


def test_words_in_a_column_of_numbers_are_missing():
    with pytest.warns(
        UserWarning, match=r"column 'c': 1 cell is not a number and counts as missing: 'three' \(row 2\)"
    ):
        features = encoded(np.array([1.0, NAN, 3.0, 9.0]), words(3.0, "three", None))
    assert flagged(features) == [False, True, True]


def test_columns_are_found_by_name_in_any_order_among_others():
    rng = np.random.default_rng(0)
    table = {"size": rng.normal(size=9), "kind": words(*"abcabcabc"), "age": rng.integers(0, 90, 9)}
    encoder = TableEncoder().fit(table)
    assert (encoder.numeric_, encoder.categorical_) == (["size", "age"], ["kind"])
    features = encoder.transform(table)
    assert features.shape == (9, 5)
    other = {"age": table["age"], "new": words(*range(9)), "kind": table["kind"], "size": table["size"]}
    assert (encoder.transform(other) == features).all()


def test_absent_columns_are_named():
    table = {"size": np.arange(9.0), "kind": words(*"abcabcabc"), "empty": np.full(9, NAN)}
    encoder = TableEncoder().fit(table)
    encoder.transform({"size": np.arange(9.0), "kind": words(*"abcabcabc")})
    with pytest.raises(ValueError, match=r"lacks the columns 'size', 'kind'; did you mean 'Size'\? it has 'Size'"):
        encoder.transform({"Size": np.arange(9.0)})
    with pytest.raises(ValueError, match=r"table with the columns 'size', 'kind', got an array of shape \(9, 2\)"):
        encoder.transform(np.zeros((9, 2)))


def test_a_table_without_rows_is_told_with_its_columns():
    table = {"size": np.arange(9.0), "kind": words(*"abcabcabc")}
    empty = {name: column[:0] for name, column in table.items()}
    for call in (TableEncoder().fit, TableEncoder().fit(table).transform):
        with pytest.raises(ValueError, match="expected at least one row, got a table of 0 rows and 2 columns"):
            call(empty)


def test_a_fit_names_cells_once():
    table = {"size": words(*range(20), "?"), "since": words(*["31.01.2024"] * 21)}
    for fit in (TableEncoder().fit_transform, lambda table: make_pipeline(TableEncoder()).fit_transform(table)):
        with pytest.warns(UserWarning, match="column") as caught:
            assert fit(table).shape == (21, 3)
        told = sorted(str(each.message).partition(":")[0] for each in caught)
        assert told == ["column 'since' is read as words", "column 'size'"]
    with pytest.warns(UserWarning, match="'size'") as caught:
        described = TableEncoder(words=["since"]).fit(table).described()
    assert len(caught) == 1, "these are asked to be words"
    assert described["since"] == "1 category"


def test_features_do_not_depend_on_the_other_rows():
    table = {"size": np.array([1.0, NAN, 3.0, 9.0]), "kind": words("a", "b", None, "a")}
    encoder = TableEncoder().fit(table)
    rows = [encoder.transform({name: column[[i]] for name, column in table.items()}) for i in range(4)]
    assert (np.vstack(rows) == encoder.transform(table)).all()


@pytest.mark.parametrize("table", [None, "table", 3])
def test_what_is_no_table_is_refused(table):
    with pytest.raises(TypeError, match="expected a data frame, a mapping of column names to arrays, or a matrix, got"):
        TableEncoder().fit(table)


def test_an_empty_table_has_no_features():
    with pytest.raises(ValueError, match=r"no column can be used as a feature \(there is none\)"):
        TableEncoder().fit({})
    with pytest.raises(NotFittedError):
        TableEncoder().transform({})


def test_a_few_words_among_numbers_are_missing_and_named_and_more_make_a_column_of_words():
    cells = [str(number) for number in range(40)]
    cells[7], cells[9], cells[30] = "12 kg", "n/a?", "?"
    with pytest.warns(
        UserWarning, match=r"column 'c': 3 cells are not numbers .*'12 kg' \(row 8\), 'n/a\?' \(row 10\)"
    ):
        encoder = TableEncoder().fit({"c": words(*cells)})
    assert encoder.numeric_ == ["c"]
    with pytest.warns(UserWarning, match="3 cells"):
        assert flagged(encoder.transform({"c": words(*cells)})) == [row in (7, 9, 30) for row in range(40)]
    mixed = words(*[f"{n} kg" if n % 8 == 0 else str(n % 4) for n in range(40)])
    assert TableEncoder().fit({"c": mixed}).categorical_ == ["c"]
    with pytest.warns(UserWarning, match="36 cells"):
        marked = TableEncoder().fit({"c": words(*["-"] * 36, *cells[:4])})
    assert marked.numeric_ == ["c"]


def test_columns_of_codes_are_words_where_that_is_said():
    codes = words("01", "02", "1", "01")
    assert TableEncoder().fit({"c": codes}).numeric_ == ["c"]
    encoder = TableEncoder(words=["c"]).fit({"c": codes})
    assert encoder.categorical_ == ["c"]
    assert encoder.transform({"c": codes}).shape == (4, 3)


def test_encoders_of_0_1_are_loaded_as_they_were(tmp_path):
    """Their files hold an imputer of scikit-learn's."""
    table = {"a": np.array([1.0, NAN, 3.0, 9.0]), "b": np.array([4.0, 5.0, 6.0, 8.0]), "c": words(*"xyxy")}
    encoder = TableEncoder().fit(table)
    new = {"a": np.array([NAN, 2.0]), "b": np.array([NAN, 7.0]), "c": words("y", "x")}
    expected = encoder.transform(new)
    encoder.imputer_ = SimpleImputer(strategy="median", add_indicator=True).fit(
        np.stack([table["a"], table["b"]], axis=1)
    )
    del encoder.flagged_, encoder.words
    again = load(save(encoder, tmp_path / "encoder"))
    assert not hasattr(again, "imputer_")
    assert np.array_equal(again.transform(new), expected)
    assert np.array_equal(again.fit(table).transform(new), expected)


def test_each_feature_names_its_column():
    table = {
        "b_1": words("x", "y_2", None, "x"),
        "size": np.array([1.0, NAN, 3.0, 9.0]),
        "a": words("p", "q", "p", "q"),
        "width": np.arange(4.0),
        "note": words("good", "bad", "fine", "poor"),
    }
    encoder = TableEncoder(text=["note"]).fit(table)
    sources = encoder.sources()
    assert sources[:8] == ["size", "width", "size", "b_1", "b_1", "b_1", "a", "a"]
    assert sources[8:] == ["note"] * 256
    assert len(sources) == encoder.transform(table).shape[1]


class TestText:
    REVIEWS = words(*(f"{kind} {number}" for number, kind in enumerate(["very good", "quite bad"] * 30)))

    def test_words_are_counted_with_the_norm_1(self):
        encoder = TableEncoder(text=["review"]).fit({"review": self.REVIEWS})
        features = encoder.transform({"review": words("good good bad", None, "")})
        assert features.shape == (3, 256)
        # Two of a word and one of another, over the root of 5.
        np.testing.assert_allclose(sorted(features[0])[-2:], [1 / 5**0.5, 2 / 5**0.5], rtol=1e-6)
        assert not features[1:].any()
        assert encoder.get_feature_names_out()[-1] == "review, hash 255"
        assert encoder.described() == {"review": "text, whose words are counted in 256 columns"}

    def test_without_it_text_is_left_out(self):
        table = {"review": self.REVIEWS, "size": np.arange(60.0)}
        assert list(TableEncoder().fit(table).left_out_) == ["review"]
        assert TableEncoder(text=["review"]).fit(table).transform(table).shape == (60, 257)

    def test_columns_that_are_named_must_be_there(self):
        for parameter in ("text", "words"):
            with pytest.raises(ValueError, match=f"{parameter}: the table has no columns 'reviw'"):
                TableEncoder(**{parameter: ["reviw"]}).fit({"review": self.REVIEWS})

    def test_a_saved_encoder_keeps_it(self, tmp_path):
        table = {"review": self.REVIEWS}
        encoder = TableEncoder(text=["review"]).fit(table)
        again = load(save(encoder, tmp_path / "encoder"))
        np.testing.assert_array_equal(again.transform(table), encoder.transform(table))
