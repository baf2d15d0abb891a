"""Documents in four formats, with exact lines; repairs of damage; macros."""

import json

import pytest

from chainrule.checking.documents import Unreadable, check_derivation
from chainrule.checking.documents.sources import read


def lines(text, name=""):
    return [(step.line, step.verdict) for step in check_derivation(text, name=name).steps]


WRONG = "e^x + e^{-x} = 2 \\sinh x"


def test_lines_count_from_the_top_of_a_markdown_file():
    assert lines(f"---\nx: scalar\n---\n\ntext\n\n$$\n{WRONG}\n$$\n") == [(8, "wrong")]


def test_lines_count_from_the_top_of_a_latex_file():
    text = "\\documentclass{article} % $not = math$\n%! x: scalar\n\\begin{document}\n"
    text += f"\\begin{{align*}}\n  0 &= 0 \\\\\n  {WRONG}\n\\end{{align*}}\n\\end{{document}}\n"
    assert lines(text) == [(5, "verified"), (6, "wrong")]


def test_lines_of_a_notebook_are_those_of_its_file():
    cells = [
        {"cell_type": "code", "source": ["y = 1 == 2\n"]},
        {"cell_type": "markdown", "source": ["# title\n", "\n", f"$${WRONG}$$"]},
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    ((line, verdict),) = lines(text, "notes.ipynb")
    assert verdict == "wrong"
    assert "sinh" in text.split("\n")[line - 1]


def test_plain_text_has_formulas_on_lines_of_their_own():
    text = "The sum of exponentials is no sine:\n\ne^x + e^(-x) = 2 sinh(x)\n             = 2 cosh(x)\n\n"
    text += "That is x = 1, they say.\n"
    assert lines(text, "notes.txt") == [(3, "wrong"), (4, "wrong"), (6, "hypothesis, not checked")]


def test_windows_line_ends_change_nothing():
    text = f"a\n\n$$\n{WRONG}\n$$\n"
    assert lines(text.replace("\n", "\r\n")) == lines(text)


def test_code_and_escaped_dollars_are_no_mathematics():
    assert lines("`$a = b$` costs \\$5, or \\$6.\n\n```python\nx = '$$1 = 2$$'\n```\n") == []
    assert lines("```math\n1 = 2\n```\n") == [(2, "wrong")]


@pytest.mark.parametrize("text", ["a\x00b", "x = 1\n" * 500_000])
def test_what_is_no_document_is_refused(text):
    with pytest.raises(Unreadable, match=r"binary|characters"):
        read(text)


@pytest.mark.parametrize("text", ['{"cells": 3', '{"cells": {}}x'])
def test_a_broken_notebook_is_refused(text):
    with pytest.raises(Unreadable, match="notebook cannot be read"):
        read(text, "notes.ipynb")
