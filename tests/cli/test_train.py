"""`chainrule train`: what it reports, what it saves, and that a seed settles everything."""

import gzip
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

SPECIES = {"aster", "bluebell", "crocus"}
ROWS = {"digits": 1797, "iris": 150, "wine": 178, "breast_cancer": 569}
CLASSES = {"digits": 10, "iris": 3, "wine": 3, "breast_cancer": 2}
SMALL = ("--epochs", "3", "--hidden", "8")


def metrics_of(report):
    return {name: report[name] for name in ("accuracy", "log_loss", "classes", "epochs", "n_train", "n_test")}


def test_a_process_trains_and_predicts(process, chainrule):
    report = process("train", "iris", "--epochs", "3", "--seed", "1", "--json").trained(rows=150)
    assert report["seed"] == 1
    table = process("predict", "iris.chainrule", "iris").predictions(150)
    assert set(table.labels) == {str(entry["label"]) for entry in report["classes"]}
    again = chainrule("evaluate", "iris.chainrule", "iris", "--json").metrics()
    assert again["accuracy"] == report["accuracy"]


def test_main_returns_zero_for_help(chainrule):
    shown = chainrule("--help")
    assert shown.code == 0
    assert all(word in shown.out for word in ("train", "predict", "evaluate"))


def test_help_lists_every_option(chainrule):
    shown = chainrule("train", "--help")
    assert shown.code == 0
    options = (
        "--target --hidden --activation --solver --l2 --label-smoothing --dropout --batch-size --epochs "
        "--learning-rate --seed --test-size --out --json"
    )
    missing = [option for option in options.split() if option not in shown.out]
    assert not missing, shown


@pytest.mark.parametrize("name", sorted(ROWS))
def test_built_in_data_sets_train(train, name):
    report = train(name).trained(rows=ROWS[name])
    assert len(report["classes"]) == CLASSES[name]
    assert report["n_train"] > ROWS[name] / 3
    assert 1 <= report["epochs"] <= 3


@pytest.mark.parametrize(
    ("name", "options", "least"),
    [
        ("iris", (), 0.85),
        ("wine", (), 0.9),
        ("breast_cancer", (), 0.85),
        ("digits", ("--epochs", "20", "--hidden", "50"), 0.9),
    ],
)
def test_training_learns(chainrule, name, options, least):
    report = chainrule("train", name, *options, "--seed", "0", "--json").trained()
    assert report["accuracy"] >= least


def test_a_file_trains_and_its_labels_are_text(train, flowers_csv):
    report = train(flowers_csv, "--target", "species").trained(SPECIES, rows=120)
    assert all(isinstance(entry["label"], str) for entry in report["classes"])


def test_the_model_goes_to_the_current_directory_under_the_name_of_the_data(train, flowers_csv):
    assert flowers_csv.parent != Path.cwd()
    report = train(flowers_csv, "--target", "species").trained()
    assert Path(report["model"]).resolve() == (Path.cwd() / "flowers.chainrule").resolve()
    assert [path.name for path in Path.cwd().iterdir()] == ["flowers.chainrule"]
    assert [path.name for path in flowers_csv.parent.glob("*.chainrule")] == []


def test_out_says_where_the_model_goes(train):
    report = train("iris", "--out", "garden model.bin").trained()
    assert Path(report["model"]).resolve() == (Path.cwd() / "garden model.bin").resolve()
    assert [path.name for path in Path.cwd().iterdir()] == ["garden model.bin"]


def test_out_may_replace_an_older_model(chainrule, train):
    train("iris", "--out", "m.chainrule").trained()
    train("wine", "--out", "m.chainrule").trained()
    chainrule("predict", "m.chainrule", "wine").predictions(178)
    assert [path.name for path in Path.cwd().iterdir()] == ["m.chainrule"]


def test_without_json_a_table_and_the_path_are_printed(chainrule, flowers_csv):
    shown = chainrule("train", flowers_csv, "--target", "species", *SMALL, "--out", "m.chainrule").succeeded()
    words = shown.out.casefold()
    for word in ("accuracy", "precision", "recall", *SPECIES, "m.chainrule"):
        assert word in words, shown
    assert re.search(r"log[- _]?loss", words), shown
    assert "\x1b" not in shown.out + shown.err


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_progress_goes_to_stderr_in_plain_lines(chainrule, options):
    shown = chainrule("train", "digits", *SMALL, *options).succeeded()
    progress = shown.err.casefold()
    assert "epoch" in progress, shown
    assert "loss" in progress, shown
    assert re.search(r"valid|score", progress), shown
    assert re.search(r"samples|rows", progress), shown
    assert re.search(r"left|remain|eta", progress), shown
    assert "\x1b" not in shown.err, shown
    assert "\r" not in shown.err, shown
    assert "epoch 1" not in shown.out.casefold(), shown


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


@pytest.mark.parametrize(("share", "rows"), [("0.2", 30), ("0.5", 75)])
def test_test_size_is_the_share_held_out(train, share, rows):
    assert abs(train("iris", "--test-size", share).trained()["n_test"] - rows) <= 1


def test_the_split_keeps_the_proportions_of_the_classes(train):
    report = train("iris", "--test-size", "0.2").trained()
    assert [entry["support"] for entry in report["classes"]] == [10, 10, 10]


@pytest.mark.parametrize("activation", ["softplus", "sigmoid", "tanh", "relu", "identity"])
@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "gd"])
def test_every_activation_works_with_every_solver(train, activation, solver):
    train("iris", "--activation", activation, "--solver", solver).trained(rows=150)


@pytest.mark.parametrize(
    "options",
    [
        ("--hidden", "10"),
        ("--hidden", "10,5,4"),
        ("--hidden", "1"),
        ("--l2", "0"),
        ("--l2", "0.1"),
        ("--label-smoothing", "0"),
        ("--label-smoothing", "0.9"),
        ("--dropout", "0"),
        ("--dropout", "0.99"),
        ("--batch-size", "1"),
        ("--batch-size", "1000000"),
        ("--learning-rate", "1e-9"),
        ("--seed", "0"),
        ("--seed", "123456789"),
        ("--test-size", "0.9"),
        ("--epochs", "1"),
    ],
)
def test_allowed_values_at_the_edges_work(train, options):
    train("iris", *options).trained(rows=150)


def test_l2_and_label_smoothing_change_the_model(train):
    base, decayed, smoothed = (
        train("iris", "--seed", "1", "--epochs", "20", *more).trained()["log_loss"]
        for more in ((), ("--l2", "1"), ("--label-smoothing", "0.5"))
    )
    assert base != decayed
    assert base != smoothed


@pytest.mark.parametrize("solver", ["adam", "adamw", "sgd", "gd"])
@pytest.mark.parametrize("rate", ["1e3", "1e300"])
def test_training_that_diverges_is_no_crash(train, solver, rate):
    outcome = train("wine", "--solver", solver, "--activation", "relu", "--learning-rate", rate)
    if outcome.code == 0:
        outcome.trained()
    else:  # the run began, so lines of progress may come before the line with the error
        *_, last = outcome.err.rstrip("\n").split("\n")
        assert (outcome.code, outcome.out) == (1, ""), outcome
        assert last.startswith("error: "), outcome
        assert "learning" in last, outcome
        assert not any(Path.cwd().iterdir()), "a failed run left a file"


def test_every_kind_of_file_gives_the_same_model(train, flowers_csv, tmp_path):
    frame = pd.read_csv(flowers_csv)
    frame.to_csv(tmp_path / "f.tsv", sep="\t", index=False)
    frame.to_parquet(tmp_path / "f.parquet")
    with flowers_csv.open("rb") as plain, gzip.open(tmp_path / "f.csv.gz", "wb") as packed:
        shutil.copyfileobj(plain, packed)
    expected = metrics_of(train(flowers_csv, "--target", "species", "--seed", "3").trained())
    for name in ("f.tsv", "f.csv.gz", "f.parquet"):
        found = train(tmp_path / name, "--target", "species", "--seed", "3", "--out", f"{name}.m").trained()
        assert metrics_of(found) == expected, name


def test_a_packed_file_has_a_default_model_name(train, flowers_csv, tmp_path):
    (tmp_path / "garden.csv.gz").write_bytes(gzip.compress(flowers_csv.read_bytes()))
    train(tmp_path / "garden.csv.gz", "--target", "species").trained()
    (model,) = Path.cwd().iterdir()
    assert model.name in {"garden.chainrule", "garden.csv.chainrule"}


def test_a_file_or_folder_called_like_a_built_in_data_set_changes_nothing(train):
    Path("iris").mkdir()
    train("iris").trained(rows=150)


def test_labels_and_box_drawing_survive_a_terminal_that_knows_only_ascii(process, tables):
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    data = tables / "unicode_names.csv"
    options = ("--target", "kind — вид", "--out", "m.chainrule")
    process("train", data, *options, *SMALL, environment=environment).succeeded()
    missing = process("train", data, "--target", "вид", environment=environment)
    missing.complaint()


@pytest.mark.skipif(sys.platform == "win32", reason="needs pseudo-terminals")
def test_progress_on_a_terminal(environment, empty_directory):
    import pty
    import subprocess

    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "chainrule", "train", "iris", "--epochs", "30", "--hidden", "8", "--json"],
        cwd=empty_directory,
        env=environment | {"TERM": "xterm-256color"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # how Linux says that the other side has closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    out, _ = child.communicate(timeout=60)
    assert child.returncode == 0, shown
    assert json.loads(out)["n_test"] > 0
    assert b"epoch" in shown.lower()
    assert b"Traceback" not in shown


def test_built_in_data_sets_need_no_pandas(process, no_pandas):
    process("train", "iris", *SMALL, "--json", environment=no_pandas).trained(rows=150)


def test_files_without_pandas_name_the_extra(process, no_pandas, flowers_csv):
    outcome = process("train", flowers_csv, "--target", "species", environment=no_pandas)
    outcome.complaint("tables", "pip install", "chainrule[tables]")


@pytest.fixture
def no_pandas(tmp_path):
    """Return an environment in which pandas cannot be imported."""
    folder = tmp_path / "shim"
    folder.mkdir()
    body = "raise ModuleNotFoundError(\"No module named 'pandas'\", name='pandas')\n"
    (folder / "pandas.py").write_text(body, encoding="utf-8")
    inherited = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(folder), *([inherited] if inherited else [])])}
