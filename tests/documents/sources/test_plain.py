import pytest

from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.sources.plain import is_formula


@pytest.mark.parametrize(
    "line", ["∂L/∂x = Wᵀ δ", "s_i = exp(x_i) / Σ_j exp(x_j)", "  = softmax(z) - t", "dlog_loss(x) = 1", "x ≥ 0"]
)
def test_lines_that_are_formulas(line):
    assert is_formula(line)


@pytest.mark.parametrize("line", ["the gradient is x = 2", "a + b", "x = what? Yes", "For x = 1:", "", "x = 1. Then"])
def test_lines_that_are_none(line):
    assert not is_formula(line)


def test_a_plain_text_in_pieces():
    text = "1. Softmax of rows\n\nLet y = Wx, say. Then:\n\nL = -Σ t log s\n  = 2\n\n3) z = y\nGradient: g = s - t\n"
    found = pieces_of(text, "a.txt")
    assert found.format == "text"
    assert [(p.kind, p.text, p.place_of(0)) for p in found.pieces if p.kind != "prose"] == [
        ("heading", "1. Softmax of rows", (1, 1)),
        ("inline", "y = Wx", (3, 5)),
        ("display", "L = -Σ t log s\n  = 2", (5, 1)),
        ("display", "z = y", (8, 4)),
        ("display", "g = s - t", (9, 11)),
    ]


def test_markdown_without_marks_of_formulas_is_read_as_plain_text():
    found = pieces_of("# Title\n\n    code\n\nz = Wx\n\n```\nq = 1\n```\n", "a.md").pieces
    assert [(p.kind, p.text) for p in found if p.kind not in ("prose",)] == [
        ("heading", "Title"),
        ("display", "z = Wx"),
        ("code", "q = 1"),
    ]
