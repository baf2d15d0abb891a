"""The split into training and held-out samples, and labels as classes, which keep their names in every file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest


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
