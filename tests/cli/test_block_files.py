"""Commands on files that are read in blocks: the same models and scores as from memory, and errors that name rows."""

import os
import re
import time
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse as sp
from sklearn.datasets import dump_svmlight_file

from chainrule import progress
from chainrule.cli import block_files
from chainrule.cli.block_files import is_in_blocks
from chainrule.cli.train_options import stem
from chainrule.estimators.persistence import load
from chainrule.progress import ProgressLine
from chainrule.storage import Blocks, StoredRows

SIZES = np.array([1.0, 30.0, 1000.0, 0.01, 1.0])
ROWS = 353
SOFTMAX = ("--model", "softmax", "--C", "2")


def drawn(rows, seed):
    stream = np.random.default_rng(seed)
    X = stream.standard_normal((rows, 5)) * SIZES + 3 * SIZES
    scores = (X / SIZES - 3) @ np.random.default_rng(7).standard_normal((5, 3))
    return X, np.array(["ant", "bee", "cow"])[scores.argmax(axis=1)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Eleven files of each kind with the same rows, of unequal lengths and with an empty one among them."""
    folder = tmp_path_factory.mktemp("data") / "run"
    folder.mkdir()
    every = [drawn(0 if k == 4 else 20 + 3 * k, k) for k in range(11)]
    for k, (X, y) in enumerate(every):
        columns = {f"x{j}": X[:, j] for j in range(5)}
        table = pa.table(columns | {"kind": pa.array(y, pa.string()), "name": pa.array([f"row {i}" for i in y])})
        pq.write_table(table, folder / f"part-{k}.parquet", row_group_size=16)
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 5)
        table = pa.table({"v": vectors, "kind": pa.array(y, pa.string()), "name": pa.array(y, pa.string())})
        with pa.ipc.new_file(str(folder / f"part-{k}.arrow"), table.schema) as file:
            file.write_table(table)
        np.save(folder / f"x-{k}.npy", X)
        np.save(folder / f"y-{k}.npy", y)
    X, y = (np.concatenate(parts) for parts in zip(*every, strict=True))
    np.save(folder / "all.npy", X)
    np.savez(folder / "all.npz", X=X, y=y, kind=y)
    np.savetxt(folder / "y.txt", y, fmt="%s")
    return folder


WAYS = {
    "parquet": ("part-*.parquet", "--target", "kind", "--drop", "name"),
    "arrow": ("part-*.arrow", "--target", "kind", "--drop", "name"),
    "npy": ("x-*.npy", "--labels", "{run}/y-*.npy"),
    "one": ("all.npy", "--labels", "{run}/y.txt", "--blocks"),
}


def words(run, way):
    name, *options = WAYS[way]
    return [run / name, *(option.format(run=run) for option in options)]


@pytest.mark.parametrize("way", WAYS)
def test_softmax_from_files_is_the_model_from_memory(chainrule, run, way):
    expected = chainrule("train", run / "all.npz", *SOFTMAX, "--json").json()
    found = chainrule("train", *words(run, way), *SOFTMAX, "--out", "m", "--json").json()
    for name in ("accuracy", "log_loss", "n_train", "n_test", "gradient_norm", "certificate", "classes"):
        assert found[name] == expected[name], name
    model, other = load("m"), load("all.chainrule")
    np.testing.assert_array_equal(model.coef_, other.coef_)
    assert model.classes_.tolist() == ["ant", "bee", "cow"]


@pytest.mark.parametrize("way", WAYS)
def test_a_network_from_files_learns_scaled_features(chainrule, run, way):
    report = chainrule("train", *words(run, way), "--epochs", "30", "--out", "m", "--json").trained()
    assert report["accuracy"] > 0.8  # without scaling, the largest feature decides alone
    model, memory = load("m"), np.load(run / "all.npy")
    with warnings.catch_warnings(action="ignore"):  # arrays have no names of features
        from_files = model.predict_log_proba(Blocks(run / "x-*.npy"))
        np.testing.assert_allclose(from_files, model.predict_log_proba(memory), rtol=1e-4, atol=1e-5)


def test_rows_that_a_scaler_has_not_drawn_are_scaled_too(chainrule, run, monkeypatch):
    monkeypatch.setattr("chainrule.cli.data_set.NUMBERS_DRAWN", 500)
    done = chainrule("train", *words(run, "npy"), "--epochs", "30", "--out", "m", "--json")
    assert done.trained()["accuracy"] > 0.8
    assert "medians and quartiles of 8" in done.err or "medians and quartiles of 9" in done.err


@pytest.mark.parametrize("model", ["softmax", "mlp"])
def test_predictions_and_scores_are_those_of_memory(chainrule, run, model, monkeypatch, read_csv_predictions):
    options = ("--C", "1") if model == "softmax" else ("--epochs", "3")
    chainrule("train", *words(run, "parquet"), "--model", model, *options, "--out", "m", "--json").metrics()
    memory = chainrule("predict", "m", run / "all.npy").predictions(ROWS)
    scores = chainrule("evaluate", "m", run / "all.npz", "--json").metrics()
    assert 0 < scores["trained_on"] < ROWS
    monkeypatch.setattr(block_files, "RESULTS_OF_A_PART", 60)
    monkeypatch.setattr("chainrule.storage.stored_rows.NUMBERS_OF_A_BLOCK", 100)
    for name in ("part-*.parquet", "x-*.npy"):
        chainrule("predict", "m", run / name, "--out", "p.csv").succeeded()
        with open("p.csv", encoding="utf-8", newline="") as file:
            found = read_csv_predictions(file.read(), ROWS)
        assert found.predicted == memory.predicted
        np.testing.assert_allclose(found.probabilities, memory.probabilities, rtol=0, atol=1e-6)
    for data in (["part-*.parquet"], ["x-*.npy", "--labels", run / "y-*.npy"]):
        found = chainrule("evaluate", "m", run / data[0], *data[1:], "--json").metrics()
        for name in ("accuracy", "trained_on", "n_rows", "classes"):
            assert found[name] == scores[name]
        assert found["log_loss"] == pytest.approx(scores["log_loss"], rel=1e-6)


def test_a_model_of_a_column_of_vectors_finds_it_again(chainrule, run):
    chainrule("train", *words(run, "arrow"), *SOFTMAX, "--out", "m", "--json").metrics()
    chainrule("predict", "m", run / "part-*.arrow").predictions(ROWS)
    assert chainrule("evaluate", "m", run / "part-*.arrow", "--json").metrics()["n_rows"] == ROWS


@pytest.mark.parametrize("form", ["lists", "vectors"])
def test_a_table_with_a_column_of_vectors_means_the_same_whole_and_in_blocks(chainrule, run, form):
    X, y = drawn(200, 1)
    lists = pa.array(X.tolist()) if form == "lists" else pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 5)
    pq.write_table(pa.table({"emb": lists, "y": y, "text": ["foo"] * 200}), "t.parquet")
    train = "train", "softmax", "t.parquet", "--target", "y", "--C", "2", "--json"
    chainrule(*train).complaint("column 'text' is not numeric", "--drop COLUMN")
    chainrule(*train, "--drop", "text", "--out", "whole").metrics()
    chainrule(*train, "--drop", "text", "--blocks", "--out", "blocks").metrics()
    np.testing.assert_array_equal(load("whole").coef_, load("blocks").coef_)
    chainrule("predict", "whole", "t.parquet").predictions(200)
    chainrule(*train, "--drop", "emb").complaint("a single value")
    assert not Path("t.chainrule").exists()


def test_a_network_and_folds_of_networks_learn_from_a_column_of_vectors(chainrule):
    X, y = drawn(200, 1)
    pq.write_table(pa.table({"emb": X.tolist(), "y": y}), "t.parquet")
    for model, option, value in (("mlp", "--epochs", "2"), ("tabular", "--time-limit", "1")):
        chainrule("train", model, "t.parquet", "--target", "y", option, value, "--out", model, "--json").metrics()
        chainrule("predict", model, "t.parquet").predictions(200)


@pytest.mark.parametrize("model", ["softmax", "mlp"])
def test_sparse_rows_train_and_predict(chainrule, model):
    counts = sp.random(300, 40, 0.2, "csr", random_state=3)
    y = (counts[:, :20].sum(axis=1) > counts[:, 20:].sum(axis=1)).A1.astype(int) * 5
    dump_svmlight_file(counts, y, "words.svm")
    chainrule("convert", "words.svm", "words.csr").succeeded()
    options = ("--C", "100") if model == "softmax" else ("--epochs", "40")
    report = chainrule("train", "words.csr", "--model", model, *options, "--out", "m", "--json").metrics()
    assert report["accuracy"] > 0.8
    again = chainrule("evaluate", "m", "words.csr", "--json").metrics()
    assert again["unseen"]["accuracy"] == report["accuracy"]
    chainrule("predict", "m", "words.csr").predictions(300, {"0", "5"})


def test_the_penalty_is_chosen_in_passes_over_the_files(chainrule, run):
    done = chainrule("train", *words(run, "parquet"), "--model", "softmax", "--out", "m", "--json")
    assert done.json()["C"] > 0
    assert "--C auto fits ten values of C in 5 folds" in done.err


def test_the_model_is_named_after_the_files(chainrule, run, monkeypatch):
    for data, name in (("part-*.npy", "part"), ("*.parquet", run.name), ("run/[ab].csr", "run"), ("a.b.arrow", "a.b")):
        assert stem(f"{run}/{data}" if "/" not in data else data) == name


def test_which_files_are_read_in_blocks(run, monkeypatch):
    assert is_in_blocks(str(run / "*.parquet"))
    assert is_in_blocks("words.csr")
    assert is_in_blocks("one.arrow")
    assert not is_in_blocks(str(run / "all.npy"))
    assert is_in_blocks(str(run / "all.npy"), wanted=True)
    assert not is_in_blocks("digits")
    monkeypatch.setattr(block_files, "_memory", lambda: 1000)
    assert is_in_blocks(str(run / "all.npy"))
    assert not is_in_blocks(str(run / "all.npz"))


def test_a_fit_shows_its_passes_and_epochs(chainrule, run, monkeypatch):
    monkeypatch.setattr(ProgressLine.__init__, "__defaults__", (0.0,))
    monkeypatch.setattr(progress, "QUIET", 0.0)
    monkeypatch.setattr(progress, "BETWEEN_LINES", 0.0)
    monkeypatch.setattr(progress, "REDRAWN", 0.005)
    for seconds in ("BETWEEN_LINES", "SILENCE"):
        monkeypatch.setattr(f"chainrule.cli.output.{seconds}", 0.0)
    read = StoredRows.read
    monkeypatch.setattr(StoredRows, "read", lambda *rows: time.sleep(0.05) or read(*rows))
    done = chainrule("train", *words(run, "npy"), *SOFTMAX, "--out", "m").succeeded()
    assert re.search(r"pass \d+ \(before the first step\): 0 of \d+ rows", done.err), done
    assert re.search(r"pass \d+ \(certificate\): 0 of \d+ rows; \d+ steps in .* objective", done.err), done
    done = chainrule("train", *words(run, "npy"), "--hidden", "4", "--epochs", "2", "--out", "n").succeeded()
    assert re.search(r"epoch 1: 0 of \d+ rows\n", done.err), done
    assert re.search(r"held-out samples: 0 of \d+ rows", done.err), done
    assert re.search(r"epoch 1/2: loss", done.err), done


def test_more_rows_than_are_hashed(chainrule, run, monkeypatch):
    monkeypatch.setattr("chainrule.cli.model_files.MOST_ROWS", 100)
    done = chainrule("train", *words(run, "npy"), *SOFTMAX, "--out", "m")
    assert "note: more than 100 rows" in done.succeeded().err
    found = chainrule("evaluate", "m", run / "all.npz", "--json")
    assert found.metrics()["trained_on"] is None
    assert "no record of training rows" in found.err


# Bad input


TRAIN = ("train", *SOFTMAX, "--out", "m", "--target", "kind")


def write(path, rows=20, seed=0, **changed):
    X, y = drawn(rows, seed)
    columns = {f"x{j}": X[:, j] for j in range(5)} | {"kind": y} | changed
    pq.write_table(pa.table({name: values for name, values in columns.items() if values is not None}), path)
    return X, y


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"x3": None}, ("b.parquet", "x3", "missing")),
        ({"x3": np.arange(20)}, ("b.parquet", "x3", "int64", "double")),
        ({"x3": np.array(["a"] * 20)}, ("b.parquet", "x3", "string")),
        ({"kind": None}, ("b.parquet", "kind", "missing")),
        ({"x3": pa.array([0.5] * 17 + [None] * 3)}, ("b.parquet", "x3", "row 17")),
    ],
)
def test_a_file_that_differs_is_named(chainrule, changed, names):
    write("a.parquet")
    write("b.parquet", **changed)
    chainrule(*TRAIN, "*.parquet").complaint(*names)
    assert sorted(os.listdir()) == ["a.parquet", "b.parquet"]


@pytest.mark.parametrize("model", ["softmax", "mlp"])
def test_the_row_with_nan_is_named_among_a_thousand_files(chainrule, model):
    os.mkdir("run")
    for k in range(1000):
        X, _ = drawn(9, k)
        if k == 912:
            X[7, 2] = np.nan
        np.save(f"run/part-{k}.npy", X)
    np.save("y.npy", np.arange(9000) % 2)
    options = ("--C", "1") if model == "softmax" else ()
    train = chainrule("train", "run/*.npy", "--labels", "y.npy", "--model", model, *options)
    train.complaint("part-912.npy, row 7", "feature 2", "nan")
    assert sorted(os.listdir()) == ["run", "y.npy"]


def test_a_damaged_row_group_is_named(chainrule):
    for name in ("a", "b"):
        X, y = drawn(5000, 3)
        columns = {f"x{j}": X[:, j] for j in range(5)} | {"kind": y}
        pq.write_table(pa.table(columns), f"{name}.parquet", row_group_size=1000, compression="none")
    file = Path("b.parquet")
    whole = file.read_bytes()
    column = pq.read_metadata(file).row_group(3).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    file.write_bytes(whole[:start] + bytes(200) + whole[start + 200 :])
    chainrule(*TRAIN, "*.parquet").complaint("b.parquet", "row group 3", "rows 3000 to 3999")
    file.write_bytes(whole[: len(whole) // 2])
    chainrule(*TRAIN, "*.parquet").complaint("b.parquet", "cannot be read")
    assert sorted(os.listdir()) == ["a.parquet", "b.parquet"]


def test_labels_never_seen_are_named_with_their_row(chainrule):
    write("a.parquet")
    chainrule(*TRAIN, "*.parquet", "--json").metrics()
    _, y = drawn(20, 0)
    y[11] = "elk"
    write("b.parquet", kind=y)
    chainrule("evaluate", "m", "*.parquet").complaint("b.parquet, row 11", "'elk'", "'ant'")


def test_globs_without_files_and_empty_files(chainrule):
    chainrule(*TRAIN, "*.parquet").complaint("*.parquet", "no such file")
    write("a.parquet")
    Path("b.parquet").touch()
    chainrule(*TRAIN, "*.parquet").complaint("b.parquet", "empty")
    chainrule(*TRAIN, "*.npz").complaint("*.npz", "no such file")


@pytest.mark.parametrize(
    ("words", "names", "code"),
    [
        (("a.parquet", "--blocks"), ("--target", "'x0'", "'kind'"), 1),
        (("a.parquet", "--blocks", "--target", "kin"), ("--target", "did you mean 'kind'"), 1),
        (("a.parquet", "--blocks", "--target", "kind", "--drop", "x9"), ("--drop", "'x9'"), 1),
        (("a.parquet", "--blocks", "--target", "kind", "--labels", "y.npy"), ("--labels", ".npy"), 1),
        (("x.npy", "--blocks"), ("x.npy", "--labels"), 1),
        (("x.npy", "--blocks", "--target", "kind", "--labels", "y.npy"), ("--target", "tables"), 1),
        (("x.npy", "--blocks", "--labels", "y.npy"), ("y.npy", "expected 20 labels", "(19,)"), 1),
        (("iris", "--blocks"), ("--blocks", "iris"), 64),
        (("digits", "--blocks", "--model", "conv"), ("--blocks", "softmax or mlp"), 64),
    ],
)
def test_a_mistake_is_named(chainrule, words, names, code):
    X, _ = write("a.parquet")
    np.save("x.npy", X)
    np.save("y.npy", np.zeros(19))
    chainrule("train", *words).complaint(*names, code=code)


def test_files_that_do_not_fit_the_model(chainrule):
    X, _ = write("a.parquet")
    chainrule(*TRAIN, "*.parquet", "--json").metrics()
    write("b.parquet", x2=None)
    chainrule("predict", "m", "b.parquet").complaint("b.parquet", "'x2'", "lacks the column")
    chainrule("evaluate", "m", "b.parquet").complaint("b.parquet", "'x2'", "lacks the column")
    write("c.parquet", kind=None)
    chainrule("predict", "m", "c.parquet").predictions(20)
    chainrule("evaluate", "m", "c.parquet").complaint("c.parquet", "'kind'")
    np.save("x1.npy", X[:, :4])
    chainrule("predict", "m", "x*.npy").complaint("x1.npy", "5 features", "4")
    os.rename("x1.npy", "old")
    np.save("x2.npy", X)
    chainrule("evaluate", "m", "x*.npy").complaint("x*.npy", "--labels")
    chainrule("train", "a.parquet", "--target", "kind", "--epochs", "1", "--out", "table", "--json").trained()
    chainrule("predict", "table", "*.parquet").complaint("b.parquet", "'x2'", "lacks the column")


def test_too_many_predictions_for_json(chainrule, run, monkeypatch):
    chainrule("train", *words(run, "npy"), *SOFTMAX, "--out", "m", "--json").metrics()
    assert len(chainrule("predict", "m", run / "x-*.npy", "--json").answers(ROWS).labels) == 3
    monkeypatch.setattr("chainrule.cli.block_files.MOST_IN_JSON", 3 * ROWS - 1)
    chainrule("predict", "m", run / "x-*.npy", "--json").complaint("--json", ROWS, "--out")
