"""`chainrule train --model softmax`: its options, its figure, and Ctrl-C."""

import itertools
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from chainrule.cli.model_files import classifier_of
from chainrule.estimators.persistence import load


def test_a_table_is_fitted_and_its_penalty_chosen(chainrule):
    report = chainrule("train", "iris", "--model", "softmax", "--json").json()
    assert report["converged"]
    assert report["accuracy"] > 0.9
    assert any(report["C"] == pytest.approx(C) for C in np.logspace(-4, 4, 10))
    again = chainrule("evaluate", "iris.chainrule", "iris", "--json").metrics()
    assert again["accuracy"] == report["accuracy"]
    assert again["log_loss"] == report["log_loss"]
    assert set(chainrule("predict", "iris.chainrule", "iris").predictions(150).labels) == set(load_iris().target_names)


def test_the_distance_from_the_optimum_is_printed(chainrule):
    shown = chainrule("train", "iris", "--model", "softmax", "--C", "1").succeeded().out
    assert re.search(r"^coefficients of norm \d\.\d+, within ", shown, re.MULTILINE)
    report = chainrule("train", "iris", "--model", "softmax", "--C", "1", "--out", "b.chainrule", "--json").json()
    assert 0 < report["certificate"]["rounding"] < report["certificate"]["distance"] < 1
    assert f"within {report['certificate']['distance']:.1e} of the optimum" in " ".join(shown.split())


def test_the_scores_are_drawn_against_the_penalty(chainrule):
    chainrule("train", "iris", "--model", "softmax", "--curves", "scores.png", "--json").json()
    with open("scores.png", "rb") as file:
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("words", "names", "code"),
    [
        (("iris", "--C", "0"), ("--C", "above 0", "'0'"), 64),
        (("iris", "--C", "much"), ("--C", "auto", "'much'"), 64),
        (("iris", "--hidden", "3"), ("--hidden", "mlp"), 64),
        (("iris", "--resume"), ("--resume", "mlp", "RUN"), 64),
        (("iris", "--resume", "run", "--C", "auto"), ("--C", "--resume RUN"), 64),
        (("iris", "other.csv"), ("other.csv", "quotes"), 64),
        (("iris", "--learning-rate", "1"), ("--learning-rate", "mlp"), 64),
        (("iris", "--C", "1", "--curves", "c.png"), ("--curves", "--C"), 1),
        (("iris", "--labels", "y.txt"), ("--labels", ".npy"), 1),
    ],
)
def test_a_mistake_is_named_in_one_line(chainrule, words, names, code):
    chainrule("train", *words, "--model", "softmax").complaint(*names, code=code)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_keeps_the_weights_so_far(tmp_path):
    stream = np.random.default_rng(0)
    # Many times as long as the first line of progress takes to come.
    features = stream.standard_normal((60_000, 300), dtype=np.float32)
    np.savez(tmp_path / "rows.npz", X=features, y=stream.integers(0, 500, 60_000))
    command = [sys.executable, "-m", "chainrule", "train", "rows.npz", "--model", "softmax", "--C", "1e9"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stderr=pipe, stdout=pipe, text=True) as running:
        # Until a line of progress tells of a step, or the command ends.
        lines = list(itertools.takewhile(lambda line: "steps in" not in line, running.stderr))
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate()
    assert running.returncode == 130, (lines, errors)
    assert "interrupted: the weights so far were kept" in errors
    assert (tmp_path / "rows.chainrule").exists()


@pytest.mark.parametrize("model", ["iris", "x-*.npy"])
def test_a_killed_run_continues_from_its_folder(chainrule, model, killed_in_step):
    X, y = load_iris(return_X_y=True)
    for k in range(3):
        np.save(f"x-{k}.npy", X[k::3])
    np.save("y.npy", np.concatenate([y[k::3] for k in range(3)]))
    words = ("train", model, "--model", "softmax", "--C", "3", *(("--labels", "y.npy") if "npy" in model else ()))
    chainrule(*words, "--out", "whole").succeeded()

    killed_in_step(3, *words, "--resume", "run", "--out", "m")
    passes = len(list(Path("run").iterdir()))
    assert passes > 3
    chainrule(*words[:5], "4", *words[6:], "--resume", "run", "--out", "m").complaint("run", "another fit")
    chainrule(*words, "--resume", "run", "--out", "m").succeeded()
    np.testing.assert_array_equal(*(classifier_of(load(name)).coef_ for name in ("m", "whole")))
    assert not Path("run").exists()
