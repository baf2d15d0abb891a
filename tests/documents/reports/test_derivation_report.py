"""Reports: their exit codes, their JSON, and declarations that are not understood."""

import json
import math

import pytest

from chainrule import check_derivation

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


def test_numbers_that_are_too_large_for_json_are_null():
    report = check_derivation("---\nx: number\n---\n\n$$\\exp(1000 + x^2) = \\exp(x^2)$$", repairs=False)
    point = report.to_json()["steps"][0]["point"]
    assert point["left"].endswith("e+436")
    assert point["numbers"]["left"] is None
    json.dumps(report.to_json(), allow_nan=False)
