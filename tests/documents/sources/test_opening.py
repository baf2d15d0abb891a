import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.documents.sources.opening import MOST_CHARACTERS, Unreadable, pieces_of, read
from chainrule.documents.sources.pieces import KINDS

FORMULAS = ("x = y", "\\frac{a}{b}", "a &= b \\\\\n&= c", "W^\\top x", "{a}_{i} \\leq 2", "\\alpha\\beta")
MARKDOWN = (
    "${}$",
    "$$\n{}\n$$",
    "$$ {} $$",
    "\\({}\\)",
    "\\[\n{}\n\\]",
    "```math\n{}\n```",
    "\\begin{{align}}\n{}\n\\end{{align}}",
)
LATEX = (
    "${}$",
    "$$\n{}\n$$",
    "\\({}\\)",
    "\\[{}\\]",
    "\\begin{{gather*}}\n{}\n\\end{{gather*}}",
    "\\begin{{equation}}{}\\end{{equation}}",
)
WORDS = (
    "So",
    "**bold** words",
    "- an item",
    "> said",
    "# Title",
    "1. one",
    "snake_case",
    "",
    "`code`",
    "| a | b |",
    "été",
    "梯度",
)

prose = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
joints = st.sampled_from(["\n\n", " ", "\n"])


def documents(marks):
    formulas = st.builds(lambda mark, body: mark.format(body), st.sampled_from(marks), st.sampled_from(FORMULAS))
    return st.lists(st.tuples(prose | formulas, joints), max_size=12).map(lambda parts: "".join(map("".join, parts)))


def cells_of(text, found):
    if found.format != "notebook":
        return {None: text}
    return {number: "".join(cell["source"]) for number, cell in enumerate(json.loads(text)["cells"])}


def assert_places_are_exact(text, found):
    """Formulas have at each place the character of the file; in prose, marks are gone and accents may be new."""
    sheets = {cell: sheet.split("\n") for cell, sheet in cells_of(text, found).items()}
    for piece in found.pieces:
        for at, sign in enumerate(piece.text):
            line, column = piece.place_of(at)
            row = sheets[piece.cell][line - 1]
            assert (row + "\n")[column - 1] == sign, (piece, at)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(documents(MARKDOWN))
def test_places_in_markdown_are_those_of_the_file(text):
    assert_places_are_exact(text, pieces_of(text, "a.md"))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(documents(LATEX))
def test_places_in_latex_are_those_of_the_file(text):
    assert_places_are_exact(text, pieces_of(text, "a.tex"))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.lists(documents(MARKDOWN), max_size=3))
def test_places_in_notebooks_are_those_of_the_cell(sources):
    cells = [{"cell_type": "markdown", "source": source.splitlines(keepends=True)} for source in sources]
    text = json.dumps({"cells": cells})
    assert_places_are_exact(text, pieces_of(text, "a.ipynb"))


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([".. math::", "   a = b", "", "Text :math:`x`.", "Title", "=====", "see::", "   y"]),
        max_size=12,
    )
)
def test_places_in_rst_are_those_of_the_file(lines):
    text = "\n".join(lines)
    assert_places_are_exact(text, pieces_of(text, "a.rst"))


SIGNS = [
    "\\",
    "$",
    "$$",
    "{",
    "}",
    "[",
    "(",
    "\\[",
    "\\]",
    "\\(",
    "\\)",
    "`",
    "```\n",
    "~~~",
    "<!--",
    "-->",
    "{%",
    "%}",
    "<script>",
    "%",
    "%!",
    "---\n",
    "x: vector n\n",
    ">",
    "#",
    " ",
    "\n",
    "\n\n",
    "a",
    "=",
    "\\begin{align}",
    "\\end{align}",
    "\\begin{verbatim}",
    "\\def\\a#1",
    "\\newcommand",
    "\\let",
    "\\input{",
    "\\section{",
    "\\verb|",
    ".. math::",
    "::",
    ":math:`",
    "===\n",
    "\x00",
    "\x0crac{",
    "\t",
    "\r",
    "\ufeff",
    "\ud800",
    "а",
    "&lt;",
    "\\_",
    "\\'",
    "|",
]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(SIGNS), max_size=40).map("".join),
    st.sampled_from(["markdown", "latex", "rst", "text", None]),
)
def test_no_text_makes_it_fail(text, format):
    try:
        found = pieces_of(text, "", format)
    except Unreadable:
        return
    lines = found.text.split("\n")
    for piece in found.pieces:
        assert piece.kind in KINDS
        assert piece.text.strip()
        for at in range(len(piece.text)):
            line, column = piece.place_of(at)
            assert 1 <= column <= len(lines[line - 1]) + 1


REPEATED = (
    "\\",
    "$",
    "$x ",
    "$$ a\n\n $b$ ",
    "\\[",
    "\\(",
    "\\\\[",
    "\\begin{align}\n\n",
    "{",
    "}{",
    ">",
    "` `` ",
    "```\n````\n",
    "<!--",
    "<a",
    "{%",
    "[](",
    "%!\n",
    "---\nx: vector n\n",
    "# a\n",
    "\\newcommand{\\a}{",
    "\\section{",
    "\\verb|",
    "_a",
    " \n",
    ".. math::\n\n",
    "a\n===\n",
    ":math:`",
    "a=b ",
    "\\begin{frame}[",
    "\\'",
    "\x0crac{",
    "|$a=b$",
    "\\text{",
    "a: ",
    "\\let\\a\\b ",
    "&#1",
    "\t",
    "(a",
    "[a",
    "::\n",
)


class Steps:
    """Counts lines of Python that run in the package, as a measure of work that no other load disturbs."""

    def __init__(self):
        self.count = 0

    def __call__(self, frame, event, argument):
        self.count += event == "line"
        return self

    def of(self, text, format):
        self.count = 0
        sys.settrace(self)
        try:
            pieces_of(text, "", format)
        except Unreadable:
            pass
        finally:
            sys.settrace(None)
        return self.count


@pytest.mark.parametrize("format", ["markdown", "latex", "rst", "text"])
def test_four_times_the_text_is_four_times_the_work(format):
    for sign in REPEATED:
        small, large = (Steps().of(sign * times, format) for times in (150, 600))
        assert large < 4.5 * small + 2000, (sign, small, large)


@pytest.mark.parametrize("format", ["markdown", "latex", "rst", "text"])
@pytest.mark.parametrize("sign", ["{", ">", "\\begin{align} ", "- ", "\\", "$", "(", "["])
def test_nesting_ten_thousand_deep_is_read(format, sign):
    assert pieces_of(sign * 10_000, "", format).format == format


def test_a_document_that_is_too_long_is_refused():
    with pytest.raises(Unreadable, match=r"10000000 characters; documents of up to 2000000"):
        pieces_of("\\" * 10_000_000)
    with pytest.raises(Unreadable, match="binary"):
        pieces_of("\x00ab" * 100)


def test_a_long_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.md"
    with path.open("wb") as file:
        file.truncate(5 * MOST_CHARACTERS)
    with pytest.raises(Unreadable, match="more than 8000000 bytes"):
        read(path)


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 3}', "[" * 100_000, '{"a": 1}'])
def test_a_broken_notebook_is_refused(text):
    with pytest.raises(Unreadable, match="notebook"):
        pieces_of(text, "a.ipynb")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "expected a JSON object with cells, got a list"),
        ("{}", "expected a list of cells, got no cells"),
        ('{"cells": 5}', "expected a list of cells, got a number in their place"),
        ('{"nbformat": 3, "worksheets": []}', "this notebook has the format 3; convert it"),
    ],
)
def test_the_error_says_what_is_odd_about_a_notebook(text, told):
    with pytest.raises(Unreadable, match=told):
        pieces_of(text, "a.ipynb")


@pytest.mark.parametrize("first", [b"%PDF-1.7 $x = y$", b"PK\x03\x04", b"\x89PNG\r\n", b"\xff\xd8\xff\xe0"])
def test_files_of_other_formats_are_refused_by_their_first_bytes(first, tmp_path):
    (tmp_path / "a.md").write_bytes(first)
    with pytest.raises(Unreadable, match="give Markdown, LaTeX or a notebook"):
        read(tmp_path / "a.md")


def test_a_notebook_has_cells_and_never_runs_its_code():
    cells = [
        {"cell_type": "code", "source": ["raise SystemExit\n", "$x$"]},
        {"cell_type": "raw", "source": "$r$"},
        {"cell_type": "markdown", "source": ["Let\r\n", "$$\\R = rac{a}{b}$$"]},
        "no cell",
        {"cell_type": "markdown", "source": "$\\newcommand{\\R}{r}$ $y$"},
    ]
    found = pieces_of(json.dumps({"cells": cells}))
    assert found.format == "notebook"
    assert [(p.kind, p.text, p.cell, p.place_of(0)) for p in found.pieces] == [
        ("code", "raise SystemExit\n$x$", 0, (1, 1)),
        ("prose", "Let\n", 2, (1, 1)),
        ("display", "\\R = \\frac{a}{b}", 2, (2, 3)),
        ("inline", "y", 4, (1, 23)),
    ]
    assert found.macros == (("R", 0, "r"),)
    assert found.notes == ((2, "cell 2: 'rac' is read as \\frac"),)


@pytest.mark.parametrize(
    ("raw", "formula"),
    [
        (b"\xef\xbb\xbf$a = b$\r\nand\r\n", "a = b"),
        ("$a = b$\r\n".encode("utf-16"), "a = b"),
        (b"caf\xe9 $a = b$", "a = b"),
        (b"x\r$a = b$\ry", "a = b"),
        (b"$a\x00 = b$ " + b"and " * 9, "a = b"),
    ],
)
def test_marks_of_other_systems_are_no_part_of_the_text(tmp_path, raw, formula):
    path = tmp_path / "a.md"
    path.write_bytes(raw)
    found = read(path)
    assert [piece.text for piece in found.pieces if piece.kind in ("display", "inline")] == [formula]
    assert "\r" not in found.text
    assert found.name == "a.md"


def test_invalid_bytes_are_noted(tmp_path):
    path = tmp_path / "a.tex"
    path.write_bytes(b"\xff\xff$x$")
    assert read(path).notes == ((1, "2 characters are no valid UTF-8"),)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("\\documentclass{a}", "latex"),
        ("Let :math:`x`", "rst"),
        ("Let $x$", "markdown"),
        ("\\begin{align} a \\end{align}", "markdown"),
        ("a = b", "text"),
        ("It costs $5", "text"),
    ],
)
def test_a_format_is_seen_from_the_text(text, format):
    assert pieces_of(text).format == format
    assert pieces_of(text, "a.rst").format == "rst"


def test_many_notes_are_counted():
    found = pieces_of("$$ a\n# b\n" * 300, "a.md")
    assert len(found.notes) == 201
    assert found.notes[-1] == (0, "100 more notes")
