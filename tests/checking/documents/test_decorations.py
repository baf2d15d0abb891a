"""Letters and numbers that belong to a name are found from their use."""

import pytest

from chainrule.checking.documents.decorations import decorations, gradient_names
from chainrule.checking.documents.model import Kind, Scope
from chainrule.checking.documents.sources import read
from chainrule.checking.documents.statements import statements
from chainrule.checking.documents.tokens import tokens


@pytest.mark.parametrize(
    ("formulas", "found"),
    [
        (["o^a_k", "h^a"], {"o^a", "h^a"}),
        (["o^a", "a + 1"], set()),
        (["A^T"], set()),
        (["W_1 x + b_1", "W_2 h"], {"W_1", "W_2", "b_1"}),
        (["x_1 + x_2"], set()),
        (["W_1", "W_{ij}"], set()),
        ([r"J_\lambda", "J"], {"J_λ"}),
        ([r"\sum_{i=1}^{d_h} x_i"], {"d_h"}),
    ],
)
def test_letters_of_names(formulas, found):
    assert decorations([tokens(formula) for formula in formulas], Scope()) == found


def test_declared_letters_are_no_decoration():
    assert decorations([tokens("o^a")], Scope(kinds={"a": Kind()})) == set()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("dz = a - y, \\quad dW = dz x", ["z", "W"]),
        ("dz = W dx", []),
        (r"L = \frac{dz}{dx}", []),
    ],
)
def test_names_of_gradients(text, names):
    (fragment,) = read(f"$${text}$$").fragments
    assert gradient_names(statements(fragment), Scope()) == names
