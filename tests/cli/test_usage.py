"""A wrong use of the command ends with one line that names it, exit code 64, and nothing on stdout."""

from pathlib import Path

import pytest
from rich.text import Text
from typer.main import get_command

from chainrule.cli import app

SOLVERS = ("adam", "adamw", "sgd", "gd")
ACTIVATIONS = ("softplus", "sigmoid", "tanh", "relu", "identity")


@pytest.mark.parametrize(
    ("option", "value", "names"),
    [
        ("--hidden", "10,x", ("x",)),
        ("--hidden", "0", ("0",)),
        ("--hidden", "10,0", ("0",)),
        ("--hidden", "-5", ("-5",)),
        ("--hidden", "10,-5", ("-5",)),
        ("--hidden", "5.5", ("5.5",)),
        ("--hidden", "10;5", ("10;5",)),
        ("--hidden", "[10]", ("[10]",)),
        ("--hidden", "many", ("many",)),
        ("--hidden", "10,,5", ()),
        ("--activation", "swish", ("swish", *ACTIVATIONS)),
        ("--activation", "", ACTIVATIONS),
        ("--activation", "[/red]", ("[/red]", *ACTIVATIONS)),
        ("--solver", "adagrad", ("adagrad", *SOLVERS)),
        ("--solver", "lbfgs", ("lbfgs", *SOLVERS)),
        ("--dropout", "1", ("1",)),
        ("--dropout", "1.5", ("1.5",)),
        ("--dropout", "-0.1", ("-0.1",)),
        ("--dropout", "nan", ("nan",)),
        ("--dropout", "half", ("half",)),
        ("--test-size", "1", ("1",)),
        ("--test-size", "1.5", ("1.5",)),
        ("--test-size", "-0.2", ("-0.2",)),
        ("--test-size", "nan", ("nan",)),
        ("--test-size", "20%", ("20%",)),
        ("--epochs", "0", ("0",)),
        ("--epochs", "-3", ("-3",)),
        ("--epochs", "2.5", ("2.5",)),
        ("--epochs", "ten", ("ten",)),
        ("--learning-rate", "-0.1", ("-0.1",)),
        ("--learning-rate", "nan", ("nan",)),
        ("--learning-rate", "inf", ("inf",)),
        ("--learning-rate", "fast", ("fast",)),
        ("--batch-size", "0", ("0",)),
        ("--batch-size", "-8", ("-8",)),
        ("--batch-size", "1.5", ("1.5",)),
        ("--label-smoothing", "1", ("1",)),
        ("--label-smoothing", "2", ("2",)),
        ("--label-smoothing", "-0.5", ("-0.5",)),
        ("--label-smoothing", "nan", ("nan",)),
        ("--l2", "-1", ("-1",)),
        ("--l2", "nan", ("nan",)),
        ("--l2", "inf", ("inf",)),
        ("--seed", "lucky", ("lucky",)),
    ],
)
def test_values_that_are_not_allowed(chainrule, option, value, names):
    line = chainrule("train", "iris", f"{option}={value}").complaint(code=64)
    assert option.lstrip("-") in line.replace("_", "-"), line
    for name in names:
        assert name in line, line
    assert not list(Path.cwd().rglob("*.chainrule"))


@pytest.mark.parametrize("value", ["01", "1e0", "+1", "1.0"])
def test_a_refused_number_is_named_once_as_it_was_written(chainrule, value):
    message = "error: Invalid value for '--dropout': expected a number in [0, 1), got "
    assert chainrule("train", "iris", "--dropout", value).complaint(code=64) == f"{message}{value!r}"


@pytest.mark.parametrize("option", ["--learning-rate", "--dropout", "--l2"])
def test_a_negative_value_as_a_word_of_its_own(chainrule, option):
    chainrule("train", "iris", option, "-1").complaint(option.lstrip("-"), "-1", code=64)


@pytest.mark.parametrize("value", ["-1", "1.5", "99999999999999999999999999", "nan"])
def test_odd_seeds_work_or_are_refused(chainrule, value):
    outcome = chainrule("train", "iris", f"--seed={value}", "--epochs", "1", "--hidden", "2", "--json")
    if outcome.code == 0:
        outcome.trained()
    else:
        outcome.complaint("seed", code=(1, 64))


@pytest.mark.parametrize("hidden", ["999999999999999", "99999999999999999999999999", "1000000000000,2"])
def test_networks_beyond_any_memory(chainrule, hidden):
    chainrule("train", "iris", "--hidden", hidden, "--epochs", "1").complaint(code=(1, 64))


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("train", "iris", "--frobnicate"), ("--frobnicate",)),
        (("train", "iris", "--frobnicate=3"), ("--frobnicate",)),
        (("train", "iris", "--epochs"), ("--epochs",)),
        (("train", "iris", "wine"), ("wine",)),
        (("train",), ("data",)),
        (("predict",), ("model",)),
        (("predict", "m.chainrule"), ("data",)),
        (("predict", "m.chainrule", "iris", "--frobnicate"), ("--frobnicate",)),
        (("evaluate",), ("model",)),
        (("evaluate", "m.chainrule"), ("data",)),
        (("evaluate", "m.chainrule", "iris", "--epochs", "3"), ("--epochs",)),
        (("frobnicate",), ("frobnicate",)),
        (("--frobnicate",), ("--frobnicate",)),
    ],
)
def test_usage_mistakes(chainrule, words, names):
    chainrule(*words).complaint(*names, code=64)


def test_usage_mistakes_of_a_process(process):
    process("train", "iris", "--solver", "adagrad").complaint("adagrad", *SOLVERS, code=64)


def test_a_missing_target_option(chainrule, flowers_csv):
    chainrule("train", flowers_csv).complaint("target", code=(1, 64))
    assert not list(Path.cwd().rglob("*.chainrule"))


COMMANDS = get_command(app).commands
EVERY = COMMANDS | {f"train {name}": command for name, command in COMMANDS["train"].commands.items()}


@pytest.mark.parametrize("command", EVERY.values(), ids=EVERY)
def test_no_word_of_the_help_is_taken_for_a_style(command):
    texts = [command.help, *(option.help for option in command.params)]
    assert len(texts) > 1
    for text in filter(None, texts):
        assert Text.from_markup(text).plain == text


def test_only_near_spellings_of_options_are_suggested(chainrule, flowers_csv):
    words = ("train", "softmax", flowers_csv, "--target", "species")
    assert "--curves" not in chainrule(*words, "--cv", "5").complaint("--cv", code=64)
    chainrule(*words, "--curve", "c.png").complaint("--curves", code=64)
    chainrule("evaluate", "m", flowers_csv, "--mistake", "5").complaint("--mistakes", code=64)


def test_the_help_of_train_shows_how_a_table_is_trained(chainrule):
    shown = " ".join(chainrule("train", "--help").succeeded().out.replace("\u2502", " ").split())
    assert "chainrule train data.csv --target COLUMN" in shown


def test_one_row_is_not_rows(chainrule, write, flower_header, flowers):
    data = write(Path("d.csv"), flower_header, flowers[:12])
    words = ("train", "softmax", data, "--target", "species", "--C", "1", "--test-size", "0.01", "--out", "m")
    assert "d.csv: 1 row held out, 11 trained on" in chainrule(*words).succeeded().out
    shown = chainrule("evaluate", "m", write(Path("one.csv"), flower_header, flowers[20:21])).succeeded().out
    assert shown.startswith("one.csv: 1 row, none of them trained on\n")
