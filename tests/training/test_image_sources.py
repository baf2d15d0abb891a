"""Reading images: IDX files, archives and folders of pictures, whole and damaged."""

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from chainrule.arrays import random_stream
from chainrule.training.image_arrays import DataError
from chainrule.training.image_sources import (
    natural,
    picture_files,
    read_folder,
    read_idx,
    read_images,
)

PIXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
LABELS = np.array([7, 0, 7])


def idx(array, code=8):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape) + array.tobytes()


@dataclass
class Fitted:
    image_shape_: tuple


@pytest.fixture
def pictures(tmp_path):
    """A folder of pictures by class; returns what saves one."""
    from PIL import Image

    def save(name, array, **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.asarray(array, np.uint8)).save(path, **options)
        return path

    save.folder = tmp_path
    return save


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_idx_files_are_read_with_their_labels_beside_them(tmp_path, ending):
    def write(name, data):
        (tmp_path / f"{name}{ending}").write_bytes(gzip.compress(data) if ending else data)

    write("train-images-idx3-ubyte", idx(PIXELS))
    write("train-labels-idx1-ubyte", idx(LABELS.astype(np.uint8)))
    write("t10k-images-idx3-ubyte", idx(PIXELS[:1] + 1))
    write("t10k-labels-idx1-ubyte", idx(LABELS[:1].astype(np.uint8)))
    whole = read_images(tmp_path)
    assert np.array_equal(whole.images[:, 0], PIXELS)
    assert whole.labels.tolist() == [7, 0, 7]
    assert np.array_equal(whole.test.images[:, 0], PIXELS[:1] + 1)
    alone = read_images(tmp_path / f"train-images-idx3-ubyte{ending}")
    assert np.array_equal(alone.images, whole.images)
    assert alone.test is None


def test_idx_numbers_of_every_type_keep_their_values(tmp_path):
    for code, dtype in ((8, ">u1"), (9, ">i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")):
        array = np.array([[1, 2], [3, 100]]).astype(dtype)
        (tmp_path / "a.idx").write_bytes(idx(array, code))
        got = read_idx(tmp_path / "a.idx")
        assert got.dtype == np.dtype(dtype).newbyteorder("=")
        assert np.array_equal(got, array)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "this is no IDX file; it begins with nothing"),
        (b"PNG...........", "this is no IDX file; it begins with 50 4e 47 2e"),
        (idx(PIXELS)[:-3], "3 x 4 x 5 numbers of 1 bytes are 60, the file holds 57"),
        (idx(PIXELS) + b"!", "are 60, the file holds 61"),
        (b"\0\0\x08\x03\xff\xff\xff\xff" * 2, "the file holds"),
        (b"\0\0\x07\x01\0\0\0\1\1", "this is no IDX file"),
    ],
)
def test_damaged_idx_files_are_refused(tmp_path, data, message):
    (tmp_path / "x-images-idx3-ubyte").write_bytes(data)
    with pytest.raises(DataError) as caught:
        read_idx(tmp_path / "x-images-idx3-ubyte")
    assert message in str(caught.value)


def test_a_damaged_gzip_file_and_missing_labels_are_named(tmp_path):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx(PIXELS))[:-12])
    with pytest.raises(DataError, match=r"expected its labels beside it, in .*train-labels-idx1-ubyte"):
        read_images(path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS.astype(np.uint8)))
    with pytest.raises(DataError, match="the gzip file is damaged"):
        read_images(path)


def test_a_folder_of_pictures_is_read_class_by_class(pictures):
    for name, value in (("cat/2.png", 9), ("cat/deeper/1.png", 5), ("dog/a.bmp", 3)):
        pictures(name, np.full((4, 6), value))
    told = []
    found = read_folder(pictures.folder, progress=lambda *numbers: told.append(numbers))
    assert found.images.shape == (3, 1, 4, 6)
    assert found.images[:, 0, 0, 0].tolist() == [9, 5, 3]
    assert found.labels.tolist() == ["cat", "cat", "dog"]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert (found.bad_files, found.resized) == ((), 0)


def test_one_picture_in_colours_makes_all_of_them_colours(pictures):
    colours = np.zeros((4, 4, 3))
    colours[..., 2] = 200
    pictures("a/1.png", colours)
    pictures("b/1.png", np.full((4, 4), 7))
    found = read_folder(pictures.folder)
    assert found.images.shape == (2, 3, 4, 4)
    assert found.images[0, :, 0, 0].tolist() == [0, 0, 200]
    assert found.images[1, :, 0, 0].tolist() == [7, 7, 7]


def test_other_sizes_are_scaled_to_that_of_most_or_to_the_one_given(pictures):
    for k in range(3):
        pictures(f"a/{k}.png", np.full((4, 6), 50))
    pictures("b/1.png", np.full((8, 8), 80))
    found = read_folder(pictures.folder)
    assert (found.shape, found.resized) == ((1, 4, 6), 1)
    assert (found.images[3] == 80).all()
    assert read_folder(pictures.folder, size=(2, 3)).shape == (1, 2, 3)


def test_files_that_are_no_pictures_are_reported_and_left_out(pictures):
    pictures("a/1.png", PIXELS[0])
    path = pictures("b/1.png", random_stream(2).integers(0, 256, (64, 64)))
    pictures("b/2.png", PIXELS[0])
    (pictures.folder / "a" / "notes.txt").write_text("no picture")
    (pictures.folder / "a" / "empty.png").write_bytes(b"")
    (pictures.folder / "b" / "0.jpg").write_bytes(b"\xff\xd8 broken")
    (pictures.folder / "a" / ".hidden").write_bytes(b"")
    path.write_bytes(path.read_bytes()[:-900])
    found = read_folder(pictures.folder)
    assert found.labels.tolist() == ["a", "b"]
    bad = dict(found.bad_files)
    assert set(bad) == {"a/notes.txt", "a/empty.png", "b/0.jpg", "b/1.png"}
    assert "expected a name ending in" in bad["a/notes.txt"]
    assert "truncated" in bad["b/1.png"]


@pytest.mark.parametrize("name", ["train", "Test", "val"])
def test_folders_of_parts_are_not_taken_for_classes(pictures, name):
    pictures(f"{name}/cat/1.png", PIXELS[0])
    pictures("other/dog.png", PIXELS[0])
    with pytest.raises(DataError, match=rf"the folder {name} holds folders \(cat\), .*; give one .*{name}"):
        read_folder(pictures.folder)


def test_of_nested_parts_the_one_for_training_is_suggested(pictures):
    for part in ("test", "train"):
        pictures(f"{part}/cat/1.png", PIXELS[0])
    with pytest.raises(DataError, match=r"the folder train holds folders .*such as \S*train$"):
        read_folder(pictures.folder)


def test_inner_folders_of_equal_names_and_folders_that_are_no_classes_are_noted(pictures):
    for name in ("healthy/plate1/1", "sick/plate1/1", "sick/plate2/1", "loose"):
        pictures(f"{name}.png", PIXELS[0])
    (pictures.folder / "empty").mkdir()
    (pictures.folder / "broken").mkdir()
    (pictures.folder / "broken" / "1.png").write_bytes(b"no")
    found = read_folder(pictures.folder)
    assert found.labels.tolist() == ["healthy", "sick", "sick"]
    inner, loose, broken, empty, alone = found.notes
    assert alone == "classes with a single picture can be trained on or judged, but not both: healthy"
    assert "hold a folder plate1; the classes are the outer folders (broken, empty, healthy, ...)" in inner
    assert loose == f"pictures in {pictures.folder} that are in no folder of a class are left out: 1"
    assert broken.endswith("broken is no class: none of its 1 files can be read as a picture")
    assert empty.endswith("empty is no class: it holds no files")


def test_folders_without_pictures_are_refused(tmp_path):
    with pytest.raises(DataError, match="expected one folder of pictures per class, as in"):
        read_images(tmp_path)
    (tmp_path / "a").mkdir()
    with pytest.raises(DataError, match=r"its folders \(a\) hold no pictures"):
        read_images(tmp_path)
    (tmp_path / "a" / "1.png").write_text("no")
    with pytest.raises(DataError, match=r"/a/1.png: its contents are no picture"):
        read_images(tmp_path)


def test_other_files_are_refused_with_what_was_expected(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n")
    with pytest.raises(DataError, match="expected a folder with one folder of pictures per class, an IDX file"):
        read_images(tmp_path / "a.csv")


def test_names_are_sorted_by_their_numbers_folder_by_folder():
    names = ["1.png", "01.png", "2.png", "10.png", "a/b2", "a/b10", "a/c", "a2/x", "a10/x", "b"]
    # Equal numbers are sorted by their text.
    assert [str(path) for path in sorted(map(Path, names[::-1]), key=natural)] == ["01.png", "1.png", *names[2:]]


def test_pictures_without_classes_are_found_in_natural_order(pictures):
    for name in ("10.png", "9.png", "deeper/1.png", ".hidden/1.png"):
        pictures(name, PIXELS[0])
    folder = pictures.folder
    assert picture_files(str(folder)) == [folder / "9.png", folder / "10.png", folder / "deeper" / "1.png"]
    assert picture_files(f"{folder}/*.png") == [folder / "9.png", folder / "10.png"]
    assert picture_files(str(folder / "9.png")) == [folder / "9.png"]
    pictures("[1].png", PIXELS[0])
    assert picture_files(str(folder / "[1].png")) == [folder / "[1].png"]
    for name in ("a.npz", "x-idx3-ubyte.gz", "nowhere.png"):
        if name != "nowhere.png":
            (folder / name).write_bytes(b"")
        assert picture_files(str(folder / name)) is None


def test_a_flat_folder_is_read_without_labels_as_a_classifier_takes_it(pictures):
    for number in (10, 9):
        pictures(f"{number}.png", np.full((4, 6), number))
    (pictures.folder / "notes.txt").write_text("no picture")
    with pytest.raises(DataError, match="read_images with labels=False"):
        read_images(pictures.folder)
    found = read_images(pictures.folder, labels=False)
    assert (found.images.shape, found.labels) == ((2, 1, 4, 6), None)
    assert [path.name for path in found.files] == ["9.png", "10.png"]
    assert [Path(path).name for path, _ in found.bad_files] == ["notes.txt"]
    like = read_images(pictures.folder, labels=False, like=Fitted((3, 8, 5)))
    assert (like.shape, like.resized, like.recoloured) == ((3, 8, 5), 2, 2)
    assert len(read_images(pictures.folder / "9.png", labels=False)) == 1
    assert len(read_images(str(pictures.folder / "*.png"), labels=False)) == 2
    with pytest.raises(ValueError, match="like: it gives the size and the channels"):
        read_images(pictures.folder, labels=False, like=Fitted((3, 8, 5)), channels=1)


def test_arrays_are_read_without_labels(tmp_path):
    np.save(tmp_path / "a.npy", PIXELS)
    np.savez(tmp_path / "a.npz", X=PIXELS, y=LABELS)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(PIXELS))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(LABELS.astype(np.uint8)))
    for name in ("a.npy", "a.npz", "train-images-idx3-ubyte", "."):
        found = read_images(tmp_path / name, labels=False)
        assert found.labels is None
        np.testing.assert_array_equal(found.images, PIXELS[:, None])
