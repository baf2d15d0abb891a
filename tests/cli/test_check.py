"""`chainrule check package.module:function`."""

import json
from pathlib import Path

import numpy as np
import pytest

from chainrule.cli import main

MODULE = """
import numpy as np

from chainrule.rules import Rule

labels = np.array([2, 0])


def loss(x, y):
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    return -np.log(p[range(len(y)), y]).mean()


def loss_grad(x, y):
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    p[range(len(y)), y] -= 1
    return p / len(y)


def summed(x, y):
    return len(y) * loss_grad(x, y)


def loss_inputs():
    return np.array([[1.0, 2.0, -1.0], [0.0, 0.5, 3.0]]), labels


def cube(x):
    return x**3


def cube_prime(x):
    return 3 * x**2


def ramp(x):
    return np.maximum(x, 0)


def ramp_slope(x):
    return (x > 0) * 1.0


square = Rule("square", lambda x: (x * x, x), lambda x, v: x * v)


def broken(x):
    raise RuntimeError("no")


def broken_grad(x):
    return x
"""


@pytest.fixture
def there(tmp_path, monkeypatch):
    """A folder with a module in it, from which the command is called; one name per test, since imports are cached."""
    (tmp_path / f"mine_{tmp_path.name}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return f"mine_{tmp_path.name}"


def test_a_right_gradient_is_found_by_its_name_and_passes(there, capsys):
    assert main(["check", f"{there}:loss"]) == 0
    assert capsys.readouterr().out == "loss: gradient: proved for all inputs at shape (2, 3) (6 derivatives)\n"


def test_a_wrong_one_fails_with_both_values_and_the_slip(there, capsys):
    assert main(["check", f"{there}:loss", "--gradient", "summed", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    x = np.array([1.0, 2.0, -1.0])
    first = np.exp(x[0]) / np.exp(x).sum()
    assert found["verdict"] == "fail"
    assert found["slip"] == "factor 2: a mean over 2 rows is missing"
    assert found["failures"][0]["entry"] == "x[0, 0]"
    assert float(found["failures"][0]["got"]) == pytest.approx(first, rel=1e-9)
    assert float(found["failures"][0]["expected"]) == pytest.approx(first / 2, rel=1e-9)


def test_points_come_from_the_command_line_or_from_a_file(there, tmp_path, capsys):
    np.save(tmp_path / "x.npy", np.array([[0.5, -0.25]]))
    assert main(["check", f"{there}:loss", "--at", "x.npy", "--at", "[1]"]) == 0
    assert main(["check", f"{there}:loss", "--at", "4x3", "--at", "[0, 2, 1, 1]"]) == 0
    assert "at shape (4, 3) (12 derivatives)" in capsys.readouterr().out
    assert main(["check", f"{there}:cube", "--at", "0.5"]) == 0
    assert main(["check", f"{there}:cube", "--at", "[0.5, -2.0]", "--slope", "cube"]) == 1


def test_what_cannot_be_decided_has_an_exit_code_of_its_own(there, capsys):
    assert main(["check", f"{there}:ramp", "--at", "[0.0]"]) == 2
    assert "a kink, with slopes 0 from the left and 1.000000000 from the right" in capsys.readouterr().out


def test_rules_are_checked_as_rules(there, capsys):
    assert main(["check", "chainrule.rules:tanh", "--at", "2x3"]) == 0
    assert capsys.readouterr().out.startswith("tanh: pass\n")
    assert main(["check", f"{there}:square", "--at", "[1.0, 3.0]"]) == 1
    assert "likely slip: factor 1/2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{}"], "expected package.module:function"),
        (["{}:nothing"], "has no 'nothing'"),
        (["{}:labels"], "is a ndarray, not a function"),
        (["no.such.module:f"], "cannot import no.such.module: ModuleNotFoundError"),
        (["{}:cube"], "Give --at once for each input, or define cube_inputs"),
        (["{}:loss_grad", "--at", "2x3", "--at", "[0, 1]"], "no derivative of loss_grad found beside it"),
        (["{}:cube", "--at", "[1.0", "--slope", "cube"], "expected a number, a list of numbers, a .npy file"),
        (["{}:cube", "--at", "__import__('os')", "--slope", "cube"], "expected a number, a list of numbers"),
        (["{}:cube", "--at", "[[1.0], [1.0, 2.0]]"], "expected a number, a list of numbers, a .npy file"),
        (["{}:cube", "--at", "nowhere.npy"], "nowhere.npy"),
        (["{}:cube", "--at", "cut.npy"], "--at cut.npy: Failed to read all data for array"),
        (["{}:cube", "--at", "1.0", "--slope", "cube", "--gradient", "cube"], "give one of --gradient and --slope"),
        (["{}:broken", "--at", "1.0"], "RuntimeError: no"),
        (["{}:square", "--at", "1.0", "--at", "1.0"], "square takes x; got 2 inputs"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_3(there, words, message, capsys):
    np.save("whole.npy", np.ones(9))
    Path("cut.npy").write_bytes(Path("whole.npy").read_bytes()[:-8])
    assert main(["check", *(word.format(there) for word in words)]) == 3
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_unreadable_declarations_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("right.md").write_text("$$2 + 2 = 4$$")
    Path("latin.md").write_bytes(b"\xe9: scalar")
    assert main(["check", "right.md", "--preamble", "latin.md"]) == 3
    assert capsys.readouterr() == ("", "error: latin.md: this is not UTF-8 text\n")


def test_an_unreadable_document_does_not_hide_the_others(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("latin.md").write_bytes(b"\xe9")
    assert main(["check", "latin.md"]) == 3
    assert capsys.readouterr() == ("", "error: latin.md: this is not UTF-8 text\n")
    Path("right.md").write_text("$$2 + 2 = 4$$")
    assert main(["check", "latin.md", "right.md"]) == 3
    assert "1 verified" in capsys.readouterr().out


def test_notebooks_cannot_be_annotated(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cell = {"cell_type": "markdown", "source": ["$$2 + 2 = 4$$"]}
    Path("book.ipynb").write_text(json.dumps({"cells": [cell]}))
    assert main(["check", "book.ipynb"]) == 0
    capsys.readouterr()
    assert main(["check", "book.ipynb", "--annotate"]) == 3
    assert capsys.readouterr().err == "error: a notebook cannot be annotated; use the HTML or the JSON report\n"
