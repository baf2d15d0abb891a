"""Sparse rows in mapped files, compared with SciPy, and folders whose arrays do not fit together."""

import mmap

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.storage import Blocks, DataFileError, csr_reader


def write(folder, X, stored=None, **sides):
    folder.mkdir()
    parts = {
        "data": X.data if stored is None else X.data.astype(stored),
        "indices": X.indices,
        "indptr": X.indptr,
        "shape": np.array(X.shape),
        **sides,
    }
    for name, array in parts.items():
        np.save(folder / f"{name}.npy", array)
    return str(folder)


def random_rows(rows, columns=9, density=0.3, seed=0, dtype=np.float32):
    X = sp.random(rows, columns, density, "csr", rng=np.random.default_rng(seed))
    X = sp.csr_matrix(X)
    X.data = np.random.default_rng(seed).integers(1, 100, X.nnz).astype(dtype)
    X.sort_indices()
    return X


def same(found, expected):
    assert found.shape == expected.shape
    assert found.has_canonical_format
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@settings(max_examples=50, deadline=None)
@given(data=st.data(), name=st.sampled_from(["float16", "float32", "float64", "int32"]), long=st.booleans())
def test_any_range_over_any_split_is_the_range_of_the_whole(tmp_path_factory, data, name, long):
    folder = tmp_path_factory.mktemp("x")
    lengths = data.draw(st.lists(st.integers(0, 12), min_size=1, max_size=4).filter(sum))
    whole = random_rows(sum(lengths), seed=sum(lengths), dtype=np.float64)
    if long:
        whole.indices, whole.indptr = whole.indices.astype(np.int64), whole.indptr.astype(np.int64)
    ends = np.cumsum(lengths)
    for k, (length, end) in enumerate(zip(lengths, ends, strict=True)):
        write(folder / f"x{k}.csr", whole[end - length : end], name, labels=np.arange(end - length, end))
    X = Blocks(f"{folder}/x*.csr")
    assert X.sparse
    assert X.dtype == (np.float32 if name in ("float16", "float32") else np.float64)
    np.testing.assert_array_equal(X.labels(), np.arange(sum(lengths)))
    assert X.weights() is None
    for _ in range(6):
        start = data.draw(st.integers(0, whole.shape[0]))
        stop = data.draw(st.integers(start, whole.shape[0]))
        block = X.features(start, stop)
        assert block.dtype == X.dtype
        same(block, whole[start:stop].astype(X.dtype))
        X.expect(start, stop)
    X.forget()


def test_rows_are_views_of_the_files(tmp_path):
    whole = random_rows(50)
    X = Blocks(write(tmp_path / "x.csr", whole) + "/", n_features=20)
    assert X.shape == (50, 20)
    block = X.features(7, 40)
    for array in (block.data, block.indices):
        while isinstance(array.base, np.ndarray):
            array = array.base
        assert isinstance(array.base, mmap.mmap)
    assert block.indptr.dtype == block.indices.dtype == np.int32
    np.testing.assert_array_equal((block @ np.arange(20.0))[:5], whole[7:12].toarray() @ np.arange(9.0))
    assert X.place(3).endswith("x.csr, row 3")
    assert Blocks(X.paths[0].rstrip("/"), dtype="float64").features(0, 3).dtype == np.float64


def test_labels_and_weights_come_from_the_folder_or_from_the_caller(tmp_path):
    rows = random_rows(3)
    path = write(tmp_path / "x.csr", rows, labels=np.array(["a", "b", "a"]), weights=np.array([1, 2, 3]))
    assert Blocks(path).labels().tolist() == ["a", "b", "a"]
    assert Blocks(path).weights().tolist() == [1, 2, 3]
    assert Blocks(path, labels=[4, 5, 6], weight=[0, 1, 0]).labels().tolist() == [4, 5, 6]
    other = write(tmp_path / "y.csr", rows)
    with pytest.raises(DataFileError, match=r"y.csr: there are no labels, and other folders have them"):
        Blocks([path, other]).labels()
    np.save(tmp_path / "x.csr" / "labels.npy", np.arange(4))
    with pytest.raises(DataFileError, match=r"labels.npy: expected 3 labels, one per sample"):
        Blocks(path).labels()


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("indptr", lambda a: np.r_[a[:4], a[3] - 1, a[5:]], "indptr.npy: the border before row 4 is too small"),
        ("indptr", lambda a: np.r_[1, a[1:]], "indptr.npy: the first border is 1, expected 0"),
        ("indptr", lambda a: np.r_[-1, a[1:]], "indptr.npy: the border before row 0 is too small"),
        ("indptr", lambda a: np.r_[a[:-1], a[-1] + 1], "indptr.npy: the last border is"),
        ("indptr", lambda a: a[:-1], "11 row borders .* got 10"),
        ("indptr", lambda a: a.astype(float), "indptr.npy: expected indptr in int32 or int64, got float64"),
        ("indices", lambda a: a[:-1], "10 samples with 27 entries need 11 row borders and 27 indices, got 11 and 26"),
        ("indices", lambda a: a.astype(np.uint32), "indices.npy: expected indices in int32 or int64, got uint32"),
        ("shape", lambda a: np.array([10]), "shape.npy: expected the numbers of samples and features"),
        ("shape", lambda a: np.array([10, -1]), "shape.npy: expected the numbers of samples and features"),
        ("data", lambda a: a.astype("U3"), "data.npy: expected real numbers"),
        ("data", lambda a: a[:, None], "data.npy: expected an array of one axis"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_when_opened(tmp_path, monkeypatch, name, change, reason):
    monkeypatch.setattr(csr_reader, "_PIECE", 3)
    path = write(tmp_path / "x.csr", random_rows(10))
    file = tmp_path / "x.csr" / f"{name}.npy"
    np.save(file, change(np.load(file)))
    with pytest.raises(DataFileError, match=reason):
        Blocks(path)
    file.unlink()
    with pytest.raises(DataFileError, match=rf"{name}.npy: cannot be read: No such file"):
        Blocks(path)


@pytest.mark.parametrize(
    ("bad", "reason"), [(9, "is not below 9: 9"), (-1, "is not below 9: -1"), (10**8, "is not below 9: 100000000")]
)
def test_an_index_out_of_range_is_an_error_when_its_row_is_read(tmp_path, bad, reason):
    whole = random_rows(30)
    path = write(tmp_path / "x.csr", whole)
    row = 10 + int(np.argmax(np.diff(whole.indptr)[10:20]))
    assert whole.indptr[row] < whole.indptr[row + 1]
    place = whole.indptr[row + 1] - 1
    whole.indices[place] = bad
    np.save(tmp_path / "x.csr" / "indices.npy", whole.indices)
    X = Blocks(path)
    same(X.features(0, row), sp.csr_matrix(whole[:row]))
    with pytest.raises(DataFileError, match=f"indices.npy: an index of row {row} {reason}"):
        X.features(5, 25)


def test_indices_that_do_not_increase_are_an_error(tmp_path):
    rows = sp.csr_matrix((np.ones(6), np.array([3, 0, 2, 2, 1, 0]), np.array([0, 1, 1, 3, 4, 6, 6])), shape=(6, 4))
    X = Blocks(write(tmp_path / "x.csr", rows))
    np.testing.assert_array_equal(X.features(0, 4).toarray(), rows[:4].toarray())
    assert X.features(1, 2).nnz == X.features(5, 6).nnz == 0
    with pytest.raises(DataFileError, match=r"indices.npy: an index of row 4 is not below the next: 1"):
        X.features(2, 6)


def test_borders_that_change_after_opening_are_an_error(tmp_path):
    whole = random_rows(30)
    X = Blocks(write(tmp_path / "x.csr", whole))
    for borders in (whole.indptr[::-1], whole.indptr + 100, whole.indptr - 100):
        np.save(tmp_path / "x.csr" / "indptr.npy", np.ascontiguousarray(borders))
        with pytest.raises(DataFileError, match=r"indptr.npy: .*the file has changed"):
            X.features(3, 30)


def test_folders_that_differ_and_widths_that_do_not_suffice_are_refused(tmp_path):
    write(tmp_path / "a.csr", random_rows(3, 9))
    write(tmp_path / "b.csr", random_rows(3, 8))
    with pytest.raises(DataFileError, match=r"b.csr: the number of features is 8, and in .*a.csr it is 9"):
        Blocks(tmp_path / "*.csr")
    assert Blocks(tmp_path / "*.csr", n_features=9).features(0, 6).shape == (6, 9)
    with pytest.raises(DataFileError, match=r"a.csr: expected at most 8 features, got 9"):
        Blocks(tmp_path / "*.csr", n_features=8)
