"""Files that exist are not replaced unasked, and impossible places are refused before any work."""

import errno
import os
import sys
import time
from pathlib import Path

import pytest

from chainrule.cli.output_files import whole_file


def test_a_place_that_cannot_be_written_is_refused_before_training(process):
    out = "no/such/m.chainrule"
    start = time.monotonic()
    outcome = process("train", "digits", "--epochs", "100000", "--hidden", "500,500", "--out", out, timeout=60)
    outcome.complaint("no/such", code=(1, 64))
    assert time.monotonic() - start < 30
    assert "epoch" not in outcome.err.casefold()


@pytest.mark.parametrize("out", ["folder", "file/m.chainrule", "folder/no/m.chainrule"])
def test_other_such_places_are_refused_too(chainrule, out):
    Path("folder").mkdir()
    Path("file").write_text("", encoding="utf-8")
    outcome = chainrule("train", "iris", "--epochs", "1", "--out", out)
    outcome.complaint(out.split("/")[0], code=(1, 64))
    assert "epoch" not in outcome.err.casefold()


def test_an_older_model_outlives_a_run_that_fails(chainrule, iris_model, write):
    Path("m.chainrule").write_bytes(iris_model.read_bytes())
    data = write(Path("d.csv"), ("stem", "species"), [[n, "a"] for n in range(30)])
    chainrule("train", data, "--target", "species", "--out", "m.chainrule").complaint()
    assert Path("m.chainrule").read_bytes() == iris_model.read_bytes()


@pytest.mark.parametrize("model", ["mlp", "softmax", "conv"])
def test_a_model_that_is_there_is_not_overwritten_unasked(chainrule, model):
    words = ("train", "digits", "--model", model, *(("--C", "1") if model == "softmax" else ("--epochs", "1")))
    chainrule(*words).succeeded()
    before = Path("digits.chainrule").read_bytes()
    chainrule(*words, "--seed", "1").complaint("digits.chainrule exists", "--out", "--overwrite")
    assert Path("digits.chainrule").read_bytes() == before
    chainrule(*words, "--seed", "1", "--out", "other").succeeded()
    chainrule(*words, "--seed", "1", "--overwrite").succeeded()
    assert Path("digits.chainrule").read_bytes() != before
    assert sorted(path.name for path in Path.cwd().iterdir()) == [
        "digits.chainrule",
        "digits.toml",
        "other",
        "other.toml",
    ]


def test_figures_that_cannot_be_drawn_are_refused_before_the_training(chainrule, monkeypatch):
    words = ("train", "iris", "--epochs", "1", "--curves")
    chainrule(*words, "c.xyz").complaint("--curves: expected a file ending in", "png", "svg", "got c.xyz")
    chainrule(*words, "c.PNG", "--out", "m").succeeded()
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    chainrule(*words, "c.svg").complaint("matplotlib", "pip install 'chainrule[report]'")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    report = ("train", "digits", "--model", "conv", "--report", "seen")
    chainrule(*report).complaint("--report needs jinja2, the extra 'report': pip install 'chainrule[report]'")
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["c.PNG", "m", "m.toml"]


def test_curves_and_reports_that_are_there_are_not_overwritten_unasked(chainrule):
    Path("c.png").write_text("precious")
    Path("seen").mkdir()
    Path("seen/report.html").write_text("precious")
    words = ("train", "digits", "--epochs", "1", "--model", "conv", "--layers", "pool 2")
    chainrule(*words, "--curves", "c.png").complaint("--curves", "c.png exists", "--overwrite")
    chainrule(*words, "--report", "seen").complaint("--report", "report.html exists", "--overwrite")
    assert Path("c.png").read_text() == Path("seen/report.html").read_text() == "precious"
    chainrule(*words, "--report", "seen", "--curves", "c.png", "--overwrite").succeeded()
    assert "<h2>" in Path("seen/report.html").read_text()


def test_an_interrupted_run_is_not_given_up_unasked(chainrule, monkeypatch):
    from chainrule.estimators import checkpoints

    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)

    def interrupt(self, progress):
        if progress.epoch == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("chainrule.cli.output.TrainingProgress.__call__", interrupt)
        assert chainrule("train", "iris", "--epochs", "6").code == 130
    part = Path("iris.chainrule.part").read_bytes()
    chainrule("train", "iris", "--epochs", "6").complaint("interrupted run", "--resume", "--out", "--overwrite")
    assert Path("iris.chainrule.part").read_bytes() == part
    chainrule("train", "iris", "--epochs", "6", "--resume").succeeded()
    assert not Path("iris.chainrule.part").exists()
    chainrule("train", "iris", "--epochs", "6", "--resume").complaint("iris.chainrule exists")


def test_a_file_appears_whole_or_not_at_all():
    Path("old").write_text("precious")
    os.symlink("old", "link")
    for name in ("new", "old", "link"):
        with pytest.raises(OSError, match="No space") as caught, whole_file(Path(name)) as file:  # noqa: PT012
            file.write("half")
            raise OSError(errno.ENOSPC, "No space left on device")
        assert caught.value.filename == name
        with pytest.raises(ValueError, match="row 3"), whole_file(Path(name)) as file:
            raise ValueError("row 3")
    assert sorted(os.listdir()) == ["link", "old"]
    assert Path("old").read_text() == "precious"
    with whole_file(Path("link")) as file:
        file.write("whole")
    assert Path("link").is_symlink()
    assert Path("old").read_text() == "whole"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_full_disk_is_named(chainrule):
    chainrule("train", "iris", "--model", "softmax", "--C", "1").succeeded()
    chainrule("predict", "iris.chainrule", "iris", "--out", "/dev/full").complaint("/dev/full", "No space left")
