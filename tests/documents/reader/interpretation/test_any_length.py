import pytest

from chainrule.documents.language.parsing import term_of
from chainrule.documents.language.printing import text_of
from chainrule.documents.language.terms import Name
from chainrule.documents.reader.interpretation.any_length import of_any_length
from chainrule.documents.sources.opening import pieces_of
from chainrule.documents.verdicts.document_steps import steps_of


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("sum(j in n: x[j] * w[j])", "sum(j in n: x[j] * w[j])"),
        ("sum(j in 2..n: x[j])", "sum(j in 2..n: x[j])"),
        ("sum(j in n - 1: x[j])", "sum(j in n - 1: x[j])"),
        ("[i in n: sum(j in n: A[i, j] * x[j])]", "[i in n: sum(j in length_of_x: A[i, j] * x[j])]"),
        ("prod(j in n: 1 + x[j])", "prod(j in length_of_x: 1 + x[j])"),
    ],
)
def test_only_indices_that_run_over_one_parameter_run_up_to_its_length(body, found):
    assert text_of(of_any_length(term_of(body), ["x"], {})) == found


def test_a_declared_range_stays():
    assert text_of(of_any_length(term_of("sum(j in n: x[j])"), ["x"], {"j": Name("n")})) == "sum(j in n: x[j])"


def test_a_softmax_of_one_length_is_called_with_another():
    text = (
        "For a vector $x \\in \\mathbb{R}^n$, let $$s(x)_i = \\frac{e^{x_i}}{\\sum_{j=1}^n e^{x_j}}$$\n\n"
        "With $z \\in \\mathbb{R}^K$ and $p = s(z)$:\n\n"
        "$$\\frac{\\partial p_i}{\\partial z_j} = p_i (1[i = j] - p_j)$$\n\n"
        "$$\\frac{\\partial p_i}{\\partial z_j} = p_i (1[i = j] + p_j)$$"
    )
    found = [step.verdict.name for step in steps_of(pieces_of(text, "a.md")).steps]
    assert found[-2:] == ["proved", "wrong"]


@pytest.mark.parametrize(("slope", "verdict"), [("2 x_i", "proved"), ("x_i", "wrong if read so")])
def test_a_function_whose_argument_has_a_declared_length_is_as_long(slope, verdict):
    text = (
        "Let $f : \\mathbb{R}^n \\to \\mathbb{R}$ with $f(x_1, \\ldots, x_n) = x_1^2 + x_2^2 + \\cdots + x_n^2$. "
        f"For $i = 1, \\ldots, n$:\n\n$$\\frac{{\\partial f}}{{\\partial x_i}}(x_1, \\ldots, x_n) = {slope}$$"
    )
    assert [step.verdict.name for step in steps_of(pieces_of(text, "a.md")).steps][-1] == verdict
