"""`chainrule train`: what it reports and what it saves."""

import gzip
import re
from pathlib import Path

import pytest

SPECIES = {"aster", "bluebell", "crocus"}
ROWS = {"digits": 1797, "iris": 150, "wine": 178, "breast_cancer": 569}
CLASSES = {"digits": 10, "iris": 3, "wine": 3, "breast_cancer": 2}
MODELS = ("softmax", "mlp", "tabular", "conv")
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


def options_in(shown):
    return set(re.findall(r"│ +(--[\w-]+)", shown.succeeded().out))


COMMON = {"--config", "--help", "--import", "--test-size", "--seed", "--out", "--report", "--overwrite", "--json"}
ROWS_OF_FILES = {"--target", "--labels", "--drop", "--drop-unlabelled", "--words", "--text", "--held-out-rows"}
NETWORKS = {"--solver", "--epochs", "--batch-size", "--learning-rate", "--l2", "--dropout", "--tensorboard"}
STEPS = {"--label-smoothing", "--resume", "--curves"}


def test_the_help_lists_the_models_and_the_options_of_all(chainrule):
    for words in (("train", "--help"), ("train", "iris", "--help"), ("train", "iris", "--model", "mlp", "--help")):
        shown = chainrule(*words)
        assert options_in(shown) == COMMON
        for model in MODELS:
            assert re.search(rf"│ {model} +[A-Z]", shown.out)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("softmax", ROWS_OF_FILES | STEPS | {"--blocks", "--C", "--engine", "--workers", "--scheduler"}),
        ("mlp", ROWS_OF_FILES | STEPS | NETWORKS | {"--blocks", "--hidden", "--activation"}),
        ("tabular", ROWS_OF_FILES | {"--search", "--time-limit"}),
        ("conv", STEPS | NETWORKS | {"--labels", "--size", "--layers", "--augment"}),
    ],
)
def test_the_help_of_a_model_lists_its_own_options_in_panels(chainrule, model, expected):
    shown = chainrule("train", model, "--help")
    assert options_in(shown) == COMMON | expected
    panels = re.findall(r"╭─ (\w+) ─", shown.out)
    assert panels == ["Arguments", "Options", "Data", *(["Model"] if model != "tabular" else []), "Training", "Output"]


@pytest.mark.parametrize("model", MODELS)
def test_the_older_spelling_trains_the_same_model_and_names_the_newer_one(chainrule, model):
    data, fast = ("digits", ("--epochs", "1")) if model == "conv" else ("wine", ())
    fast = {"softmax": ("--C", "2"), "mlp": ("--epochs", "3")}.get(model, fast)
    newer = chainrule("train", model, data, *fast, "--json")
    older = chainrule("train", data, *fast, "--model", model, "--out", "older", "--json")
    assert "note" not in newer.err
    hint = f"note: the model comes first now: chainrule train {model} {data} {' '.join(fast)} --out older --json"
    assert older.err.splitlines()[-1] == hint.replace("  ", " ")
    assert newer.json()["log_loss"] == older.json()["log_loss"]
    assert Path("older").read_bytes() == Path(f"{data}.chainrule").read_bytes()


def test_options_may_stand_before_the_data_in_the_older_spelling(chainrule):
    chainrule("train", "--epochs", "2", "--model=mlp", "--json", "iris").trained(rows=150)
    words = ("train", "--seed", "3", "mlp", "iris")
    chainrule(*words).complaint("name the model before the options: chainrule train mlp", code=64)


def test_a_model_that_is_misspelt_is_suggested(chainrule):
    chainrule("train", "softmx", "iris").complaint("did you mean 'softmax'?", code=64)
    chainrule("train", "iris", "wine").complaint("put a glob of several files in quotes", code=64)


def test_a_folder_named_as_a_model_is_not_misread(chainrule, shapes):
    shapes.rename("conv")
    fast = ("--epochs", "1", "--layers", "pool 2", "--overwrite", "--json")
    chainrule("train", "conv", *fast).complaint("Missing argument 'DATA'", "write ./conv", code=64)
    for words in (("conv", "./conv"), ("conv", "conv"), ("./conv", "--model", "conv"), ("conv", "--model", "conv")):
        chainrule("train", *words, *fast).trained(rows=40)


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
    assert {path.name for path in Path.cwd().iterdir()} == {"flowers.chainrule", "flowers.toml"}
    assert [path.name for path in flowers_csv.parent.glob("*.chainrule")] == []


def test_out_says_where_the_model_goes(train):
    report = train("iris", "--out", "garden model.bin").trained()
    assert Path(report["model"]).resolve() == (Path.cwd() / "garden model.bin").resolve()
    assert {path.name for path in Path.cwd().iterdir()} == {"garden model.bin", "garden model.toml"}


def test_out_may_replace_an_older_model(chainrule, train):
    train("iris", "--out", "m.chainrule").trained()
    train("wine", "--out", "m.chainrule").trained()
    chainrule("predict", "m.chainrule", "wine").predictions(178)
    assert {path.name for path in Path.cwd().iterdir()} == {"m.chainrule", "m.toml"}


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
    assert {path.name for path in Path.cwd().iterdir()} == {"garden.chainrule", "garden.toml"}
