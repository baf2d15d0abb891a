"""`chainrule evaluate` knows which rows a model was trained on, in whatever file and order they come."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.datasets import dump_svmlight_file, load_digits

from chainrule.cli.trained_rows import TrainedRows
from chainrule.estimators.persistence import load_with_about, save

FRAME = load_digits(as_frame=True).frame


@pytest.fixture(scope="module")
def trained(chainrule, tmp_path_factory):
    """The digits as a file, a model that was trained on it, and what `train` said of the rows held out."""
    folder = tmp_path_factory.mktemp("digits")
    FRAME.to_csv(folder / "digits.csv", index=False)
    words = ("train", folder / "digits.csv", "--target", "target", "--epochs", "20", "--out", folder / "m", "--json")
    return folder, chainrule(*words).trained(rows=1797)


def copies(name):
    """Files with the rows of FRAME, each of another kind."""
    if name == "d.parquet":
        FRAME.astype(dict.fromkeys(FRAME.columns[:-1], "int8")).to_parquet(name)
    elif name == "reordered.csv":
        FRAME.sample(frac=1, random_state=0)[FRAME.columns[::-1]].to_csv(name, index=False)
    else:
        FRAME.to_csv(name, index=False, sep="\t" if name.endswith(".tsv") else ",")


@pytest.mark.parametrize("name", ["d.csv", "d.parquet", "d.tsv", "reordered.csv", "d.csv.gz"])
def test_the_rows_held_out_are_scored_apart_in_every_copy_of_the_file(chainrule, trained, name):
    folder, report = trained
    copies(name)
    done = chainrule("evaluate", folder / "m", name, "--json")
    found = done.metrics()
    assert (found["n_rows"], found["trained_on"], found["held_out"]) == (1797, 1437, False)
    assert (found["seen"]["n_rows"], found["unseen"]["n_rows"]) == (1437, 360)
    assert found["unseen"]["accuracy"] == pytest.approx(report["accuracy"])
    assert found["unseen"]["log_loss"] == pytest.approx(report["log_loss"])
    assert found["seen"]["accuracy"] > found["accuracy"] > found["unseen"]["accuracy"]
    assert "note: 1437 of 1797 rows were trained on; only the scores of the others are scores on new rows" in done.err
    shown = chainrule("evaluate", folder / "m", name).succeeded().out
    assert "1797 rows, 1437 of them trained on" in shown
    assert f"360 not trained on: accuracy {report['accuracy']:.2%}" in shown


def test_subsets_appended_rows_and_new_rows(chainrule, trained):
    folder, _ = trained
    new = FRAME.copy()
    new["pixel_3_3"] += 0.5
    half = FRAME[::2]
    half.to_csv("half.csv", index=False)
    few = chainrule("evaluate", folder / "m", "half.csv", "--json").metrics()
    assert few["trained_on"] == few["seen"]["n_rows"]
    pd.concat([new, half]).to_csv("more.csv", index=False)
    more = chainrule("evaluate", folder / "m", "more.csv", "--json").metrics()
    assert (more["n_rows"], more["trained_on"]) == (1797 + 899, few["trained_on"])
    new.to_csv("new.csv", index=False)
    done = chainrule("evaluate", folder / "m", "new.csv", "--json")
    assert (done.metrics()["trained_on"], done.metrics()["seen"], done.metrics()["unseen"]) == (0, None, None)
    assert "trained on" not in done.err
    assert "1797 rows, none of them trained on" in chainrule("evaluate", folder / "m", "new.csv").out


def test_rows_that_were_all_trained_on_are_said_to_be(chainrule, trained):
    folder, _ = trained
    kept = chainrule("evaluate", folder / "m", folder / "digits.csv", "--json").metrics()["trained_on"]
    _, about = load_with_about(folder / "m")
    rows = TrainedRows.from_notes(about["trained_rows"])
    assert len(rows.hashes) == kept
    np.savez("x.npz", X=FRAME.iloc[:, :-1], y=FRAME.target)
    chainrule("train", "x.npz", "--epochs", "1", "--test-size", "0.01").succeeded()
    np.savez("x.npz", X=FRAME.iloc[:1, :-1].to_numpy().repeat(2, axis=0), y=FRAME.target[:1].repeat(2))
    once = chainrule("evaluate", "x.chainrule", "x.npz", "--json").json()
    assert once["trained_on"] == 1, "a row given twice was trained on once"


@pytest.mark.parametrize("model", ["mlp", "softmax"])
@pytest.mark.parametrize("kind", ["npz", "svmlight"])
def test_rows_of_arrays_are_known_too(chainrule, model, kind):
    X, y = FRAME.iloc[:500, :-1].to_numpy(), FRAME.target[:500].to_numpy()

    def written(rows):
        if kind == "npz":
            np.savez("rows.npz", X=X[rows].astype(np.float32), y=y[rows])
        else:
            dump_svmlight_file(X[rows], y[rows], "rows.svmlight")

    written(np.arange(500))
    more = ("--C", "1") if model == "softmax" else ("--epochs", "2")
    report = chainrule("train", f"rows.{kind}", "--model", model, *more, "--json").json()
    written(np.random.default_rng(0).permutation(500))
    found = chainrule("evaluate", "rows.chainrule", f"rows.{kind}", "--json").metrics()
    assert (found["trained_on"], found["unseen"]["n_rows"]) == (report["n_train"], report["n_test"])
    assert found["unseen"]["accuracy"] == pytest.approx(report["accuracy"])


def test_images_are_known_and_a_source_that_changed_is_not_called_held_out(chainrule):
    digits = load_digits()
    images, labels = digits.images.astype(np.uint8), digits.target
    np.savez("a.npz", X=images[:400], y=labels[:400])
    words = ("--model", "conv", "--layers", "pool 2", "--epochs", "1", "--json")
    report = chainrule("train", "a.npz", *words).trained()
    same = chainrule("evaluate", "a.chainrule", "a.npz", "--json").metrics()
    assert (same["held_out"], same["trained_on"], same["log_loss"]) == (True, 0, report["log_loss"])
    np.savez("b.npz", X=images[:400][::-1], y=labels[:400][::-1])
    other = chainrule("evaluate", "a.chainrule", "b.npz", "--json").metrics()
    assert (other["n_rows"], other["trained_on"]) == (400, report["n_train"])
    np.savez("a.npz", X=images[:500], y=labels[:500])
    grown = chainrule("evaluate", "a.chainrule", "a.npz", "--json").metrics()
    assert (grown["held_out"], grown["n_rows"], grown["trained_on"]) == (False, 500, report["n_train"])


def test_a_file_without_a_record_says_that_it_is_not_known(chainrule, trained):
    folder, _ = trained
    model, about = load_with_about(folder / "m")
    save(model, "old", about={"origin": about["origin"]})
    done = chainrule("evaluate", "old", folder / "digits.csv", "--json")
    assert (done.metrics()["trained_on"], done.metrics()["seen"]) == (None, None)
    assert "unknown which rows were trained on" in done.err
    chainrule("predict", "old", folder / "digits.csv").predictions(1797)


def test_the_built_in_sets_are_still_scored_on_the_rows_held_out(chainrule, iris_model):
    found = chainrule("evaluate", iris_model, "iris", "--json").metrics()
    assert (found["held_out"], found["n_rows"], found["trained_on"]) == (True, 30, 0)


def test_the_record_takes_five_bytes_a_row_and_holds_no_row(trained):
    folder, _ = trained
    stored = zipfile.ZipFile(folder / "m")
    sizes = {info.filename: info.file_size for info in stored.infolist() if "trained_rows" in info.filename}
    assert sum(sizes.values()) < 5 * 1437 + 2 * 200
    again = io.BytesIO((folder / "m").read_bytes())
    assert zipfile.ZipFile(again).testzip() is None


X = np.array([[0.0, -1.5, np.nan], [3.0, 0.0, 1e300], [0.0, -1.5, np.nan], [4.0, 5.0, 6.0]])


def test_hashes_are_of_values_and_labels():
    labels = np.array([0, 1, 0, 1])
    rows = TrainedRows.of(X, labels)
    assert rows.are(X[::-1], labels[::-1])
    assert rows.are(np.asfortranarray(X), labels)
    assert rows.are(np.where(X == 0, -0.0, X), labels)
    assert not rows.seen(X, 1 - labels).any()
    assert rows.seen(X[[0, 0, 0]], labels[[0, 0, 0]]).tolist() == [True, True, False]
    moved = X.copy()
    moved[:, 1] += 1
    assert not rows.seen(moved, labels).any()
    again = TrainedRows.from_notes(rows.notes())
    assert again.are(X, labels)
    assert np.array_equal(again.hashes, rows.hashes)
    assert TrainedRows.from_notes(None) is None
    assert TrainedRows.of(X, labels).salt == rows.salt
    assert TrainedRows.of(moved, labels).salt != rows.salt


def test_sparse_rows_are_hashed_by_what_they_hold():
    dense = np.array([[0, 1.0, 0, 2], [0, 0, 0, 0], [3, 0, 0, 0]])
    labels = np.array([0, 1, 1])
    rows = TrainedRows.of(sp.csr_matrix(dense), labels)
    untidy = sp.csr_matrix((np.array([2.0, 1.0, 0.0, 1.0, 2.0]), [3, 1, 0, 0, 0], [0, 2, 3, 5]), shape=(3, 4))
    assert rows.are(untidy, labels)
    assert not rows.seen(sp.csr_matrix(dense * 2), labels)[[0, 2]].any()


def test_no_new_row_of_many_is_taken_for_an_old_one():
    stream = np.random.default_rng(0)
    rows = TrainedRows.of(stream.normal(size=(20_000, 3)), np.zeros(20_000, int))
    assert not rows.seen(stream.normal(size=(20_000, 3)), np.zeros(20_000, int)).any()
