"""`chainrule train --resume` ends as an undisturbed run does."""

import json

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
