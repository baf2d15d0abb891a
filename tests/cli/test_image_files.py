"""Images from folders, archives and digits."""

import numpy as np

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


def test_images_of_another_kind_are_refused(chainrule, tmp_path):
    chainrule("train", "digits", *QUICK, "--epochs", "1").succeeded()
    np.savez(tmp_path / "a.npz", X=np.zeros((4, 3, 8, 8)), y=[0, 1, 0, 1])
    chainrule("evaluate", "digits.chainrule", tmp_path / "a.npz").complaint("1 x 8 x 8", "3 x 8 x 8")
    np.savez(tmp_path / "b.npz", X=np.zeros((4, 8, 8)), y=[0, 1, 0, 77])
    chainrule("evaluate", "digits.chainrule", tmp_path / "b.npz").complaint("77")
