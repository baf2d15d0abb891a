"""`chainrule train`: what it reports and what it saves."""

import gzip
import re
from pathlib import Path

import pytest

SPECIES = {"aster", "bluebell", "crocus"}
ROWS = {"digits": 1797, "iris": 150, "wine": 178, "breast_cancer": 569}
CLASSES = {"digits": 10, "iris": 3, "wine": 3, "breast_cancer": 2}
SMALL = ("--epochs", "3", "--hidden", "8")


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


def test_a_packed_file_has_a_default_model_name(train, flowers_csv, tmp_path):
    (tmp_path / "garden.csv.gz").write_bytes(gzip.compress(flowers_csv.read_bytes()))
    train(tmp_path / "garden.csv.gz", "--target", "species").trained()
    (model,) = Path.cwd().iterdir()
    assert model.name in {"garden.chainrule", "garden.csv.chainrule"}
