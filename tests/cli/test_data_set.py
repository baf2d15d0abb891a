"""The split of samples, labels as classes, and remarks on cells and columns, which are named with what to do."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from chainrule.cli.data_set import DataSet, as_known_classes
from chainrule.cli.output import CommandError


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_classes_with_few_rows_work_or_are_named(chainrule, train, write, count):
    rows = [[n, "aster" if n % 2 else "bluebell"] for n in range(60)]
    rows += [[100 + n, "rarity"] for n in range(count)]
    outcome = train(write(Path("d.csv"), ("stem", "species"), rows), "--target", "species", "--out", "m")
    if outcome.survived():
        outcome.trained()
        chainrule("predict", "m", "d.csv").predictions(60 + count)
    else:
        outcome.complaint("rarity")
        assert count < 4


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_rows(chainrule, write, count):
    data = write(Path("d.csv"), ("stem", "species"), [[n, "ab"[n % 2]] for n in range(count)])
    chainrule("train", data, "--target", "species", "--epochs", "3").complaint()
    assert not list(Path.cwd().rglob("*.chainrule"))


def test_three_rows_are_no_crash(train, write):
    data = write(Path("d.csv"), ("stem", "species"), [[n, "ab"[n % 2]] for n in range(3)])
    outcome = train(data, "--target", "species")
    if outcome.survived():
        outcome.trained({"a", "b"}, rows=3)


@pytest.mark.parametrize(("share", "rows"), [("0.001", 150), ("0.999", 150), ("0.01", 150), ("0.99", 150)])
def test_shares_that_leave_a_class_without_rows(train, share, rows):
    outcome = train("iris", "--test-size", share)
    if outcome.survived():
        outcome.trained(rows=rows)


@pytest.mark.parametrize(("share", "rows"), [("0.2", 30), ("0.5", 75)])
def test_test_size_is_the_share_held_out(train, share, rows):
    assert abs(train("iris", "--test-size", share).trained()["n_test"] - rows) <= 1


def test_the_split_keeps_the_proportions_of_the_classes(train):
    report = train("iris", "--test-size", "0.2").trained()
    assert [entry["support"] for entry in report["classes"]] == [10, 10, 10]


@pytest.mark.parametrize("label", ["aster", 3, True, 1.5])
def test_a_single_class(chainrule, write, label):
    data = write(Path("d.csv"), ("stem", "species"), [[n, label] for n in range(30)])
    line = chainrule("train", data, "--target", "species").complaint("class")
    assert "species" in line or str(label) in line, line
    assert not list(Path.cwd().rglob("*.chainrule"))


@pytest.mark.parametrize("value", ["inf", "-inf"])
def test_an_infinite_label_is_no_crash(chainrule, train, write, value):
    rows = [[n, value if n % 10 == 0 else n % 2] for n in range(40)]
    train(write(Path("d.csv"), ("stem", "species"), rows), "--target", "species").survived()


def test_a_target_of_measurements_is_no_crash(train, write):
    rng = np.random.default_rng(0)
    data = write(Path("d.csv"), ("stem", "weight"), rng.normal(size=(80, 2)).tolist())
    assert not train(data, "--target", "weight").survived()


@pytest.mark.parametrize(
    ("labels", "some"),
    [
        (["1", "2", "x"], ["1", "2"]),
        (["0", "1"], ["1"]),
        (["True", "False"], ["True"]),
        (["001", "1", "x"], ["001", "1"]),
        (["10", "9", "-3"], ["9", "10"]),
    ],
)
def test_labels_keep_their_names_whatever_else_the_column_holds(chainrule, train, write, labels, some):
    """A column of labels can look like another type in a later file with fewer of them."""
    rows = [[labels.index(label) * 2 + step / 50, label] for step in range(20) for label in labels]
    data = write(Path("d.csv"), ("size", "level"), rows)
    report = train(data, "--target", "level", "--out", "m").trained()
    assert len(report["classes"]) == len(labels)
    rows = [row for row in rows if row[1] in some]
    found = chainrule("evaluate", "m", write(Path("n.csv"), ("size", "level"), rows), "--json").json()
    supports = {str(entry["label"]): entry["support"] for entry in found["classes"] if entry["support"]}
    assert supports == dict.fromkeys(some, 20)


@pytest.mark.parametrize("dtype", ["int64", "int8", "uint16", "Int64", "str", "category"])
def test_labels_of_any_stored_type_meet_those_of_a_text_file(chainrule, train, dtype):
    frame = pd.DataFrame({"size": np.arange(60) % 3 + np.arange(60) / 200, "level": np.arange(60) % 3})
    frame.to_csv("d.csv", index=False)
    train("d.csv", "--target", "level", "--out", "m").trained({"0", "1", "2"}, rows=60)
    expected = chainrule("evaluate", "m", "d.csv", "--json").metrics()
    frame["level"] = (
        frame["level"].astype(str).astype("category") if dtype == "category" else frame["level"].astype(dtype)
    )
    frame.to_parquet("d.parquet")
    assert chainrule("evaluate", "m", "d.parquet", "--json").metrics() == expected


def test_whole_numbers_written_as_floats_are_the_integers(chainrule, train):
    frame = measured().astype({"kind": float})
    frame.loc[6, "kind"] = None
    frame.to_csv("d.csv", index=False)
    assert ",1.0\n" in Path("d.csv").read_text("utf-8")
    train("d.csv", "--target", "kind", "--drop-unlabelled", "--out", "m").trained({"0", "1"}, rows=199)
    measured().to_csv("n.csv", index=False)
    expected = chainrule("evaluate", "m", "n.csv", "--json").metrics()
    assert chainrule("evaluate", "m", "d.csv", "--drop-unlabelled", "--json").metrics()["n_rows"] == 199
    measured().astype({"kind": float}).to_csv("n.csv", index=False)
    assert chainrule("evaluate", "m", "n.csv", "--json").metrics() == expected


@pytest.mark.parametrize(
    ("known", "labels", "found"),
    [
        (["0.0", "1.0"], ["0", "1", "1.0"], ["0.0", "1.0", "1.0"]),  # of files of models that older versions wrote
        (["1", "1.0", "x"], ["1", "1.0", "1.00"], ["1", "1.0", "1.0"]),
        ([0, 1], ["1.0", "0"], [1, 0]),
    ],
)
def test_labels_of_models_are_found_in_either_spelling(known, labels, found):
    classes = np.array(known)
    assert as_known_classes(np.array(labels, dtype=object), "d.csv", classes).tolist() == found
    with pytest.raises(CommandError, match="not trained on the labels '01', '2'; it knows"):
        as_known_classes(np.array(["01", "2"], dtype=object), "d.csv", classes)


def test_labels_the_model_has_never_seen_are_named(chainrule, write, flower_header, flowers_model, new_flowers):
    rows = [list(row) for row in new_flowers]
    rows[3][-1], rows[9][-1] = "dandelion", "edel\nweiß"
    data = write(Path("garden.csv"), flower_header, rows)
    line = chainrule("evaluate", flowers_model, data).complaint("dandelion", "weiß")
    assert "species" in line or "label" in line or "class" in line


def test_only_the_unknown_label_is_called_unknown(chainrule, train, write):
    """A word among the labels turns the others from numbers into text; they are still known."""
    rows = [[label * 2 + step / 50, label] for step in range(20) for label in (71, 82, 93)]
    train(write(Path("d.csv"), ("size", "level"), rows), "--target", "level", "--out", "m").trained()
    rows[4][1] = "ghost"
    line = chainrule("evaluate", "m", write(Path("n.csv"), ("size", "level"), rows)).complaint("ghost")
    known = line.casefold().split("ghost", 1)[0]
    assert "71" not in known
    rows = [[1.0, 71], [2.0, 4444]]
    chainrule("evaluate", "m", write(Path("n.csv"), ("size", "level"), rows)).complaint("4444")


# Cells where a number is missing or unclear, as people write them; the cells below are numbers, or missing to pandas.
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
    assert f"note: column 'a': 1 cell is not a number and counts as missing: {cell!r} (data row 57)" in done.err


@pytest.mark.parametrize("model", ["mlp", "softmax"])
def test_several_cells_are_listed_once_with_their_first_rows(chainrule, model):
    soiled(measured(), {3: "?", 8: "12 kg", 9: "?", 40: "?", 41: "1,5", 42: "#REF!", 43: "2,5"})
    done = chainrule("train", "d.csv", "--target", "kind", "--model", model, "--json").succeeded()
    assert (
        "column 'a': 7 cells are not numbers and count as missing: '?' (3 cells, the first in data row 3), '12 kg' "
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


def test_rows_without_a_target_are_named_and_left_out_on_request(chainrule):
    frame = measured().astype({"kind": object})
    frame.loc[[6, 30], "kind"] = None
    frame["a"] = frame["a"].astype(object)
    frame.loc[57, "a"] = "n/a?"
    frame.to_csv("d.csv", index=False)
    words = ("train", "softmax", "d.csv", "--C", "1", "--target", "kind")
    named = "'kind' is missing in 2 of 200 rows, the first of which is data row 7"
    chainrule(*words).complaint(named, "leave them out with --drop-unlabelled")
    done = chainrule(*words, "--drop-unlabelled").succeeded()
    assert "note: 2 rows are left out, in which the target 'kind' is missing" in done.err
    assert "'n/a?' (data row 58)" in done.err, "counted in the file"
    assert "40 rows held out, 158 trained on" in done.out
    assert "chainrule evaluate d.chainrule d.csv --mistakes 10 --drop-unlabelled" in done.out
    assert "drop-unlabelled = true\n" in Path("d.toml").read_text("utf-8")
    first = Path("d.chainrule").read_bytes()
    chainrule("train", "--config", "d.toml", "--out", "again.chainrule").succeeded()
    assert Path("again.chainrule").read_bytes() == first
    frame.assign(kind=None).to_csv("d.csv", index=False)
    chainrule(*words, "--drop-unlabelled", "--out", "m").complaint("'kind' is missing in all rows")
    np.savez("rows.npz", X=np.eye(4), y=[0, 1, 0, 1])
    chainrule("train", "rows.npz", "--drop-unlabelled").complaint("--drop-unlabelled", "tables")


def test_dates_that_are_read_as_words_are_named(train):
    measured().assign(since="31.01.2024").to_csv("d.csv", index=False)
    done = train("d.csv", "--target", "kind")
    assert "note: column 'since' is read as words: dates are read as 2024-01-31 (ISO 8601)" in done.succeeded().err
    assert "'since' is read as words" not in train("d.csv", "--target", "kind", "--words", "since").succeeded().err


def test_numbers_with_decimal_commas_that_are_read_as_words_are_named(train):
    frame = measured()
    frame.assign(fare=frame["a"].map("{:.2f}".format).str.replace(".", ",")).to_csv("d.csv", index=False)
    done = train("d.csv", "--target", "kind").succeeded()
    assert (
        "note: column 'fare' is read as words: numbers are read as 1234.5, and its cells are written as '" in done.err
    )
    assert "pandas.read_csv(..., decimal=',') converts them" in done.err


def test_text_that_is_named_as_words_is_kept(train):
    measured().assign(cabin=[f"C{number}" for number in range(200)]).to_csv("d.csv", index=False)
    assert "column 'cabin' is left out: text with" in train("d.csv", "--target", "kind").succeeded().err
    assert "left out" not in train("d.csv", "--target", "kind", "--words", "cabin").succeeded().err


def test_columns_and_classes_that_may_be_mistakes_are_named(train):
    frame = measured().assign(id=range(1, 201), kind=np.where(measured()["kind"] == 1, "yes", "no"))
    frame.loc[[3, 5, 7, 9], "kind"] = "Yes"
    frame.to_csv("d.csv", index=False)
    shown = train("d.csv", "--target", "kind").succeeded().err
    assert "note: column 'id' numbers the rows: its values rise by 1 from row to row" in shown
    assert "leave it out with --drop id" in shown
    assert "note: the target 'kind' may have misspelt classes: 'yes' and 'Yes' differ only by" in shown
    frame.sort_values("a").assign(id=range(200), kind=np.repeat(["no", "yes"], 100)).to_csv("d.csv", index=False)
    shown = train("d.csv", "--target", "kind").succeeded().err
    assert "column 'id' determines the target 'kind': each class has a range of its values of its own" in shown


def test_features_that_are_missing_throughout(chainrule, write):
    rows = [[None, None, "ab"[n % 2]] for n in range(40)]
    data = write(Path("d.csv"), ("stem", "leaf", "species"), rows)
    line = chainrule("train", data, "--target", "species").complaint()
    assert any(word in line for word in ("feature", "column", "stem")), line
    assert not list(Path.cwd().rglob("*.chainrule"))


def test_a_table_whose_features_are_constant_is_refused(chainrule, write):
    data = write(Path("d.csv"), ("stem", "leaf", "species"), [[1.5, "x", "ab"[n % 2]] for n in range(40)])
    chainrule("train", data, "--target", "species").complaint("no column can be used", "a single value")


def test_the_whole_of_a_source_has_its_test_samples_last():
    test = DataSet("pixels", np.array([[5.0], [6.0]]), np.array([0, 1]), where="test image {}".format)
    whole = DataSet("pixels", np.array([[1.0]]), np.array([1]), test=test, where="image {}".format).whole()
    assert (whole.X.ravel().tolist(), whole.y.tolist(), whole.test) == ([1, 5, 6], [1, 0, 1], None)
    assert list(map(whole.where, range(3))) == ["image 0", "test image 0", "test image 1"]
    assert whole.whole() is whole


def test_infinite_numbers_are_noted_with_their_rows(chainrule, write):
    rows = [["inf" if n == 4 else n, "ab"[n % 2]] for n in range(60)]
    data = write(Path("d.csv"), ("size", "kind"), rows)
    told = chainrule("train", "softmax", data, "--C", "1", "--target", "kind").succeeded().err
    assert "note: column 'size': 1 cell is not a number and counts as missing: 'inf' (data row 5)" in told
