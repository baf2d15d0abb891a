"""Formulas as pieces to be set."""

import pytest

from chainrule.checking.documents.setting import Piece, layout


def kinds(piece):
    return [part.kind for part in piece.parts]


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        (r"a + \mathbf{b}", ["name", "op", "bold"]),
        (r"\frac{a}{2}", ["fraction"]),
        (r"x_i^2", ["scripts"]),
        (r"\sum_i x", ["stacked", "name"]),
        (r"(a)", ["bracket"]),
        (r"(a", ["bracket"]),
        (r"a } b", ["name", "op", "name"]),
        (r"a \quad \foo", ["name", "gap", "text"]),
        (r"\begin{pmatrix} a \\ b \end{pmatrix}", ["matrix"]),
    ],
)
def test_tokens_become_pieces(formula, parts):
    assert kinds(layout(formula)) == parts


def test_a_base_has_its_scripts_below_and_above():
    (scripts,) = layout("x'_{ij}^2").parts
    base, below, above = scripts.parts
    assert base == Piece("name", "x")
    assert kinds(below) == ["row"]
    assert kinds(above) == ["op", "number"]


def test_an_argument_without_braces_is_one_digit_except_in_subscripts_and_plain_text():
    fraction, rest = layout(r"\frac123").parts
    assert [part.parts for part in fraction.parts] == [(Piece("number", "1"),), (Piece("number", "2"),)]
    assert rest == Piece("number", "3")
    assert [len(layout("x^12", plain=plain).parts) for plain in (False, True)] == [2, 1]
    (indexed,) = layout("W_12").parts
    assert indexed.parts[1].parts == (Piece("number", "12"),)


def test_cases_have_a_brace_on_their_left_and_rows_of_cells():
    (cases,) = layout(r"\begin{cases} 1 & a \\ 0 \end{cases}").parts
    assert cases.fences == ("{", "")
    assert [kinds(row) for row in cases.parts[0].parts] == [["cell", "cell"], ["cell"]]


def test_deep_and_long_formulas_are_cut_off():
    assert layout("x + " * 10_000).text == ("x + " * 50)
    assert layout("{" * 3000).text == "{" * 200


def test_an_unmatched_bracket_has_no_fence_at_its_end():
    (bracket,) = layout("(a + b").parts
    assert bracket.fences == ("(", "")
    assert kinds(bracket) == ["name", "op", "name"]


def test_unmatched_brackets_take_time_in_proportion_to_their_number():
    assert layout("(" * 50 + "x").kind == "row"  # minutes, if each bracket read the rest of the formula twice
