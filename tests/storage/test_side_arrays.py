"""Labels and weights: arrays, .npy files and text."""

import numpy as np
import pytest

from chainrule.storage.files import DataFileError
from chainrule.storage.side_arrays import check_present, read_side


def test_an_array_or_a_list_is_taken_as_it_is():
    given = np.array(["b", "a", "b"])
    assert read_side(given, 3, "labels") is given
    assert read_side([3, 1], 2, "labels").tolist() == [3, 1]
    soft = np.array([[0.25, 0.75], [1, 0]])
    assert read_side(soft, 2, "labels") is soft
    assert read_side([1, 0, 2], 3, "weights").dtype == np.float64


def test_files_of_a_glob_are_stacked_in_natural_order(tmp_path):
    for k in (10, 9, 1):
        np.save(tmp_path / f"y-{k}.npy", np.array([k, -k]))
    assert read_side(tmp_path / "y-*.npy", 6, "labels").tolist() == [1, -1, 9, -9, 10, -10]


def test_text_is_one_label_per_line(tmp_path):
    path = tmp_path / "y.txt"
    path.write_text("3\n-12 \r\n007\n", encoding="utf-8-sig")
    assert read_side(path, 3, "labels").tolist() == [3, -12, 7]
    path.write_text("3\nnaïve\n0.5")
    assert read_side(str(path), 3, "labels").tolist() == ["3", "naïve", "0.5"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"1\n\n2\n", "line 2 is empty"),
        (b"1\n\xff\xfe\n", "cannot be read: 'utf-8' codec"),
        (b"1\n2\n", r"expected 3 labels, one per sample, got an array of shape \(2,\)"),
    ],
)
def test_a_mistake_in_a_text_file_is_named(tmp_path, content, reason):
    (tmp_path / "y.txt").write_bytes(content)
    with pytest.raises(DataFileError, match=f"y.txt: {reason}"):
        read_side(tmp_path / "y.txt", 3, "labels")


def test_damaged_and_missing_files_are_named(tmp_path):
    np.save(tmp_path / "y.npy", np.arange(3))
    (tmp_path / "y.npy").write_bytes((tmp_path / "y.npy").read_bytes()[:-1])
    with pytest.raises(DataFileError, match=r"y.npy: cannot be read: .*; expected a .npy file"):
        read_side(tmp_path / "y.npy", 3, "labels")
    np.save(tmp_path / "o.npy", np.array([{}, {}]))
    with pytest.raises(DataFileError, match=r"o.npy: cannot be read: Object arrays"):
        read_side(tmp_path / "o.npy", 2, "labels")
    with pytest.raises(DataFileError, match=r"gone.npy: there is no such file"):
        read_side(tmp_path / "gone.npy", 3, "labels")


def test_a_wrong_number_of_values_is_refused():
    with pytest.raises(
        DataFileError, match=r"weights=: expected 3 weights, one per sample, got an array of shape \(2,\)"
    ):
        read_side([1, 2], 3, "weights")
    with pytest.raises(DataFileError, match=r"weights=: expected 3 weights.*\(3, 1\)"):
        read_side(np.ones((3, 1)), 3, "weights")
    with pytest.raises(DataFileError, match=r"labels=: expected 1 labels.*\(\)"):
        read_side(np.float64(3), 1, "labels")


@pytest.mark.parametrize(
    "values",
    [[1.0, 2.0, np.nan], np.array(["a", "b", None]), [[1, 0], [0.5, 0.5], [0.0, np.nan]], [None, 1, None][::-1][1:]],
)
def test_a_missing_value_is_named_by_its_row(values):
    row = len(values) - 1
    with pytest.raises(
        DataFileError, match=f"labels=: the value in row {row} is missing; drop the samples without labels"
    ):
        read_side(values, len(values), "labels")


def test_present_values_pass():
    check_present(np.array(["nan", "None", ""], object), str, "labels")
    check_present(np.array([np.inf, 0.0]), str, "labels")


def test_weights_are_numbers():
    with pytest.raises(DataFileError, match="weights=: expected weights that are real numbers, got an array of <U1"):
        read_side(["a", "b"], 2, "weights")
