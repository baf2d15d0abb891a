"""Samples in .npz, .npy and svmlight files, and files that hold none."""

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import dump_svmlight_file, load_iris

from chainrule import SoftmaxRegression

X, Y = load_iris(return_X_y=True)


def saved(name, **arrays):
    np.savez(name, **arrays)
    return name


@pytest.mark.parametrize("names", [("X", "y"), ("embeddings", "labels"), ("anything", "target")])
def test_an_npz_file_is_features_and_labels(chainrule, names):
    saved("rows.npz", **dict(zip(names, (X, Y), strict=True)), note=np.array("iris"))
    report = chainrule("train", "rows.npz", "--model", "softmax", "--C", "1", "--json").json()
    assert report["C"] == 1
    table = chainrule("predict", "rows.chainrule", "rows.npz").predictions(150)
    assert table.labels == ["0", "1", "2"]
    evaluated = chainrule("evaluate", "rows.chainrule", "rows.npz", "--json").metrics()
    assert evaluated["n_rows"] == 150
    assert evaluated["accuracy"] == np.mean(np.array(table.predicted, dtype=int) == Y)


def test_the_labels_may_have_any_name_that_is_given(chainrule):
    saved("rows.npz", X=X, y=np.zeros(150, int), species=np.array(["a", "b", "c"])[Y])
    report = chainrule("train", "rows.npz", "--model", "softmax", "--target", "species", "--C", "1", "--json").json()
    assert [entry["label"] for entry in report["classes"]] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", ["npy", "txt"])
def test_features_alone_take_their_labels_from_another_file(chainrule, kind):
    np.save("rows.npy", X.astype(np.float32))
    names = np.array(["one", "two", "three"])[Y]
    if kind == "npy":
        np.save("names.npy", names)
    else:
        with open("names.txt", "w") as file:
            file.write("\n".join(names))
    command = ("--model", "softmax", "--C", "10", "--json")
    report = chainrule("train", "rows.npy", "--labels", f"names.{kind}", *command).json()
    assert {entry["label"] for entry in report["classes"]} == {"one", "two", "three"}
    assert chainrule("predict", "rows.chainrule", "rows.npy").predictions(150).labels == ["one", "three", "two"]
    shown = chainrule("evaluate", "rows.chainrule", "rows.npy", "--labels", f"names.{kind}", "--json").metrics()
    assert shown["accuracy"] > 0.9


def test_sparse_samples_are_read_and_stay_sparse(chainrule, monkeypatch):
    dump_svmlight_file(np.where(X > 2, X, 0), Y, "rows.svmlight")
    given = []
    fit = SoftmaxRegression.fit
    monkeypatch.setattr(SoftmaxRegression, "fit", lambda self, X, *more: given.append(X) or fit(self, X, *more))
    report = chainrule("train", "rows.svmlight", "--model", "softmax", "--C", "1", "--json").json()
    assert sp.issparse(given[0])
    assert given[0].shape == (120, 4)
    assert report["accuracy"] > 0.8
    # A file whose rows end earlier has the same features.
    dump_svmlight_file(X[:5, :2], Y[:5], "short.svmlight")
    chainrule("predict", "rows.chainrule", "short.svmlight").predictions(5)
    sp.save_npz("sparse.npz", sp.csr_matrix(X))
    chainrule("predict", "rows.chainrule", "sparse.npz").predictions(150)


@pytest.mark.parametrize(
    ("words", "names", "code"),
    [
        (("nowhere.npz",), ("nowhere.npz", "No such file"), 1),
        (("empty.npz",), ("empty.npz", "empty"), 1),
        (("damaged.npz",), ("damaged.npz", "cannot be read"), 1),
        (("noise.npz",), ("noise.npz", "does not begin as a .npz file"), 1),
        (("array.npz",), ("array.npz", "does not begin as a .npz file"), 1),
        (("alone.npy", "--labels", "noise.npy"), ("noise.npy", "does not begin as a .npy file"), 1),
        (("text.svmlight",), ("text.svmlight", "cannot be read"), 1),
        (("alone.npy",), ("alone.npy", "--labels"), 1),
        (("alone.npy", "--labels", "none.txt"), ("--labels: none.txt: cannot be read: No such file or directory;",), 1),
        (("alone.npy", "--labels", "few.txt"), ("alone.npy", "6 rows", "(2,)"), 1),
        (("two.npz",), ("two.npz", "a (2, 2)", "b (2, 2)"), 1),
        (("two.npz", "--target", "c"), ("--target", "'c'", "a, b"), 1),
        (("nan.npz",), ("nan.npz", "NaN", "1 entries"), 1),
        (("objects.npz",), ("objects.npz", "cannot be read"), 1),
        (("cube.npz",), ("cube.npz", "expected one array of features"), 1),
        (("one.npz",), ("a single class (1);",), 1),
        (("beyond.npz",), ("beyond.npz", "cannot be read", "indices"), 1),
        (("once.npz",), ("--C auto", "twice"), 1),
    ],
)
def test_a_mistake_is_named_in_one_line(chainrule, words, names, code):
    six, labels = np.arange(12.0).reshape(6, 2), np.array([0, 0, 0, 1, 1, 1])
    np.save("alone.npy", six)
    files = {
        "empty.npz": b"",
        "few.txt": b"a\nb\n",
        "text.svmlight": b"no numbers here\n",
        "damaged.npz": b"PK\x03\x04 no",
        "noise.npz": b"\x17\xa0\x05",
        "noise.npy": b"\x17\xa0\x05",
        "array.npz": Path("alone.npy").read_bytes(),
    }
    for name, content in files.items():
        Path(name).write_bytes(content)
    saved("two.npz", a=six[:2], b=six[:2])
    saved("nan.npz", X=np.where(six == 3, np.nan, six), y=labels)
    saved("objects.npz", X=np.array([{}], dtype=object), y=labels[:1])
    saved("cube.npz", X=six.reshape(6, 2, 1), y=labels)
    saved("one.npz", X=six, y=np.ones(6, int))
    # An index beyond the shape; a product with such a matrix once ended the process.
    matrix = {"data": np.ones(6), "indices": np.full(6, 10**8), "indptr": np.arange(7)}
    saved("beyond.npz", **matrix, shape=(6, 2), y=labels)
    saved("once.npz", X=np.vstack([six, six]), y=np.array([0] * 5 + [1] * 6 + [2]))
    shown = chainrule("train", *words, "--model", "softmax")
    assert shown.code == code
    line = shown.err.strip().splitlines()[-1]
    assert line.startswith("error: ")
    for name in names:
        assert name in line
    assert "Traceback" not in shown.err


def test_other_features_than_the_models_are_refused(chainrule):
    saved("rows.npz", X=X, y=Y)
    saved("narrow.npz", X=X[:, :3], y=Y)
    chainrule("train", "rows.npz", "--model", "softmax", "--C", "1", "--json").json()
    shown = chainrule("predict", "rows.chainrule", "narrow.npz")
    assert shown.code == 1
    assert "3 features" in shown.err
    assert "needs 4" in shown.err


def test_a_model_of_dense_rows_takes_sparse_ones(chainrule):
    saved("rows.npz", X=X, y=Y)
    chainrule("train", "rows.npz", "--epochs", "2", "--hidden", "4").succeeded()
    sp.save_npz("sparse.npz", sp.csr_matrix(X))
    dense = chainrule("predict", "rows.chainrule", "rows.npz").predictions(150)
    sparse = chainrule("predict", "rows.chainrule", "sparse.npz").predictions(150)
    np.testing.assert_array_equal(sparse.probabilities, dense.probabilities)
