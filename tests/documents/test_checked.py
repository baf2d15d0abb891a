"""The pipeline: what reports tell of each step."""

import re

import pytest

from chainrule import check_derivation
from chainrule.documents import Unreadable
from chainrule.documents.checked import declarations_that_help
from chainrule.documents.reports.listing import declarations

RIGHT = r"$$\frac{d}{dx} \tanh x = 1 - \tanh^2 x$$"
WRONG = r"$$\frac{d}{dx} \tanh x = 1 - \tanh x$$"
OPEN = r"$$\frac{\partial L}{\partial x} = 0$$"


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


def test_what_is_no_document_is_refused():
    with pytest.raises(Unreadable, match="binary"):
        check_derivation("\x00" * 100)
    with pytest.raises(Unreadable, match="notebook"):
        check_derivation("{", name="a.ipynb")


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


HOMEWORK = r"""## One layer

Let $x \in \mathbb{R}^d$, $y \in \mathbb{R}^K$ and $W \in \mathbb{R}^{K \times d}$ with
$$z = W x, \quad \ell = \frac{1}{2} \sum_k (z_k - y_k)^2 .$$
We write $\delta = \frac{\partial \ell}{\partial z}$. Then
$$\frac{\partial \ell}{\partial W} = \delta x^T .$$

## A mean

For numbers $y_1, \dots, y_n$ let $\mu = \frac{1}{n} \sum_{i=1}^n y_i$. Then
$$\frac{\partial}{\partial y_j} (y_i - \mu) = \delta_{ij} - \frac{1}{n} .$$
"""


def test_a_block_at_the_top_declares_nothing_that_is_false_in_a_part():
    report = check_derivation(HOMEWORK, name="a.md")
    block = declarations_that_help(report)
    again = check_derivation(HOMEWORK, block.replace("---", ""), name="a.md")
    assert not re.search(r"__|delta", block)
    assert "W: matrix K d" in block
    assert "y: column K" in declarations(report)
    assert "y:" not in block
    assert not again.problems
    assert sum(step.is_decided for step in again.claims) >= sum(step.is_decided for step in report.claims) > 0


def test_matrices_at_a_point_are_told_as_rows():
    text = r"""Let $A \in \mathbb{R}^{m \times n}$ and $x \in \mathbb{R}^n$.

$$x^T A^T A x = 2 x^T A^T A x$$"""
    (step,) = check_derivation(text, name="a.md", repairs=False).claims
    rows = step.message.partition("A = ")[2]
    sizes, numbers = step.point["sizes"], step.point["numbers"]["values"]["A"]
    assert rows.startswith("((") == (sizes["m"] * sizes["n"] > 1)
    assert len(numbers) == sizes["m"] * sizes["n"]
