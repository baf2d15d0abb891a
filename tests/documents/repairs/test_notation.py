import pytest

from chainrule.documents import check_derivation
from chainrule.documents.language.parsing import term_of
from chainrule.documents.language.terms import Name
from chainrule.documents.repairs.notation import latex_of, name_of, span_of
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a - (b - c)", "a - (b - c)"),
        ("-(a + b) * x[i]", "-(a + b) x_i"),
        ("W[i, j + 1]", "W_{i, j + 1}"),
        ("A' @ x .* y", r"A^\top x \odot y"),
        ("(a + b)^2 / 3", r"\frac{(a + b)^{2}}{3}"),
        ("exp(-x[i])", r"\exp(-x_i)"),
        ("sum(k in n: x[k]) * 2", r"(\sum_{k} x_k) \cdot 2"),
        ("[i = j] - s[j]", r"\delta_{ij} - s_j"),
        ("partial(f(a), a) + f''(a)", r"\frac{\partial f(a)}{\partial a} + f''(a)"),
    ],
)
def test_terms_become_latex(text, latex):
    assert latex_of(term_of(text)) == latex


@pytest.mark.parametrize(
    ("name", "latex"), [("lambda", r"\lambda"), ("varphi", r"\varphi"), ("W2", "W2"), ("loss", r"\mathrm{loss}")]
)
def test_names_become_latex(name, latex):
    assert name_of(name) == latex


def test_parts_that_stand_in_the_document_are_told_as_they_are_written():
    pieces = pieces_of(r"$$\tanh^2 x = \frac{\sinh^{2}{x}}{\cosh^{2}{x}}$$", "a.md")
    source = pieces.pieces[0].text
    assert latex_of(steps_of(pieces).steps[0].claim.right, source) == r"\frac{\sinh^{2}{x}}{\cosh^{2}{x}}"


@pytest.mark.parametrize(
    "right", ["2(a - y)", r"2\left(a - y\right)", "a^{2 (y - 1)}", "(a - y) y", r"\left(a - y\right) 2 (a + y)"]
)
def test_a_part_that_begins_or_ends_with_a_bracket_has_it(right):
    piece = f"$$\n(a - y)^3 = {right}\n$$"
    pieces = pieces_of(f"Let $a$ and $y$ be numbers.\n\n{piece}", "a.md")
    source = next(piece.text for piece in pieces.pieces if piece.kind == "display")
    assert latex_of(steps_of(pieces).steps[-1].claim.right, source) == right


@pytest.mark.parametrize("product", ["s(x)(1-s(x))", "(1-s(x))s(x)", "s(x) s(-x)", r"\frac{1}{1+e^{-x}} (1-s(x))"])
def test_a_sign_is_dropped_before_a_product_as_it_is_written(product):
    report = check_derivation(f"Let $s(x) = \\frac{{1}}{{1+e^{{-x}}}}$.\n\n$$ s'(x) = -{product} $$", name="a.md")
    assert (report.steps[-1].repair["old"], report.steps[-1].repair["new"]) == (f"-{product}", product)


def test_a_part_whose_brackets_are_not_closed_is_not_told_as_it_is_written():
    assert span_of(Name("a", span=(2, 6)), "f[(a, b), c]") is None
