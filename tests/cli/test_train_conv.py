"""`chainrule train --model conv`: its options, its report and its layers."""

import base64
import re
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from chainrule import load
from chainrule.cli.train_conv import WORDS
from chainrule.networks import specs
from chainrule.networks.layer_words import LAYERS

QUICK = ("--model", "conv", "--layers", "conv 8 3x3 pad 1, relu, pool 2", "--epochs", "4", "--learning-rate", "0.01")


def test_digits_train_and_evaluate_on_the_same_held_out_images(chainrule):
    report = chainrule("train", "digits", *QUICK, "--epochs", "12", "--seed", "2", "--json").trained(rows=1797)
    assert report["accuracy"] > 0.9  # 92.8 to 96.1 per cent with the seeds 0 to 9
    assert report["image_shape"] == [1, 8, 8]
    again = chainrule("evaluate", "digits.chainrule", "digits", "--json").metrics()
    assert again["held_out"] is True
    for name in ("accuracy", "log_loss", "classes"):
        assert again[name] == report[name]
    table = chainrule("predict", "digits.chainrule", "digits").predictions(1797)
    assert table.labels == [str(k) for k in range(10)]


def test_the_same_seed_gives_the_same_model(chainrule):
    runs = [
        chainrule("train", "digits", *QUICK, "--epochs", "1", "--seed", "5", "--out", out, "--json").trained()
        for out in "ab"
    ]
    assert runs[0]["log_loss"] == runs[1]["log_loss"]


def test_the_report_is_one_page_with_its_pictures_inside(chainrule, shapes, tmp_path):
    (shapes / "lying" / "<b>.png").write_text("no picture")
    done = chainrule("train", shapes, *QUICK, "--epochs", "2", "--report", tmp_path / "seen")
    done.succeeded()
    page = (tmp_path / "seen" / "report.html").read_text()
    for heading in ("Training", "Confusion matrix", "Worst mistakes", "Saliency", "First filters", "Classes", "Layers"):
        assert f"<h2>{heading}</h2>" in page
    pictures = re.findall(r'<img src="data:image/png;base64,([^"]+)"', page)
    assert len(pictures) >= 4
    assert all(base64.b64decode(picture).startswith(b"\x89PNG") for picture in pictures)
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert "&lt;b&gt;.png" in page
    assert "<b>.png" not in page
    assert "conv 8 3x3 pad 1" in page


def test_a_killed_run_is_resumed(chainrule, tmp_path, monkeypatch):
    from chainrule.cli.output import TrainingProgress
    from chainrule.estimators import checkpoints

    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    expected = chainrule("train", "digits", *QUICK, "--out", "whole.chainrule", "--json").trained()
    show = TrainingProgress.__call__

    def stop(self, progress):
        show(self, progress)
        if progress.epoch == 3:
            raise MemoryError("stopped here")

    with monkeypatch.context() as patch:
        patch.setattr(TrainingProgress, "__call__", stop)
        assert chainrule("train", "digits", *QUICK).code == 1
    resumed = chainrule("train", "digits", *QUICK, "--resume", "--json").trained()
    assert resumed["log_loss"] == expected["log_loss"]


@pytest.mark.parametrize(
    ("words", "names", "code"),
    [
        (("train", "digits", "--model", "conv", "--layers", "conf 3"), ("no layer is called 'conf'",), 1),
        (("train", "digits", "--model", "conv", "--layers", "pool 9"), ("layer 1 (pool 9)", "8 samples"), 1),
        (("train", "digits", "--model", "conv", "--augment", "spin"), ("'spin'", "shift S"), 1),
        (("train", "digits", "--model", "conv", "--hidden", "9"), ("--hidden", "mlp"), 64),
        (("train", "digits", "--layers", "relu"), ("--layers", "conv"), 64),
        (
            ("train", "digits", "--model", "conw"),
            ("--model: did you mean 'conv'? expected softmax, mlp, tabular, conv, got 'conw'",),
            64,
        ),
        (("train", "digits", "--model", "conv", "--solver", "gd"), ("gd", "adam"), 64),
        (("train", "nowhere", "--model", "conv"), ("nowhere", "digits"), 1),
        (("train", ".", "--model", "conv"), ("one folder of pictures per class",), 1),
        (("train", "digits", "--model", "conv", "--report", "a/b/c"), ("--report", "a/b"), 1),
    ],
)
def test_a_mistake_is_named_in_one_line(chainrule, words, names, code):
    chainrule(*words).complaint(*names, code=code)


def test_images_of_one_class_are_refused(chainrule):
    np.savez("one.npz", X=np.zeros((6, 8, 8), np.uint8), y=np.zeros(6, int))
    message = "the array of labels holds a single class (0); a classifier needs at least two"
    chainrule("train", "one.npz", "--model", "conv").complaint(message)


def test_folders_of_one_class_are_named(chainrule, shapes):
    shutil.rmtree(shapes / "lying")
    told = f"the folder {shapes} holds a single class ('standing')"
    chainrule("train", shapes, "--model", "conv").complaint(told)


@pytest.mark.parametrize("words", [("--layers", "conf 3"), ("--augment", "spin")])
def test_words_are_checked_before_pictures_are_read(chainrule, shapes, monkeypatch, words):
    monkeypatch.setattr("chainrule.cli.image_files.read", lambda *_, **__: pytest.fail("pictures are read"))
    chainrule("train", "conv", shapes, *words).complaint(f"'{words[1]}'")


def test_the_help_lists_the_words_of_all_layers_of_images():
    known = {name for name, (spec, _) in LAYERS.items() if spec.__module__ == specs.__name__}
    of_tables = {"periodic", "embedding", "avg pool", "mean pool"}  # or other names of the same
    assert [name for name in known - of_tables if name not in WORDS] == []
    for name, (spec, _) in LAYERS.items():
        if name in known - of_tables:
            words = [one.metadata["word"].name for one in fields(spec) if "word" in one.metadata]
            assert all(word in WORDS for word in words), name


def test_the_words_of_the_summary_are_what_is_trained(chainrule):
    for words, added in (
        ("conv 4 3x3, relu, flatten, linear 10", None),
        ("conv 4 3x3, relu", "training adds flatten, linear CLASSES: 145 parameters per class"),
    ):
        options = ("--epochs", "1", "--layers", words, "--overwrite", "--json")
        report = chainrule("train", "digits", *QUICK, *options).trained()
        found = chainrule("summary", words, "--input", "1x8x8", "--classes", "10", "--json").json()
        assert found["weights"] + found["biases"] == report["parameters"]
        alone = chainrule("summary", words, "--input", "1x8x8", "--json").json()
        if added is None:
            assert alone == found
        else:
            assert alone["added_by_training"].startswith(added)
            assert report["parameters"] - alone["weights"] - alone["biases"] == 10 * 145
            assert added in chainrule("summary", words, "--input", "1x8x8").succeeded().out


def test_a_head_of_the_wrong_width_is_named_with_both_numbers(chainrule):
    words = ("train", "digits", "--model", "conv", "--layers", "flatten, linear 7")
    chainrule(*words).complaint("layer 2 (linear 7)", "puts out 7", "10 logits")
    summary = ("summary", "flatten, linear 7", "--input", "1x8x8", "--classes")
    chainrule(*summary, "2").complaint("puts out 7", "1 logit")
    chainrule(*summary, "1").complaint("--classes", code=64)
    shown = chainrule("summary", "flatten, linear 7, softmax", "--input", "1x8x8").succeeded()
    assert "training refuses these layers" in shown.out


def test_curves_show_the_held_out_images_which_are_scored_in_every_run(chainrule):
    plain = chainrule("train", "digits", *QUICK, "--json").trained()
    assert len(load("digits.chainrule").validation_scores_) == 4
    for option, out in (("--curves", "c.png"), ("--report", "seen")):
        drawn = chainrule("train", "digits", *QUICK, option, out, "--overwrite", "--json").trained()
        assert drawn["log_loss"] == plain["log_loss"]
        scores = load("digits.chainrule").validation_scores_
        # The network computes in float32, in blocks of other sizes.
        assert (len(scores), scores[-1]) == (4, pytest.approx(plain["log_loss"], rel=1e-5))


def test_curves_may_be_asked_for_when_a_run_is_resumed(chainrule, monkeypatch):
    from chainrule.cli.output import TrainingProgress
    from chainrule.estimators import checkpoints

    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    show = TrainingProgress.__call__

    def stop(self, progress):
        show(self, progress)
        if progress.epoch == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(TrainingProgress, "__call__", stop)
        assert chainrule("train", "digits", *QUICK).code == 130
    done = chainrule("train", "digits", *QUICK, "--resume", "--curves", "c.png", "--json")
    whole = chainrule("train", "digits", *QUICK, "--out", "whole.chainrule", "--json").trained()
    assert done.trained()["log_loss"] == whole["log_loss"]
    assert np.isfinite(load("digits.chainrule").validation_scores_).tolist() == [True] * 4


def test_a_network_that_large_pictures_make_slow_is_noted(chainrule, shapes, monkeypatch):
    monkeypatch.setattr("chainrule.cli.train_conv.MOST_PARAMETERS", 1_000_000)
    options = ("--epochs", "1", "--test-size", "0.9", "--overwrite")
    done = chainrule("train", "conv", shapes, "--size", "48", *options).succeeded()
    assert "note: the network has 1 million parameters for images of 1 x 48 x 48; it is smaller with --size" in done.err
    done = chainrule("train", "conv", shapes, "--layers", "conv 4 3x3, relu, global pool", *options).succeeded()
    assert "million" not in done.err


def test_the_page_on_images_makes_the_model_of_the_shell_in_python(chainrule):
    page = (Path(__file__).parents[2] / "docs" / "guide" / "images.md").read_text("utf-8")
    code = next(part for part in page.split("```python")[1:] if "max_iter=30" in part)
    namespace = {}
    exec(code.partition("```")[0], namespace)
    chainrule("train", "digits", "--model", "conv", "--layers", "flatten", "--epochs", "1").succeeded()
    given, shell = namespace["model"].get_params(), load("digits.chainrule").get_params()
    asked = {"layers", "max_iter", "n_iter_no_change", "image_shape"}  # of this test, or of the images
    assert {name for name in given if given[name] != shell[name]} == {*asked, "batch_size", "eval_metric"}
    assert (given["batch_size"], shell["batch_size"]) == ("auto", 64)
