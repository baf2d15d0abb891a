"""Functions made of names that depend on what their parameters are called."""

import pytest
from tests.documents.reader.verdicts import verdicts

LIKELIHOOD = (
    "Let $w$, $x$ and $y$ be numbers.\n\n"
    "$$\\ell(w) = y \\log p + (1 - y) \\log(1 - p), \\quad p = \\frac{1}{1 + e^{-w x}}$$\n\n"
    "$$\\ell'(w) = (y - p) x$$\n\nLet $v$ be a number."
)


@pytest.mark.parametrize(
    ("left", "right", "false"),
    [
        ("\\ell'(w)", "(y - p) x", "y - p"),
        ("\\ell''(w)", "-p (1 - p) x^2", "p (1 - p) x^2"),
        ("\\frac{d \\ell}{d w}", "(y - p) x", "(p - y) x"),
        ("\\ell(0)", "-\\log 2", "\\log 2"),
        ("\\ell(2 v)", "-\\log(1 + e^{-2 v x}) - 2 (1 - y) v x", "-\\log(1 + e^{-2 w x}) - 2 (1 - y) v x"),
        ("\\ell'(0)", "(y - \\frac{1}{2}) x", "(y - p) x"),
    ],
)
def test_it_is_a_value_that_moves_with_them(left, right, false):
    assert verdicts(LIKELIHOOD, f"$${left} = {right}$$") == ["proved", "proved"]
    assert verdicts(LIKELIHOOD, f"$${left} = {false}$$")[-1].startswith("wrong")


def test_two_parameters_that_change_places_leave_the_function_as_it_is():
    text = "Let $a$ and $b$ be numbers.\n\n$$f(a, b) = s - b, \\quad s = 2 a$$"
    assert verdicts(text, "$$f(b, a) = 2 b - a$$") != ["wrong"]


def test_a_condition_on_a_value_counts_as_well():
    text = "Let $w$ be a number and $p = 3 w$. Let $\\ell(w) = p^2$. Then\n\n$$\\ell'(w) = 6 p \\quad (\\ell(w) < 1)$$"
    assert verdicts(text)[-1] == "proved"
