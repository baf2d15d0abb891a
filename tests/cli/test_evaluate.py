"""`chainrule evaluate`: the numbers are those that scikit-learn computes from `predict`'s answers."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss, precision_recall_fscore_support

SPECIES = {"aster", "bluebell", "crocus"}


def by_label(report):
    return {str(entry["label"]): entry for entry in report["classes"]}


def check_against_scikit_learn(report, truth, found):
    labels = found.labels
    assert report["accuracy"] == pytest.approx(accuracy_score(truth, found.predicted), abs=1e-6)
    order = np.argsort(labels)
    by_name = found.probabilities[:, order] / found.probabilities.sum(axis=1, keepdims=True)
    expected = log_loss(truth, by_name, labels=sorted(labels))
    assert report["log_loss"] == pytest.approx(expected, rel=1e-3, abs=1e-4)
    precision, recall, _, support = precision_recall_fscore_support(
        truth, found.predicted, labels=labels, zero_division=0
    )
    entries = by_label(report)
    assert set(entries) == set(labels)
    for index, label in enumerate(labels):
        assert (entries[label]["precision"] or 0.0) == pytest.approx(precision[index], abs=1e-4)
        assert (entries[label]["recall"] or 0.0) == pytest.approx(recall[index], abs=1e-4)
        assert entries[label]["support"] == support[index]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_the_metrics_follow_from_the_predictions(chainrule, flowers_model, new_flowers_csv, new_flowers, form):
    report = chainrule("evaluate", flowers_model, new_flowers_csv, "--json").metrics()
    if form == "csv":
        found = chainrule("predict", flowers_model, new_flowers_csv).predictions(40, SPECIES)
    else:
        found = chainrule("predict", flowers_model, new_flowers_csv, "--json").answers(40, SPECIES)
    check_against_scikit_learn(report, [row[-1] for row in new_flowers], found)


def test_the_metrics_of_a_poor_model_follow_from_its_predictions(chainrule, train, new_flowers_csv, new_flowers):
    options = ("--target", "species", "--learning-rate", "1e-6", "--out", "m")
    train(new_flowers_csv, *options).trained()
    report = chainrule("evaluate", "m", new_flowers_csv, "--json").metrics()
    found = chainrule("predict", "m", new_flowers_csv, "--json").answers(40)
    check_against_scikit_learn(report, [row[-1] for row in new_flowers], found)


@pytest.mark.parametrize("name", ["iris", "breast_cancer"])
def test_built_in_data_sets_are_judged_on_the_rows_held_out(chainrule, train, name):
    trained = train(name, "--seed", "21", "--test-size", "0.37", "--out", "m").trained()
    report = chainrule("evaluate", "m", name, "--json").metrics()
    assert report["accuracy"] == pytest.approx(trained["accuracy"])
    assert report["log_loss"] == pytest.approx(trained["log_loss"])
    assert report["classes"] == trained["classes"]


def test_without_json_a_table_is_printed(chainrule, flowers_model, new_flowers_csv):
    shown = chainrule("evaluate", flowers_model, new_flowers_csv).succeeded()
    words = shown.out.casefold()
    for word in ("accuracy", "precision", "recall", *SPECIES):
        assert word in words, shown
    assert re.search(r"log[- _]?loss", words), shown
    assert "\x1b" not in shown.out + shown.err


def test_evaluating_leaves_no_files(chainrule, flowers_model, new_flowers_csv):
    before = flowers_model.read_bytes()
    chainrule("evaluate", flowers_model, new_flowers_csv).succeeded()
    assert flowers_model.read_bytes() == before
    assert not any(Path.cwd().iterdir())


def test_every_row_of_a_file_counts(chainrule, flowers_model, flowers_csv):
    report = chainrule("evaluate", flowers_model, flowers_csv, "--json").metrics()
    assert sum(entry["support"] for entry in report["classes"]) == 120


def test_the_order_of_rows_and_columns_does_not_matter(
    chainrule, write, flower_header, flowers_model, new_flowers, new_flowers_csv
):
    expected = chainrule("evaluate", flowers_model, new_flowers_csv, "--json").metrics()
    data = write(Path("d.csv"), flower_header[::-1], [row[::-1] for row in new_flowers[::-1]])
    found = chainrule("evaluate", flowers_model, data, "--json").metrics()
    assert found["accuracy"] == pytest.approx(expected["accuracy"])
    assert found["log_loss"] == pytest.approx(expected["log_loss"])
    assert by_label(found).keys() == by_label(expected).keys()


@pytest.mark.parametrize("kept", [("aster", "crocus"), ("bluebell",)])
def test_some_of_the_classes_are_enough(chainrule, write, flower_header, flowers_model, new_flowers, kept):
    rows = [row for row in new_flowers if row[-1] in kept]
    data = write(Path("d.csv"), flower_header, rows)
    report = chainrule("evaluate", flowers_model, data, "--json").json()
    supports = {label: entry["support"] for label, entry in by_label(report).items() if entry["support"]}
    assert supports == {label: sum(row[-1] == label for row in rows) for label in kept}
    found = chainrule("predict", flowers_model, data, "--json").answers(len(rows))
    right = [row[-1] == label for row, label in zip(rows, found.predicted, strict=True)]
    assert report["accuracy"] == pytest.approx(np.mean(right))


def test_a_single_row(chainrule, write, flower_header, flowers_model, new_flowers):
    data = write(Path("d.csv"), flower_header, new_flowers[:1])
    assert chainrule("evaluate", flowers_model, data, "--json").json()["accuracy"] in (0.0, 1.0)


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
    supports = {label: entry["support"] for label, entry in by_label(found).items() if entry["support"]}
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


def test_the_target_column_is_needed(chainrule, write, flower_header, flowers_model, new_flowers):
    data = write(Path("garden.csv"), flower_header[:-1], [row[:-1] for row in new_flowers])
    chainrule("evaluate", flowers_model, data).complaint("species")
    chainrule("evaluate", flowers_model, data, "--json").complaint("species")


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


def test_missing_labels_are_counted(chainrule, write, flower_header, flowers_model, new_flowers):
    rows = [[*row[:-1], None if index in (2, 5, 6) else row[-1]] for index, row in enumerate(new_flowers)]
    line = chainrule("evaluate", flowers_model, write(Path("garden.csv"), flower_header, rows)).complaint("species")
    assert re.search(r"\b(3|three)\b", line), line


def test_a_missing_feature_column_is_named(chainrule, write, flower_header, flowers_model, new_flowers):
    data = write(Path("garden.csv"), flower_header[1:], [row[1:] for row in new_flowers])
    chainrule("evaluate", flowers_model, data).complaint("stem")


def test_a_model_of_one_data_set_refuses_another(chainrule, digits_model, iris_model, flowers_model):
    chainrule("evaluate", digits_model, "iris").complaint()
    chainrule("evaluate", iris_model, "wine").complaint()
    chainrule("evaluate", flowers_model, "iris").complaint()
