"""Images from folders, archives and digits."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from chainrule import load
from chainrule.arrays import random_stream

QUICK = ("--model", "conv", "--layers", "conv 8 3x3 pad 1, relu, pool 2", "--epochs", "4", "--learning-rate", "0.01")


def test_a_folder_of_pictures_trains_and_bad_files_are_named(chainrule, shapes):
    (shapes / "lying" / "notes.txt").write_text("no picture")
    done = chainrule("train", shapes, *QUICK, "--epochs", "20", "--json")
    report = done.trained({"lying", "standing"})
    assert report["accuracy"] == 1
    assert report["left_out"] == 1
    assert "note: lying/notes.txt is left out: no picture" in done.err
    (shapes / "lying" / "notes.txt").unlink()
    assert chainrule("evaluate", "shapes.chainrule", shapes, "--json").metrics()["n_rows"] == report["n_test"]
    rows = chainrule("predict", "shapes.chainrule", shapes).predictions(40, {"lying", "standing"})
    assert rows.predicted == ["lying"] * 20 + ["standing"] * 20


def test_five_bad_files_are_named_and_the_others_counted(chainrule, shapes):
    for number in range(7):
        (shapes / "lying" / f"{number}.txt").write_text("no picture")
    done = chainrule("train", shapes, *QUICK, "--epochs", "1", "--json").succeeded()
    assert done.err.count("is left out: no picture") == 5
    assert "note: 2 more files are left out" in done.err


def test_pictures_of_other_sizes_are_scaled_to_the_models(chainrule, shapes):
    chainrule("train", shapes, *QUICK, "--size", "8").succeeded()
    assert load("shapes.chainrule").image_shape_ == (1, 8, 8)
    assert chainrule("evaluate", "shapes.chainrule", shapes, "--json").metrics()


def test_a_size_is_refused_for_images_that_are_not_scaled(chainrule, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((30, 8, 8), np.uint8), y=np.arange(30) % 3)
    for source in ("digits", tmp_path / "a.npz"):
        options = ("--model", "conv", "--epochs", "1", "--size", "16x16")
        chainrule("train", source, *options).complaint("--size: only pictures in folders are scaled", "8x8, not 16x16")


def test_an_archive_with_a_test_set_is_evaluated_on_it(chainrule, tmp_path):
    stream = random_stream(9)
    x, y = stream.integers(0, 255, (60, 8, 8)).astype(np.uint8), np.arange(60) % 3
    np.savez(tmp_path / "a.npz", x_train=x[:48], y_train=y[:48], x_test=x[48:], y_test=y[48:])
    report = chainrule("train", tmp_path / "a.npz", *QUICK, "--json").trained({"0", "1", "2"})
    assert (report["n_train"], report["n_test"]) == (48, 12)
    again = chainrule("evaluate", "a.chainrule", tmp_path / "a.npz", "--json").metrics()
    assert again["log_loss"] == report["log_loss"]


def test_arrays_of_images_train_evaluate_and_predict_alike(chainrule, tmp_path):
    stream = random_stream(9)
    x, y = stream.integers(0, 255, (60, 3, 8, 8)).astype(np.uint8), np.arange(60) % 3
    last = x.transpose(0, 2, 3, 1)
    np.savez("a.npz", images=x, labels=y)
    np.savez("new.npz", images=last)
    np.save("x.npy", last)
    np.save("y.npy", y)
    Path("y.txt").write_text("\n".join(map(str, y)))
    report = chainrule("train", "a.npz", *QUICK, "--json").trained({"0", "1", "2"})
    again = chainrule("train", "conv", "x.npy", *QUICK[2:], "--labels", "y.txt", "--json").trained({"0", "1", "2"})
    assert again["log_loss"] == report["log_loss"]
    scores = chainrule("evaluate", "a.chainrule", "a.npz", "--json").metrics()
    assert chainrule("evaluate", "x.chainrule", "x.npy", "--labels", "y.npy", "--json").metrics()["held_out"]
    assert scores["log_loss"] == report["log_loss"]
    expected = chainrule("predict", "a.chainrule", "a.npz").predictions(60)
    for name in ("new.npz", "x.npy"):
        found = chainrule("predict", "a.chainrule", name).predictions(60)
        np.testing.assert_array_equal(found.probabilities, expected.probabilities)
    for command in (("train", "conv", "x.npy", "--out", "z"), ("evaluate", "a.chainrule", "x.npy")):
        chainrule(*command).complaint("x.npy: there are no labels; give a file of them with --labels")
    chainrule("evaluate", "a.chainrule", "digits", "--labels", "y.npy").complaint("--labels: only for .npy and .npz")
    chainrule("predict", "a.chainrule", "y.npy").complaint("y.npy: expected images")


def test_images_of_another_kind_are_refused(chainrule, tmp_path):
    chainrule("train", "digits", *QUICK, "--epochs", "1").succeeded()
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 3, 8, 8)), y=[0, 1, 0, 1])
    chainrule("evaluate", "digits.chainrule", tmp_path / "a.npz").complaint("1 x 8 x 8", "3 x 8 x 8")
    np.savez(tmp_path / "b.npz", X=np.zeros((4, 8, 8)), y=[0, 1, 0, 77])
    chainrule("evaluate", "digits.chainrule", tmp_path / "b.npz").complaint("77")


@pytest.fixture
def model(chainrule, shapes):
    """A model of the gray shapes of 10 x 10 pixels; every file of `new` is one of its own training pictures."""
    chainrule("train", shapes, *QUICK, "--out", "m").succeeded()
    return "m"


@pytest.fixture
def new(shapes):
    """A flat folder of five pictures and two other files."""
    folder = Path("new")
    folder.mkdir()
    for number in (1, 9, 10, 20, 30):
        shutil.copy(next(shapes.glob(f"*/{number}.png")), folder)
    (folder / "11.png").write_bytes(b"broken")
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden").write_text("no picture")
    return folder


LYING = {10, 20, 30}


@pytest.mark.parametrize(
    ("source", "numbers", "left_out"),
    [("new", (1, 9, 10, 20, 30), 2), ("new/*.png", (1, 9, 10, 20, 30), 1), ("new/1*.png", (1, 10), 1),
     ("**/2*.png", (20,), 0), ("new/30.png", (30,), 0)],
)  # fmt: skip
def test_new_pictures_are_predicted_with_their_files(chainrule, model, new, source, numbers, left_out):
    done = chainrule("predict", model, source)
    rows = done.predictions(len(numbers), {"lying", "standing"})
    files = [f"new/{number}.png" for number in numbers]
    assert [line.partition(",")[0] for line in done.out.splitlines()] == ["file", *files]
    for name in files:
        alone = chainrule("predict", model, name).predictions(1)
        # Batches of other sizes may round differently in float32.
        assert np.abs(alone.probabilities[0] - rows.probabilities[files.index(name)]).max() < 1e-5
    words = f"{left_out} of {left_out + len(files)} files are left out; the rows are of the {len(files)} others"
    assert (words in done.err) == (left_out > 0)
    assert ("new/11.png is left out: its contents are no picture" in done.err) == (left_out > 0)
    answers = chainrule("predict", model, source, "--json")
    assert answers.answers(len(files)).predicted == rows.predicted
    assert answers.json()["files"] == files
    for out, read in (("p.csv", pd.read_csv), ("p.parquet", pd.read_parquet)):
        chainrule("predict", model, source, "--out", out).succeeded()
        frame = read(out)
        assert list(frame.columns[:2]) == ["file", "prediction"]
        assert frame["file"].tolist() == files
        assert frame["prediction"].tolist() == rows.predicted


def test_class_folders_are_predicted_with_their_files_too(chainrule, model, shapes):
    done = chainrule("predict", model, shapes)
    done.predictions(40)
    files = [line.partition(",")[0] for line in done.out.splitlines()[1:]]
    assert files == [
        str(shapes / ("lying", "standing")[k % 2] / f"{k}.png") for k in [*range(0, 40, 2), *range(1, 40, 2)]
    ]


def test_a_source_without_pictures_is_named(chainrule, model, new):
    Path("empty").mkdir()
    for source, words in (
        ("empty", "empty: there are no pictures in this folder"),
        ("new/*.jpg", "new/*.jpg: there are no pictures of such names"),
        ("nowhere.png", "nowhere.png: there is no such file or folder"),
        ("new/11.png", "error: new/11.png: its contents are no picture that Pillow can read"),
        ("new/notes.txt", "expected a name ending in .png, .jpg, .jpeg"),
    ):
        chainrule("predict", model, source).complaint(words)
    chainrule("evaluate", model, "new").complaint("expected one folder of pictures per class")
    chainrule("predict", model, "new/9*", "--out", "new/9.png").complaint("--out: new/9.png is an input file")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_printed_with_backslashes(chainrule, model, new):
    (new / "9.png").rename(new / os.fsdecode(b"\xff.png"))
    for out in ("p.csv", "p.parquet"):
        chainrule("predict", model, "new/[!1-9]*", "--out", out).succeeded()
    assert pd.read_csv("p.csv")["file"].tolist() == pd.read_parquet("p.parquet")["file"].tolist() == ["new/\\xff.png"]


def test_colours_become_gray_and_gray_becomes_colours(chainrule, model, shapes, tmp_path):
    for file in shapes.glob("*/*.png"):
        coloured = tmp_path / "coloured" / file.parent.name / file.name
        coloured.parent.mkdir(parents=True, exist_ok=True)
        # Gray pixels in a coloured picture keep their values, since Pillow's weights of the colours sum to 1.
        Image.open(file).convert("RGB").save(coloured)
    gray = chainrule("predict", model, shapes).predictions(40)
    done = chainrule("predict", model, tmp_path / "coloured")
    np.testing.assert_array_equal(done.predictions(40).probabilities, gray.probabilities)
    assert "note: 40 of 40 pictures were converted to gray" in done.err
    scored = chainrule("evaluate", model, tmp_path / "coloured", "--json")
    assert scored.metrics()["trained_on"] == 32
    assert "converted to gray" in scored.err
    chainrule("train", tmp_path / "coloured", *QUICK, "--epochs", "1", "--out", "c").succeeded()
    done = chainrule("predict", "c", shapes / "lying" / "2.png")
    done.predictions(1)
    assert "note: 1 of 1 pictures were converted to colours" in done.err
