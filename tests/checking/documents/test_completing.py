"""Parsing a question, and what its sentences and definitions say about names."""

import pytest

from chainrule.checking.documents import check_derivation


def last(text):
    return check_derivation(text).steps[-1]


def test_a_stated_sum_is_a_fact_about_its_name():
    stated = "---\nx, t: vector n\nuse: softmax as s\n---\n\nThe targets satisfy $\\sum_i t_i = 1$.\n\n"
    claim = r"$$-\sum_i t_i ([i = j] - s_j) = s_j - t_j$$"
    assert last(stated + claim).verdict == "verified"
    assert last(stated.replace(r"$\sum_i t_i = 1$", "$x$") + claim).verdict == "verified under an assumption"


def test_a_definition_that_contains_another_is_written_in_terms_of_it():
    text = r"Let $z = w x + b$ and $p = \tanh(w x + b)$." + "\n\n" + r"$$\frac{\partial p}{\partial z} = %s$$"
    assert last(text % "1 - p^2").verdict == "verified"
    assert last(text % "1 + p^2").verdict == "wrong"


def test_a_member_that_cannot_be_parsed_keeps_its_reason():
    steps = check_derivation(r"$$x + x = \frac{\partial l}{z_j} = 2 x$$").steps
    assert [step.verdict for step in steps] == ["not read", "verified"]
    assert "its denominator has no ∂" in steps[0].message


def test_a_function_of_a_number_without_its_argument_is_taken_at_a_number():
    text = "---\nx: vector n\nW: matrix m n\n---\n\nLet $z = W x$.\n\n"
    text += r"$$\frac{\partial z_i}{\partial W_{jk}} = \delta_{ij} x_k$$ and $$\sigma' = \sigma (1 %s \sigma)$$"
    assert last(text % "-").verdict == "verified"
    assert last(text % "+").verdict != "verified"


@pytest.mark.parametrize(
    "text",
    [
        "use: lse as l\n---\n\n$$\\frac{\\partial l}{\\partial x_j} = \\operatorname{softmax}(x)_j$$",
        "use: tanh as f\n---\n\n$$D_x f = \\operatorname{diag}(1 - f^2)$$",
        "use: sigmoid as f\n---\n\n$$\\frac{\\partial f_i}{\\partial x_j} = \\delta_{ij} f_i (1 - f_i)$$",
        "use: relu as f\n---\n\n$$\\nabla_x \\sum_i f_i = [x > 0]$$",
    ],
)
def test_a_function_without_its_argument_is_taken_at_the_name_of_its_derivatives(text):
    assert last(f"---\nx: vector n\n{text}").verdict == "verified"
