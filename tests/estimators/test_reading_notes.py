"""Notes on columns that are read as words, and on those that are left out."""

import numpy as np
import pytest

from chainrule.estimators import TableEncoder
from chainrule.estimators.reading_notes import why_words


def cells(*values):
    return np.fromiter(values, dtype=object, count=len(values))


@pytest.mark.parametrize(
    ("column", "day_first"),
    [
        (("31.01.2024", None, " 1.2.2024 "), True),
        (("05/06/2024", "07/08/2023 12:30"), True),
        (("1/31/2024", "2/1/2024"), False),
        (("31.01.2024", "1/31/2024"), None),  # neither order fits all
        (("31.01.2024", "soon"), None),
        (("1.2.3", "4.5.6"), None),
        (("2024-01-31",), None),
        ((None, ""), None),
        ((True, "31.01.2024"), None),
        (([1], "31.01.2024"), None),
    ],
)
def test_dates_in_other_forms_than_iso_8601_are_told(column, day_first):
    told = why_words("since", cells(*column))
    assert ("to_datetime" in told) == (day_first is not None)
    if day_first is not None:
        assert told.startswith("column 'since' is read as words: dates are read as 2024-01-31 (ISO 8601)")
        assert f"written as {column[0]!r}; pandas.to_datetime(..., dayfirst={day_first}) converts them" in told


@pytest.mark.parametrize(
    ("column", "option"),
    [
        (("7,25", "31,5", "8", None, "?"), "decimal"),
        (("1,200", "3,450"), "thousands"),
        (("1,200", "3,45"), "decimal"),
        (("7,25", "31,5", "a few"), None),
        (("7,25, 8", "9"), None),
        (("7.25", "8"), None),
    ],
)
def test_numbers_with_commas_are_told_with_the_option_that_reads_them(column, option):
    told = why_words("fare", cells(*column))
    assert (f"written as {column[0]!r}; pandas.read_csv(..., {option}=',') converts them" in told) == bool(option)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (("3", "4", "5 kg"), "2 of its cells are numbers, and 1 are not, such as '5 kg' (row 3)"),
        ((3, 4, "5 kg"), "2 of its cells are numbers, and 1 are not, such as '5 kg' (row 3)"),
        (("3", "4 kg", "5 kg"), ""),
        (("a", "b"), ""),
        ((True, False, "maybe"), ""),
    ],
)
def test_columns_of_numbers_and_words_are_told_if_most_are_numbers(column, told):
    found = why_words("weight", cells(*column))
    assert told in found
    assert bool(found) == bool(told)


def test_a_fit_warns_of_each_column_once_at_the_line_of_its_caller():
    table = {
        "fare": cells(*(f"{number},50" for number in range(40))),
        "name": cells(*(f"person {number}" for number in range(40))),
        "weight": cells(*(f"{number} kg" if number % 8 == 0 else str(number % 3) for number in range(40))),
        "nothing": np.full(40, np.nan),
    }
    with pytest.warns(UserWarning, match="column") as caught:
        encoder = TableEncoder().fit(table)
    assert [str(each.message)[:26] for each in caught] == [
        "column 'fare' is read as w",
        "column 'weight' is read as",
        "column 'fare' is left out:",
        "column 'name' is left out:",
        "column 'nothing' is left o",
    ]
    assert "count its words with text=['name'], if it matters" in str(caught[3].message)
    assert {each.filename for each in caught} == {__file__}
    assert len(encoder.column_notes_) == 2


def test_text_that_is_named_as_words_is_read_as_categories():
    table = {"cabin": cells(*(f"C{number}" for number in range(40)), None)}
    encoder = TableEncoder(words=["cabin"]).fit(table)
    assert (encoder.categorical_, encoder.left_out_) == (["cabin"], {})
    assert encoder.transform(table).shape == (41, 41)
    with pytest.raises(ValueError, match="'cabin': text with 40 distinct values"):
        TableEncoder().fit(table, known_words=["cabin"])
