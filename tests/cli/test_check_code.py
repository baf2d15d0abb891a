"""`chainrule check-code package.module:function`."""

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


def picked_forward(x, y):
    return x[np.arange(len(y)), y], (x, y)


def picked_pullback(residuals, v):
    x, y = residuals
    return v[:, None] * (np.arange(x.shape[1]) == y[:, None])


picked = Rule("picked", picked_forward, {"x": picked_pullback}, inputs=("x", "y"), integers=("y",))


def picked_inputs():
    return np.ones((2, 3)), np.array([0, 5])


def broken(x):
    raise RuntimeError("no")


def broken_grad(x):
    return x




def net(W, b, X, Y):
    return np.sum(Y * np.tanh(X @ W + b))


def net_gradient(W, b, X, Y):
    slopes = Y * (1 - np.tanh(X @ W + b) ** 2)
    return X.T @ slopes, slopes.sum(axis=0)


def net_by_weights(W, b, X, Y):
    return net_gradient(W, b, X, Y)[0]


def net_pullback(W, b, X, Y, v):
    return *(v * each for each in net_gradient(W, b, X, Y)), None, None


def net_by_name(W, b, X, Y):
    return dict(zip("WbX", (*net_gradient(W, b, X, Y), X), strict=True))


def endless(x):
    while True:
        pass


def endless_grad(x):
    return x


def loud(x):
    print("loud")
    return x**2


def loud_prime(x):
    return 2 * x
"""


NET = ["{}:net", "--at", "3x2", "--at", "(2,)", "--at", "4x3", "--at", "4x2"]


@pytest.fixture
def there(tmp_path, monkeypatch):
    """A folder with a module in it, from which the command is called; one name per test, since imports are cached."""
    (tmp_path / f"mine_{tmp_path.name}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return f"mine_{tmp_path.name}"


def test_a_right_gradient_is_found_by_its_name_and_passes(there, capsys):
    assert main(["check-code", f"{there}:loss"]) == 0
    assert capsys.readouterr().out == "loss: gradient: proved for all inputs at shape (2, 3) (6 derivatives)\n"


def test_a_wrong_one_fails_with_both_values_and_the_slip(there, capsys):
    assert main(["check-code", f"{there}:loss", "--gradient", "summed", "--json"]) == 1
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
    assert main(["check-code", f"{there}:loss", "--at", "x.npy", "--at", "[1]"]) == 0
    assert main(["check-code", f"{there}:loss", "--at", "4x3", "--at", "[0, 2, 1, 1]"]) == 0
    assert "at shape (4, 3) (12 derivatives)" in capsys.readouterr().out
    assert main(["check-code", f"{there}:cube", "--at", "0.5"]) == 0
    assert main(["check-code", f"{there}:cube", "--at", "[0.5, -2.0]", "--slope", "cube"]) == 1


@pytest.mark.parametrize("shape", ["(3,)", "3,", "3x2", "(3, 2)"])
def test_shapes_are_drawn(there, shape, capsys):
    assert main(["check-code", f"{there}:cube", "--at", shape]) == 0
    assert f"shape {'(3, 2)' if '2' in shape else '(3,)'}" in capsys.readouterr().out.replace("size 3", "shape (3,)")


def test_an_integer_has_no_derivative_and_the_note_says_so(there, capsys):
    assert main(["check-code", f"{there}:cube", "--at", "3"]) != 0
    assert "an integer has no derivative; write 3.0 for a number, '(3,)' for a shape" in capsys.readouterr().err


def test_what_cannot_be_decided_has_an_exit_code_of_its_own(there, capsys):
    assert main(["check-code", f"{there}:ramp", "--at", "[0.0]"]) == 2
    assert "a kink, with slopes 0 from the left and 1.000000000 from the right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("at", "status"), [(["--at", "2x3", "--at", "[0, 3]"], 64), (["--at", "2x3", "--at", "[0.0, 1.0]"], 64), ([], 3)]
)
def test_inputs_that_a_rule_refuses_are_no_fault_of_its_derivative(there, capsys, at, status):
    assert main(["check-code", f"{there}:picked", *at]) == status
    assert "picked cannot be called with these inputs: IndexError: " in capsys.readouterr().err


def test_whole_numbers_of_a_rule_are_floats_without_a_note(there, capsys):
    assert main(["check-code", "chainrule.rules:tanh", "--at", "2"]) == 0
    assert "an integer has no derivative" not in capsys.readouterr().err


def test_rules_are_checked_as_rules(there, capsys):
    assert main(["check-code", "chainrule.rules:tanh", "--at", "2x3"]) == 0
    assert capsys.readouterr().out.startswith("tanh: pass\n")
    assert main(["check-code", f"{there}:square", "--at", "[1.0, 3.0]"]) == 1
    assert "likely slip: factor 1/2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{}"], "expected package.module:function"),
        (["{}:cube", "--at", "[1.0", "--slope", "cube"], "expected a number, a list of numbers, a .npy file"),
        (["{}:cube", "--at", "__import__('os')", "--slope", "cube"], "expected a number, a list of numbers"),
        (["{}:cube", "--at", "[[1.0], [1.0, 2.0]]"], "expected a number, a list of numbers, a .npy file"),
        (["{}:cube", "--at", "1.0", "--slope", "cube", "--gradient", "cube"], "give one of --gradient and --slope"),
        (["{}:square", "--at", "1.0", "--at", "1.0"], "square takes x; got 2 inputs"),
        (["{}:square", "--at", "1.0", "--by", "x"], "--by is for functions"),
        ([*NET, "--by", "W,c"], "--by W,c: expected names among W, b, X, Y, got 'c'"),
        (NET[:-2], "net takes W, b, X, Y; it cannot be called with shape (3, 2), shape (2,), shape (4, 3): TypeError"),
        (
            [*NET[:3], *NET[5:7], *NET[3:5], *NET[7:]],
            "with shape (3, 2), shape (4, 3), shape (2,), shape (4, 2): Value",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_has_a_status_of_its_own(there, words, message, capsys):
    assert main(["check-code", *(word.format(there) for word in words)]) == 64
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["{}:nothing"], "has no 'nothing'"),
        (["{}:labels"], "is a ndarray, not a function"),
        (["no.such.module:f"], "cannot import no.such.module: ModuleNotFoundError"),
        (["{}:cube"], "Give --at once for each input, or define cube_inputs"),
        (["{}:loss_grad", "--at", "2x3", "--at", "[0, 1]"], "no derivative of loss_grad found beside it"),
        (["{}:cube", "--at", "nowhere.npy"], "nowhere.npy"),
        (["{}:cube", "--at", "cut.npy"], "--at cut.npy: EOF: reading array header"),
        (["{}:broken", "--at", "1.0"], "RuntimeError: no"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_3(there, words, message, capsys):
    np.save("whole.npy", np.ones(9))
    Path("cut.npy").write_bytes(Path("whole.npy").read_bytes()[:-80])
    assert main(["check-code", *(word.format(there) for word in words)]) == 3
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1


def test_check_with_a_function_is_check_code(there, capsys):
    assert main(["check", f"{there}:loss"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("loss: gradient: proved")
    assert err == "note: `chainrule check` is for documents; use `chainrule check-code` for code\n"


@pytest.mark.parametrize("derivative", [[], ["--pullback", "net_pullback"], ["--gradient", "net_by_name"]])
def test_inputs_that_are_data_are_left_out_by_name(there, derivative, capsys):
    words = [word.format(there) for word in [*NET, *derivative]]
    assert main(["check-code", *words, "--by", "W,b"]) == 0
    assert (
        "proved for all inputs at shapes (3, 2), (2,) for all W, b, with X, Y as given (8 derivatives)"
        in capsys.readouterr().out
    )


def test_the_note_names_the_inputs_that_may_have_a_derivative(there, capsys):
    main(["check-code", *(word.format(there) for word in NET)])
    assert "name those that have: --by W,b\n" in capsys.readouterr().err


def test_the_note_names_the_input_that_one_array_is_the_derivative_of(there, capsys):
    words = [word.format(there) for word in [*NET, "--gradient", "net_by_weights"]]
    assert main(["check-code", *words]) == 1
    assert "name those that have: --by W\n" in capsys.readouterr().err
    assert main(["check-code", *words, "--by", "W"]) == 0


def test_a_notebook_is_no_module(there, capsys):
    assert main(["check-code", "book.ipynb:loss", "--at", "1.0"]) == 3
    assert "notebooks are not imported; make a module of it: jupyter nbconvert" in capsys.readouterr().err


def test_code_that_does_not_end_is_ended(there, capsys):
    assert main(["check-code", f"{there}:endless", "--at", "1.0", "--seconds", "0.5"]) == 3
    assert (
        capsys.readouterr().err == "error: no result within 0.5 s; the code may not end, or needs more: --seconds N\n"
    )


def test_what_the_code_prints_does_not_mix_with_the_report(there, capfd):
    assert main(["check-code", f"{there}:loud", "--at", "[1.0, 2.0]", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["verdict"] == "pass"
