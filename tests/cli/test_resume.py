"""`chainrule train --resume` ends as an undisturbed run does, and `trace` reads a network from a file."""

import json

import pytest

from chainrule.cli import main
from chainrule.estimators import checkpoints

ARGUMENTS = ["train", "iris", "--epochs", "12", "--hidden", "8", "--json"]


def results_of(capsys):
    found = json.loads(capsys.readouterr().out)
    return {name: found[name] for name in ("accuracy", "log_loss", "classes", "epochs")}


def test_an_interrupted_run_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    monkeypatch.chdir(tmp_path)
    assert main([*ARGUMENTS, "--out", "whole.chainrule"]) == 0
    whole = results_of(capsys)

    def interrupt(self, progress):
        if progress.epoch == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("chainrule.cli.output.TrainingProgress.__call__", interrupt)
        assert main([*ARGUMENTS, "--out", "part.chainrule"]) == 130
    assert "--resume" in capsys.readouterr().err
    assert (tmp_path / "part.chainrule.part").exists()
    assert main([*ARGUMENTS, "--out", "part.chainrule", "--resume"]) == 0
    assert results_of(capsys) == whole
    assert not (tmp_path / "part.chainrule.part").exists()


def test_a_resumed_run_with_other_options_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    monkeypatch.chdir(tmp_path)

    def interrupt(self, progress):
        if progress.epoch == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("chainrule.cli.output.TrainingProgress.__call__", interrupt)
        assert main(ARGUMENTS) == 130
    capsys.readouterr()
    assert main([*ARGUMENTS, "--dropout", "0.1", "--resume"]) == 1
    assert "other parameters" in capsys.readouterr().err


def test_nothing_to_resume_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([*ARGUMENTS, "--resume"]) == 0
    assert "no interrupted run" in capsys.readouterr().err


def test_trace_reads_the_example_that_it_prints(tmp_path, capsys):
    assert main(["trace", "--example"]) == 0
    file = tmp_path / "network.json"
    file.write_text(capsys.readouterr().out)
    assert main(["trace", str(file), "--json"]) == 0
    steps = {s["name"]: s["value"] for s in json.loads(capsys.readouterr().out)["backward"]}
    assert steps["d x"] == pytest.approx([1.951020054554, 0.439759283407], rel=1e-11)
    assert main(["trace"]) == 0
    assert "1.701413" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "JSON object"),
        ("{", "JSON file"),
        ('{"x": [1], "target": 0}', "lacks weights"),
        ('{"weights": [[[1, 2]]], "x": [1], "target": 0}', "expected shape"),
        ('{"weights": [[[1]], [[1, 2]]], "x": [1], "target": 0}', "matrix 1 puts out 1"),
        ('{"weights": [[[1], [2]]], "x": [1], "target": 2}', "0..1 for 2 classes"),
        ('{"weights": [[[1], [2]]], "x": [1], "target": 0, "width": 3}', "unknown entries width"),
    ],
)
def test_a_network_that_cannot_be_traced_is_one_line(tmp_path, capsys, text, message):
    file = tmp_path / "network.json"
    file.write_text(text)
    assert main(["trace", str(file)]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
