"""What children do, here in this process: answers that JSON holds, and refusals that say what was expected."""

import json

import pytest

from chainrule import check_derivation
from chainrule.algebra.limits import in_place
from chainrule.servers import tasks
from chainrule.servers.tasks import TaskRefused

WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"
SOFTMAX = """
def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)

def loss(z, y):
    return -np.log(softmax(z)[y])

def loss_gradient(z, y):
    p = softmax(z)
    p[y] -= 1
    return p
"""


def plain(found):
    return json.loads(json.dumps(found, allow_nan=False))


def test_a_document_is_told_in_the_form_of_the_command():
    found = plain(tasks.check_document(WRONG, name="a.md"))
    assert found["report"] == plain(check_derivation(WRONG, name="a.md").to_json())
    assert found["declarations"] == "---\nx: number\n---\n"


def test_format_declarations_and_repairs_are_passed_on():
    found = tasks.check_document(WRONG, "latex", "x: number, positive", repairs=False)
    assert found["report"]["format"] == "latex"
    assert found["report"]["steps"][0]["repair"] is None
    assert found["declarations"] == "%! x: number, positive\n"
    assert tasks.check_document("Nothing.")["declarations"] == ""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tasks.check_document("x", "word"), "format: expected one of latex, markdown, notebook, rst, text"),
        (lambda: tasks.check_document("x" * 2_000_001), "2000001 characters; documents of up to 2000000 are read"),
        (lambda: tasks.check_document("{", "notebook"), "this notebook cannot be read"),
        (lambda: tasks.check_chain(["x"]), "expected two formulas or more"),
        (lambda: tasks.prove_formulas("x", "x", {"x": [1, 2, 3, 4]}), "arrays of up to 3 axes, got 4 for x"),
        (lambda: tasks.prove_formulas("x", "x", {"x": []}, {"x": "odd"}), "domains: expected an array's name and one"),
        (lambda: tasks.prove_formulas("x", "x", {"x": [0]}), "positive whole numbers and names as sizes of x, got 0"),
        (lambda: tasks.prove_code("x", "x", {"x": [[3]]}), r"as sizes of x, got \[3\]"),
        (lambda: tasks.prove_formulas("", "", {}), "no equation was found"),
        (lambda: tasks.prove_code("x", "x +", {"x": []}), "this is no Python: line"),
        (lambda: tasks.prove_code("x", "x", {"x": []}, code="a = 1\nb = a / 0"), r"ZeroDivisionError.*\(line 2"),
        (lambda: tasks.prove_code("x", "x", {"x, y": []}), "expected names of Python, got 'x, y'"),
        (lambda: tasks.prove_code("x", "x", {"x": []}, {"x": "odd"}), "domains: expected"),
        (lambda: tasks.check_code("def f(x): return x", [1.0]), "a derivative of a usual name beside it, got the"),
        (lambda: tasks.check_code("def f(x): return x", [1.0], "g"), "expected a function 'g', got the functions f"),
        (lambda: tasks.check_code("def f(x): return x", [1.0], "f"), "no derivative of f found beside it"),
        (lambda: tasks.check_code("def f(x): return x", [1.0], "f", "g"), "the code defines no function 'g'"),
        (lambda: tasks.check_code(SOFTMAX, [[[1.0], []], 1]), "lists of equal lengths of numbers as input 0"),
        (lambda: tasks.check_code(SOFTMAX, ["a", 1]), "lists of equal lengths of numbers as input 0"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(call, message):
    with in_place(), pytest.raises(TaskRefused, match=message):
        call()


def test_lines_of_a_chain_are_its_formulas():
    found = tasks.check_chain(["f(x)\n + 0", r"x^2", r"\ge 0", "= 1"], "f(x) := x^2\nx: number")
    steps = found["report"]["steps"]
    assert [(step["line"], step["relation"], step["verdict"]) for step in steps] == [
        (0, ":=", "definition"),
        (2, "=", "proved"),
        (3, ">=", "proved"),
        (4, "=", "wrong"),
    ]
    assert (steps[3]["point"]["numbers"]["left"], steps[3]["point"]["numbers"]["right"]) == (0.0, 1.0)


def test_a_declared_name_is_compared_and_another_one_defined():
    assert [s["verdict"] for s in tasks.check_chain(["y", "2 x"], "x: number")["report"]["steps"]] == ["definition"]
    compared = tasks.check_chain(["y", "2 x", "x + x"], "x: number\ny: number")["report"]["steps"]
    assert [(step["line"], step["verdict"]) for step in compared] == [(2, "wrong"), (3, "proved")]
    assert tasks.prove_formulas("x", "x + 1", {"x": ["n"]})["verdict"] in ("wrong", "does not fit")


def test_formulas_are_proved_and_refuted_with_shapes_and_domains():
    shapes = {"A": ["m", "n"], "x": ["n"], "y": ["m"]}
    assert tasks.prove_formulas(r"y^\top A x", r"x^\top A^\top y", shapes)["verdict"] == "proved"
    wrong = plain(tasks.prove_formulas(r"y^\top A x", r"2 x^\top A^\top y", shapes))
    assert wrong["verdict"] == "wrong"
    numbers = wrong["differences"][0]["numbers"]
    assert len(numbers["values"]["A"]) == len(numbers["values"]["x"]) * len(numbers["values"]["y"])
    assert numbers["right"] == pytest.approx(2 * numbers["left"], rel=1e-9)  # 12 digits are told
    assert tasks.prove_formulas(r"\sqrt{x^2}", "x", {"x": []}, {"x": "positive"})["verdict"] == "proved"
    assert tasks.prove_formulas(r"f'(x)", "2 x", {"x": []}, declarations="f(u) := u^2")["verdict"] == "proved"


def test_code_is_proved_and_refuted():
    with in_place():
        found = tasks.prove_code("softmax(x + c)", "softmax(x)", {"x": ["n"], "c": []}, code=SOFTMAX)
        assert (found["verdict"], found["differences"]) == ("proved", [])
        assert "sizes 1 to 4" in found["message"]
        wrong = plain(tasks.prove_code("np.abs(x)", "x", {"x": []}))
        assert wrong["verdict"] == "wrong"
        assert wrong["differences"][0]["numbers"]["values"]["x"] < 0
        assert tasks.prove_code("x", "repr(x)", {"x": []})["verdict"] == "undecided"


def test_gradients_in_code_are_checked():
    with in_place():
        found = plain(tasks.check_code(SOFTMAX, [[0.5, 1, -2], 2], integers=[1]))
        names = ("function", "derivative", "form", "verdict")
        assert [found[key] for key in names] == ["loss", "loss_gradient", "gradient", "pass"]
        wrong = plain(tasks.check_code(SOFTMAX.replace("-= 1", "-= 2"), [[0.5, 1, -2], 2], integers=[1]))
        assert [failure["entry"] for failure in wrong["failures"]] == ["z[2]"]
        got, expected = wrong["failures"][0]["numbers"]
        assert got == pytest.approx(expected - 1, rel=1e-9)  # ten digits are told
        cube = "def f(x):\n    return x**3\ndef g(x):\n    return 3 * x**2"
        assert tasks.check_code(cube, [[1.0, 2.0]], "f", "g", "slope")["verdict"] == "pass"
        assert tasks.check_code(cube, [2], "f", "g")["verdict"] == "pass"
        with pytest.raises(TaskRefused, match=r"ZeroDivisionError.*\(line 2 of the code\)"):
            tasks.check_code("def f(x):\n    return 1 / 0\nf_grad = f", [1.0])
