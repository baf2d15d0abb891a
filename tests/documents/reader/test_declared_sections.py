"""Sections that a block of declarations names."""

import json

import pytest

from chainrule.documents import check_derivation
from chainrule.documents.reader.declared_sections import cut
from chainrule.documents.sources.opening import pieces_of

NOTES = r"""# Notes

## All examples

Let $X \in \mathbb{R}^{m \times n}$. Then

$$\operatorname{tr}(X^T X) = \sum_i \sum_j X_{ij}^2$$

## One example

$$X^T X = \sum_i x_i^2$$

### Its length

$$\|X\|^2 = \sum_i x_i^2$$

## Again

$$(X^T X)_{jk} = \sum_i X_{ij} X_{ik}$$
"""


COLUMN = "X: column n\nx_i := X_i"


def verdicts(text, declarations="", name="a.md"):
    return [step.verdict for step in check_derivation(text, declarations, name=name).steps if step.displayed]


def cells(*texts):
    return json.dumps({"cells": [{"cell_type": "markdown", "source": text} for text in texts]})


def test_a_letter_has_another_kind_in_a_section_that_is_declared():
    assert verdicts(NOTES) == ["proved", "wrong if read so", "wrong if read so", "proved"]
    assert verdicts(NOTES, f"section: One example\n{COLUMN}") == ["proved"] * 4


@pytest.mark.parametrize(
    "name", ["one EXAMPLE", "## One example", "One ex", "lines 9-15", "lines 9 – 15", "One example   "]
)
def test_a_section_is_named_by_its_heading_or_by_its_lines(name):
    assert verdicts(NOTES, f"section: {name}\n{COLUMN}") == ["proved"] * 4


def test_a_section_within_another_one_is_the_one_that_counts():
    both = f"section: One example\n{COLUMN}\nsection: Its length\nX, x: column 3"
    assert verdicts(NOTES, both) == ["proved", "proved", "wrong", "proved"]


def test_the_lines_before_the_first_section_hold_everywhere():
    text = "# A\n\n$$f(x) = x^2$$\n\n# B\n\n$$u_i = u^T e_i$$\n"
    assert verdicts(text, "u: column 3\nsection: B\ne_i: column 3\n")[1] == "wrong if read so"
    assert verdicts(text, "u: column 3\nsection: B\n")[1] == "proved"


@pytest.mark.parametrize("marks", [("---\n", "---\n"), ("%! ", "")])
def test_a_block_in_the_document_names_sections_too(marks):
    lines = ["section: One example\n", "X: column n\n", "x_i := X_i\n"]
    block = marks[0] + "".join(lines) + marks[1] if marks[1] else "".join(marks[0] + line for line in lines)
    assert verdicts(block + "\n" + NOTES) == ["proved"] * 4


def test_the_rest_is_read_as_if_nothing_named_the_section():
    text = "# A\n\n$$f(x) = x^2$$\n\n# B\n\n$$f'(x) = 2 x$$\n"
    assert verdicts(text, "section: A\n") == ["definition", "proved"]
    assert verdicts(text, "section: A\nf(x) := x^3\n") == ["wrong", "proved"]
    assert verdicts(text, "section: B\n") == ["definition", "wrong if read so"]


def test_definitions_of_a_section_are_its_own_steps():
    report = check_derivation(NOTES, "section: One example\nX: column n\nX := X_0 X_1 +\n")
    assert [step.line for step in report.steps if not step.line] == [0]
    assert report.problems == ()
    assert report.steps[0].verdict == "not read"


def test_cells_of_a_notebook():
    text = cells("# A\n\n$$a^T b = b^T a$$", "$$a^T b = b a^T$$", "$$a + b = b + a$$")
    assert verdicts(text, "a, b: column 2", "n.ipynb") == ["proved", "does not fit", "proved"]
    assert verdicts(text, "section: cell 1\na, b: row 2\nsection: cells 2-2\na: number", "n.ipynb")[1] == "does not fit"
    assert verdicts(text, "section: cell 1\na, b: number", "n.ipynb")[1] == "proved"
    assert verdicts(text, "a, b: number\nsection: cell 0 lines 3-3\na: row 2\nb: column 2", "n.ipynb") == [
        "does not fit if read so",
        "proved",
        "proved",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("section: Two examples", "no heading begins so"),
        ("section:", "no heading begins so"),
        ("section: Same", "2 headings begin so"),
        ("section: lines 900-950", "expected lines of the document"),
        ("section: cells 1-2", "expected lines of the document"),
        ("section: cell 1 lines 1-2", "expected lines of the document"),
    ],
)
def test_a_section_that_is_not_there_is_a_problem(line, told):
    report = check_derivation(NOTES + "\n## Same\n\n$a$\n\n## Same\n\n$a$\n", f"X: matrix m n\n{line}\nX: column n")
    ((number, text),) = report.problems
    assert told in text
    assert number <= 0
    assert report.exit_code != 0
    assert "--declare, line 2" in report.remarks[0]


def test_lines_of_a_section_that_are_not_understood_are_told():
    report = check_derivation(NOTES, "section: One example\nX: colum n")
    assert "--declare, line 2" in report.remarks[0]
    assert "expected a kind" in report.remarks[0]


def test_every_relation_is_judged_once():
    plain = check_derivation(NOTES)
    for declared in (
        "section: One example",
        "section: Its length\nsection: Again\nsection: lines 3-7",
        "X: matrix m n",
    ):
        report = check_derivation(NOTES, declared)
        assert [(step.line, step.right) for step in report.steps] == [(step.line, step.right) for step in plain.steps]


def test_without_sections_nothing_is_cut():
    pieces = pieces_of(NOTES, "a.md")
    assert cut(pieces).whole is pieces


def test_commands_may_be_defined_in_a_block():
    text = "$$\\total \\entry = x_1 + x_2$$"
    macros = "\\newcommand{\\total}{\\sum_{i=1}^2}\n\\def\\entry{x_i}\nx: column 2"
    assert verdicts(text) == ["not read"]
    assert verdicts(text, macros) == ["proved"]
    assert verdicts(f"---\n{macros}\n---\n\n{text}\n") == ["proved"]
