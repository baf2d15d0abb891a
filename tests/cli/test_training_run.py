"""A run can be interrupted and resumed, and its seed determines its result."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

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
    for changed, words in (
        (("--dropout", "0.1"), "iris.chainrule.part: --dropout was 0.3 and is 0.1; give the same options as before"),
        (("--epochs", "20"), "--epochs was 12 and is 20;"),
        (("--test-size", "0.3"), "the interrupted run had other rows, by the data or by an option such as --test-size"),
    ):
        assert main([*ARGUMENTS, *changed, "--resume"]) == 1
        assert words in capsys.readouterr().err


def test_the_files_of_an_interrupted_run_say_so_and_outlive_the_same_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(checkpoints, "SECONDS_BETWEEN", 0.0)
    monkeypatch.chdir(tmp_path)

    def interrupt(self, progress):
        if progress.epoch == 3:
            raise KeyboardInterrupt

    words = [*ARGUMENTS, "--report", "seen"]
    with monkeypatch.context() as patch:
        patch.setattr("chainrule.cli.output.TrainingProgress.__call__", interrupt)
        assert main(words) == 130
    told = "interrupted after 3 of 12 epochs"
    assert f"# the model beside this file was {told}\n" in (tmp_path / "iris.toml").read_text()
    page = (tmp_path / "seen" / "report.html").read_text()
    assert f"training, {told}" in page
    assert f"# a whole run; this one was {told}" in page
    capsys.readouterr()
    assert main(words) == 1
    assert "iris.chainrule.part holds an interrupted run; continue it with --resume" in capsys.readouterr().err
    assert main([*words, "--resume"]) == 0
    assert "interrupted" not in (tmp_path / "iris.toml").read_text()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("estimators.network_classifier.train", "interrupted in the first epoch: nothing was saved"),
        ("cli.training_run.rows", "interrupted: nothing was saved"),
        (
            "cli.training_run.write_report",
            "interrupted: the model is saved to iris.chainrule; iris.chainrule.part holds the run so far, and the same "
            "command with --resume continues it",
        ),
    ],
)
def test_ctrl_c_says_what_is_kept(tmp_path, monkeypatch, capsys, place, words):
    monkeypatch.chdir(tmp_path)

    def interrupt(*arguments, **named):
        if "report" in place:
            (tmp_path / "iris.chainrule.part").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(f"chainrule.{place}", interrupt)
    assert main(ARGUMENTS) == 130
    assert capsys.readouterr().err.splitlines()[-1] == words


def test_nothing_to_resume_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([*ARGUMENTS, "--resume"]) == 0
    assert "no interrupted run" in capsys.readouterr().err


def metrics_of(report):
    return {name: report[name] for name in ("accuracy", "log_loss", "classes", "epochs", "n_train", "n_test")}


@pytest.mark.parametrize("data", ["iris", "flowers"])
def test_the_same_seed_gives_the_same_metrics_and_predictions(chainrule, train, flowers_csv, data):
    where = ("iris",) if data == "iris" else (flowers_csv, "--target", "species")
    options = ("--seed", "11", "--dropout", "0.2", "--batch-size", "16")
    first, second = (train(*where, *options, "--out", f"{n}.chainrule").trained() for n in (1, 2))
    assert metrics_of(first) == metrics_of(second)
    assert first["seed"] == second["seed"] == 11
    tables = [chainrule("predict", f"{n}.chainrule", where[0]).out for n in (1, 2)]
    assert tables[0] == tables[1]


def test_another_seed_gives_another_model(train, flowers_csv):
    losses = {train(flowers_csv, "--target", "species", "--seed", n).trained()["log_loss"] for n in (1, 2, 3)}
    assert len(losses) == 3


def test_the_reported_seed_repeats_a_run_that_was_given_none(train):
    first = train("iris").trained()
    second = train("iris", "--seed", first["seed"]).trained()
    assert metrics_of(first) == metrics_of(second)


@pytest.mark.parametrize(
    ("words", "model", "chosen"),
    [
        (["digits", "--epochs", "2"], "MLPClassifier", r"2 epochs in \d+\.\d s"),
        (["mlp", "digits", "--epochs", "2"], "MLPClassifier", r"2 epochs in \d+\.\d s"),
        (["conv", "digits", "--epochs", "1", "--layers", "conv 2 3x3"], "ConvClassifier", r"1 epoch in \d+\.\d s"),
        (["softmax", "iris"], "SoftmaxRegressionCV", r"C = [\d.]+, the best of 10 in 5 folds; gradient .*(\n.*)?"),
        (
            ["tabular", "iris", "--time-limit", "0.2"],
            "TabularClassifier",
            r"the probabilities are the mean of\n.*(\n.*)*",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_all_models_end_with_what_was_chosen_and_how_to_predict(chainrule, words, model, chosen):
    shown = chainrule("train", *words, "--out", "a b").succeeded().out
    data = next(word for word in words if word in ("digits", "iris"))
    assert re.match(rf"{data}: \d+ \S+.* held out, \d+ trained on\naccuracy \d+\.\d+%   log-loss \d\.\d+\n", shown)
    known = "model saved to a b; new data: chainrule predict 'a b' DATA\nworst mistakes, with rows trained on: "
    again = f"chainrule evaluate 'a b' {data} --mistakes 10 --all\n"
    assert re.search(rf"\n{model}: {chosen}\n{re.escape(known + again)}\Z", shown)


def test_the_numbers_of_the_rows_held_out_are_written_on_request(chainrule, flowers_csv):
    table = pd.read_csv(flowers_csv)
    table.loc[[6, 30], "species"] = None
    table.to_csv("d.csv", index=False)
    words = ("--C", "1", "--held-out-rows", "held.csv", "--overwrite", "--json")
    done = chainrule("train", "softmax", "d.csv", "--target", "species", "--drop-unlabelled", *words)
    held = pd.read_csv("held.csv")["row"] - 1
    assert not {6, 30} & set(held)
    table.iloc[held].to_csv("new.csv", index=False)
    found = chainrule("evaluate", "d.chainrule", "new.csv", "--json").metrics()
    assert (found["n_rows"], found["trained_on"]) == (24, 0)
    assert found["log_loss"] == pytest.approx(done.metrics()["log_loss"], rel=1e-6)
    whole = chainrule("train", "softmax", "d.csv", "--target", "species", *words)
    whole.complaint("'species' is missing")
    np.savez("rows.npz", X=np.arange(40.0)[:, None], y=np.arange(40) % 2)
    chainrule("train", "softmax", "rows.npz", *words).metrics()
    y = np.arange(40) % 2
    _, expected = train_test_split(np.arange(40), test_size=0.2, random_state=0, stratify=y)
    assert pd.read_csv("held.csv")["row"].tolist() == sorted(expected), "as the guide says"
    chainrule("train", "softmax", "iris", *words[:-2], "--out", "m").complaint("--held-out-rows: held.csv exists")


@pytest.mark.parametrize("model", [("softmax", "--C", "1"), ("mlp", "--epochs", "2"), ("tabular", "--time-limit", "5")])
def test_a_model_may_be_fitted_to_all_rows(chainrule, flowers_csv, model):
    words = ("train", *model, flowers_csv, "--target", "species", "--test-size", "0", "--report", "seen", "--out", "m")
    shown = chainrule(*words).succeeded().out
    told = "no rows were held out, so there are no figures on rows that the model has not seen"
    assert shown.startswith(f"flowers.csv: all 120 rows trained on\n{told}\n")
    assert "accuracy" not in shown
    assert "test-size = 0.0\n" in (text := Path("m.toml").read_text("utf-8"))
    assert text.endswith(f"# {told}\n")
    page = Path("seen/report.html").read_text("utf-8")
    assert "<b>none</b> rows held out" in page
    assert "The model was trained on some of these rows, or on all" in page
    assert ", held out<" not in page
    found = chainrule("evaluate", "m", flowers_csv, "--json").metrics()
    assert (found["n_rows"], found["trained_on"]) == (120, 120)
    chainrule("train", "--config", "m.toml", "--out", "again").succeeded()


def test_without_rows_held_out_json_has_no_figures(chainrule):
    words = ("train", "softmax", "iris", "--C", "1", "--test-size", "0")
    found = chainrule(*words, "--json").succeeded().json()
    assert (found["n_train"], found["n_test"]) == (150, 0)
    assert found["accuracy"] is found["log_loss"] is found["calibration"] is None
    assert chainrule("evaluate", "iris.chainrule", "iris", "--json").metrics()["trained_on"] == 150
    line = chainrule(*words, "--held-out-rows", "h.csv", "--overwrite").complaint("--held-out-rows", code=64)
    assert "--test-size 0 holds out no rows" in line
