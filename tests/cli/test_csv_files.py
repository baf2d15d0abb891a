"""CSV files that are damaged or made carelessly: an error says where, and what to do."""

import gzip
from pathlib import Path

import pytest

from chainrule.cli.csv_files import check_names, separator, too_few_cells

HEADER = ("size", "kind")


@pytest.fixture
def model(chainrule, write):
    """A model file of the columns of HEADER."""
    data = write(Path("plain.csv"), HEADER, [[n, "ab"[n % 2]] for n in range(40)])
    chainrule("train", "softmax", data, "--C", "1", "--target", "kind", "--out", "m").succeeded()
    return "m"


def commands(data):
    """The commands that read a table."""
    return ("train", data, "--target", "kind"), ("predict", "m", data), ("evaluate", "m", data)


@pytest.mark.parametrize(
    ("encoding", "place"),
    [
        ("latin-1", "line 3 has the byte 0xfc, which is not UTF-8"),
        ("utf-16", "the file is in UTF-16"),
    ],
)
def test_files_in_other_encodings_are_refused_with_what_to_do(chainrule, model, encoding, place):
    text = "size,kind\n1,a\n2,m\u00fcde\n"
    Path("other.csv").write_bytes(text.encode(encoding))
    with gzip.open("other.csv.gz", "wb") as file:
        file.write(text.encode(encoding))
    for name in ("other.csv", "other.csv.gz"):
        for words in commands(name):
            line = chainrule(*words).complaint(place)
            assert f"{name}: cannot be read as CSV: {place}; save it as UTF-8, which spreadsheets" in line


def test_a_row_that_is_too_short_for_its_label_is_named(chainrule, model):
    Path("d.csv").write_text("size,kind\n1,a\n\n2\n3,b\n4,\n", encoding="utf-8")
    for words in (commands("d.csv")[0], commands("d.csv")[2]):
        line = chainrule(*words).complaint("data row 2")
        assert "the first of which is data row 2, which has too few cells (1 of 2); label them" in line
    Path("d.csv").write_text("size,kind\n1,a\n2,\n3,b\n", encoding="utf-8")
    assert "too few" not in chainrule(*commands("d.csv")[2]).complaint("data row 2")


def test_columns_of_one_name_are_refused(chainrule, model):
    Path("d.csv").write_text("size,size,kind,kind\n1,2,a,b\n3,4,b,a\n", encoding="utf-8")
    for words in commands("d.csv"):
        line = chainrule(*words).complaint("d.csv")
        assert "d.csv: several columns are named 'size', 'kind'; rename all but one" in line


def test_names_that_pandas_would_make_are_taken_as_they_are(chainrule, write):
    data = write(Path("d.csv"), ("kind", "kind.1"), [["ab"[n % 2], n] for n in range(40)])
    chainrule("train", "softmax", data, "--C", "1", "--target", "kind", "--out", "m").succeeded()
    chainrule("evaluate", "m", data, "--json").metrics()


def test_columns_without_names_may_be_several():
    Path("d.csv").write_text(",a,,\n1,2,3,4\n", encoding="utf-8")
    check_names(Path("d.csv"))


def test_lines_and_cells_are_counted_as_they_are_read():
    Path("d.csv").write_text('\ufeffa;b\n"one\nline";2\n\n  \n3\n', encoding="utf-8")
    assert separator(Path("d.csv")) == ";"
    assert [too_few_cells(Path("d.csv"), number) for number in range(3)] == ["", "has too few cells (1 of 2)", ""]
