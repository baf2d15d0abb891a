import json
import math

import pytest

from chainrule import check_derivation
from chainrule.documents import Unreadable

RIGHT = r"$$\frac{d}{dx} \tanh x = 1 - \tanh^2 x$$"
WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"
OPEN = r"$$\frac{\partial L}{\partial x} = 0$$"


@pytest.mark.parametrize(
    ("text", "code"), [(RIGHT, 0), (WRONG, 1), (OPEN, 2), ("no formulas", 2), (RIGHT + OPEN, 2), (OPEN + WRONG, 1)]
)
def test_the_exit_code_says_what_was_found(text, code):
    assert check_derivation(text).exit_code == code


def test_strict_counts_damaged_input_as_undecided():
    report = check_derivation("$$rac{d}{dx} x^2 = 2x$$")
    assert report.notes
    assert (report.exit_code, report.strict_exit_code) in {(0, 2), (2, 2)}
    assert check_derivation(RIGHT).strict_exit_code == 0
    assert check_derivation(WRONG).strict_exit_code == 1


def test_a_wrong_step_has_a_point_a_message_and_a_repair():
    (step,) = check_derivation(f"Text.\n\n{WRONG}", name="a.md").steps
    assert (step.line, step.verdict, step.is_fault, step.is_decided) == (3, "wrong", True, True)
    assert (step.left, step.relation, step.right) == (r"\frac{d}{dx} \tanh x", "=", r"1 - \tanh x")
    assert step.point["values"].keys() == {"x"}
    assert step.repair == {
        "old": r"\tanh x",
        "new": r"(\tanh x)^{2}",
        "formula": r"1 - (\tanh x)^{2}",
        "kind": "power",
        "place": [3, 30, 3, 37],
    }
    assert f"\n\n{WRONG}".split("\n")[2][29:36] == r"\tanh x"
    assert step.message.endswith(r"Changing \tanh x to (\tanh x)^{2} makes it true.")
    assert check_derivation(WRONG, repairs=False).steps[0].repair is None


def test_the_step_after_a_wrong_one_may_go_on_from_the_right_formula():
    first, second = check_derivation(r"$$\frac{d}{dx} x^3 = 2 x^2 = 3 x x$$").steps
    assert "The next step continues from the corrected formula" in first.message
    assert (first.is_fault, first.goes_on, second.is_fault, second.goes_on) == (True, False, False, True)


def test_json_has_a_fixed_form():
    found = json.loads(json.dumps(check_derivation(WRONG, name="a.md").to_json()))
    assert list(found) == [
        "schema",
        "name",
        "format",
        "exit_code",
        "counts",
        "first_wrong_line",
        "steps",
        "notes",
        "problems",
    ]
    (step,) = found["steps"]
    assert list(step) == [
        "line",
        "column",
        "cell",
        "left",
        "relation",
        "right",
        "verdict",
        "message",
        "doubts",
        "assumed",
        "point",
        "holds",
        "repair",
        "strict",
        "displayed",
        "continues",
        "goes_on",
        "end",
    ]
    assert set(step["point"]) == {"sizes", "indices", "values", "left", "right", "functions", "numbers"}
    numbers = step["point"]["numbers"]
    (x,) = numbers["values"]["x"]
    assert numbers["right"] == pytest.approx(1 - math.tanh(x), rel=1e-5)  # six digits of x are told
    assert numbers["left"] == pytest.approx(1 - math.tanh(x) ** 2, rel=1e-4)
    assert (found["schema"], found["exit_code"], found["first_wrong_line"], found["counts"]) == (2, 1, 1, {"wrong": 1})


def test_definitions_and_sentences_claim_nothing():
    report = check_derivation("Let $f(x) = x^2$ and so on.\n\n$$f(3) = 9$$", name="a.md")
    assert [step.is_claim for step in report.steps] == [False, True]
    assert report.exit_code == 0


def test_lines_of_notebooks_count_within_the_cell():
    cells = [{"cell_type": "code", "source": "1/0"}, {"cell_type": "markdown", "source": ["Text.\n", "\n", WRONG]}]
    (step,) = check_derivation(json.dumps({"cells": cells}), name="a.ipynb").steps
    assert (step.cell, step.line, step.place) == (1, 3, "cell 1, line 3")


def test_what_is_no_document_is_refused():
    with pytest.raises(Unreadable, match="binary"):
        check_derivation("\x00" * 100)
    with pytest.raises(Unreadable, match="notebook"):
        check_derivation("{", name="a.ipynb")


def test_a_declaration_that_is_not_understood_is_told_and_leaves_the_document_undecided():
    report = check_derivation("---\nx: tensr 3\nn: size\n---\n\n$$x = x$$", name="a.md")
    assert [step.verdict for step in report.steps] == ["proved"]
    assert report.exit_code == 2
    assert "  line 2: this declaration is not understood: expected a kind" in str(report)
    assert report.to_json()["problems"][0]["line"] == 2


def test_declarations_beside_the_document_have_their_own_lines():
    report = check_derivation(r"$$f(x) = x x$$", "f(x) := x^2\nn: size\nfoo bar\nq: tensr 3", name="a.md")
    text = str(report)
    assert "  --declare, line 3: this declaration is not understood: expected name: kind" in text
    assert "  --declare, line 4: this declaration is not understood: expected a kind" in text
    assert "  --declare  definition             f(x) := x^2" in text
    found = report.to_json()
    assert [(each["line"], each["text"][:18]) for each in found["problems"]] == [
        (0, "--declare, line 3:"),
        (0, "--declare, line 4:"),
    ]
    assert [step["line"] for step in found["steps"]] == [0, 1]


@pytest.mark.parametrize(
    "side", [r"\mathrm{loss}", r"\mathtt{f}(x)", r"\frac{x}{2}", r"\mathbf{W} x", r"x^{2}", r"\operatorname{tr}(A)"]
)
def test_sides_are_told_with_their_commands_and_braces(side):
    (step,) = check_derivation(f"$$q = {side}$$", repairs=False).steps
    assert step.right == side


def test_an_assumption_that_is_needed_is_named_and_strict_counts_it():
    text = "Let $s_i = e^{x_i}$ for $i = 1, \\dots, n$.\n\n$$ s_j \\sum_{i=1}^n c_i - c_j = s_j - c_j $$"
    report = check_derivation(text, name="a.md")
    step = report.steps[-1]
    assert (step.verdict, step.assumed) == ("proved if", ("the entries of c add up to 1",))
    assert step.message.startswith("It follows if the entries of c add up to 1, which the text does not say. Without")
    assert (report.exit_code, report.strict_exit_code) == (0, 2)


def test_a_side_is_shown_with_the_command_around_its_first_sign():
    [step] = check_derivation(r"$$ a_{ij} = \mathbb{1}_{i=j} - \frac{b_j}{\sum_{k=1}^n b_k} $$").steps
    assert step.right == r"\mathbb{1}_{i=j} - \frac{b_j}{\sum_{k=1}^n b_k}"


def test_a_definition_whose_shapes_do_not_fit_says_so():
    text = "Let $X \\in \\mathbb{R}^{m \\times n}$ and $v \\in \\mathbb{R}^m$.\n\n$$r = X v$$\n\n$$r^T v = 1$$\n"
    first, second = check_derivation(text).steps
    assert first.verdict == "definition"
    assert first.message.startswith("Its shapes do not fit (matrix m n @ column m")
    assert "the definition of r does not fit" in second.message


def test_a_minus_that_is_escaped_for_markdown_keeps_its_sign():
    text = "Let $x \\in \\mathbb{R}^n$ and let $y, a$ be numbers. Then\n\n$$x (a - y) = \\-y x + a x$$\n"
    assert [step.verdict for step in check_derivation(text, name="a.md").claims] == ["proved"]


def test_numbers_that_are_too_large_for_json_are_null():
    report = check_derivation("---\nx: number\n---\n\n$$\\exp(1000 + x^2) = \\exp(x^2)$$", repairs=False)
    point = report.to_json()["steps"][0]["point"]
    assert point["left"].endswith("e+436")
    assert point["numbers"]["left"] is None
    json.dumps(report.to_json(), allow_nan=False)
