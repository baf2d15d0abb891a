"""Cells that are not numbers, text and dropped columns: each is named, with what to do."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

# What people write where a number is missing or unclear. The last ones are numbers, or missing to pandas.
DIRT = ("n/a?", "-", "1,234", "12 kg", "#REF!", "?", "--", "unknown")
CLEAN = (" 3.4 ", "1e5", "NULL", "5   ", "")


def measured(seed=0, count=200):
    rng = np.random.default_rng(seed)
    kind = np.arange(count) % 2
    return pd.DataFrame({"a": (rng.normal(size=count) + 3 * kind).round(3), "b": rng.normal(size=count), "kind": kind})


def soiled(frame, cells):
    """A file in which some cells of column a, by row, hold something else."""
    frame = frame.astype(object)
    for row, value in cells.items():
        frame.loc[row - 1, "a"] = value
    frame.to_csv("d.csv", index=False)


@pytest.mark.parametrize("cell", DIRT)
@pytest.mark.parametrize("command", ["train", "predict", "evaluate"])
def test_one_cell_that_is_no_number_is_named_and_the_column_stays(chainrule, train, command, cell):
    measured().to_csv("clean.csv", index=False)
    clean = train("clean.csv", "--target", "kind", "--out", "m", "--epochs", "40").trained()
    soiled(measured(), {57: cell})
    if command == "train":
        done = train("d.csv", "--target", "kind", "--epochs", "40")
        assert done.trained()["accuracy"] >= clean["accuracy"] - 0.05
        assert done.json()["unreadable"] == {"a": 1}
    else:
        done = chainrule(command, "m", "d.csv", "--json").succeeded()
        if command == "evaluate":
            assert done.metrics()["unreadable"] == {"a": 1}
    assert f"note: column 'a': 1 cell is no number and counts as missing: {cell!r} (data row 57)" in done.err


@pytest.mark.parametrize("model", ["mlp", "softmax"])
def test_several_cells_are_listed_once_with_their_first_rows(chainrule, model):
    soiled(measured(), {3: "?", 8: "12 kg", 9: "?", 40: "?", 41: "1,5", 42: "#REF!", 43: "2,5"})
    done = chainrule("train", "d.csv", "--target", "kind", "--model", model, "--json").succeeded()
    assert (
        "column 'a': 7 cells are no numbers and count as missing: '?' (3 cells, the first in data row 3), '12 kg' "
        "(data row 8), '1,5' (data row 41) and 2 more\n"
    ) in done.err


def test_spellings_of_numbers_and_of_missing_ones_are_no_dirt(train):
    soiled(measured(), dict(enumerate(CLEAN, 5)))
    done = train("d.csv", "--target", "kind")
    assert done.json()["unreadable"] == {}
    assert "note" not in done.err


def test_marks_for_missing_numbers_do_not_count_against_a_column(train):
    """In tables of the UCI repository, up to nine tenths of a column are question marks."""
    soiled(measured(), {row: "?" for row in range(1, 200) if row % 5})
    done = train("d.csv", "--target", "kind")
    assert done.json()["unreadable"] == {"a": 160}


def test_a_column_with_more_words_than_one_in_ten_is_words_and_that_is_said(train):
    soiled(measured(), {row: f"{row} kg" for row in range(1, 200, 8)})
    done = train("d.csv", "--target", "kind")
    assert done.json()["unreadable"] == {}
    assert "column 'a' is read as words: 175 of its cells are numbers, and 25 are not, such as '1 kg'" in done.err
    assert "column 'a' is left out: text with" in done.err
    assert "turn it into numbers" in done.err


def test_cells_are_named_in_parquet_files_and_wherever_the_chunks_of_the_reader_end(train):
    soiled(measured(), {57: "n/a?"})
    pd.read_csv("d.csv", dtype=str).to_parquet("d.parquet")
    assert "'n/a?' (data row 57)" in train("d.parquet", "--target", "kind").succeeded().err
    many = measured(count=60_000)
    soiled(many, {59_000: "n/a?"})
    done = train("d.csv", "--target", "kind", "--epochs", "1", "--batch-size", "1000")
    assert done.json()["unreadable"] == {"a": 1}
    assert "'n/a?' (data row 59000)" in done.err


def test_decimal_commas_stay_numbers_beside_a_dirty_cell(train):
    frame = measured()
    frame.to_csv("clean.csv", index=False)
    expected = train("clean.csv", "--target", "kind").trained()
    frame.to_csv("d.csv", index=False, sep=";", decimal=",")
    found = train("d.csv", "--target", "kind").trained()
    assert found["log_loss"] == expected["log_loss"]
    header, first, *rows = Path("d.csv").read_text("utf-8").splitlines()
    Path("d.csv").write_text("\n".join([header, f"n/a?{first[first.index(';') :]}", *rows]), "utf-8")
    assert "'n/a?' (data row 1)" in train("d.csv", "--target", "kind").succeeded().err


def test_a_real_table_keeps_its_accuracy_with_one_dirty_cell_in_every_column(train):
    frame = load_breast_cancer(as_frame=True).frame
    frame.to_csv("d.csv", index=False)
    clean = train("d.csv", "--target", "target", "--epochs", "30").trained()
    dirty = frame.astype(object)
    for column in range(30):
        dirty.iloc[7 * column, column] = DIRT[column % len(DIRT)]
    dirty.to_csv("d.csv", index=False)
    done = train("d.csv", "--target", "target", "--epochs", "30")
    found = done.trained()
    assert len(found["unreadable"]) == 30
    assert done.err.count("counts as missing") == 20
    assert "note: 10 more columns have such cells" in done.err
    assert found["accuracy"] >= clean["accuracy"] - 2.5 / 114


def test_a_table_of_text_alone_says_what_to_do(chainrule):
    pd.DataFrame({"text": [f"review {n}" for n in range(60)], "y": [0, 1] * 30}).to_csv("d.csv", index=False)
    line = chainrule("train", "d.csv", "--target", "y").complaint("'text': text with", "numbers first")
    assert "numpy.savez('rows.npz', X=..., y=...)" in line


def test_columns_are_dropped_by_name(chainrule, train):
    frame = measured().assign(name=[f"no. {n}" for n in range(200)], leak=measured().kind)
    frame.to_csv("d.csv", index=False)
    done = train("d.csv", "--target", "kind", "--drop", "leak", "--drop", "name", "--out", "m")
    assert "left out" not in done.err
    frame[["a", "b"]].to_csv("n.csv", index=False)
    chainrule("predict", "m", "n.csv").predictions(200)
    words = ("train", "d.csv", "--target", "kind", "--drop")
    chainrule(*words, "nam").complaint("--drop", "'nam'", "did you mean 'name'")
    chainrule(*words, "kind").complaint("--drop", "besides the target")
    np.savez("rows.npz", X=frame[["a", "b"]], y=frame.kind)
    chainrule("train", "rows.npz", "--drop", "a").complaint("--drop", "tables")


def test_features_that_are_missing_throughout(chainrule, write):
    rows = [[None, None, "ab"[n % 2]] for n in range(40)]
    data = write(Path("d.csv"), ("stem", "leaf", "species"), rows)
    line = chainrule("train", data, "--target", "species").complaint()
    assert any(word in line for word in ("feature", "column", "stem")), line
    assert not list(Path.cwd().rglob("*.chainrule"))


def test_constant_features_are_no_crash(train, write):
    data = write(Path("d.csv"), ("stem", "leaf", "species"), [[1.5, "x", "ab"[n % 2]] for n in range(40)])
    train(data, "--target", "species").survived()
