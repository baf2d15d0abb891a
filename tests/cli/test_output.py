"""Progress goes to standard error, in lines or on a terminal; an error is one line."""

import json
import os
import re
import sys

import pytest

from chainrule.cli.output import CommandError, TrainingProgress, one_line
from chainrule.progress import counted
from chainrule.training import Progress


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_progress_goes_to_stderr_in_plain_lines(chainrule, options):
    shown = chainrule("train", "digits", "--epochs", "3", "--hidden", "8", *options).succeeded()
    progress = shown.err.casefold()
    assert "epoch" in progress, shown
    assert "loss" in progress, shown
    assert re.search(r"valid|score", progress), shown
    assert re.search(r"samples|rows", progress), shown
    assert re.search(r"left|remain|eta", progress), shown
    assert "\x1b" not in shown.err, shown
    assert "\r" not in shown.err, shown
    assert "epoch 1" not in shown.out.casefold(), shown


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


def test_labels_and_box_drawing_survive_a_terminal_that_knows_only_ascii(process, tables):
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    data = tables / "unicode_names.csv"
    options = ("--target", "kind — вид", "--out", "m.chainrule")
    process("train", data, *options, "--epochs", "3", "--hidden", "8", environment=environment).succeeded()
    missing = process("train", data, "--target", "вид", environment=environment)
    missing.complaint()


def test_labels_are_printed_as_they_are_spelled(capsys):
    from chainrule.cli import output

    row = {"label": ":smile: [red]", "precision": 1.0, "recall": 0.5, "support": 2, "predicted": 1}
    output.print_metrics({"accuracy": 0.5, "log_loss": 0.1, "classes": [row]}, "title")
    assert ":smile: [red]" in capsys.readouterr().out


def test_of_many_classes_those_of_the_lowest_recall_are_printed(capsys):
    from chainrule.cli import output

    rows = [{"label": f"k{n}", "precision": 1.0, "recall": n / 92, "support": 2, "predicted": 1} for n in range(92)]
    output.print_metrics({"accuracy": 0.5, "log_loss": 0.1, "classes": rows[::-1]}, "title")
    out = capsys.readouterr().out
    assert "the 30 of 92 classes with the lowest recall" in out
    assert out.index("k0 ") < out.index("k29 ")
    assert "k30 " not in out


def test_line_breaks_become_spaces_and_long_messages_end():
    assert one_line(ValueError("one\n  two\tthree")) == "one two three"
    assert len(one_line("x" * 1000)) == 300
    assert one_line(CommandError("x" * 1000 + "\nand what to do")).endswith("and what to do")


def test_an_error_without_a_message_shows_its_kind():
    assert one_line(KeyError()) == "KeyError"


def test_an_error_has_an_exit_status():
    assert CommandError("wrong").status == 1
    assert CommandError("usage", 64).status == 64


def test_many_files_of_a_glob_without_quotes_are_not_all_listed(chainrule):
    names = [f"new/picture{number}.png" for number in range(48)]
    for words in (("predict", "m.chainrule"), ("evaluate", "m.chainrule"), ("train", "conv")):
        line = chainrule(*words, *names).complaint("put a glob of several files in quotes", "new/picture1.png", code=64)
        assert len(line) < 220


def test_a_long_message_of_a_library_ends_at_a_word():
    told = one_line(ValueError("several words " * 40))
    assert told.endswith("words ...")
    assert len(told) <= 300


@pytest.mark.parametrize(("epochs", "lines"), [(12, list(range(1, 13))), (40, [1, *range(4, 41, 4)])])
def test_a_log_of_a_training_has_a_line_for_each_epoch_or_tenth_of_them(epochs, lines, capsys):
    with TrainingProgress() as line:
        for epoch in range(1, epochs + 1):
            counted("epoch", 100)(50)
            line(Progress(epoch, epochs, 0.5, 0.7, 100.0, 1.0, 1.0, chance=0.71 if epoch < 3 else None, accuracy=0.25))
    told = capsys.readouterr().err.splitlines()
    assert [int(text.split("/")[0].removeprefix("epoch")) for text in told] == lines
    assert told[0].partition(";")[0].endswith("log-loss 0.7000 (class shares alone: 0.7100), accuracy 25.00%")
    assert "class shares" not in told[-1]


def test_a_network_at_chance_is_noted_by_the_command_and_its_report(chainrule, tmp_path):
    words = ("train", "conv", "digits", "--layers", "global pool", "--epochs", "5", "--learning-rate", "0.00001")
    done = chainrule(*words, "--report", tmp_path / "seen").succeeded()
    told = "of the class shares alone, 2.302: the network has not learned. Take selu"
    assert told in done.err
    assert told in (tmp_path / "seen" / "report.html").read_text()
