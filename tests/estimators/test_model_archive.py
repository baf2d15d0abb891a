"""The archive: damage is found wherever it is, and members that mislead are refused."""

import contextlib
import os
import pickle
import time
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from chainrule.estimators.model_archive import Reader
from chainrule.estimators.persistence import ModelFileError, load, save


@pytest.fixture
def small(tmp_path):
    """The bytes of a model file."""
    return save(StandardScaler().fit([[1.0], [1.0]]), tmp_path / "small.model").read_bytes()


def refusal(data):
    with pytest.raises(ModelFileError) as caught:
        Reader(bytes(data))
    return str(caught.value)


def test_every_flipped_bit_is_found(small):
    assert Reader(small).array("mean_") == 1
    for index in range(len(small)):
        for bit in range(8):
            damaged = bytearray(small)
            damaged[index] ^= 1 << bit
            assert refusal(damaged).startswith(("it is damaged: ", "it is truncated, "))


def test_another_case_in_the_checksum_is_found(small):
    assert small[-64:] != small[-64:].upper()
    assert refusal(small[:-64] + small[-64:].upper()).startswith("it is damaged: ")


def test_every_truncation_is_found(small):
    assert refusal(b"") == "it is empty"
    for length in range(1, len(small)):
        assert refusal(small[:length]).startswith("it is truncated")


def test_missing_and_added_bytes_are_found(small):
    for index in range(len(small) - 71):
        assert refusal(small[:index] + small[index + 1 :]).startswith("it is damaged: ")
        assert refusal(small[:index] + b"\0" + small[index:]).startswith("it is damaged: ")
    for data in (small + b"\0", b"\0" + small, small + small, small + small[:-1]):
        refusal(data)


def test_damage_is_reported_with_the_path(small, attempt, tmp_path):
    assert attempt(small[:-1] + b"?") == "it is damaged: its checksum does not match"
    with pytest.raises(ModelFileError, match=rf"^cannot load {tmp_path}.a\.model: it is damaged"):
        load(str(tmp_path / "a.model"))


def test_other_files_are_no_models(attempt, tmp_path):
    np.savez(tmp_path / "other.npz", a=np.eye(3))
    for other in (b"a", b"hello\n" * 50, pickle.dumps(np.eye(3)), (tmp_path / "other.npz").read_bytes()):
        assert attempt(other) == "it is not a chainrule model"


def header(descr="'<f8'", shape="(1,)", order="False", rest=""):
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {rest}}}".encode()
    return b"\x93NUMPY\1\0" + (len(text) + 1).to_bytes(2, "little") + text + b"\n"


def test_the_files_made_here_would_load_if_they_were_honest(forge, tmp_path):
    path = tmp_path / "a.model"
    described = forge.state(mean_={"$array": "mean_"})
    path.write_bytes(forge.archive(described, ("mean_.npy", forge.npy([1.0, 2.0]))))
    np.testing.assert_array_equal(load(path).mean_, [1.0, 2.0])
    path.write_bytes(forge.archive(described, ("mean_.npy", header() + b"\0" * 8)))
    assert load(path).mean_ == [0]


@pytest.mark.parametrize(
    "name", ["../x.npy", "/x.npy", "a/b.npy", "a\\b.npy", "C:x.npy", "x", "x.py", ".npy", "é.npy", "\n.npy", "x" * 300]
)
def test_members_with_odd_names_are_refused(name, forge, attempt, tmp_path):
    assert "has a member named" in attempt(forge.archive(forge.state(), (name, forge.npy([1.0]))))
    assert os.listdir(tmp_path) == ["a.model"]


def test_a_description_that_does_not_come_first_is_refused(forge, attempt):
    assert attempt(forge.archive(("x.npy", forge.npy([1.0])), forge.state())) == "it is not a chainrule model"


@pytest.mark.parametrize("text", [np.zeros(3), np.zeros((1, 3), np.uint8), np.array("{}"), np.array(b"{}")], ids=str)
def test_a_description_that_is_no_row_of_bytes_is_refused(text, forge, attempt):
    assert attempt(forge.archive(("chainrule.json.npy", forge.npy(text)))) == "its manifest is malformed"


def test_two_members_of_one_name_are_refused(forge, attempt):
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = forge.archive(forge.state(), ("x.npy", forge.npy([1.0])), ("x.npy", forge.npy([2.0])))
    assert "two members of one name" in attempt(data)


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bombs_are_not_unpacked(compression, forge, attempt):
    bomb = forge.npy(np.zeros(2 * 10**6))
    data = forge.archive(forge.state(x={"$array": "x"}), ("x.npy", bomb), compression=compression)
    assert len(data) < 2**16
    assert "is compressed" in attempt(data)


def test_members_that_overlap_are_refused(forge, attempt):
    data = forge.archive(forge.state(), ("x.npy", forge.npy(np.zeros(5000))))
    directory, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    entry = data[data.index(b"PK\1\2", directory + 4) : end]
    copies = b"".join(entry.replace(b"x.npy", b"%c.npy" % letter) for letter in b"abcdefgh")
    record = bytearray(data[end:])
    record[8:12] = (10).to_bytes(2, "little") * 2
    record[12:16] = (end - directory + len(copies)).to_bytes(4, "little")
    assert "more bytes than it has" in attempt(forge.seal(data[:end] + copies + bytes(record)))


ARRAYS = {
    "more values than bytes": header(shape="(3,)") + b"\0" * 8,
    "fewer values than bytes": header(shape="(1,)") + b"\0" * 16,
    "a vast shape": header(shape=f"({10**17},)") + b"\0" * 8,
    "a vast product": header(shape=f"({10**17}, {10**17})") + b"\0" * 8,
    "a vast empty shape": header(shape=f"(0, {10**17}, {10**17})"),
    "a negative shape": header(shape="(-1,)") + b"\0" * 8,
    "many axes": header(shape="(" + "1, " * 70 + ")") + b"\0" * 8,
    "no shape": header(shape="None"),
    "an expression": header(shape="(1+0,)") + b"\0" * 8,
    "a call": header(shape="(__import__('os').mkdir('executed'),)") + b"\0" * 8,
    "a dtype of objects": header(descr="'|O'") + b"\0" * 8,
    "a structured dtype": header(descr="[('a', '<f8')]") + b"\0" * 8,
    "a dtype of no bytes": header(descr="'<U0'", shape="(1000000000,)"),
    "a void dtype": header(descr="'|V8'") + b"\0" * 8,
    "a long dtype": header(descr="'<f" + "8" * 30 + "'") + b"\0" * 8,
    "another entry": header(rest="'x': 1, ") + b"\0" * 8,
    "another format version": b"\x93NUMPY\3\0" + header()[8:] + b"\0" * 8,
    "no header": b"\x93NUMPY\1\0\xff\xff",
    "nothing": b"",
    "truth values beyond 1": header(descr="'|b1'", shape="(2,)") + b"\1\2",
    "characters beyond Unicode": header(descr="'<U1'") + b"\xff\xff\xff\x7f",
    "a header that is slow to match": header(shape="(" + "1" * 18 + ", 1" * 15_000 + "x)"),
    "a header of digits": header(shape="(" + "1" * 50_000 + ")"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_malformed_arrays_are_refused(name, forge, attempt):
    began = time.process_time()
    message = attempt(forge.archive(forge.state(x={"$array": "x"}), ("x.npy", ARRAYS[name])))
    assert any(words in message for words in ("array 'x'", "malformed", "dtype"))
    attempt(forge.archive(("chainrule.json.npy", ARRAYS[name])))
    assert time.process_time() - began < 5, "the time of a regular expression that backtracks would have no bound"


def test_a_member_that_ends_early_leaves_no_value_undefined(forge, attempt):
    short = header(shape="(9,)") + b"\1" * 8  # 72 bytes are promised, by the directory too
    data = bytearray(forge.archive(forge.state(x={"$array": "x"}), ("x.npy", short)))
    entry = data.rindex(b"PK\1\2")
    data[entry + 24 : entry + 28] = (len(short) + 64).to_bytes(4, "little")
    assert "has not the size" in attempt(forge.seal(bytes(data)))


def test_members_that_differ_from_the_directory_do_no_harm(forge, attempt):
    data = forge.archive(forge.state(x={"$array": "x"}), ("x.npy", forge.npy([1.0])))
    refused = 0
    for start, size in ((data.index(b"PK\3\4", 4), 30), (data.rindex(b"PK\1\2"), 46)):
        for offset in range(size):
            changed = bytearray(data)
            changed[start + offset] ^= 0xFF
            with contextlib.suppress(pytest.fail.Exception):  # dates, versions and attributes mean nothing here
                attempt(forge.seal(bytes(changed)))
                refused += 1
    assert refused > 20


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, 10**6), patch=st.binary(min_size=1, max_size=4))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
def test_any_bytes_under_a_right_checksum_load_or_are_refused(place, patch, forge, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any_bytes.model"
    described = forge.state(x={"$array": "x"}, y={"$tuple": [1.5, "a"]})
    data = forge.archive(described, ("x.npy", forge.npy(np.arange(3))))
    place %= len(data) - 64
    path.write_bytes(forge.seal(data[:place] + patch + data[place + len(patch) :]))
    with contextlib.suppress(ModelFileError):
        load(path)
