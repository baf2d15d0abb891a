"""`chainrule evaluate`: the numbers are those that scikit-learn computes from `predict`'s answers."""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
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


def test_missing_labels_are_counted(chainrule, write, flower_header, flowers_model, new_flowers):
    rows = [[*row[:-1], None if index in (2, 5, 6) else row[-1]] for index, row in enumerate(new_flowers)]
    line = chainrule("evaluate", flowers_model, write(Path("garden.csv"), flower_header, rows)).complaint("species")
    assert re.search(r"\b(3|three)\b", line), line


def mislabelled(rows, numbers):
    """The same rows, of which some have a wrong species."""
    return [[*row[:-1], "aster" if k in numbers and row[-1] != "aster" else row[-1]] for k, row in enumerate(rows)]


def test_the_worst_mistakes_are_named_by_their_rows_in_the_file(
    chainrule, write, flower_header, flowers_model, new_flowers, tmp_path
):
    wrong = {7, 20, 38}  # no asters; the files have 40 and 20 rows
    one = write(tmp_path / "one.csv", flower_header, mislabelled(new_flowers, wrong))
    found = chainrule("evaluate", flowers_model, one, "--mistakes", "3", "--json").metrics()["mistakes"]
    assert {row["where"] for row in found} == {"data row 8", "data row 21", "data row 39"}
    assert {row["label"] for row in found} == {"aster"}
    assert [row["probability"] for row in found] == sorted(row["probability"] for row in found)
    for k in (1, 2):
        write(tmp_path / f"part-{k}.csv", flower_header, mislabelled(new_flowers, wrong)[20 * k - 20 : 20 * k])
    shown = chainrule("evaluate", flowers_model, str(tmp_path / "part-*.csv"), "--mistakes", "3").succeeded().out
    for place in ("part-1.csv, data row 8", "part-2.csv, data row 1", "part-2.csv, data row 19"):
        assert place in shown
    assert "worst mistakes" not in chainrule("evaluate", flowers_model, one).out


def test_rows_of_arrays_are_counted_from_0(chainrule, empty_directory):
    X, y = load_digits(return_X_y=True)
    np.savez("digits.npz", X=X, y=y)
    chainrule("train", "softmax", "digits.npz", "--C", "0.1", "--out", "m").succeeded()
    found = chainrule("evaluate", "m", "digits.npz", "--mistakes", "900", "--json").metrics()["mistakes"]
    predicted = chainrule("predict", "m", "digits.npz", "--json").json()["predictions"]
    assert 0 < len(found) < 900
    assert {row["where"] for row in found} == {f"row {number}" for number in np.flatnonzero(predicted != y)}


def test_pictures_that_are_mistaken_are_named_by_their_files(chainrule, shapes, tmp_path):
    (shapes / "standing" / "1.png").rename(shapes / "lying" / "1.png")
    page, layers = tmp_path / "seen", "conv 8 3x3 pad 1, relu, pool 2"
    chainrule("train", "conv", shapes, "--layers", layers, "--seed", "3", "--report", page, "--out", "m").succeeded()
    os.rename(shapes, tmp_path / "moved")  # so that all pictures are scored, not only the held-out ones
    found = chainrule("evaluate", "m", tmp_path / "moved", "--mistakes", "1", "--json").metrics()["mistakes"]
    assert [row["where"] for row in found] == [str(tmp_path / "moved" / "lying" / "1.png")]


def test_a_report_names_the_rows_in_the_file(chainrule, write, flower_header, flowers, tmp_path):
    rows = mislabelled(flowers, range(0, 120, 4))
    path = write(tmp_path / "wrong.csv", flower_header, rows)
    options = ("--target", "species", "--report", tmp_path / "seen", "--out", "m")
    chainrule("train", "softmax", path, *options).succeeded()
    listed = re.findall(r"<td>data row ([0-9]+)</td><td>(\w+)</td>", (tmp_path / "seen" / "report.html").read_text())
    assert listed  # a quarter of the 24 held-out rows are mislabelled, a third of these as what they were
    assert all(rows[int(number) - 1][-1] == label for number, label in listed)


def test_the_summary_of_a_training_points_to_the_mistakes_among_all_rows(chainrule, shapes, flowers_csv):
    table = chainrule("train", "softmax", flowers_csv, "--target", "species", "--out", "f.chainrule").succeeded()
    assert table.out.endswith(f"with rows trained on: chainrule evaluate f.chainrule {flowers_csv} --mistakes 10\n")
    pictures = ("train", "conv", shapes, "--epochs", "1", "--layers", "flatten", "--out", "s.chainrule")
    shown = chainrule(*pictures).succeeded().out
    assert shown.endswith(f"with rows trained on: chainrule evaluate s.chainrule {shapes} --mistakes 10 --all\n")
    assert chainrule("evaluate", "s.chainrule", shapes, "--json").metrics()["n_rows"] == 8


def test_all_pictures_are_listed_with_those_trained_on_marked(chainrule, shapes):
    chainrule("train", "conv", shapes, "--epochs", "1", "--layers", "flatten", "--out", "s.chainrule").succeeded()
    turned = {"lying": "standing", "standing": "lying"}
    for number, kind in ((2, "lying"), (3, "standing")):
        (shapes / kind / f"{number}.png").rename(shapes / turned[kind] / f"{number}.png")
    found = chainrule("evaluate", "s.chainrule", shapes, "--mistakes", "40", "--all", "--json").metrics()
    assert found["n_rows"] == 40
    assert not found["held_out"]
    assert found["trained_on"] in (30, 31, 32)  # less those whose class is another one now
    files = {Path(row["where"]).name: row["trained_on"] for row in found["mistakes"]}
    assert files.get("2.png") is False or files.get("3.png") is False


def test_all_rows_of_a_built_in_set_are_scored_on_request(chainrule):
    chainrule("train", "softmax", "iris").succeeded()
    held_out = chainrule("evaluate", "iris.chainrule", "iris", "--json").metrics()
    every = chainrule("evaluate", "iris.chainrule", "iris", "--all", "--mistakes", "9", "--json").metrics()
    assert (held_out["n_rows"], every["n_rows"], every["trained_on"]) == (30, 150, 120)
    assert any(row["trained_on"] for row in every["mistakes"])
    shown = chainrule("evaluate", "iris.chainrule", "iris", "--all", "--mistakes", "9").succeeded().out
    assert "trained on" in shown.split("worst mistakes")[1]


def test_pictures_have_a_confusion_matrix_and_a_report(chainrule, shapes, tmp_path):
    words = ("train", shapes, "--layers", "conv 4 3x3, relu", "--epochs", "2")
    assert "is a folder: conv is trained on its pictures" in chainrule(*words, "--out", "m.chainrule").succeeded().err
    scored = ("evaluate", "m.chainrule", shapes, "--all", "--report", tmp_path / "seen")
    found = chainrule(*scored, "--json").metrics()
    counts = np.array(found["confusion"])
    assert counts.sum() == found["n_rows"]
    assert np.trace(counts) == round(found["accuracy"] * found["n_rows"])
    assert counts.sum(axis=1).tolist() == [row["support"] for row in found["classes"]]
    assert "<h2>Confusion matrix</h2>" in (tmp_path / "seen" / "report.html").read_text()
    told = chainrule(*scored).succeeded()
    assert "confusion: a row for each class" in told.out
    assert "report.html" in told.err


def test_a_table_in_blocks_has_no_report(chainrule, flowers_model, new_flowers_csv):
    done = chainrule("evaluate", flowers_model, new_flowers_csv, "--report", "seen")
    done.complaint("is read in blocks; in Python, write_report takes rows in memory")
