"""Images in NumPy files, with and without labels, whole and damaged."""

import numpy as np
import pytest

from chainrule.training.image_arrays import DataError, read_pixels
from chainrule.training.image_sources import read_images

PIXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
LABELS = np.array([7, 0, 7])


@pytest.mark.parametrize(
    "names",
    [("X", "y"), ("images", "labels"), ("x_train", "y_train"), ("train_images", "train_labels"), ("data", "target")],
)
def test_archives_are_read_by_the_usual_names(tmp_path, names):
    np.savez(tmp_path / "a.npz", **{names[0]: PIXELS, names[1]: LABELS[:, None], "more": 3})
    found = read_images(tmp_path / "a.npz")
    assert np.array_equal(found.images[:, 0], PIXELS)
    assert found.labels.tolist() == [7, 0, 7]


def test_an_archive_may_hold_images_for_testing_and_channels_last(tmp_path):
    colours = np.arange(2 * 4 * 5 * 3).reshape(2, 4, 5, 3)
    np.savez(tmp_path / "a.npz", x_train=colours, y_train=[0, 1], x_test=colours[:1], y_test=[1])
    found = read_images(tmp_path / "a.npz")
    assert np.array_equal(found.images, colours.transpose(0, 3, 1, 2))
    assert found.test.images.shape == (1, 3, 4, 5)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": PIXELS}, "expected arrays X and y, or images and labels; it holds a"),
        ({"X": PIXELS, "y": LABELS[:2]}, r"3 images, but labels of shape \(2,\)"),
        ({"X": PIXELS[0], "y": LABELS}, r"expected images, .* got \(4, 5\)"),
        ({"X": PIXELS.astype(str), "y": LABELS}, "expected numbers, got <U"),
        ({"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS[:, :2], "y_test": LABELS}, "for testing of"),
    ],
)
def test_archives_that_hold_no_images_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=message):
        read_images(tmp_path / "a.npz")


def test_an_archive_with_objects_or_none_at_all_is_refused_and_nothing_is_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", X=np.array([{"a": 1}], dtype=object), y=[1])
    (tmp_path / "b.npz").write_bytes(b"PK\3\4 and no more")
    for name in ("a.npz", "b.npz"):
        with pytest.raises(DataError, match=r"this is no \.npz file that can be read"):
            read_images(tmp_path / name)
    (tmp_path / "c.npz").write_bytes(b"hello")
    with pytest.raises(DataError, match=r"c\.npz: this is no \.npz file that can be read \(File is not a zip file\)"):
        read_images(tmp_path / "c.npz")


def test_files_of_one_array_have_labels_beside_them(tmp_path):
    np.save(tmp_path / "a.npy", PIXELS)
    found = read_images(str(tmp_path / "a.npy"), labels=LABELS.tolist())
    assert np.array_equal(found.images[:, 0], PIXELS)
    assert found.labels.tolist() == [7, 0, 7]
    np.savez(tmp_path / "a.npz", images=PIXELS, labels=[1, 2, 3])
    assert read_images(tmp_path / "a.npz", labels=LABELS).labels.tolist() == [7, 0, 7]
    with pytest.raises(DataError, match=r"a \.npy file holds no labels"):
        read_images(tmp_path / "a.npy")
    with pytest.raises(DataError, match="3 images, but labels of shape"):
        read_images(tmp_path / "a.npy", labels=[1])
    with pytest.raises(DataError, match=r"labels are given for the images in \.npy and \.npz files only"):
        read_images(tmp_path, labels=LABELS)


@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (0, 2, 3, 1)])
@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_pixels_are_read_without_labels_and_with_channels_first(tmp_path, axes, name):
    colours = np.arange(2 * 3 * 4 * 5.0).reshape(2, 3, 4, 5)
    if name == "a.npy":
        np.save(tmp_path / name, colours.transpose(axes))
    else:
        np.savez(tmp_path / name, images=colours.transpose(axes), more=3)
    np.testing.assert_array_equal(read_pixels(tmp_path / name), colours)


def test_files_without_pixels_are_refused_and_nothing_is_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", rows=PIXELS)
    np.save(tmp_path / "b.npy", PIXELS[0])
    np.save(tmp_path / "c.npy", np.array([{"a": 1}], dtype=object))
    (tmp_path / "d.npy").write_bytes(b"hello")
    messages = [
        "expected an array X or images; it holds rows",
        r"expected images, .* got \(4, 5\)",
        *["this is no .npy"] * 2,
    ]
    for name, message in zip(("a.npz", "b.npy", "c.npy", "d.npy"), messages, strict=True):
        with pytest.raises(DataError, match=message):
            read_pixels(tmp_path / name)
