"""Conversion of svmlight text, compared with scikit-learn's reader of the whole file."""

import bz2
import gzip
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

from chainrule.storage import Blocks, DataFileError, svmlight
from chainrule.storage.svmlight import convert_svmlight


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(svmlight, "BLOCK", 37)


def text(folder, content, name="x.svmlight"):
    path = folder / name
    path.write_bytes(content)
    return str(path)


def same(folder, source, **words):
    expected, y = load_svmlight_file(source, **words)
    X = Blocks(str(folder))
    found = X.features(0, X.shape[0])
    assert X.shape == expected.shape
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    np.testing.assert_array_equal(X.labels(), y)
    return X


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(1, 25), zero_based=st.booleans(), whole=st.booleans())
def test_the_folder_holds_what_scikit_learn_reads(tmp_path_factory, seed, rows, zero_based, whole):
    folder = tmp_path_factory.mktemp("x")
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((rows, 7)) * (rng.random((rows, 7)) < 0.4) * 10.0 ** rng.integers(-300, 300, (rows, 7))
    y = rng.integers(-3, 3, rows) + (0.0 if whole else 0.1)
    source = str(folder / "x.svmlight")
    dump_svmlight_file(X, y, source, zero_based=zero_based, comment="made up")
    counts = convert_svmlight(source, str(folder / "x.csr"), n_features=9, zero_based=zero_based)
    opened = same(folder / "x.csr", source, n_features=9, zero_based=zero_based)
    assert counts == (rows, 9, np.count_nonzero(X))
    assert opened.labels().dtype == (np.int64 if whole else np.float64)
    if X.any():
        convert_svmlight(source, str(folder / "auto.csr"))
        same(folder / "auto.csr", source)
    assert not [name for name in os.listdir(folder) if name.endswith(".part")]


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2"])
def test_comments_empty_lines_line_ends_and_compressed_text(tmp_path, ending):
    content = b"# head\n\n1 3:0.5 7:1e-3 # note 9:9\r\n-1\n   \n+1 qid:4 1:2\n3 2:0 5:-1"
    packed = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}[ending](content)
    source = text(tmp_path, packed, f"x.svmlight{ending}")
    seen = []
    convert_svmlight(source, str(tmp_path / "x.csr"), progress=lambda *now: seen.append(now))
    X = same(tmp_path / "x.csr", source)
    assert X.labels().tolist() == [1, -1, 1, 3]
    assert seen[-1] == (len(packed), len(packed), 4)


def test_values_in_float32(tmp_path):
    source = text(tmp_path, b"0 1:0.1 2:1e300\n")
    convert_svmlight(source, str(tmp_path / "x.csr"), dtype="float32")
    np.testing.assert_array_equal(Blocks(tmp_path / "x.csr").features(0, 1).data, np.array([0.1, np.inf], np.float32))


@pytest.mark.parametrize("line", [b"a 1:1", b"1 1:x", b"1 2:1 1:1", b"1 3", b"1 -1:2", b"1 1.5:2", b"1 99999999999:1"])
@pytest.mark.parametrize("before", [0, 1, 9])
def test_a_wrong_line_is_named_by_its_number(tmp_path, line, before):
    source = text(tmp_path, b"# head\n" + b"1 1:1 2:2\n" * before + line + b"\n" + b"1 1:1\n" * 3)
    with pytest.raises(DataFileError, match=rf"x.svmlight: line {before + 2}: .*: {line.decode()}$"):
        convert_svmlight(source, str(tmp_path / "x.csr"))
    assert os.listdir(tmp_path) == ["x.svmlight"]


def test_indices_that_contradict_the_options_are_named_by_their_line(tmp_path):
    source = text(tmp_path, b"1 1:1 2:2\n" * 9 + b"1 0:1 12:2\n" + b"1 1:1\n" * 9)
    with pytest.raises(DataFileError, match="line 10: the index is 0, and the first feature has index 1"):
        convert_svmlight(source, str(tmp_path / "x.csr"), zero_based=False)
    with pytest.raises(DataFileError, match="line 10: the index 12 belongs to feature 13 of 12"):
        convert_svmlight(source, str(tmp_path / "x.csr"), n_features=12)
    assert convert_svmlight(source, str(tmp_path / "x.csr"), n_features=13)[1] == 13


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("x.svmlight", b"", "the file is empty"),
        ("x.svmlight", b"# nothing\n\n", "there are no samples"),
        ("x.svmlight.gz", b"1 1:1\n", "cannot be read: Not a gzipped file"),
        ("x.svmlight.gz", gzip.compress(b"1 1:1\n" * 999, mtime=0)[:-9], "cannot be read: Compressed file ended"),
        ("x.svmlight.bz2", bz2.compress(b"1 1:1\n" * 999)[:-9], "cannot be read: Compressed file ended"),
    ],
)
def test_files_that_cannot_be_read_leave_nothing(tmp_path, name, content, reason):
    source = text(tmp_path, content, name)
    with pytest.raises(DataFileError, match=f"{name}: {reason}"):
        convert_svmlight(source, str(tmp_path / "x.csr"))
    assert os.listdir(tmp_path) == [name]


def test_a_folder_that_exists_is_kept_and_one_that_was_left_is_replaced(tmp_path):
    source = text(tmp_path, b"1 1:1\n")
    (tmp_path / "x.csr.part").mkdir()
    (tmp_path / "x.csr.part" / "shape.npy").write_text("old")
    convert_svmlight(source, str(tmp_path / "x.csr"))
    with pytest.raises(DataFileError, match=r"x.csr exists; name another folder"):
        convert_svmlight(source, str(tmp_path / "x.csr"))
    assert Blocks(tmp_path / "x.csr").shape == (1, 1)
    assert sorted(os.listdir(tmp_path)) == ["x.csr", "x.svmlight"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path, monkeypatch):
    source = text(tmp_path, b"1 1:1\n" * 100)
    mkdir = os.mkdir

    def with_a_full_file(path, *more):
        mkdir(path, *more)
        os.symlink("/dev/full", os.path.join(path, "indices.npy"))

    monkeypatch.setattr(os, "mkdir", with_a_full_file)
    with pytest.raises(DataFileError, match=r"x.csr: cannot be written: No space left on device; nothing is kept"):
        convert_svmlight(source, str(tmp_path / "x.csr"))
    assert os.listdir(tmp_path) == ["x.svmlight"]


def test_an_interruption_leaves_nothing(tmp_path):
    def interrupt(*now):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert_svmlight(text(tmp_path, b"1 1:1\n"), str(tmp_path / "x.csr"), progress=interrupt)
    assert os.listdir(tmp_path) == ["x.svmlight"]


def test_memory_holds_a_block_and_not_the_text(tmp_path, monkeypatch):
    monkeypatch.setattr(svmlight, "BLOCK", 2**16)
    line = b"1 " + b" ".join(b"%d:0.25" % k for k in range(1, 200)) + b"\n"
    source = text(tmp_path, line * 4000)
    convert_svmlight(text(tmp_path, b"1 1:1\n", "first.svmlight"), str(tmp_path / "first.csr"))  # imports
    tracemalloc.start()
    try:
        assert convert_svmlight(source, str(tmp_path / "x.csr")) == (4000, 199, 4000 * 199)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert os.path.getsize(source) > 6_000_000
    assert peak < 2_000_000
